"""Pictures delivered by presets: golden names and sizes, facts and profiles that survive, and what goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from imaging.embed import embed
from imaging.inspection import Converted, ConvertJob, EmbedJob, Facts, Made, Rejection
from imaging.pool import Pool
from imaging.readers.xmp import properties
from library.albums import NewAlbum
from library.catalog import Library
from library.errors import DiskFull, Invalid, LibraryError
from library.export.delivering import INCOMING
from library.models import AssetChange, DocumentId
from library.presets import NewPreset, Preset
from library.workspace import Plan
from tests.imaging.files import seen
from tests.imaging.pictures import animated, saved
from tests.imaging.test_embed import FACTS, signed
from tests.imaging.test_hostile_pictures import swapped_profile
from tests.library.house import open_library

WIDE = swapped_profile(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())  # its red is sRGB's blue
GPS = {1: "N", 2: (25.0, 2.0, 1.0), 3: "E", 4: (121.0, 33.0, 1.0)}


@pytest.fixture
async def library(tmp_path: Path, pool: Pool) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "home", inspect=pool.inspect, comparer=pool, converter=pool) as opened:
        yield opened


def with_place(format: str, size: tuple[int, int] = (400, 300), turn: int = 1, **options: Any) -> bytes:
    """A photograph that says where it was taken."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turn, "Camera"
    exif.get_ifd(0x8825).update(GPS)
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, format, exif=exif.tobytes(), **options)
    return file.getvalue()


def deep() -> bytes:
    file = io.BytesIO()
    Image.new("I;16", (200, 100), 40_000).save(file, "PNG")
    return file.getvalue()


def wide() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (210, 160), "red").save(file, "PNG", icc_profile=WIDE)
    return file.getvalue()


def see_through() -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (120, 120), (10, 200, 90, 100)).save(file, "PNG")
    return file.getvalue()


SET = {
    "landscape.png": saved("PNG", (400, 300)),
    "portrait.jpg": with_place("JPEG", (300, 400)),
    "turned.jpg": with_place("JPEG", (400, 300), turn=6),
    "alpha.png": see_through(),
    "deep.png": deep(),
    "cmyk.jpg": saved("JPEG", (200, 160), "CMYK"),
    "wide.png": wide(),
    "moving.gif": animated("GIF", 3, (40, 30)),
}


async def filled(library: Library, folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    """Import files; name → id."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    report = await library.ingest.import_paths([folder / name for name in files])
    assert report.failed == [] and report.imported == len(files)
    return dict(zip(files, report.assets, strict=True))


async def preset(library: Library, **fields: Any) -> Preset:
    return await library.presets.create(NewPreset(name="mine", **fields))


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


GOLDEN = {
    "web": [
        ("landscape.jpg", 200, 150, []),
        ("portrait.jpg", 150, 200, []),
        ("turned.jpg", 150, 200, []),
        ("alpha.jpg", 120, 120, ["transparency"]),
        ("deep.jpg", 200, 100, ["depth"]),
        ("cmyk.jpg", 200, 160, []),
        ("wide.jpg", 200, 152, []),
        ("moving.jpg", 40, 30, ["animation"]),
    ],
    "client": [
        ("landscape.png", 400, 300, []),
        ("portrait.png", 300, 400, []),
        ("turned.png", 300, 400, []),
        ("alpha.png", 120, 120, []),
        ("deep.png", 200, 100, ["depth"]),
        ("cmyk.png", 200, 160, []),
        ("wide.png", 210, 160, []),
        ("moving.png", 40, 30, ["animation"]),
    ],
    "original": [
        ("landscape.png", 400, 300, []),
        ("portrait.jpg", 300, 400, []),
        ("turned.jpg", 300, 400, []),
        ("alpha.png", 120, 120, []),
        ("deep.png", 200, 100, []),
        ("cmyk.jpg", 200, 160, []),
        ("wide.png", 210, 160, []),
        ("moving.gif", 40, 30, []),
    ],
}


@pytest.mark.parametrize("name", GOLDEN)
async def test_names_and_sizes_of_the_built_in_ones(tmp_path: Path, library: Library, name: str) -> None:
    ids = await filled(library, tmp_path / "in", SET)
    chosen = await library.presets.show(name)
    if name == "web":
        chosen = await preset(library, source="web", size="200")
    told = await library.care.deliver(tmp_path / "out", chosen, assets=[*ids.values()], dry_run=True)
    assert [(each.file, each.width, each.height, each.losses) for each in told["files"]] == GOLDEN[name]
    assert (told["failed"], told["written"], (tmp_path / "out").exists()) == ([], 0, False)
    assert list((tmp_path / "home" / "blobs" / "incoming").iterdir()) == []
    done = await library.care.deliver(tmp_path / "out", chosen, assets=[*ids.values()])
    assert done["written"] == 8 and done["failed"] == []
    assert names(tmp_path / "out") == sorted(file for file, *_ in GOLDEN[name])
    for each in told["files"]:
        data = (tmp_path / "out" / each.file).read_bytes()
        assert len(data) == each.bytes
        if name == "original":
            assert data == SET[each.name]
        else:
            assert Image.open(io.BytesIO(data)).size == (each.width, each.height)
    if name != "original":
        image = Image.open(tmp_path / "out" / f"wide.{'jpg' if name == 'web' else 'png'}")
        profile, red, blue = image.info.get("icc_profile"), *image.convert("RGB").getpixel((50, 50))[::2]  # type: ignore[index, misc]
        assert (profile, red > blue) == ((WIDE, True) if name == "client" else (None, False))


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "keep"])
@pytest.mark.parametrize("metadata", ["all", "generation"])
async def test_exported_and_imported_elsewhere_the_facts_are_the_same(
    tmp_path: Path, library: Library, pool: Pool, format: str, metadata: str
) -> None:
    sources = {kind.lower(): embed(saved(kind), FACTS).data for kind in ("PNG", "JPEG", "WEBP")}
    ids = await filled(library, tmp_path / "in", {f"{kind}.{kind}": data for kind, data in sources.items()})
    for id in ids.values():
        await library.assets.edit_one(id, AssetChange(title="標題", rating=4, add_tags=["雨", "night"]))
    chosen = await preset(library, format=format, metadata=metadata, size="" if format == "keep" else "90%")
    assert (await library.care.deliver(tmp_path / "out", chosen, assets=[*ids.values()]))["written"] == 3
    async with open_library(tmp_path / "other", seed=2, inspect=pool.inspect, comparer=pool) as other:
        report = await other.ingest.import_paths([tmp_path / "out"])
        assert len(report.assets) == 3
        for id in report.assets:
            detail = await other.assets.show(id)
            asset = detail.asset
            found = Facts(asset.prompt, asset.negative, asset.seed, asset.model, asset.tool, detail.facts)
            assert found == FACTS
    for path in (tmp_path / "out").iterdir():
        data = path.read_bytes()
        packet = properties(data[data.index(b"<x:xmpmeta") : data.index(b"</x:xmpmeta>") + 12].decode())
        told = (packet.get("dc:title"), packet.get("xmp:Rating"), packet.get("dc:subject"))
        assert told == (("標題", "4", "night, 雨") if metadata == "all" else (None, None, None))


@pytest.mark.parametrize("metadata", ["all", "generation", "none"])
@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "keep"])
async def test_places_are_gone_unless_all_is_kept(tmp_path: Path, library: Library, format: str, metadata: str) -> None:
    await filled(
        library, tmp_path / "in", {"photo.jpg": with_place("JPEG"), "photo.webp": with_place("WEBP", (40, 30))}
    )
    chosen = await preset(library, format=format, metadata=metadata)
    assert (await library.care.deliver(tmp_path / "out", chosen))["written"] == 2
    for path in (tmp_path / "out").iterdir():
        exif = Image.open(path).getexif()
        assert bool(exif.get_ifd(0x8825)) is (metadata == "all")
        assert (b"Camera" in path.read_bytes()) is (metadata == "all")


@pytest.mark.parametrize("enlarge", [False, True])
async def test_what_stays_smaller_than_an_exact_size_is_told(tmp_path: Path, library: Library, enlarge: bool) -> None:
    pictures = {"large.png": saved("PNG", size=(500, 400)), "small.png": saved("PNG", size=(200, 150))}
    await filled(library, tmp_path / "in", pictures)
    chosen = await preset(library, format="png", size="300x300", enlarge=enlarge)
    for dry in (True, False):
        files = (await library.care.deliver(tmp_path / "out", chosen, dry_run=dry))["files"]
        short = [(each.file, each.width, each.height, each.short_of) for each in files if each.short_of]
        assert short == ([] if enlarge else [("small.png", 150, 150, "300x300")])
        assert len(files) == (2 if dry else len(short))


async def test_pixels_stay_where_only_facts_are_written(tmp_path: Path, library: Library) -> None:
    data = deep()
    ids = await filled(library, tmp_path / "in", {"deep.png": data, "q.jpg": saved("JPEG", quality=33)})
    await library.assets.edit_one(ids["deep.png"], AssetChange(rating=5))
    told = await library.care.deliver(tmp_path / "out", await preset(library, metadata="all", size="4000"))
    assert (told["written"], told["files"]) == (2, [])
    assert Image.open(tmp_path / "out" / "deep.png").mode == Image.open(io.BytesIO(data)).mode
    assert (tmp_path / "out" / "q.jpg").read_bytes() == saved("JPEG", quality=33), "nothing is known of it"


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
async def test_pictures_with_content_credentials(tmp_path: Path, library: Library, format: str) -> None:
    name = f"signed.{format.lower()}"
    data = signed(format)
    await filled(library, tmp_path / "in", {name: data, "plain.png": saved("PNG", (30, 20))})
    for at, metadata in enumerate(("generation", "all")):
        chosen = await library.presets.create(NewPreset(name=f"keep {at}", metadata=metadata))
        told = await library.care.deliver(tmp_path / f"out {at}", chosen)
        (kept,) = told["files"]
        assert (kept.name, kept.untouched, kept.losses, told["written"]) == (name, True, [], 2)
        assert (tmp_path / f"out {at}" / kept.file).read_bytes() == data
        chosen = await library.presets.create(NewPreset(name=f"drop {at}", metadata=metadata, credentials="drop"))
        (dropped,) = (await library.care.deliver(tmp_path / f"dropped {at}", chosen))["files"]
        assert (dropped.untouched, dropped.losses) == (False, ["credentials"])
        assert b"c2pa" not in (tmp_path / f"dropped {at}" / dropped.file).read_bytes()
    chosen = await library.presets.create(NewPreset(name="refuse", credentials="refuse"))
    told = await library.care.deliver(tmp_path / "refused", chosen)
    assert [(each["name"], each["code"]) for each in told["failed"]] == [(name, "credentials")]
    assert (told["written"], names(tmp_path / "refused")) == (1, ["plain.png"])


async def test_names_by_pattern_and_folders(tmp_path: Path, library: Library) -> None:
    files = {"貓.png": embed(saved("PNG"), FACTS).data, "b.png": saved("PNG", (30, 20))}
    ids = await filled(library, tmp_path / "in", files)
    cat, plain = ids.values()
    poster = await library.projects.create("Poster/2026?")
    album = await library.albums.create(NewAlbum(name="精選 👩\u200d🚀"))
    await library.albums.add(album.id, [cat])
    change = AssetChange(title="a/b: 海報 🐈", rating=3, add_tags=["x", "y"], add_projects=[poster.id])
    await library.assets.edit_one(cat, change)
    cases = {
        "{project}_{album}_{n:03}": "Poster_2026__精選 👩\u200d🚀_001",
        "{title}": "a_b_ 海報 🐈",
        "{name} {rating} {tags}": "a_b_ 海報 🐈 3 x, y",
        "{model}-{seed}-{n}": "dreamscape-xl-18446744073709551615-1",
        "{date}": "2026-",
    }
    for at, (pattern, wanted) in enumerate(cases.items()):
        chosen = await library.presets.create(NewPreset(name=str(at), pattern=pattern))
        told = await library.care.deliver(tmp_path / "out", chosen, assets=[cat, plain], dry_run=True)
        first, second = (each.file.removesuffix(".png") for each in told["files"])
        assert first == wanted or (pattern == "{date}" and first.startswith(wanted) and len(first) == 10)
        assert second == {"{title}": "b", "{date}": f"{first} (2)"}.get(pattern, second) and second != first
    for folders, wanted in (("project", "Poster_2026_/x.png"), ("album", "精選 👩\u200d🚀/x.png")):
        chosen = await library.presets.create(NewPreset(name=folders, folders=folders, pattern="x"))
        await library.care.deliver(tmp_path / folders, chosen, assets=[cat, plain])
        assert (tmp_path / folders / wanted).is_file() and (tmp_path / folders / "x.png").is_file()


async def test_clashes_are_numbered_and_nothing_that_is_there_is_touched(tmp_path: Path, library: Library) -> None:
    long = "🐈" * 100
    files = {f"{at}.png": saved("PNG", (30 + at, 20)) for at in range(4)}
    ids = await filled(library, tmp_path / "in", files)
    for id, title in zip(ids.values(), ("Cat", "CAT", long, long + "x"), strict=True):
        await library.assets.edit_one(id, AssetChange(title=title))
    out = tmp_path / "out"
    out.mkdir()
    (out / "cat.jpg").write_bytes(b"mine")
    (out / "gone.jpg").symlink_to(tmp_path / "nowhere")
    chosen = await preset(library, format="jpeg", pattern="{title}")
    for _ in range(2):
        assert (await library.care.deliver(out, chosen))["written"] == 4
    assert (out / "cat.jpg").read_bytes() == b"mine" and (out / "gone.jpg").is_symlink()
    found = [path.name for path in out.iterdir() if path.name not in ("cat.jpg", "gone.jpg")]
    assert len(found) == 8 and all(len(os.fsencode(name)) <= 255 for name in found)
    assert {"Cat (2).jpg", "CAT (3).jpg", "Cat (4).jpg", "CAT (5).jpg"} <= set(found)


@pytest.mark.parametrize("folders", ["none", "project", "album"])
@pytest.mark.parametrize("word", ["../../evil", "..", "/etc/x", "con", "\u202egnp.exe", "a\nb", INCOMING, "{n}", "%00"])
async def test_hostile_words_lead_nowhere(tmp_path: Path, library: Library, word: str, folders: str) -> None:
    ids = await filled(library, tmp_path / "in", {"a.png": saved("PNG")})
    project, album = await library.projects.create("p"), await library.albums.create(NewAlbum(name="a"))
    for id in (project.id, album.id):  # as a program of another make names them
        named = (DocumentId(bytes.fromhex(id)), lambda draft: draft.agree("name", word))
        await library.workspace.append(Plan("project.edit", {}, [named]))
    await library.albums.add(album.id, [*ids.values()])
    await library.assets.edit_one(ids["a.png"], AssetChange(title=word, add_projects=[project.id]))
    chosen = await preset(library, pattern="{title}", folders=folders, format="webp")
    assert (await library.care.deliver(tmp_path / "deep" / "out", chosen))["written"] == 1
    (file,) = [path for path in (tmp_path / "deep").rglob("*") if path.is_file()]
    parts = file.relative_to(tmp_path / "deep" / "out").parts
    assert len(parts) == (1 if folders == "none" else 2) and file.suffix == ".webp"
    for part in parts:
        assert not part.startswith(".") and part.isprintable() and part.lower() not in ("con", "con.webp")


async def test_links_lead_nowhere(tmp_path: Path, library: Library) -> None:
    ids = await filled(library, tmp_path / "in", {"a.png": saved("PNG")})
    project = await library.projects.create("Poster")
    await library.assets.edit_one(ids["a.png"], AssetChange(add_projects=[project.id]))
    chosen = await preset(library, folders="project")
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "Poster").symlink_to(tmp_path / "elsewhere")
    await library.care.deliver(tmp_path / "out", chosen)
    assert names(tmp_path / "elsewhere") == [] and (tmp_path / "out" / "Poster (2)" / "a.png").is_file()
    (tmp_path / "out" / INCOMING).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "keep").write_bytes(b"x")
    with pytest.raises(Invalid) as refused:
        await library.care.deliver(tmp_path / "out", chosen)
    assert refused.value.code == "folder_linked" and names(tmp_path / "elsewhere") == ["keep"]


async def test_what_cannot_be_made_is_named_and_the_rest_is_there(tmp_path: Path, library: Library) -> None:
    files = {"good.png": saved("PNG"), "bad.png": saved("PNG", (30, 20)), "gone.png": saved("PNG", (20, 30))}
    ids = await filled(library, tmp_path / "in", files)
    places = {}
    for name, id in ids.items():
        asset = (await library.assets.show(id)).asset
        places[name] = library.workspace.blobs.place(bytes.fromhex(asset.sha256))
    places["bad.png"].chmod(0o600)
    places["bad.png"].write_bytes(files["bad.png"][:-20] + bytes(20))
    places["gone.png"].unlink()
    for at, source in enumerate(("client", "original")):
        chosen = await library.presets.create(NewPreset(name=str(at), source=source))
        told = await library.care.deliver(tmp_path / source, chosen)
        failed = {each["name"]: each["code"] for each in told["failed"]}
        assert failed == {"bad.png": "changed", "gone.png": "missing"}
        assert names(tmp_path / source) == ["good.png"]


class Failing:
    """A pool of workers of which the third picture says so."""

    def __init__(self, pool: Pool, code: str = "", hold: asyncio.Event | None = None) -> None:
        self.pool, self.code, self.hold = pool, code, hold
        self.held = asyncio.Event()

    async def convert(self, jobs: Sequence[ConvertJob]) -> list[Converted | Rejection]:
        answers = await self.pool.convert(jobs)
        if self.hold is not None:
            self.held.set()
            await self.hold.wait()
        if self.code:
            answers[2] = Rejection(self.code, "told by the worker")  # type: ignore[arg-type]
        return answers

    async def embed(self, jobs: Sequence[EmbedJob]) -> list[Made | Rejection]:
        return await self.pool.embed(jobs)


@pytest.mark.parametrize("dry", [False, True])
async def test_full_disk_says_so_and_leaves_no_half_files(tmp_path: Path, pool: Pool, dry: bool) -> None:
    failing = Failing(pool, "disk_full")
    async with open_library(tmp_path / "home", inspect=pool.inspect, converter=failing) as library:
        await filled(library, tmp_path / "in", {f"{at}.png": saved("PNG", (30 + at, 20)) for at in range(4)})
        with pytest.raises(DiskFull):
            await library.care.deliver(tmp_path / "out", await preset(library, format="webp"), dry_run=dry)
        assert not (tmp_path / "out").exists() if dry else names(tmp_path / "out") == []
        assert list((tmp_path / "home" / "blobs" / "incoming").iterdir()) == []
        failing.code = "timeout"
        told = await library.care.deliver(tmp_path / "out", await library.presets.show("mine"))
        assert [(each["name"], each["code"]) for each in told["failed"]] == [("2.png", "timeout")]
        assert names(tmp_path / "out") == ["0.webp", "1.webp", "3.webp"]


@pytest.mark.parametrize("dry", [False, True])
async def test_called_off_it_leaves_whole_files_only(tmp_path: Path, pool: Pool, dry: bool) -> None:
    holding = Failing(pool)
    async with open_library(tmp_path / "home", inspect=pool.inspect, converter=holding) as library:
        await filled(library, tmp_path / "in", {f"{at:02}.png": saved("PNG", (30 + at, 20)) for at in range(20)})
        seen_of: list[int] = []

        def progress(done: int, total: int | None, detail: str | None) -> None:
            assert total == 20
            seen_of.append(done)
            holding.hold = asyncio.Event()  # what comes now does not end
            holding.held.clear()

        chosen = await preset(library, format="webp")
        task = asyncio.create_task(library.care.deliver(tmp_path / "out", chosen, progress, dry_run=dry))
        await holding.held.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled() and seen_of == [16]
        assert (names(tmp_path / "out") if not dry else []) == ([] if dry else [f"{at:02}.webp" for at in range(16)])
        assert list((tmp_path / "home" / "blobs" / "incoming").iterdir()) == []
        for path in [] if dry else (tmp_path / "out").iterdir():
            assert seen(path).width >= 30


async def test_folder_that_cannot_be_written_says_why(tmp_path: Path, library: Library) -> None:
    await filled(library, tmp_path / "in", {"a.png": saved("PNG")})
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(LibraryError) as refused:
        await library.care.deliver(tmp_path / "file" / "out", await library.presets.show("client"))
    assert refused.value.code == "not_written" and (tmp_path / "file").read_bytes() == b"x"
