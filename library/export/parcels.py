"""Pictures delivered by a preset into one zip file, to be fetched by the page. It lies on this disk until it gives its
place to a newer one, or the workspace is opened again.
"""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from library.care.care import Care
from library.errors import NotFound
from library.export.filenames import portable
from library.export.naming import day_of
from library.presets import Preset
from library.tasks import Progress, no_progress
from library.workspace import PARCELS, Workspace
from store.files import Files
from store.waiting import to_the_end

KEPT = 2  # zip files at once
MODE = 0o644 << 16
EPOCH, END = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)  # the times that a zip file can hold


class Parcel(NamedTuple):
    """A zip file that can be fetched."""

    path: Path
    name: str
    size: int


class Parcels:
    """The zip files of one workspace."""

    def __init__(self, workspace: Workspace, care: Care) -> None:
        self._workspace = workspace
        self._files = workspace.surroundings.files
        self._care = care
        self._kept: dict[str, Parcel] = {}

    async def pack(
        self,
        preset: Preset,
        progress: Progress = no_progress,
        *,
        q: str | None = None,
        assets: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Deliver into a zip file. Tells what `Care.deliver` does and, as `parcel`, its id, name and bytes; None where
        no picture could be made.
        """
        id = self._workspace.surroundings.random.randbytes(8).hex()
        folder = self._workspace.folder / PARCELS / id
        try:
            told = await self._care.deliver(folder / "files", preset, progress, q=q, assets=assets)
            parcel = await self._zipped(folder, preset, progress) if told["written"] else None
        except BaseException:
            await self._removed(folder)
            raise
        await self._removed(folder / "files" if parcel else folder)
        if parcel:
            self._kept[id] = parcel
            await self._make_room()
        found = None if parcel is None else {"id": id, "name": parcel.name, "bytes": parcel.size}
        return {**{key: value for key, value in told.items() if key != "path"}, "parcel": found}

    def find(self, id: str) -> Parcel:
        """The one with this id; NotFound once it has made room for others."""
        if id not in self._kept:
            message = f"There is no zip file {id}; the last {KEPT} are kept until Gesso stops. Export once more."
            raise NotFound(message, code="no_parcel", id=id, most=KEPT)
        return self._kept[id]

    async def discard(self, id: str) -> None:
        """Remove one; what is being fetched of it may break off."""
        parcel = self.find(id)
        del self._kept[id]
        await self._removed(parcel.path.parent)

    async def _make_room(self) -> None:
        for id in list(self._kept)[:-KEPT]:
            await self.discard(id)

    async def _removed(self, folder: Path) -> None:
        await to_the_end(self._workspace.surroundings.in_thread(self._files.remove_folder, folder))

    async def _zipped(self, folder: Path, preset: Preset, progress: Progress) -> Parcel:
        now = self._workspace.surroundings.clock.now()
        name = portable(f"{preset.name} {day_of(now)}", otherwise="Gesso") + ".zip"
        path = folder / "pictures.zip"

        def work() -> Parcel:
            self._files.write_pieces(path, zipped(self._files, folder / "files", now, progress))
            facts = self._files.facts(path)
            assert facts is not None
            return Parcel(path, name, facts.size)

        parcel: Parcel = await to_the_end(self._workspace.surroundings.in_thread(work))
        return parcel


class _Sink:
    """Takes what the zip's writer writes, until it is taken out."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def zipped(files: Files, root: Path, now: int, progress: Progress = no_progress) -> Iterator[bytes]:
    """The bytes of a zip file of all that lies in a folder and in the folders in it, as of `now`. Each file goes once
    it is in the zip, so that the disk holds no more than one of them twice. Pictures are compressed already.
    """
    names = sorted(_below(files, root))
    sink = _Sink()
    with zipfile.ZipFile(cast(IO[bytes], sink), "w") as archive:
        for number, name in enumerate(names, 1):
            facts = files.facts(root / name)
            info = zipfile.ZipInfo(name, min(max(time.gmtime(now / 1000)[:6], EPOCH), END))
            info.external_attr, info.file_size = MODE, facts.size if facts else 0
            with archive.open(info, "w") as entry:
                for piece in files.pieces(root / name):
                    entry.write(piece)
                    yield sink.taken()
            files.remove(root / name)
            progress(number, len(names), name)
    yield sink.taken()


def _below(files: Files, root: Path) -> Iterator[str]:
    for name, is_folder in files.entries(root):
        if is_folder:
            yield from (f"{name}/{inner}" for inner in files.names(root / name))
        else:
            yield name
