"""Albums as plain data: what is shown of one, and what is asked for."""

from __future__ import annotations

import msgspec

from library.models import Model


class Album(Model, frozen=True, kw_only=True):
    """An album: its name, where it stands in the tree, and how many pictures it holds itself."""

    id: str
    name: str
    notes: str
    color: str | None
    parent: str | None  # the album that it is shown in
    depth: int  # how many albums it stands in
    assets: int  # pictures in it outside the bin, not those of albums in it
    cover: str | None  # thumbnail blob hash
    cover_asset: str | None  # the picture that was chosen for it; None: its first
    created_at: int
    conflicts: list[str]


class AlbumEdited(Album, frozen=True, kw_only=True):
    """An album after an edit; `action` is what undo takes, None where nothing changed."""

    action: str | None


class NewAlbum(Model, frozen=True, kw_only=True, omit_defaults=True):
    """An album to make, at the top or in another one."""

    name: str
    parent: str | None = None
    color: str | None = None


class AlbumChange(Model, frozen=True, kw_only=True, omit_defaults=True):
    """An edit of an album; absent means untouched, null clears: without `parent` it stands at the top, without `cover`
    it shows its first picture. `notes_was` are the notes as the writer had read them.
    """

    name: str | msgspec.UnsetType = msgspec.UNSET
    notes: str | msgspec.UnsetType = msgspec.UNSET
    notes_was: str | msgspec.UnsetType = msgspec.UNSET
    color: str | msgspec.UnsetType | None = msgspec.UNSET
    parent: str | msgspec.UnsetType | None = msgspec.UNSET
    cover: str | msgspec.UnsetType | None = msgspec.UNSET
