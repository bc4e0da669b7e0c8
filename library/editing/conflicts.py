"""What people set differently at once, in one list over the whole workspace, and settling it by one more change.

Several values stand side by side until somebody chooses; one of them, the same everywhere, is in use meanwhile.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple, get_args

import msgspec

from documents.draft import Draft, Scalar
from documents.kinds import Kind, derived_id
from library.editing.actions import asset_ids, clean_color, clean_name, clean_text
from library.editing.albums import ensure_fits, find_album
from library.editing.assets import ensure_kept, read_values
from library.editing.news import carry_out
from library.editing.projects import refuse_second_project
from library.editing.prompts import refuse_second_prompt
from library.editing.searches import clean_query, refuse_second_search
from library.errors import Clash, Invalid, NoCursor, NotFound
from library.models import Changed, Model
from library.values import (
    ALBUM_CONFLICTS,
    IMAGE_CONFLICTS,
    PROJECT_CONFLICTS,
    PROMPT_CONFLICTS,
    SEARCH_CONFLICTS,
    SETTINGS_CONFLICTS,
    SORTS,
    Fits,
    Values,
    album_values,
    image_values,
    project_values,
    prompt_values,
    search_values,
    settings_values,
)
from library.views.authors import Authors, DeviceName
from library.views.projection import agreed, current_of, disagree, versions_of
from library.views.search import write_cursor
from library.views.versions import restore_version
from library.workspace import Edit, Workspace
from store.database import Connection

Noun = Literal["workspace", "project", "album", "search", "prompt", "asset"]
NOUNS: tuple[Noun, ...] = get_args(Noun)
NAMED: tuple[Noun, ...] = ("project", "album", "search", "prompt")
KINDS: dict[Noun, tuple[Callable[[Values], Values], dict[str, Fits]]] = {
    "workspace": (settings_values, SETTINGS_CONFLICTS),
    "project": (project_values, PROJECT_CONFLICTS),
    "album": (album_values, ALBUM_CONFLICTS),
    "search": (search_values, SEARCH_CONFLICTS),
    "prompt": (prompt_values, PROMPT_CONFLICTS),
    "asset": (image_values, IMAGE_CONFLICTS),
}
BY_RULE = ("deleted",)  # whoever keeps a thing has their way: nobody is asked
EMPTY: dict[str, Scalar] = {"rating": 0, "archived": False}
MOST_NAME, MOST_COPIES = 200, 99
MANY = 100  # documents that are not looked at one by one
IN_SIGHT = "FROM asset WHERE conflicts <> '[]' AND binned_at IS NULL"


class Said(Model, frozen=True, kw_only=True):
    """Who set a value, and when by that device's clock."""

    device: str
    when: int


class Choice(Model, frozen=True, kw_only=True):
    """One of the values. `shown`: it is the one in use meanwhile. Of a version `number` and `thumbnail`, of a picture
    or an album that it names `name`.
    """

    value: Any
    by: list[Said]
    shown: bool
    number: int | None = None
    name: str | None = None
    thumbnail: str | None = None


class Conflict(Model, frozen=True, kw_only=True):
    """One field of one thing and the values that it was given at once, the one in use first."""

    document: str
    kind: Noun
    name: str
    thumbnail: str | None
    field: str
    choices: list[Choice]


class ConflictPage(Model, frozen=True, kw_only=True):
    """A part of the conflicts; `total` counts all of them."""

    total: int
    next: str | None
    items: list[Conflict]


class Wish(NamedTuple):
    """A field that is to have one of its values, and the values that were looked at."""

    document: str
    field: str
    value: Any
    seen: Sequence[Any]


class Settled(Changed, frozen=True, kw_only=True):
    """What settling many came to; `passed_over`: they were settled, or stood otherwise, when it came to them."""

    settled: int
    passed_over: int


class Thing(NamedTuple):
    """What has fields in conflict, or had, as its row tells it."""

    kind: Noun
    id: bytes
    name: str
    thumbnail: bytes | None
    at: int
    fields: tuple[str, ...]


class Place(NamedTuple):
    """Where a page ended: at which thing, and after which of its fields."""

    kind: Noun
    id: str
    at: int
    field: str


class Conflicts:
    """The conflicts of one workspace."""

    def __init__(self, workspace: Workspace, device_name: DeviceName) -> None:
        self._workspace = workspace
        self._device_name = device_name
        self._told = self.count() if workspace.is_loaded else 0
        workspace.heard = self._hear

    def _hear(self, changed: Collection[bytes], origin: str) -> None:
        """Publish that conflicts came, went or stand otherwise; of one thing by its id."""
        count = self.count()
        if not changed or (count == self._told == 0):
            return

        def any_among(connection: Connection) -> bool:
            found = (_find_any(connection, self._workspace.id, id) for id in changed)
            return any(thing is not None and thing.fields for thing in found)

        if count != self._told or len(changed) > MANY or self._workspace.database.read_now(any_among):
            subject = next(iter(changed)).hex() if len(changed) == 1 else "*"
            self._workspace.bus.publish("conflict.changed", subject, origin)
        self._told = count

    def count(self) -> int:
        """How many fields are in conflict: cheap, for whoever looks at the status asks."""
        return self._workspace.database.read_now(lambda connection: count_conflicts(connection, self._workspace.id))

    async def list(self, limit: int = 100, after: str | None = None, document: str | None = None) -> ConflictPage:
        """A part of them, in an order that lasts: the workspace, what has a name, then pictures, the newest first. With
        `document` all of that thing.
        """
        place = _read_cursor(after) if after is not None else None
        only = read_document(document) if document is not None else None

        def work(connection: Connection) -> ConflictPage:
            if only is not None:
                return self._page_of(connection, only)
            found = list(islice(self._all(connection, place), limit + 1))
            following = None
            if len(found) > limit:
                thing, conflict = found[limit - 1]
                following = write_cursor([thing.kind, conflict.document, thing.at, conflict.field])
            items = [conflict for _, conflict in found[:limit]]
            return ConflictPage(total=count_conflicts(connection, self._workspace.id), next=following, items=items)

        return await self._workspace.database.read(work)

    def _page_of(self, connection: Connection, id: bytes) -> ConflictPage:
        thing = find_thing(connection, self._workspace.id, id)
        found = list(self._of_thing(thing, sorted(thing.fields), connection, Authors(connection, self._device_name)))
        return ConflictPage(total=len(found), next=None, items=found)

    async def resolve(self, document: str, field: str, value: Any, seen: Sequence[Any] | None = None) -> Changed:
        """Settle a field for everybody: on one of its values or on another, as one action. Clash where it is settled
        already, or where it has other values than were `seen`: what nobody looked at is not written over.
        """
        id = read_document(document)
        now = self._workspace.surroundings.clock.now()
        params: dict[str, Any] = {}

        def edits(connection: Connection) -> list[Edit]:
            thing = find_thing(connection, self._workspace.id, id)
            (conflict,) = self._of_thing(
                thing, [_known(thing, field)], connection, Authors(connection, self._device_name)
            )
            _ensure_open(conflict, seen)
            given = [each.value for each in conflict.choices]
            wanted = next((each for each in given if _same(each, value)), None)
            chosen = wanted if wanted is not None else _checked(connection, thing, field, value)
            words = [_in_words(each) for each in conflict.choices if not _same(each.value, chosen)]
            told = _in_words(Choice(value=chosen, by=[], shown=True, **_seen(connection, thing, field, chosen)))
            params.update(kind=thing.kind, name=thing.name, field=field, value=told, others=words, count=1)
            return [(id, lambda draft: _settle(draft, thing.kind, field, chosen, now, picked=wanted is not None))]

        return await carry_out(self._workspace, "conflict.resolve", params, edits)

    async def resolve_many(self, wishes: Sequence[Wish]) -> Settled:
        """Settle many fields for everybody, each on one of its values, as one action. What somebody settled or set
        anew meanwhile is passed over: nobody looked at that.
        """
        now, open_ones = self._workspace.surroundings.clock.now(), list[int]()
        params: dict[str, Any] = {}

        def edits(connection: Connection) -> list[Edit]:
            by_document: dict[bytes, list[tuple[Noun, str, Scalar]]] = {}
            authors = Authors(connection, self._device_name)
            for wish in wishes:
                found = self._picked(connection, wish, authors)
                if found is not None:
                    by_document.setdefault(read_document(wish.document), []).append(found)
            open_ones.append(sum(map(len, by_document.values())))
            params.update(count=open_ones[-1])
            return [(id, _settling(some, now)) for id, some in by_document.items()]

        changed = await carry_out(self._workspace, "conflict.resolve_many", params, edits)
        settled = open_ones[-1]
        return Settled(
            changed=changed.changed, action=changed.action, settled=settled, passed_over=len(wishes) - settled
        )

    def _picked(self, connection: Connection, wish: Wish, authors: Authors) -> tuple[Noun, str, Scalar] | None:
        """The field and the value that it shall have; None where that is no choice any more."""
        try:
            thing = find_thing(connection, self._workspace.id, read_document(wish.document))
            (conflict,) = self._of_thing(thing, [_known(thing, wish.field)], connection, authors)
            _ensure_open(conflict, wish.seen)
        except (Clash, NotFound):
            return None
        chosen = next((each.value for each in conflict.choices if _same(each.value, wish.value)), None)
        if chosen is None:
            raise Invalid("Each is settled on one of its values.", [("/settlings", "has a value that is none of them")])
        return thing.kind, wish.field, chosen

    def _all(self, connection: Connection, place: Place | None) -> Iterator[tuple[Thing, Conflict]]:
        authors = Authors(connection, self._device_name)
        for thing in things_in_conflict(connection, self._workspace.id, place):
            passed = place.field if place is not None and place.id == thing.id.hex() else ""
            fields = sorted(field for field in thing.fields if field > passed)
            for conflict in self._of_thing(thing, fields, connection, authors):
                yield thing, conflict

    def _of_thing(
        self, thing: Thing, fields: Sequence[str], connection: Connection, authors: Authors
    ) -> Iterator[Conflict]:
        read, _ = KINDS[thing.kind]
        values = read(read_values(connection, thing.id)) if fields else {}
        for field in fields:
            said: dict[Any, list[Said]] = {}  # what is equal is one choice, of several devices
            for writer, value in sorted(values[field].items()):
                device, when = authors.of(thing.id, field, writer, value)
                said.setdefault(value, []).append(Said(device=device, when=when))
            shown = agreed(values[field])
            yield Conflict(
                document=thing.id.hex(),
                kind=thing.kind,
                name=thing.name,
                thumbnail=thing.thumbnail.hex() if thing.thumbnail else None,
                field=field,
                choices=[
                    Choice(value=value, by=by, shown=value == shown, **_seen(connection, thing, field, value))
                    for value, by in said.items()
                ],
            )


def count_conflicts(connection: Connection, workspace: bytes) -> int:
    """How many fields of all things are in conflict."""
    tables = " UNION ALL ".join(f"SELECT conflicts FROM {table} WHERE conflicts <> '[]'" for table in NAMED)
    (count,) = connection.execute(
        f"SELECT coalesce(sum(json_array_length(conflicts)), 0) FROM ({tables} UNION ALL SELECT conflicts {IN_SIGHT})"
    ).fetchone()
    return int(count) + len(_settings(connection, workspace).fields)


def things_in_conflict(connection: Connection, workspace: bytes, place: Place | None = None) -> Iterator[Thing]:
    """Things with fields in conflict; those from the place on, the thing there included."""
    for kind in NOUNS[NOUNS.index(place.kind) if place else 0 :]:
        start = place if place is not None and place.kind == kind else None
        if kind == "workspace":
            settings = _settings(connection, workspace)
            yield from [settings] if settings.fields else []
        elif kind == "asset":
            where = " AND (created_at, id) <= (?, ?)" if start else ""
            rows = connection.execute(
                f"SELECT id, name, thumbnail, created_at, conflicts {IN_SIGHT}{where}"
                " ORDER BY created_at DESC, id DESC",
                (start.at, bytes.fromhex(start.id)) if start else (),
            )
            for id, name, thumbnail, at, fields in rows:
                yield Thing(kind, id, name, thumbnail, at, _names(fields))
        else:
            rows = connection.execute(
                f"SELECT id, name, conflicts FROM {kind} WHERE conflicts <> '[]' AND id >= ? ORDER BY id",
                (bytes.fromhex(start.id) if start else b"",),
            )
            for id, name, fields in rows:
                yield Thing(kind, id, name, None, 0, _names(fields))


def find_thing(connection: Connection, workspace: bytes, id: bytes) -> Thing:
    """A thing as its row tells it, whether or not anything of it is in conflict."""
    found = _find_any(connection, workspace, id)
    if found is None:
        raise NotFound(f"There is nothing with the id {id.hex()} here.", code="no_document", id=id.hex())
    return found


def _find_any(connection: Connection, workspace: bytes, id: bytes) -> Thing | None:
    if id == derived_id(Kind.SETTINGS, workspace):
        return _settings(connection, workspace)
    for kind in NOUNS[1:]:
        more = "thumbnail, created_at" if kind == "asset" else "NULL, 0"
        row = connection.execute(f"SELECT name, {more}, conflicts FROM {kind} WHERE id=?", (id,)).fetchone()
        if row is not None:
            name, thumbnail, at, fields = row
            return Thing(kind, id, name, thumbnail, at, _names(fields))
    return None


def _settings(connection: Connection, workspace: bytes) -> Thing:
    id = derived_id(Kind.SETTINGS, workspace)
    values = settings_values({"name": {}, "copies": {}} | read_values(connection, id))
    fields = tuple(field for field in sorted(SETTINGS_CONFLICTS) if disagree(values[field]))
    return Thing("workspace", id, agreed(values["name"]) or "", None, 0, fields)


def _seen(connection: Connection, thing: Thing, field: str, value: Any) -> dict[str, Any]:
    """What one sees of a value that is an id: of a version its number and picture, of the others their names."""
    if field == "current":
        versions = versions_of(image_values(read_values(connection, thing.id)))
        found = next(((number, each) for number, each in enumerate(versions, 1) if each.id == value), None)
        return {} if found is None else {"number": found[0], "thumbnail": found[1].thumbnail}
    if field not in ("cover", "parent") or not value:
        return {}
    table, small = ("asset", "thumbnail") if field == "cover" else ("album", "NULL")
    row = connection.execute(f"SELECT name, {small} FROM {table} WHERE id=?", (bytes.fromhex(value),)).fetchone()
    return {} if row is None else {"name": row[0], "thumbnail": row[1].hex() if row[1] else None}


def _in_words(choice: Choice) -> Any:
    """A value as the timeline tells it: it may be told where what it names is not."""
    return choice.number if choice.number is not None else choice.name if choice.name is not None else choice.value


def _ensure_open(conflict: Conflict, seen: Sequence[Any] | None) -> None:
    given = [each.value for each in conflict.choices]
    if len(given) < 2:
        by = [said for each in conflict.choices for said in each.by]
        last = max(by, key=lambda said: said.when, default=Said(device="", when=0))
        value = _in_words(conflict.choices[0]) if conflict.choices else ""
        message = f"That was settled meanwhile on {last.device}. Nothing was changed."
        raise Clash(message, code="conflict_settled", device=last.device, field=conflict.field, value=value)
    if seen is not None and not (len(seen) == len(given) and all(any(_same(a, b) for b in seen) for a in given)):
        message = "Somebody set something else meanwhile. Look at what there is now; nothing was changed."
        raise Clash(message, code="conflict_changed", field=conflict.field)


def _known(thing: Thing, field: str) -> str:
    """A field that the product edits."""
    fields = [each for each in KINDS[thing.kind][1] if each not in BY_RULE]
    if field not in fields:
        message = f"Of a {thing.kind} there is no field {field[:40]!r} to settle; there are {', '.join(fields)}."
        raise Invalid(message, [("/field", "is none that can be settled")])
    return field


def _checked(connection: Connection, thing: Thing, field: str, value: Any) -> Scalar:
    """A value that is none of those in conflict, as the document may hold it."""
    if value is None:
        value = EMPTY.get(field, "")
    if isinstance(value, bytes | list | dict | float) or not KINDS[thing.kind][1][field](value):
        raise Invalid(f"{field} cannot be {str(value)[:60]!r}.", [("/value", "is no value of this field")])
    if field == "name":
        return _new_name(connection, thing, value)
    if field == "title":
        return clean_text(value, "/value").strip()
    if field == "color":
        return clean_color(value or None)
    if field == "query":
        return clean_query(value)
    if field == "current":
        values = image_values(read_values(connection, thing.id))
        if value not in [each.id for each in versions_of(values)]:
            raise NotFound(f"That picture has no version {value[:12]!r}.", code="no_version", version=value[:64])
        ensure_kept(connection, values, value)
    elif field == "cover" and value:
        asset_ids(connection, [value])
    elif field == "parent":
        parent = bytes.fromhex(find_album(connection, bytes.fromhex(value)).id) if value else None
        ensure_fits(connection, thing.id, thing.name, parent)
    elif (field == "sort" and value not in SORTS) or (field == "copies" and not 1 <= value <= MOST_COPIES):
        raise Invalid(f"{field} cannot be {str(value)[:60]!r}.", [("/value", "is no value of this field")])
    checked: Scalar = value
    return checked


def _new_name(connection: Connection, thing: Thing, value: str) -> str:
    name = clean_name(value, "It needs a name.", MOST_NAME)
    if thing.kind == "project":
        refuse_second_project(connection, thing.id, name)
    elif thing.kind == "search":
        refuse_second_search(connection, thing.id, name)
    elif thing.kind == "prompt":
        refuse_second_prompt(connection, thing.id, name)
    elif thing.kind == "album":
        album = find_album(connection, thing.id)
        ensure_fits(connection, thing.id, name, bytes.fromhex(album.parent) if album.parent else None)
    return name


def _settle(draft: Draft, kind: Noun, field: str, value: Scalar, now: int, *, picked: bool) -> None:
    if (kind, field) == ("asset", "current") and not picked:
        restore_version(draft, str(value), now)
        shown = current_of({"current": draft.values("current")}, versions_of({"versions": draft.values("versions")}))
        value = shown.id if shown is not None else value  # the one that was shown already has the same bytes
    draft.agree(field, value)


def _settling(some: Sequence[tuple[Noun, str, Scalar]], now: int) -> Callable[[Draft], None]:
    """Of one document."""

    def edit(draft: Draft) -> None:
        for kind, field, value in some:
            _settle(draft, kind, field, value, now, picked=True)

    return edit


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def read_document(document: str) -> bytes:
    try:
        return bytes.fromhex(document)
    except ValueError as error:
        raise NotFound(f"There is no document {document[:40]!r}.", code="no_document", id=document[:64]) from error


def _names(fields: str) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(fields, type=list[str]))


def _read_cursor(cursor: str) -> Place:
    try:
        position = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        place = Place(*msgspec.json.decode(position, type=tuple[Noun, str, int, str]))
        bytes.fromhex(place.id)
    except (ValueError, msgspec.DecodeError) as error:
        raise NoCursor from error
    return place
