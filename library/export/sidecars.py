"""What a full export writes beside a picture: everything that is known about it, in a stable order. docs/export.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from library.models import AssetDetail, Candidate, Entry, Model, Version


class SidecarProject(Model, frozen=True, kw_only=True):
    """A project or an album that holds the picture."""

    id: str
    name: str | None  # None: the project was deleted


class SidecarVersion(Model, frozen=True, kw_only=True):
    """One version, numbered from the oldest; `file` stands beside the sidecar, None when its bytes could not be had."""

    number: int
    file: str | None
    current: bool
    id: str
    sha256: str
    name: str | None
    parent: str | None
    media_type: str
    bytes: int
    width: int
    height: int
    made: str
    created_at: int
    thumbnail: str | None
    facts: str | None


class SidecarEntry(Model, frozen=True, kw_only=True):
    """One action that changed the picture, by its code and parameters as in the signed log."""

    when: int
    who: str
    intent: str
    params: dict[str, Any]
    action: str
    undone: bool


class Sidecar(Model, frozen=True, kw_only=True):
    """Everything about one picture. Times are milliseconds since 1970, hashes SHA-256 in hexadecimal digits."""

    format: int = 1
    workspace: str
    id: str
    name: str
    title: str | None
    note: str
    tags: list[str]
    rating: int
    flag: str | None
    label: str | None
    projects: list[SidecarProject]
    albums: list[SidecarProject]
    prompt: str | None
    negative: str | None
    seed: str | None
    model: str | None
    tool: str | None
    parameters: dict[str, Any]
    sources: list[str]
    made: str
    created_at: int
    binned_at: int | None
    conflicts: dict[str, list[Candidate]]
    versions: list[SidecarVersion]
    history: list[SidecarEntry]  # oldest first


def sidecar_of(workspace: str, detail: AssetDetail, names: Mapping[str, str]) -> Sidecar:
    """The sidecar of a picture, whose versions have no files yet. `names`: of projects and albums, by id."""
    asset = detail.asset
    albums = [SidecarProject(id=id, name=names[id]) for id in detail.albums]
    named = [SidecarProject(id=id, name=names.get(id)) for id in asset.projects]
    return Sidecar(
        workspace=workspace,
        id=asset.id,
        name=asset.name,
        title=asset.title,
        note=detail.note,
        tags=asset.tags,
        rating=asset.rating,
        flag=asset.flag,
        label=asset.label,
        projects=sorted(named, key=lambda project: (project.name is None, project.name or "", project.id)),
        albums=sorted(albums, key=lambda album: (album.name or "", album.id)),
        prompt=asset.prompt,
        negative=asset.negative,
        seed=asset.seed,
        model=asset.model,
        tool=asset.tool,
        parameters=detail.facts,
        sources=detail.sources,
        made=asset.made,
        created_at=asset.created_at,
        binned_at=asset.binned_at,
        conflicts=detail.conflicts,
        versions=[_version(number, version) for number, version in enumerate(detail.versions, 1)],
        history=[_entry(each) for each in reversed(detail.history)],
    )


def _version(number: int, version: Version) -> SidecarVersion:
    return SidecarVersion(
        number=number,
        file=None,
        current=version.current,
        id=version.id,
        sha256=version.sha256,
        name=version.name,
        parent=version.parent,
        media_type=version.media_type,
        bytes=version.bytes,
        width=version.width,
        height=version.height,
        made=version.made,
        created_at=version.created_at,
        thumbnail=version.thumbnail,
        facts=version.facts,
    )


def _entry(entry: Entry) -> SidecarEntry:
    return SidecarEntry(
        when=entry.when,
        who=entry.who,
        intent=entry.intent,
        params=entry.params,
        action=entry.action,
        undone=entry.undone,
    )


def written(sidecar: Sidecar, names: Mapping[int, str]) -> bytes:
    """What the file holds; `names` are those of the versions that lie beside it, by number."""
    versions = [msgspec.structs.replace(each, file=names.get(each.number)) for each in sidecar.versions]
    whole = msgspec.structs.replace(sidecar, versions=versions)
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"
