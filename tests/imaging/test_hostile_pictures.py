"""Pictures that break decoders, through real worker processes: every answer is typed, no worker is missed for long."""

from __future__ import annotations

import ast
import io
import os
import time
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from commands.terminal.texts import catalogue
from imaging.inspection import Inspection, InspectJob, Limits, Rejection
from imaging.pool import Pool
from tests.imaging.files import canvas, seen
from tests.imaging.pictures import HONEST, HOSTILE, TAKEN, mutants, saved
from tests.tree import ROOT, files

SECONDS = 15.0


def write(folder: Path, pictures: dict[str, bytes]) -> list[InspectJob]:
    jobs = []
    for number, data in enumerate(pictures.values()):
        (folder / str(number)).write_bytes(data)
        jobs.append(InspectJob(folder / str(number), copy_to=folder / f"{number}.copy"))
    return jobs


async def test_honest_pictures_of_every_kind_are_taken(pool: Pool, tmp_path: Path) -> None:
    jobs = write(tmp_path, HONEST)
    answers = dict(zip(HONEST, await pool.inspect(jobs), strict=True))
    assert {name: answer for name, answer in answers.items() if not isinstance(answer, Inspection)} == {}
    for job, data in zip(jobs, HONEST.values(), strict=True):
        assert job.copy_to is not None and job.copy_to.read_bytes() == data
    frames = {name: answer.frames for name, answer in answers.items() if isinstance(answer, Inspection)}
    assert [frames[f"animated {each}"] for each in ("gif", "webp", "png")] == [8, 8, 5]
    assert (frames["many frames"], frames["pages of a tiff"]) == (9_000, 3)


async def test_hostile_pictures_are_refused_by_code_and_leave_nothing(pool: Pool, tmp_path: Path) -> None:
    jobs = write(tmp_path, {name: data for name, (data, _) in HOSTILE.items()})
    answers = await pool.inspect(jobs)
    found = {
        name: answer.code if isinstance(answer, Rejection) else TAKEN
        for name, answer in zip(HOSTILE, answers, strict=True)
    }
    assert found == {name: code for name, (_, code) in HOSTILE.items()}
    taken = [job.copy_to for job, answer in zip(jobs, answers, strict=True) if isinstance(answer, Inspection)]
    assert sorted(tmp_path.glob("*.copy")) == sorted(taken)  # type: ignore[type-var]


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) + len(HONEST) >= 60


async def damaged(folder: Path, count: int, seed: int) -> dict[str, int]:
    """How many answers of each kind the mutants get; nothing else may come of them."""
    found: dict[str, int] = {}
    async with Pool(2) as pool:
        for start in range(0, count, 64):
            jobs = []
            for at, data in enumerate(mutants(min(64, count - start), seed + start)):
                (folder / str(at)).write_bytes(data)
                jobs.append(InspectJob(folder / str(at)))
            before = time.monotonic()
            answers = await pool.inspect(jobs)
            assert time.monotonic() - before < SECONDS * len(jobs)
            for answer in answers:
                code = answer.code if isinstance(answer, Rejection) else TAKEN
                found[code] = found.get(code, 0) + 1
    return found


@pytest.mark.process
async def test_mutants_get_an_answer_each(tmp_path: Path) -> None:
    found = await damaged(tmp_path, 192, 7)
    assert sum(found.values()) == 192
    assert set(found) <= {TAKEN, "truncated", "not_a_picture", "bomb", "memory"}
    assert found[TAKEN] > 20 < found["truncated"]


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_thousands_of_mutants_get_an_answer_each(tmp_path: Path) -> None:
    before = memory()
    found = await damaged(tmp_path, int(os.environ.get("MUTANTS", "5000")), 1_000_000)
    assert set(found) <= {TAKEN, "truncated", "not_a_picture", "bomb", "memory"}, found
    assert memory() - before < 32 << 20


def memory() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.process
async def test_this_process_does_not_grow_with_what_the_workers_look_at(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(saved("PNG", (5000, 4000)))
    job = InspectJob(tmp_path / "large.png")
    async with Pool(1) as pool:
        await pool.inspect([job] * 2)
        before = memory()
        for _ in range(3):
            assert all(isinstance(answer, Inspection) for answer in await pool.inspect([job] * 4))
        assert memory() - before < 8 << 20


@pytest.mark.process
async def test_picture_that_needs_more_memory_than_there_is_is_refused(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(saved("PNG", (9000, 9000), "RGBA"))
    (tmp_path / "small.png").write_bytes(saved("PNG"))
    async with Pool(1, Limits(memory=300 << 20)) as pool:
        answers = await pool.inspect([InspectJob(tmp_path / name) for name in ("small.png", "large.png", "small.png")])
    assert [getattr(answer, "code", TAKEN) for answer in answers] == [TAKEN, "memory", TAKEN]


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
async def test_picture_is_shown_as_people_see_it(tmp_path: Path, turn: int, format: str) -> None:
    """Its left upper corner is white once it is turned as EXIF says."""
    upright = Image.new("RGB", (90, 60), "black")
    upright.paste("white", (0, 0, 30, 20))
    # How the sensor saw it: the inverse of the turn.
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright if turn == 1 else upright.transpose(Image.Transpose(inverse[turn]))
    exif = Image.Exif()
    exif[0x0112] = turn
    stored.save(tmp_path / "p", format, exif=exif)
    found = seen(tmp_path / "p")
    small = Image.open(io.BytesIO(found.thumbnail)).convert("L")
    assert (found.width, found.height) == small.size == (90, 60)
    corners = [small.getpixel(place) for place in ((5, 5), (85, 5), (5, 55), (85, 55))]
    assert [value > 128 for value in corners if isinstance(value, int | float)] == [True, False, False, False]


def test_thumbnail_is_in_srgb(tmp_path: Path) -> None:
    """A picture in another space shows the same colour as before: its numbers change."""
    picture = Image.new("RGB", (64, 64), (200, 60, 60))
    # No wide profile is to be had without a file; one whose primaries are swapped does as well.
    swapped = swapped_profile(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    picture.save(tmp_path / "p.png", icc_profile=swapped)
    picture.save(tmp_path / "q.png", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    shown = [Image.open(io.BytesIO(seen(tmp_path / name).thumbnail)).convert("RGB") for name in ("p.png", "q.png")]
    other, same = (picture.getpixel((32, 32)) for picture in shown)
    assert isinstance(other, tuple) and isinstance(same, tuple)
    assert max(abs(a - b) for a, b in zip(same, (200, 60, 60), strict=True)) < 8
    assert other[2] > 150 > other[0]
    assert all("icc_profile" not in picture.info for picture in shown)


def swapped_profile(srgb: bytes) -> bytes:
    """sRGB with the primaries of red and blue in each other's place, under another name."""
    data = srgb.replace(b"rXYZ", b"tmpX").replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")
    for name in ("sRGB built-in", "sRGB"):
        data = data.replace(name.encode(), b"x" * len(name)).replace(name.encode("utf-16-be"), b"\0x" * len(name))
    return data


def test_every_code_is_said_in_both_languages() -> None:
    for language in ("en", "zh-TW"):
        texts = catalogue(language)
        codes = {code for _, code in HOSTILE.values()} - {TAKEN} | {"memory", "timeout", "unreadable", "unsettled"}
        assert [code for code in codes if f"import.reason.{code}" not in texts] == []


def test_opencv_never_opens_anything() -> None:
    """It decodes arrays that Pillow made: its own decoders are not behind our limits."""
    forbidden = {"imread", "imdecode", "imreadmulti", "imdecodemulti", "VideoCapture", "imcount", "imwrite"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ("imaging", "library", "daemon", "commands", "store")
        for path in files(ROOT / room, ".py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in forbidden)
        or (isinstance(node, ast.ImportFrom) and any(alias.name in forbidden for alias in node.names))
    ]
    assert found == []


def test_planted_picture_is_the_same_as_ever() -> None:
    assert canvas().size == (64, 48)
    assert list(mutants(3, 1)) == list(mutants(3, 1))
