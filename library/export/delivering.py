"""Pictures delivered by a preset: made anew or copied, under names of their own, each whole or not there.

What is made lies in a folder of its own within the one that is filled, until it gets its name.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from imaging.inspection import Converted, ConvertJob, EmbedJob, Facts, Lineage, Made, Rejection, Target, Words
from library.errors import DiskFull, Invalid, LibraryError, of_system
from library.export.copying import copy_whole, hash_of
from library.export.filenames import SUFFIXES
from library.export.naming import Called, Field, Places, folder_of, pattern_of, stem_of
from library.gathering import readable
from library.models import Asset
from library.presets import Preset, background_of, size_of
from library.tasks import Progress
from library.workspace import Workspace
from store.errors import BlobMissing, StoreDamaged
from store.waiting import to_the_end

INCOMING = ".gesso-incoming"
GROUP = 16
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/avif": "AVIF"}
ASKED = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP", "avif": "AVIF"}
Job = ConvertJob | EmbedJob
Read = Callable[[Sequence[bytes], int], Awaitable[list["Item"]]]


class Converter(Protocol):
    """Makes pictures of others, in worker processes."""

    async def convert(self, jobs: Sequence[ConvertJob]) -> list[Converted | Rejection]: ...

    async def embed(self, jobs: Sequence[EmbedJob]) -> list[Made | Rejection]: ...


class Item(NamedTuple):
    """A picture to deliver: where its bytes may be had, and what the library knows of it."""

    called: Called
    origins: list[Path]
    facts: Facts
    words: Words
    lineage: Lineage

    @property
    def asset(self) -> Asset:
        return self.called.asset


class Delivered(msgspec.Struct, frozen=True):
    """A file as it was made, or would be. `untouched`: copied as it is, for it carries Content Credentials. `short_of`:
    the exact size that was asked for, like 1080x1350, where the picture has fewer pixels and stays so; else empty.
    """

    asset: str
    name: str
    file: str
    media_type: str
    width: int
    height: int
    bytes: int
    losses: list[str]
    untouched: bool
    short_of: str = ""


class Tried(msgspec.Struct, frozen=True):
    """What a picture would be made into, or why it would not be; neither where it has gone meanwhile."""

    file: Delivered | None
    failed: dict[str, str] | None


class Laid(NamedTuple):
    """What lies at hand of a picture and has no name yet."""

    place: Path
    media_type: str
    size: int
    width: int
    height: int
    losses: tuple[str, ...] = ()
    untouched: bool = False


class Delivery:
    """One run into one folder. `dry`: everything is made and nothing is kept, outside the folder."""

    def __init__(self, workspace: Workspace, converter: Converter, root: Path, preset: Preset, dry: bool) -> None:
        self._workspace = workspace
        self._files = workspace.surroundings.files
        self._converter = converter
        self._root = root
        self._preset = preset
        self._dry = dry
        self._pattern: list[str | Field] = pattern_of(preset.pattern)
        self._count = 0
        self._made: list[Path] = []  # temporary files of this group
        self.delivered: list[Delivered] = []
        self.failed: list[dict[str, str]] = []

    async def run(self, groups: Sequence[Sequence[bytes]], items: Read, progress: Progress) -> None:
        """Deliver group by group; `items` reads one, with the number of its first picture."""
        total = sum(map(len, groups))
        try:
            await self._in_thread(self._open)
            done = 0
            for group in groups:
                await self._group(await items(group, done + 1))
                done += len(group)
                progress(done, total, self.delivered[-1].file if self.delivered else None)
        except OSError as error:
            raise self._not_written(error) from error
        finally:
            await self._in_thread(self._close)

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await to_the_end(self._workspace.surroundings.in_thread(work, *arguments))

    def _not_written(self, error: OSError) -> LibraryError:
        place, why = readable(self._root), of_system(error)
        message = f"The pictures could not be written to {place}: {why['reason']}."
        return LibraryError(message, code="not_written", path=place, **why)

    def _open(self) -> None:
        self._places = Places(self._files, self._root)
        if self._dry:
            return
        self._files.make_folder(self._root)
        if self._files.is_link(self._root / INCOMING):
            message = f"In that folder {INCOMING} is a link: an export must not lead elsewhere."
            raise Invalid(message, [("/path", "holds a link")], code="folder_linked", name=INCOMING)
        self._files.remove_folder(self._root / INCOMING)
        self._files.make_folder(self._root / INCOMING)

    def _close(self) -> None:
        if not self._dry and not self._files.is_link(self._root / INCOMING):
            self._files.remove_folder(self._root / INCOMING)

    def _temporary(self) -> Path:
        self._count += 1
        place = self._workspace.blobs.incoming() if self._dry else self._root / INCOMING / str(self._count)
        self._made.append(place)
        return place

    async def _group(self, items: Sequence[Item]) -> None:
        laid: dict[int, Laid] = {}
        try:
            await self._make(items, laid)
            await self._in_thread(self._place, items, laid)
        finally:
            await self._in_thread(self._drop)

    def _drop(self) -> None:
        for place in self._made:
            self._files.remove(place)
        self._made.clear()

    async def _make(self, items: Sequence[Item], laid: dict[int, Laid]) -> None:
        """Have what can be had of each picture at hand, by its number in the group."""
        copies = list(range(len(items))) if self._preset.format == "original" else []
        origins = await self._in_thread(lambda: {at: self._origin(items[at]) for at in range(len(items)) if not copies})
        jobs = {at: self._job(items[at], origin) for at, origin in origins.items() if origin is not None}
        answers = await self._answers(jobs)
        again: dict[int, Job] = {
            at: self._converting(items[at], jobs[at].path, jobs[at].to) for at in self._signed(answers)
        }
        if self._preset.credentials == "drop":  # of which facts could not be embedded
            answers |= await self._answers(again)
        elif self._preset.credentials == "keep":
            copies += again
        for at, answer in answers.items():
            if at not in copies:
                self._answered(items[at], jobs[at].to, answer, laid, at)
        await self._in_thread(self._copy_all, items, laid, copies)

    def _signed(self, answers: dict[int, Made | Rejection]) -> Iterator[int]:
        """The pictures that were refused for their Content Credentials."""
        yield from (at for at, each in answers.items() if isinstance(each, Rejection) and each.code == "credentials")

    async def _answers(self, jobs: dict[int, Job]) -> dict[int, Made | Rejection]:
        converting = {at: job for at, job in jobs.items() if isinstance(job, ConvertJob)}
        embedding = {at: job for at, job in jobs.items() if isinstance(job, EmbedJob)}
        found: dict[int, Made | Rejection] = {}
        if converting:
            found |= zip(converting, await self._converter.convert([*converting.values()]), strict=True)
        if embedding:
            found |= zip(embedding, await self._converter.embed([*embedding.values()]), strict=True)
        return found

    def _origin(self, item: Item) -> Path | None:
        """Where the bytes lie that the picture shall be made of, each read and compared with its hash."""
        seen = False
        for origin in item.origins:
            try:
                if hash_of(self._files.pieces(origin)) == item.asset.sha256:
                    return origin
                seen = True
            except FileNotFoundError:
                continue
            except OSError:
                seen = True
        what = "is damaged" if seen else "is not on this device"
        self._fail(item, "changed" if seen else "missing", f"Blob {item.asset.sha256[:12]} {what}.")
        return None

    def _job(self, item: Item, origin: Path) -> Job:
        preset, source = self._preset, FORMATS.get(item.asset.media_type)
        same = source is not None and (preset.format == "keep" or ASKED.get(preset.format) == source == "PNG")
        if same and preset.metadata == "all" and preset.colour == "keep" and not self._is_resized(item.asset):
            return EmbedJob(origin, self._temporary(), item.facts, not self._dry, item.words, item.lineage)
        return self._converting(item, origin, self._temporary())

    def _is_resized(self, asset: Asset) -> bool:
        size = size_of(self._preset.size)
        if size is None or size.exact or self._preset.enlarge:
            return size is None or any(size)
        return (size.longest or max(asset.width, asset.height)) < max(asset.width, asset.height) or (
            size.percent or 100
        ) < 100

    def _converting(self, item: Item, origin: Path, to: Path) -> ConvertJob:
        preset, size = self._preset, size_of(self._preset.size)
        target = Target(
            format=ASKED.get(preset.format) or FORMATS.get(item.asset.media_type, "PNG"),  # type: ignore[arg-type]
            quality=preset.quality,
            lossless=preset.lossless,
            longest=size.longest if size else None,
            percent=size.percent if size else None,
            exact=size.exact if size else None,
            enlarge=preset.enlarge,
            colour=preset.colour,
            background=background_of(preset.background) or (255, 255, 255),
            metadata=preset.metadata,
            credentials="drop" if preset.credentials == "drop" else "refuse",
        )
        words = item.words if preset.metadata == "all" else Words()
        return ConvertJob(origin, to, target, item.facts, not self._dry, words, item.lineage)

    def _answered(self, item: Item, to: Path, answer: Made | Rejection, laid: dict[int, Laid], at: int) -> None:
        if isinstance(answer, Rejection):
            if answer.code == "disk_full":
                raise DiskFull(f"The disk is full: could not write {item.asset.name}. All before it is whole.")
            self._fail(item, answer.code, answer.reason)
            return
        asset = item.asset
        size = (answer.width, answer.height) if isinstance(answer, Converted) else (asset.width, asset.height)
        laid[at] = Laid(to, answer.media_type, answer.size, *size, answer.losses)

    def _copy_all(self, items: Sequence[Item], laid: dict[int, Laid], copies: Sequence[int]) -> None:
        for at in copies:
            self._copy(items[at], laid, at)

    def _copy(self, item: Item, laid: dict[int, Laid], at: int) -> None:
        place = self._origin(item) if self._dry else self._copied(item)
        if place is not None:
            asset, untouched = item.asset, self._preset.format != "original"
            laid[at] = Laid(place, asset.media_type, asset.bytes, asset.width, asset.height, (), untouched)

    def _copied(self, item: Item) -> Path | None:
        place = self._temporary()
        try:
            copy_whole(self._files, item.origins, place, item.asset.sha256)
        except (BlobMissing, StoreDamaged) as error:
            self._fail(item, "missing" if isinstance(error, BlobMissing) else "changed", str(error))
            return None
        self._files.sync([place])
        return place

    def _fail(self, item: Item, code: str, reason: str) -> None:
        asset = item.asset
        self.failed.append({"asset": asset.id, "name": asset.name, "code": code, "reason": reason})

    def _place(self, items: Sequence[Item], laid: dict[int, Laid]) -> None:
        """Give the files their names, in the order of the pictures."""
        folders = {self._root}
        for at, made in sorted(laid.items()):
            called, suffix = items[at].called, SUFFIXES.get(made.media_type, "")
            folder = folder_of(self._preset.folders, called)
            name = self._places.give(folder, stem_of(self._pattern, called), suffix)
            if not self._dry:
                target = self._root / name
                if target.parent != self._root:
                    self._refuse_link(target.parent)
                    self._files.make_folder(target.parent)
                    folders.add(target.parent)
                self._files.rename(made.place, target)
            self.delivered.append(_told(called.asset, name, made, self._preset))
        if not self._dry:
            self._files.sync_folders(sorted(folders))

    def _refuse_link(self, folder: Path) -> None:
        if self._files.is_link(folder):
            message = f"In that folder {folder.name} is a link: an export must not lead elsewhere."
            raise Invalid(message, [("/path", "holds a link")], code="folder_linked", name=folder.name)


def _told(asset: Asset, file: str, made: Laid, preset: Preset) -> Delivered:
    size = size_of(preset.size)
    exact = size.exact if size and not made.untouched else None
    is_short = exact is not None and (made.width < exact[0] or made.height < exact[1])
    return Delivered(
        asset=asset.id,
        name=asset.name,
        file=file,
        media_type=made.media_type,
        width=made.width,
        height=made.height,
        bytes=made.size,
        losses=list(made.losses),
        untouched=made.untouched,
        short_of=f"{exact[0]}x{exact[1]}" if exact and is_short else "",
    )
