"""Finding assets: a query → one page, counts per facet, or all ids, over the rows that `projection` keeps."""

from __future__ import annotations

import base64
import heapq
import unicodedata
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec

from library.errors import Invalid, NoCursor
from library.models import Asset, AssetPage, Facets, Months
from library.views.dates import LAST, month_of, months_among, span_of
from library.views.facets import Counts, facets_of, months_of
from library.views.filters import BEGUN_ALBUM, Filter, media_type
from library.views.presence import Look, Presence, as_the_rows_say
from library.views.query import Query, Words, parse
from library.views.signs import HOLDING, signs
from library.views.words import matched
from store.database import Connection

MOST = 200
SHOWN = "shown > 0"
COUNTED = 8  # queries whose counts are remembered
Read = Callable[[Callable[[Connection], Any]], Any]
Key = tuple[Any, ...]  # what was asked, and last as of when
# The same in the rows as they were at a moment; whether words and documents are asked for.
Past = Callable[[Callable[[Connection], Any], str, bool, bool], Awaitable[Any]]
ASSET_COLUMNS = (
    "asset.row, id, sha256, thumbnail, name, title, width, height, media_type, bytes, prompt, negative, seed, model,"
    " tool, rating, flag, label, versions, made, created_at, binned_at, state, conflicts, tags, projects"
)
# sort → (SQL order, columns of the cursor)
SORTS = {
    "newest": ("created_at DESC, asset.row DESC", ("created_at", "asset.row"), "<"),
    "oldest": ("created_at, asset.row", ("created_at", "asset.row"), ">"),
    "name": ("name COLLATE NOCASE, asset.row", ("name COLLATE NOCASE", "asset.row"), ">"),
    "rating": ("rating DESC, asset.row DESC", ("rating", "asset.row"), "<"),
    "size": ("longer DESC, asset.row DESC", ("longer", "asset.row"), "<"),
}
CURSOR_FIELD = {"newest": "created_at", "oldest": "created_at", "name": "name", "rating": "rating", "size": "longer"}
BY_DATE = ("newest", "oldest")
IN_NARROW = ("relevance", "newest", "oldest")


class Condition(NamedTuple):
    """A query as SQL: what follows FROM and WHERE, its parameters, and whether text is ranked.

    `narrow` is what follows FROM when nothing but the columns of the narrow index is read besides; None when the
    query itself asks for others. `combos` is what selects the combinations it finds, all assets of each; None when it
    asks for more than they hold.
    """

    source: str
    where: str
    parameters: list[Any]
    ranked: bool
    narrow: str | None
    combos: str | None


class Search:
    """Searches one workspace. `read` runs a function on a reading connection, `commits` counts what was written."""

    def __init__(self, read: Read, past: Past, commits: Callable[[], int], look: Look = as_the_rows_say) -> None:
        self.presence = Presence(read, look)
        self._read_now = read
        self._past = past
        self._commits = commits
        self._counted: OrderedDict[tuple[Any, ...], Counts] = OrderedDict()  # a page and its facets come together

    async def _read(self, work: Callable[[Connection], Any], at: str | None, query: Query) -> Any:
        if at is None:
            return await self._read_now(work)
        return await self._past(work, at, looks_in_words(query), False)

    async def look(self, work: Callable[[Connection], Any], at: str | None) -> Any:
        """What `work` finds in the rows as they are, or were."""
        return await (self._read_now(work) if at is None else self._past(work, at, False, False))

    async def _counting(
        self, work: Callable[[Connection, Counts | None], tuple[Any, Counts]], key: Key, query: Query
    ) -> Any:
        """Run what counts a query or uses the counts from a moment ago."""
        whole = (*key, self._commits())  # asked before reading: what is kept is never older than it says
        counts = self._counted.get(whole)
        answer, self._counted[whole] = await self._read(lambda c: work(c, counts), key[-1], query)
        self._counted.move_to_end(whole)
        if len(self._counted) > COUNTED:
            self._counted.popitem(last=False)
        return answer

    async def page(
        self,
        q: str = "",
        sort: str | None = None,
        limit: int = 100,
        after: str | None = None,
        offset: int = 0,
        at: str | None = None,
    ) -> AssetPage:
        query = parse(q)
        condition = condition_of(query)
        chosen = _sort(sort, condition)
        count = max(1, min(limit, MOST))

        def work(connection: Connection, counts: Counts | None) -> tuple[AssetPage, Counts]:
            return _page(connection, condition, chosen, count, after, max(0, offset), counts)

        page: AssetPage = await self._counting(work, (condition.where, *condition.parameters, at), query)
        return page if at is not None else await self.presence.told(page)

    async def ids(
        self, q: str = "", sort: str | None = None, limit: int = 200_000, offset: int = 0, at: str | None = None
    ) -> tuple[int, list[str]]:
        """(total, ids in order): for selecting everything that a query finds."""
        query = parse(q)
        condition = condition_of(query)
        chosen = _sort(sort, condition)
        sql = f"SELECT id FROM {condition.source} WHERE {condition.where} ORDER BY {_order(chosen)} LIMIT ? OFFSET ?"

        def work(connection: Connection) -> tuple[int, list[str]]:
            rows = connection.execute(sql, [*condition.parameters, min(limit, 200_000), offset]).fetchall()
            return sum(_counts(connection, condition, False).combos.values()), [id.hex() for (id,) in rows]

        answer: tuple[int, list[str]] = await self._read(work, at, query)
        return answer

    async def facets(self, q: str = "", at: str | None = None) -> Facets:
        query = parse(q)
        condition = condition_of(query)

        def work(connection: Connection, counts: Counts | None) -> tuple[Facets, Counts]:
            known = _with_months(connection, condition, counts)
            return facets_of(connection, known), known

        facets: Facets = await self._counting(work, (condition.where, *condition.parameters, at), query)
        return facets

    async def months(self, q: str = "", sort: str = "newest", at: str | None = None) -> Months:
        """Where each month begins in what a query finds, by date: the way to any date without reading up to it."""
        query = parse(q)
        condition = condition_of(query)
        if sort not in BY_DATE:
            raise Invalid(f"Only {' and '.join(BY_DATE)} are orders by date.", [("/sort", "is not by date")])

        def work(connection: Connection, counts: Counts | None) -> tuple[Months, Counts]:
            known = _with_months(connection, condition, counts)
            return months_of(known, sort == "newest"), known

        months: Months = await self._counting(work, (condition.where, *condition.parameters, at), query)
        return months


def _sort(sort: str | None, condition: Condition) -> str:
    chosen = sort or ("relevance" if condition.ranked else "newest")
    if chosen == "relevance" and not condition.ranked:
        return "newest"
    if chosen != "relevance" and chosen not in SORTS:
        raise Invalid(
            f"There is no order called {chosen}; there are {', '.join([*SORTS, 'relevance'])}.", [("/sort", "unknown")]
        )
    return chosen


def _order(sort: str) -> str:
    return "words.rank" if sort == "relevance" else SORTS[sort][0]  # FTS5 itself sorts by rank alone


def condition_of(query: Query) -> Condition:
    """A parsed query as SQL; without `is:binned` the bin is left out."""
    clauses: list[str] = []
    parameters: list[Any] = []
    combos: list[str] = []
    expression = _expression([words for words in query.words if not words.negated])
    if expression:
        clauses.append("words MATCH ?")
        parameters.append(expression)
    for words in query.words:
        for run in signs(words.text, alone=not expression or words.negated):
            clauses.append(f"asset.row {'NOT ' * words.negated}IN ({HOLDING})")
            parameters.append(run)
        if words.negated and (without := _expression([words])):
            clauses.append("asset.row NOT IN (SELECT rowid FROM words WHERE words MATCH ?)")
            parameters.append(without)
    if not any(_is_binned(each) and not each.negated for each in query.filters):
        clauses.insert(0, "(binned_at IS NULL) = 1")
    for found in query.filters:
        clause, values = _clause(found)
        if _of_combo(found):
            combos.append(f"NOT ifnull({clause}, 0)" if found.negated else clause)
            clause = f"combo IN (SELECT id FROM combo WHERE {clause})"
        clauses.append(f"NOT ifnull({clause}, 0)" if found.negated else clause)  # what has no value is not that one
        parameters += values
    whole = not query.words and len(combos) == len(query.filters)
    narrow = all(_of_combo(each) or _is_binned(each) or each.key in (*OF_ROW, "date") for each in query.filters)
    # CROSS JOIN keeps SQLite from walking all assets and asking the index about each.
    source = "words CROSS JOIN asset{} ON asset.row = words.rowid" if expression else "asset{}"
    return Condition(
        source.format(""),
        " AND ".join(clauses) or "1",
        parameters,
        bool(expression),
        source.format(" INDEXED BY asset_narrow") if narrow else None,
        " AND ".join([SHOWN, *combos]) if whole else None,
    )


OF_ROW = ("tag", "project", "album", "prompt")  # filters that look at the row's number alone
OF_COMBO = ("tool", "model", "rating", "state", "type", "flag", "label")
OF_COMBO_IS = ("tagged", "untagged", "rated", "unrated")


def _is_binned(found: Filter) -> bool:
    return found.key == "is" and found.value == "binned"


def _of_combo(found: Filter) -> bool:
    """Whether the filter looks only at what a combination of facets holds."""
    return (found.key in OF_COMBO and found.value != "only") or (found.key == "is" and found.value in OF_COMBO_IS)


def looks_in_words(query: Query) -> bool:
    """Whether the index of words is asked."""
    return bool(query.words) or any(each.key == "in" for each in query.filters)


def _expression(words: list[Words]) -> str:
    terms = [matched(each.text, phrase=each.phrase) for each in words]
    return " AND ".join(f"({term})" for term in terms if term)


def _clause(found: Filter) -> tuple[str, list[Any]]:
    value = found.value
    match found.key:
        case "tag":
            return "asset.row IN (SELECT row FROM tag WHERE tag = ?)", [value]
        case "project":
            return "asset.row IN (SELECT row FROM member WHERE project BETWEEN ? AND ?)", _range(value)
        case "prompt":
            return "asset.row IN (SELECT row FROM made WHERE prompt BETWEEN ? AND ?)", _range(value)
        case "album":
            return f"asset.row IN (SELECT row FROM placed WHERE album IN ({ALBUMS}))", [value, *_album_range(value)]
        case "rating":
            return f"rating {found.comparison} ?", [int(value)]
        case "size":
            return f"longer {found.comparison} ?", [int(value)]
        case "date":
            return _date_clause(found.comparison, value)
        case "type":
            return "media_type = ?", [media_type(value)]
        case "seed":
            return "seed = ?", [unicodedata.normalize("NFKC", value)]
        case "flag" | "label" if value == "none":
            return f"{found.key} IS NULL", []
        case "in":
            return _name_clause(value)
        case "id":
            return "id BETWEEN ? AND ?", _range(value)
        case "is" | "state" if value in IS_CLAUSES:
            return IS_CLAUSES[value], []
        case _:
            return f"{found.key} = ?", [value]


ALBUMS = "SELECT id FROM album WHERE name = ? COLLATE NOCASE OR id BETWEEN ? AND ?"


def _album_range(value: str) -> list[bytes]:
    """First and last id of albums that a value may name by the beginning of an id; none for a mere name."""
    return _range(value.lower()) if BEGUN_ALBUM.fullmatch(value.lower()) else [b"\x01", b"\x00"]


def _name_clause(value: str) -> tuple[str, list[Any]]:
    """Any part of the name that is shown, or how a word of any other begins."""
    shown, pattern = "name LIKE ? ESCAPE '\\'", f"%{_like(value)}%"
    words = matched(value, phrase=True).rstrip("*")
    if not words:
        return shown, [pattern]
    others = "asset.row IN (SELECT rowid FROM words WHERE words MATCH ?)"
    return f"({shown} OR {others})", [pattern, f"in_name : ({words}*)"]


def _range(prefix: str) -> list[Any]:
    """First and last id that begin with these hexadecimal digits."""
    return [bytes.fromhex(prefix.ljust(32, digit)) for digit in "0f"]


IS_CLAUSES = {
    "binned": "binned_at IS NOT NULL",
    "conflict": "conflicts <> '[]'",
    "tagged": "tags <> '[]'",
    "untagged": "tags = '[]'",
    "rated": "rating > 0",
    "unrated": "rating = 0",
    "only": "state = 'here' AND NOT EXISTS(SELECT 1 FROM copy WHERE hash = substr(asset.sha256, 1, 8))",
}


def _date_clause(comparison: str, value: str) -> tuple[str, list[Any]]:
    begun, ended = span_of(value)
    match comparison:
        case ">=":
            return "created_at >= ?", [begun]
        case ">":
            return "created_at >= ?", [ended]
        case "<":
            return "created_at < ?", [begun]
        case "<=":
            return "created_at < ?", [ended]
        case _:
            return "created_at >= ? AND created_at < ?", [begun, ended]


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _counts(connection: Connection, condition: Condition, months: bool) -> Counts:
    """How many assets a query finds of each combination; with `months`, or where it costs nothing, of each month."""
    narrow = condition.narrow or condition.source
    if condition.combos is None and not condition.ranked and not months:
        sql = f"SELECT combo, count(*) FROM {narrow} WHERE {condition.where} GROUP BY 1"
        return Counts(dict(connection.execute(sql, condition.parameters).fetchall()), None)
    if condition.combos is None:
        sql = f"SELECT combo, created_at FROM {narrow} WHERE {condition.where}"
        every = connection.execute(sql, condition.parameters).fetchall()
        return Counts(Counter([combo for combo, _ in every]), months_among(at for _, at in every))
    sql = f"SELECT id, shown FROM combo WHERE {condition.combos}"
    combos = dict(connection.execute(sql, condition.parameters).fetchall())
    if not months:
        return Counts(combos, None)
    if condition.combos == SHOWN:
        return Counts(combos, _all_months(connection))
    sql = f"SELECT created_at FROM {narrow} WHERE {condition.where}"
    return Counts(combos, months_among(at for (at,) in connection.execute(sql, condition.parameters)))


def _with_months(connection: Connection, condition: Condition, counts: Counts | None) -> Counts:
    return _counts(connection, condition, True) if counts is None or counts.months is None else counts


def _all_months(connection: Connection) -> dict[str, int]:
    """How many assets outside the bin each month has, by the index on their dates."""
    shown = "FROM asset INDEXED BY asset_created WHERE (binned_at IS NULL) = 1"
    months: dict[str, int] = {}
    begun = LAST + 1
    while True:
        row = connection.execute(
            f"SELECT created_at {shown} AND created_at < ? ORDER BY created_at DESC LIMIT 1", (begun,)
        ).fetchone()
        if row is None:
            return months
        before, month = begun, month_of(row[0])
        begun, _ = span_of(month)
        (months[month],) = connection.execute(
            f"SELECT count(*) {shown} AND created_at >= ? AND created_at < ?", (begun, before)
        ).fetchone()


def _page(
    connection: Connection,
    condition: Condition,
    sort: str,
    limit: int,
    after: str | None,
    offset: int,
    counts: Counts | None,
) -> tuple[AssetPage, Counts]:
    if counts is None and sort == "newest" and condition.ranked and condition.narrow and after is None:
        found, counts = _found_once(connection, condition, limit + 1, offset)
    else:
        counts = _counts(connection, condition, False) if counts is None else counts
        found, offset = _found(connection, condition, sort, limit + 1, after, offset)
    rows = _rows(connection, found)
    items = [asset_of(row) for row in rows[:limit]]
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        position = [offset + limit] if sort == "relevance" else _position(sort, last[0], items[-1])
        following = write_cursor(position)
    return AssetPage(total=sum(counts.combos.values()), next=following, items=items), counts


def _found(
    connection: Connection, condition: Condition, sort: str, count: int, after: str | None, offset: int
) -> tuple[list[int], int]:
    """Rows' numbers in order, and where in the order they begin."""
    where, parameters = condition.where, list(condition.parameters)
    if after is not None:
        position = _read_cursor(after, sort)
        if sort == "relevance":
            offset = int(position[0])
        else:
            _, columns, direction = SORTS[sort]
            where += f" AND ({columns[0]}, {columns[1]}) {direction} (?, ?)"
            parameters += position
    source = condition.narrow if condition.ranked and sort in IN_NARROW and condition.narrow else condition.source
    sql = f"SELECT asset.row FROM {source} WHERE {where} ORDER BY {_order(sort)} LIMIT ? OFFSET ?"
    return [row for (row,) in connection.execute(sql, [*parameters, count, offset])], offset


def _found_once(connection: Connection, condition: Condition, count: int, offset: int) -> tuple[list[int], Counts]:
    """The newest and the counts in one walk over what the words find, which is most of the work."""
    sql = f"SELECT created_at, asset.row, combo FROM {condition.narrow} WHERE {condition.where}"
    every = connection.execute(sql, condition.parameters).fetchall()
    newest = heapq.nlargest(offset + count, every)[offset:]
    return [row for _, row, _ in newest], Counts(
        Counter([combo for _, _, combo in every]), months_among(at for at, _, _ in every)
    )


def _rows(connection: Connection, numbers: list[int]) -> list[tuple[Any, ...]]:
    """Whole rows in the order given: sorting is done before, on little."""
    marks = ", ".join("?" * len(numbers))
    found = connection.execute(f"SELECT {ASSET_COLUMNS} FROM asset WHERE row IN ({marks})", numbers)
    by_number = {row[0]: row for row in found}
    return [by_number[number] for number in numbers]


def _position(sort: str, row: int, item: Asset) -> list[Any]:
    """Where a page ends: the value sorted by, and the row's number for those that have the same."""
    return [max(item.width, item.height) if sort == "size" else getattr(item, CURSOR_FIELD[sort]), row]


def write_cursor(position: list[Any]) -> str:
    """The opaque text of where a page ends."""
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def _read_cursor(cursor: str, sort: str) -> list[Any]:
    try:
        position = msgspec.json.decode(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[str | int]
        )
    except (ValueError, msgspec.DecodeError) as error:
        raise NoCursor from error
    if len(position) != (1 if sort == "relevance" else 2) or not all(
        isinstance(value, int) for value in position[1 if sort == "name" else 0 :]
    ):
        raise NoCursor("of another order")
    if any(isinstance(value, int) and not 0 <= value < 1 << 62 for value in position):
        raise NoCursor("out of range")
    return list(position)


def read_position(cursor: str) -> tuple[str, bytes]:
    """Where a page in an album's own order ended: a place and an id."""
    try:
        place, id = msgspec.json.decode(
            base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=tuple[str, str]
        )
        return place, bytes.fromhex(id)
    except (ValueError, msgspec.DecodeError) as error:
        raise NoCursor from error


def asset_of(row: tuple[Any, ...]) -> Asset:
    """A row of `ASSET_COLUMNS` as plain data."""
    (_, id, sha256, thumbnail, name, title, width, height, media_type, size, prompt, negative, seed, model) = row[:14]
    (tool, rating, flag, label, versions, made, created_at, binned_at, state, conflicts, tags, projects) = row[14:]
    return Asset(
        id=id.hex(),
        sha256=sha256.hex(),
        name=name,
        title=title,
        width=width,
        height=height,
        media_type=media_type,
        bytes=size,
        thumbnail=thumbnail.hex() if thumbnail else None,
        prompt=prompt,
        negative=negative,
        seed=seed,
        model=model,
        tool=tool,
        tags=_names(tags),
        rating=rating,
        flag=flag,
        label=label,
        projects=_names(projects),
        versions=versions,
        made=made,
        created_at=created_at,
        state=state,
        binned_at=binned_at,
        conflicts=_names(conflicts),
    )


def _names(text: str) -> list[str]:
    return [] if text == "[]" else msgspec.json.decode(text, type=list[str])


def asset_by_id(connection: Connection, id: bytes) -> Asset | None:
    row = connection.execute(f"SELECT {ASSET_COLUMNS} FROM asset WHERE id=?", (id,)).fetchone()
    return None if row is None else asset_of(row)
