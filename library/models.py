"""Ids and the plain data that the library hands out. Times are milliseconds since 1970, for display only."""

from __future__ import annotations

from typing import Any, Literal, NewType

import msgspec

from library.values import Flag, Label, Made, Sort

AssetId = NewType("AssetId", bytes)  # 16 bytes: kind byte and 15 bytes; hex outside
DocumentId = NewType("DocumentId", bytes)

State = Literal["here", "elsewhere", "offline", "missing"]
# The same, finer, where there are other devices: only here as far as they said, or elsewhere and coming.
Sync = Literal["here", "only", "coming", "elsewhere", "offline", "missing"]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything that crosses HTTP: ids and hashes are lower-case hex."""


class Asset(Model, frozen=True, kw_only=True):
    """One picture as lists show it; everything in it is of the current version."""

    id: str
    sha256: str
    name: str  # title, else the name that the picture came under
    title: str | None
    width: int
    height: int
    media_type: str
    bytes: int
    thumbnail: str | None  # blob hash of the 512 px WebP
    prompt: str | None
    negative: str | None
    seed: str | None
    model: str | None
    tool: str | None
    tags: list[str]
    rating: int  # 0 none, 1-5
    flag: Flag | None
    label: Label | None
    projects: list[str]
    versions: int
    made: Literal["imported", "generated", "received"]
    created_at: int
    state: State
    binned_at: int | None
    conflicts: list[str]  # names of fields that two writers set at once
    sync: Sync | None = None  # null in a workspace of one device


class Version(Model, frozen=True, kw_only=True):
    """One version of a picture; `id` is the SHA-256 of its blob, or of its recipe and parent, or of its parent and what
    a restore brought back.
    """

    id: str
    sha256: str
    parent: str | None
    media_type: str
    bytes: int
    width: int
    height: int
    thumbnail: str | None
    facts: str | None  # blob hash of everything a tool wrote, as JSON
    made: Made
    restored: str | None  # the version that a restore brought back
    name: str | None  # of the file it came from, as far as that was written
    created_at: int
    current: bool
    state: State
    prompt: str | None
    negative: str | None
    seed: str | None
    model: str | None
    tool: str | None
    parameters: dict[str, Any]  # as AssetDetail.facts


class Candidate(Model, frozen=True, kw_only=True):
    """One of several values that different writers gave a field at once."""

    value: Any
    device: str
    when: int


class Copy(Model, frozen=True, kw_only=True):
    """Where one blob lies: in this device's library, in a file, or on another `device`, which said so (`claimed`) or
    looked at its bytes for us (`verified`).
    """

    where: str
    state: Literal["here", "offline", "missing", "gone", "claimed", "verified"]
    verified_at: int | None
    device: str | None = None


class Entry(Model, frozen=True, kw_only=True):
    """One action in a timeline. `intent` is a code rendered in the reader's language with `params`."""

    action: str
    when: int
    who: str
    device: str
    intent: str
    params: dict[str, Any]
    changes: int
    documents: list[str]
    undone: bool = False


class Origin(Model, frozen=True, kw_only=True):
    """A picture that another says it was made of. `name`: null where it is not in this library; `binned`: it is in the
    bin.
    """

    id: str
    name: str | None
    thumbnail: str | None
    binned: bool


class AssetDetail(Model, frozen=True, kw_only=True):
    """Everything about one picture. `made_of`: what its file said that it was made of, the nearest first."""

    asset: Asset
    note: str
    albums: list[str]
    sources: list[str]
    made_of: list[Origin]
    versions: list[Version]  # oldest first
    facts: dict[str, Any]  # parsed: sampler, steps, size, … as the tool named them
    conflicts: dict[str, list[Candidate]]
    history: list[Entry]  # newest first
    copies: list[Copy]


class AssetPage(Model, frozen=True, kw_only=True):
    """One page of a search; `next` is an opaque cursor, absent at the end."""

    total: int
    next: str | None
    items: list[Asset]


class Facet(Model, frozen=True, kw_only=True):
    """How many of the found assets have one value."""

    value: str
    count: int


class Facets(Model, frozen=True, kw_only=True):
    """Counts per value over everything a query finds."""

    total: int
    tools: list[Facet]
    models: list[Facet]
    tags: list[Facet]
    ratings: list[Facet]
    projects: list[Facet]
    states: list[Facet]
    months: list[Facet]  # 2026-11
    media_types: list[Facet]
    flags: list[Facet]
    labels: list[Facet]


class Month(Model, frozen=True, kw_only=True):
    """Where the pictures of one month begin in a list by date, and how many they are."""

    month: str  # 2026-11
    at: int
    count: int


class Months(Model, frozen=True, kw_only=True):
    """The months of a list by date, in its order."""

    total: int
    months: list[Month]


class AssetChange(Model, frozen=True, kw_only=True, omit_defaults=True):
    """An edit of one or many assets; absent means untouched, null clears. `note_was` is the note as the writer had read
    it: what others wrote into it since then stays.
    """

    title: str | msgspec.UnsetType | None = msgspec.UNSET
    rating: int | msgspec.UnsetType = msgspec.UNSET
    flag: Flag | msgspec.UnsetType | None = msgspec.UNSET
    label: Label | msgspec.UnsetType | None = msgspec.UNSET
    note: str | msgspec.UnsetType = msgspec.UNSET
    note_was: str | msgspec.UnsetType = msgspec.UNSET
    add_tags: list[str] = []
    remove_tags: list[str] = []
    add_projects: list[str] = []
    remove_projects: list[str] = []


class Edited(Model, frozen=True, kw_only=True):
    """What an edit of one document answers."""

    asset: str
    heads: list[str]
    action: str | None  # None: nothing changed


class Changed(Model, frozen=True, kw_only=True):
    """What an edit of many documents answers; `action` is what undo takes."""

    changed: int
    action: str | None


class Reverted(Changed, frozen=True, kw_only=True):
    """What an undo or redo answers: `undoes` is the action that it took back, `intent` and `params` tell the edit that
    was undone or done again, as the timeline does.
    """

    undoes: str
    intent: str
    params: dict[str, Any]


class Pair(Model, frozen=True, kw_only=True):
    """Two pictures: the one that came later, and the one before it."""

    newer: str
    older: str


class Differing(Model, frozen=True, kw_only=True):
    """Where a picture and the one that became its version said different things."""

    asset: str
    name: str
    newer: str  # the other one's name
    kept: list[str]  # fields of which it kept its own value; the other one's stands with it in the bin
    notes: bool  # whether both had notes, which stand one after the other now


class Joined(Model, frozen=True, kw_only=True):
    """What it answers that pictures became versions of others."""

    changed: int
    action: str | None
    differing: list[Differing]


class Alike(Model, frozen=True, kw_only=True):
    """Two pictures that look the same, of which nobody has said yet whether they are."""

    newer: Asset
    older: Asset
    since: int


class AlikeList(Model, frozen=True, kw_only=True):
    """The first of the pairs that wait, and how many they are."""

    total: int
    pairs: list[Alike]


class Making(Model, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who makes pictures: a provider, by the name that devices have it set up under, and one of its models; without a
    model its first.
    """

    provider: str
    model: str = ""


class Project(Model, frozen=True, kw_only=True):
    """A project: its name, brief, settings and how many pictures it holds. `making`: what its pictures are made with
    where nothing else is said; null where it names nothing.
    """

    id: str
    name: str
    brief: str
    color: str | None
    archived: bool
    assets: int
    cover: str | None  # thumbnail blob hash
    created_at: int
    updated_at: int
    conflicts: list[str]
    making: Making | None


class ProjectChange(Model, frozen=True, kw_only=True, omit_defaults=True):
    """An edit of a project; absent means untouched, null clears. `brief_was` is the brief as the writer had read it."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    brief: str | msgspec.UnsetType = msgspec.UNSET
    brief_was: str | msgspec.UnsetType = msgspec.UNSET
    color: str | msgspec.UnsetType | None = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET
    making: Making | msgspec.UnsetType | None = msgspec.UNSET


class Unreadable(Model, frozen=True, kw_only=True):
    """Why a query cannot be read here; `code` and `params` are for translation."""

    code: str
    detail: str
    params: dict[str, str]


class SavedSearch(Model, frozen=True, kw_only=True):
    """A query under a name. It finds whatever fits when it is asked."""

    id: str
    name: str
    query: str  # as it was written, also by a program that knows more filters
    sort: Sort
    color: str | None
    total: int | None  # None: not counted, or not to be read here
    problem: Unreadable | None
    created_at: int
    conflicts: list[str]


class SavedSearchEdited(SavedSearch, frozen=True, kw_only=True):
    """A saved search after an edit; `action` is what undo takes, None where nothing changed."""

    action: str | None


class NewSavedSearch(Model, frozen=True, kw_only=True, omit_defaults=True):
    """A search to save."""

    name: str
    query: str
    sort: Sort = "newest"
    color: str | None = None


class SavedSearchChange(Model, frozen=True, kw_only=True, omit_defaults=True):
    """An edit of a saved search; absent means untouched, null clears."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    query: str | msgspec.UnsetType = msgspec.UNSET
    sort: Sort | msgspec.UnsetType = msgspec.UNSET
    color: str | msgspec.UnsetType | None = msgspec.UNSET


class Checkpoint(Model, frozen=True, kw_only=True):
    """A named moment of the whole workspace."""

    id: str
    name: str
    when: int
    who: str


class ImportFailure(Model, frozen=True, kw_only=True):
    """A file that could not be imported and why; `code` is translated by the reader, with `params`."""

    path: str
    code: str
    reason: str
    params: dict[str, str] = {}


class Watched(Model, frozen=True, kw_only=True):
    """A folder that is watched. `state` says how: by the system's notices, by looking, or not at all."""

    id: str
    path: str
    mode: Literal["copy", "reference"]
    state: Literal["watching", "polling", "offline", "scanning"]
    detail: str | None  # a code: why polling or offline
    assets: int  # pictures that came from a path in it, also before it was watched
    missing: int  # of these, pictures whose originals are gone from it, and are nowhere else
    failures: int  # files in it that could not be imported, as they lie there
    failed: list[ImportFailure]  # the first of them


class ImportReport(Model, frozen=True, kw_only=True):
    """The end of an import. `imported + duplicates + versions + rejoined + failed` is the number of pictures seen."""

    imported: int
    duplicates: int
    versions: int  # files edited in place that became new versions
    rejoined: int  # pictures that are here, saved again elsewhere, and became versions
    alike: int  # of those imported, how many look like a picture that is here
    others: dict[str, int]  # further files in the folders, which are no pictures: how many, by ending ("" for the rest)
    failed: list[ImportFailure]
    assets: list[str]
    seconds: float


class Problem(Model, frozen=True, kw_only=True):
    """Damage or danger that a check found, where, and what to do about it. `code` and `params` are for translation."""

    code: str
    what: str
    where: str
    remedy: str
    params: dict[str, str] = {}


class Check(Model, frozen=True, kw_only=True):
    """What `verify` answers."""

    checked: int
    problems: list[Problem]


class Digest(Model, frozen=True, kw_only=True):
    """The state digest: equal on devices that hold the same."""

    digest: str
    documents: int
    segments: int


class Exported(Model, frozen=True, kw_only=True):
    """The end of a full export: what the folder holds now, and what it could not get."""

    path: str
    digest: str
    pictures: int
    files: int
    bytes: int
    problems: list[Problem]


class WorkspaceInfo(Model, frozen=True, kw_only=True):
    """A workspace on this device."""

    id: str
    name: str
    device: str
    role: Literal["admin", "editor", "reviewer", "viewer", "none"]
    default: bool
    folder: str  # where it lies on this device


class ClosedWorkspace(Model, frozen=True, kw_only=True):
    """A workspace on this device that could not be opened; `code` is of the problem, for translation."""

    id: str  # empty when not even that can be read
    folder: str
    code: str
    what: str
    hint: str
    why: str
    params: dict[str, str]  # of `why`: its code as `cause`, and what fills the sentence


class Restored(WorkspaceInfo, frozen=True, kw_only=True):
    """A workspace that was brought in, or given back what it lacked; what of it could not be had or is remarkable."""

    put_back: int  # pieces that a workspace which was here already got back
    problems: list[Problem]


class Moved(Model, frozen=True, kw_only=True):
    """What of a workspace came into another: documents in all, pictures among them, and how many originals are not on
    this device.
    """

    documents: int
    pictures: int
    missing: int
    action: str | None


class LibraryCounts(Model, frozen=True, kw_only=True):
    """How much a workspace holds."""

    assets: int
    blobs: int
    bytes: int
    offline: int
    binned: int


class Event(Model, frozen=True, kw_only=True):
    """News: `subject` is the id of what changed or `*` for many; `origin` the device that did it."""

    seq: int
    kind: str
    subject: str
    origin: str
