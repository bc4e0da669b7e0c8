"""The fewest single-letter edits that turn one text into another (Myers 1986, greedy forward search), and the text that
two people's edits of one come to. Pure.
"""

from __future__ import annotations

_MOST_EDITS = 400  # the search costs the square of this; beyond it the middle is replaced as a whole


def text_edits(old: str, new: str) -> list[tuple[int, int, str]]:
    """Edits (index, code points removed, text inserted), to be carried out one after the other as listed."""
    start, end = _alike(old, new)
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if not before and not after:
        return []
    return _edits(start, before, after, _common(before, after))


def merged(base: str, mine: str, theirs: str, *, beside: bool = False) -> str:
    """What two edits of `base` come to: everything that either put in, nothing that either took out.

    Where both put something in at one place, theirs comes first, for it was there already; the same comes once, so that
    an edit which is sent again does nothing. `beside` is for two who write at this moment: both come, the same or not,
    and mine first, right behind the letter that it was written behind, so that words stay whole.
    """
    if base == theirs:
        return mine
    if base == mine:
        return theirs
    kept = [_kept(base, text) for text in (theirs, mine)]
    left = dict(kept[0]).keys() & dict(kept[1]).keys()
    first, second = _put_in(base, theirs, kept[0]), _put_in(base, mine, kept[1])
    pieces: list[str] = []
    for index in range(len(base) + 1):
        both = [first.get(index, ""), second.get(index, "")]
        pieces += reversed(both) if beside else dict.fromkeys(both)
        if index in left:
            pieces.append(base[index])
    return "".join(pieces)


def _put_in(base: str, text: str, kept: list[tuple[int, int]]) -> dict[int, str]:
    """What `text` has besides the letters of `base`, by the index in `base` before which it stands."""
    found: dict[int, str] = {}
    was = now = 0
    for base_index, index in [*kept, (len(base), len(text))]:
        found[was] = text[now:index]
        was, now = base_index + 1, index + 1
    return found


def _kept(old: str, new: str) -> list[tuple[int, int]]:
    """Index pairs of all letters that stay, ascending."""
    start, end = _alike(old, new)
    middle = _common(old[start : len(old) - end], new[start : len(new) - end])
    return [
        *((index, index) for index in range(start)),
        *((start + was, start + now) for was, now in middle),
        *((len(old) - index, len(new) - index) for index in range(end, 0, -1)),
    ]


def _alike(old: str, new: str) -> tuple[int, int]:
    """How many letters are the same at the beginning, and at the end of the rest."""
    shorter = min(len(old), len(new))
    start = end = 0
    while start < shorter and old[start] == new[start]:
        start += 1
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return start, end


def _edits(start: int, before: str, after: str, kept: list[tuple[int, int]]) -> list[tuple[int, int, str]]:
    edits: list[tuple[int, int, str]] = []
    was, now = 0, 0
    for old_index, new_index in [*kept, (len(before), len(after))]:
        if old_index > was or new_index > now:
            edits.append((start + now, old_index - was, after[now:new_index]))
        was, now = old_index + 1, new_index + 1
    return edits


def _common(before: str, after: str) -> list[tuple[int, int]]:
    """Index pairs of letters that stay, ascending; empty when more than _MOST_EDITS edits lie between the texts."""
    if not before or not after:
        return []
    reach = {1: 0}  # how far along `before` the best path on each diagonal has come
    trail: list[dict[int, int]] = []
    for edits in range(min(len(before) + len(after), _MOST_EDITS) + 1):
        trail.append(dict(reach))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
            x = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            y = x - diagonal
            while x < len(before) and y < len(after) and before[x] == after[y]:
                x, y = x + 1, y + 1
            reach[diagonal] = x
            if x >= len(before) and y >= len(after):
                return _walk_back(trail, len(before), len(after))
    return []


def _walk_back(trail: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for edits in range(len(trail) - 1, -1, -1):
        reach, diagonal = trail[edits], x - y
        down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
        previous = diagonal + 1 if down else diagonal - 1
        from_x = reach[previous]
        from_y = from_x - previous
        while x > from_x and y > from_y and x > 0 and y > 0:
            x, y = x - 1, y - 1
            kept.append((x, y))
        x, y = from_x, from_y
    return kept[::-1]
