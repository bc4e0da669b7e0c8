"""What one does to pictures: look at one, edit one or many, bin and restore, choose a version."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from documents.draft import Draft
from documents.engine import Document
from documents.kinds import Kind
from imaging.inspection import Lineage
from library.copies.holders import copies_of
from library.editing.actions import asset_ids, clean_tag, clean_text, read_id, take_out_of_bin, write_text
from library.editing.inverse import revert
from library.editing.news import told
from library.errors import Clash, Invalid, NotFound
from library.gathering import readable
from library.models import Asset, AssetChange, AssetDetail, Changed, Copy, Edited, Entry, Origin, Version
from library.replica.log import split_hashes
from library.replica.shelf import loaded
from library.values import Values, image_values
from library.views.albums import albums_of
from library.views.authors import Authors, candidates_of
from library.views.presence import Has, as_they_lie, lost_of, synced
from library.views.projection import (
    VersionValues,
    binned_at,
    conflicts_of,
    current_of,
    origins_of,
    state_of,
    versions_of,
)
from library.views.search import asset_by_id
from library.views.versions import as_made, restore_current, restore_version
from library.workspace import Appended, Edit, Plan, Workspace, Write
from store.database import Connection

UNSET = msgspec.UNSET
MOST_ORIGINS = 4  # that are told of one picture
LONGEST_LINE = 100  # pictures, each made of the one before
LAST = "~"  # the order key of a picture that was only added: after those that were placed
Past = Callable[[Callable[[Connection], Any], str], Awaitable[Any]]  # what a function finds in the rows as they were
Timeline = Callable[[Connection, bytes], list[Entry]]


class Assets:
    """The pictures of one workspace."""

    def __init__(
        self, workspace: Workspace, past: Past, timeline: Timeline, device_name: Callable[[bytes], str]
    ) -> None:
        self._workspace = workspace
        self._past = past
        self._timeline = timeline
        self._device_name = device_name

    async def edit(self, ids: Sequence[str], change: AssetChange) -> Changed:
        """One change to many pictures, as one action."""
        checked = check_change(change)
        found = await self._workspace.database.read(lambda connection: asset_ids(connection, ids))
        intent, params = describe(checked)
        appended = await self._workspace.append(
            Plan(intent, {**params, "count": len(found)}, [(id, lambda draft: write(draft, checked)) for id in found])
        )
        return self._told(appended)

    async def edit_one(self, id: str, change: AssetChange) -> Edited:
        checked = check_change(change)
        (found,) = await self._workspace.database.read(lambda connection: asset_ids(connection, [id]))
        intent, params = describe(checked)
        appended = await self._workspace.append(
            Plan(intent, {**params, "count": 1}, [(found, lambda draft: write(draft, checked))])
        )
        self._told(appended)
        return await self._edited(found, appended)

    async def bin(self, ids: Sequence[str]) -> Changed:
        """Move pictures to the bin; nothing is deleted."""
        now = self._workspace.surroundings.clock.now()

        def put(draft: Draft) -> None:
            if binned_at({"deleted": draft.values("deleted")}) is None:
                draft.agree("deleted", now)

        return await self._mark(ids, "asset.bin", put)

    async def unbin(self, ids: Sequence[str]) -> Changed:
        return await self._mark(ids, "asset.unbin", take_out_of_bin)

    async def _mark(self, ids: Sequence[str], intent: str, put: Write) -> Changed:
        found = await self._workspace.database.read(lambda connection: asset_ids(connection, ids))
        appended = await self._workspace.append(Plan(intent, {"count": len(found)}, [(id, put) for id in found]))
        return self._told(appended)

    async def restore(self, id: str, version: str | None = None, action: str | None = None) -> Edited:
        """Bring an older version back as a new one, or write everything as an action left it; both as a new change."""
        (found,) = await self._workspace.database.read(lambda connection: asset_ids(connection, [id]))
        if (version is None) == (action is None):
            raise Invalid("Name a version or an action.", [("/version", "or `action`, not both")], code="no_version")

        now = self._workspace.surroundings.clock.now()
        params: dict[str, Any] = {"version": version, "count": 1} if version else {"action": action, "count": 1}

        def edits(connection: Connection) -> list[Edit]:
            if version is not None:
                values = read_values(connection, found)
                known = [each.id for each in versions_of(values)]
                params["number"] = known.index(version) + 1 if version in known else 0
                ensure_kept(connection, values, version)
                return [(found, lambda draft: restore_version(draft, version, now))]
            return [(found, restorer(connection, found, str(action), now))]

        appended = await self._workspace.append(Plan("asset.restore", params, edits))
        self._told(appended)
        return await self._edited(found, appended)

    async def show(self, id: str, at: str | None = None) -> AssetDetail:
        """Everything about one picture, now or as of a moment."""
        found = read_id(id, Kind.IMAGE)
        read_now, name = self._workspace.database.read_now, self._device_name
        if at is not None:
            # Of changes there is nothing in the rows as they were.
            shown, held = await self._past(
                lambda past: (detail_of(past, found, [], None, name), disputed_of(past, found)), at
            )
            told = read_now(lambda connection: candidates_of(Authors(connection, name), found, held))
            detail: AssetDetail = msgspec.structs.replace(shown, conflicts=told)
            return detail
        return read_now(
            lambda connection: synced_detail(
                self._workspace,
                connection,
                detail_of(
                    connection,
                    found,
                    self._timeline(connection, found),
                    Authors(connection, name),
                    name,
                    self._workspace.blobs.has,
                ),
            )
        )

    async def some(self, ids: Sequence[str]) -> list[Asset]:
        """These pictures as lists show them, in this order; one that is not here is left out."""
        wanted = [bytes.fromhex(each) for each in dict.fromkeys(ids)]

        def work(connection: Connection) -> list[Asset]:
            found = [asset for id in wanted if (asset := asset_by_id(connection, id)) is not None]
            return look(self._workspace, connection, found)

        return await self._workspace.database.read(work)

    async def _edited(self, id: bytes, appended: Appended) -> Edited:
        heads = appended.heads.get(id)
        if heads is None:
            row = self._workspace.database.read_now(
                lambda connection: connection.execute("SELECT heads FROM document WHERE id=?", (id,)).fetchone()
            )
            heads = split_hashes(row[0])
        action = appended.action.hex() if appended.action else None
        return Edited(asset=id.hex(), heads=[head.hex() for head in heads], action=action)

    def _told(self, appended: Appended) -> Changed:
        return told(self._workspace, appended)


def _parameters(text: str) -> dict[str, Any]:
    """What a tool wrote, as JSON; nothing for what is none."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return {}


def detail_of(
    connection: Connection,
    id: bytes,
    history: list[Entry],
    authors: Authors | None,
    device_name: Callable[[bytes], str] = lambda device: device.hex()[:8],
    has: Has = lambda hash: True,
) -> AssetDetail:
    """Everything about one picture; its history is passed in, and who says who set what was set at once. `has`: whether
    a blob's file is there.
    """
    asset = asset_by_id(connection, id)
    if asset is None:
        raise NotFound(f"There is no picture {id.hex()} here.", code="no_image", id=id.hex())
    values = image_values(read_values(connection, id))
    blobs = [bytes.fromhex(each.blob) for each in versions_of(values)]
    states = {asset.sha256: asset.state} | {each.hex(): "missing" for each in lost_of(connection, blobs, has)}
    asset = msgspec.structs.replace(asset, state=states[asset.sha256])
    versions = list_versions(connection, values, states)
    return AssetDetail(
        asset=asset,
        note=values["note"],
        albums=albums_of(connection, id),
        sources=sorted(values["sources"]),
        made_of=[_origin(connection, each) for each in origins_of(values) if each != id][:MOST_ORIGINS],
        versions=versions,
        facts=next((version.parameters for version in versions if version.current), {}),
        conflicts=candidates_of(authors, id, disputed_of(connection, id)) if authors is not None else {},
        history=history,
        copies=list_copies(connection, bytes.fromhex(asset.sha256), has, device_name),
    )


def _origin(connection: Connection, id: bytes) -> Origin:
    found = asset_by_id(connection, id)
    if found is None:
        return Origin(id=id.hex(), name=None, thumbnail=None, binned=False)
    return Origin(id=id.hex(), name=found.name, thumbnail=found.thumbnail, binned=found.binned_at is not None)


def lineage_of(connection: Connection, id: bytes) -> Lineage:
    """What a file that is made of a picture says of that: its id, and that of the one that stood at the beginning, as
    far as that is told. Files may say anything: a circle ends where it was before.
    """
    seen = [id]
    while len(seen) < LONGEST_LINE:
        before = [each for each in origins_of(read_values(connection, seen[-1])) if each not in seen]
        if not before:
            break
        seen.append(before[-1])
    return Lineage(id, seen[-1])


def look(workspace: Workspace, connection: Connection, items: list[Asset]) -> list[Asset]:
    """Pictures as they lie on the disk and, where there are any, on other devices."""
    found = as_they_lie(connection, items, workspace.blobs.has)
    return synced(connection, found, workspace.surroundings.clock.now()) if workspace.has_others() else found


def synced_detail(workspace: Workspace, connection: Connection, detail: AssetDetail) -> AssetDetail:
    """The same of one picture, of which it is known already how it lies here."""
    if not workspace.has_others():
        return detail
    (asset,) = synced(connection, [detail.asset], workspace.surroundings.clock.now())
    return msgspec.structs.replace(detail, asset=asset)


def disputed_of(connection: Connection, id: bytes) -> dict[str, Values]:
    """The fields of a picture that several writers set differently at once, each with what they set."""
    values = image_values(read_values(connection, id))
    return {field: values[field] for field in conflicts_of(values)}


def check_change(change: AssetChange) -> AssetChange:
    """The change with clean texts; Invalid names every field that makes no sense."""
    problems = []
    if change.rating is not UNSET and not 0 <= change.rating <= 5:
        problems.append(("/rating", "is a whole number from 0 to 5"))
    cleaned: dict[str, Any] = {
        "add_tags": [clean_tag(tag, f"/add_tags/{index}") for index, tag in enumerate(change.add_tags)],
        "remove_tags": [
            clean_tag(tag, f"/remove_tags/{index}", known=True) for index, tag in enumerate(change.remove_tags)
        ],
    }
    for field in ("add_projects", "remove_projects"):
        for index, project in enumerate(getattr(change, field)):
            try:
                read_id(project, Kind.PROJECT)
            except NotFound:
                problems.append((f"/{field}/{index}", "is not a project's id"))
    if change.note is UNSET and change.note_was is not UNSET:
        problems.append(("/note_was", "goes with `note`"))
    if problems:
        raise Invalid(f"{problems[0][0]} {problems[0][1]}.", problems)
    if isinstance(change.title, str):
        cleaned["title"] = clean_text(change.title, "/title").strip() or None
    for field in ("note", "note_was"):
        if getattr(change, field) is not UNSET:
            cleaned[field] = clean_text(getattr(change, field), f"/{field}")
    return msgspec.structs.replace(change, **cleaned)


def describe(change: AssetChange) -> tuple[str, dict[str, Any]]:
    """The intent code of a change and its parameters; several kinds at once are `asset.edit`."""
    kinds: dict[str, dict[str, Any]] = {}
    for field, code in (("title", "title"), ("rating", "rate"), ("flag", "flag"), ("label", "label")):
        value = getattr(change, field)
        if value is not UNSET:
            kinds[f"asset.{code}"] = {field: value}
    if change.note is not UNSET:
        kinds["asset.note"] = {}
    if change.add_tags or change.remove_tags:
        kinds["asset.tag"] = {"added": change.add_tags, "removed": change.remove_tags}
    if change.add_projects or change.remove_projects:
        kinds["asset.project"] = {"added": change.add_projects, "removed": change.remove_projects}
    if len(kinds) == 1:
        return next(iter(kinds.items()))
    return "asset.edit", {"fields": sorted(code.partition(".")[2] for code in kinds)}


def write(draft: Draft, change: AssetChange) -> None:
    """Write a checked change into an image document; what is agreed on already writes nothing."""
    for field in ("title", "rating", "flag", "label"):
        value = getattr(change, field)
        if value is not UNSET and (draft.values(field) or value):
            draft.agree(field, value or (0 if field == "rating" else ""))
    if change.note is not UNSET:
        write_text(draft, "note", change.note, None if change.note_was is UNSET else change.note_was)
    for tag in change.add_tags:
        draft.put_entry("tags", tag, True)
    for tag in change.remove_tags:
        draft.drop_entry("tags", tag)
    for project in change.add_projects:
        if project not in draft.values("projects"):
            draft.put_entry("projects", project, LAST)
    for project in change.remove_projects:
        draft.drop_entry("projects", project)


def read_values(connection: Connection, id: bytes) -> dict[str, Any]:
    """A document's values at the heads its row names; empty when there is none. Read them, do not change them."""
    row = connection.execute("SELECT saved, heads FROM document WHERE id=?", (id,)).fetchone()
    return {} if row is None else _values_of(id, *row)


@lru_cache(maxsize=256)
def _values_of(id: bytes, saved: bytes, heads: bytes) -> dict[str, Any]:
    document = Document.load(Kind(id[0]), saved)
    wanted = split_hashes(heads)
    return document.read() if tuple(sorted(wanted)) == document.heads() else document.read(wanted)


def restorer(connection: Connection, id: bytes, action: str, at: int) -> Write:
    """Writes a document as it was right after an action."""
    try:
        wanted = bytes.fromhex(action)
    except ValueError:
        wanted = b""
    rows = connection.execute(
        "SELECT c.hash FROM change AS c JOIN segment AS s ON s.id = c.segment"
        " WHERE c.document=? AND s.action=? AND c.state=1",
        (id, wanted),
    ).fetchall()
    if not rows:
        raise NotFound(f"That picture has no action {action[:40]!r}.", code="no_action", id=action[:64])
    document = loaded(connection, id)
    then, now = document.read([hash for (hash,) in rows]), document.read()
    past = image_values(then)
    shown = current_of(past, versions_of(past))
    if shown is not None:
        ensure_kept(connection, image_values(now), shown.id)
    # Versions are only ever added to.
    fields = {**then, "versions": now["versions"], "current": now["current"]}

    def write(draft: Draft) -> None:
        revert(draft, Kind(id[0]), fields, now, 0, created=False)
        restore_current(draft, past, at)

    return write


def ensure_kept(connection: Connection, values: Values, id: str) -> None:
    """Clash for a version whose original is gone: a picture that can be had must not be taken away for it. One whose
    drive is away comes back with it.
    """
    versions = versions_of(values)
    current = current_of(values, versions)
    number, wanted = next(((at, each) for at, each in enumerate(versions, 1) if each.id == id), (0, current))
    if wanted is None or current is None or wanted.blob == current.blob or id in values["current"].values():
        return  # nothing to bring back, or one of several that are current at once is chosen
    if state_of(connection, bytes.fromhex(wanted.blob)) == "missing":
        message = f"The original of version {number} is gone; only its small picture is kept."
        raise Clash(message, code="version_gone", number=number)


def list_versions(connection: Connection, values: Values, states: Mapping[str, str]) -> list[Version]:
    """The versions of an image; `states` are those of blobs that are known already."""
    versions = versions_of(values)
    current = current_of(values, versions)

    def listed(version: VersionValues) -> Version:
        made = as_made(values, version, versions)
        return Version(
            id=version.id,
            sha256=version.blob,
            parent=version.parent,
            media_type=version.media_type,
            bytes=version.size,
            width=version.width,
            height=version.height,
            thumbnail=version.thumbnail,
            facts=version.facts,
            made=version.made,  # type: ignore[arg-type]
            restored=version.restored,
            name=version.name,
            created_at=version.at,
            current=version is current,
            state=states.get(version.blob) or state_of(connection, bytes.fromhex(version.blob)),  # type: ignore[arg-type]
            prompt=made.get("prompt"),
            negative=made.get("negative"),
            seed=made.get("seed"),
            model=made.get("model"),
            tool=made.get("tool"),
            parameters=_parameters(made.get("parameters", "{}")),
        )

    return [listed(version) for version in versions]


def list_copies(connection: Connection, sha256: bytes, has: Has, device_name: Callable[[bytes], str]) -> list[Copy]:
    """Where an original lies: on this device, and on others as far as they said."""
    copies: list[Copy] = []
    row = connection.execute("SELECT here FROM blob WHERE hash=?", (sha256,)).fetchone()
    if row is not None and row[0]:
        copies.append(Copy(where="library", state="here" if has(sha256) else "missing", verified_at=None))
    for path, state in connection.execute("SELECT path, state FROM reference WHERE hash=? ORDER BY path", (sha256,)):
        # What is gone from a path stands behind a zero byte, beside what lies there now.
        where = readable(Path(os.fsdecode(path.partition(b"\0")[0])))
        copies.append(Copy(where=where, state=state, verified_at=None))
    for device, verified in copies_of(connection, sha256):
        copies.append(
            Copy(
                where=device_name(device),
                state="claimed" if verified is None else "verified",
                verified_at=verified,
                device=device.hex(),
            )
        )
    return copies
