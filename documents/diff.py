"""The fewest single-letter edits that turn one text into another (Myers 1986, greedy forward search). Pure."""

from __future__ import annotations

_MOST_EDITS = 400  # the search costs the square of this; beyond it the middle is replaced as a whole


def text_edits(old: str, new: str) -> list[tuple[int, int, str]]:
    """Edits (index, code points removed, text inserted), to be carried out one after the other as listed."""
    start = 0
    shorter = min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    if not before and not after:
        return []
    kept = _common(before, after) if before and after else []
    return _edits(start, before, after, kept)


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
