"""Pictures good and bad through real worker processes."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from imaging.inspection import Inspection, InspectJob, Limits, Rejection
from imaging.pool import Pool
from tests.imaging.dialects import MODELNAME, NEGATIVE, PICTURES, PROMPT, SEED, STEPS
from tests.imaging.files import USER_COMMENT, chunk, unicode, with_exif
from tests.imaging.pictures import png as made_png


def save(path: Path, format: str, size: tuple[int, int] = (640, 400), mode: str = "RGB", **options: object) -> Path:
    Image.linear_gradient("L").resize(size).convert(mode).save(path, format, **options)
    return path


async def one(pool: Pool, path: Path, **job: Path) -> Inspection | Rejection:
    return (await pool.inspect([InspectJob(path=path, **job)]))[0]


async def test_every_format_is_known_by_its_content_and_copied_byte_for_byte(pool: Pool, tmp_path: Path) -> None:
    for format, mode in (("PNG", "RGBA"), ("JPEG", "RGB"), ("WEBP", "RGB"), ("GIF", "P"), ("TIFF", "CMYK")):
        path = save(tmp_path / f"{format}.jpg", format, mode=mode)
        copy = tmp_path / f"{format}.copy"
        seen = await one(pool, path, copy_to=copy)
        assert isinstance(seen, Inspection), seen
        assert seen.media_type == f"image/{format.lower()}"
        assert (seen.width, seen.height) == (640, 400)
        assert copy.read_bytes() == path.read_bytes()
        assert seen.sha256 == hashlib.sha256(path.read_bytes()).digest()
        assert Image.open(io.BytesIO(seen.thumbnail)).size == (512, 320)


async def test_a_turned_photograph_is_shown_upright(pool: Pool, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    seen = await one(pool, save(tmp_path / "turned.jpg", "JPEG", exif=exif))
    assert isinstance(seen, Inspection)
    assert (seen.width, seen.height) == (400, 640)
    assert Image.open(io.BytesIO(seen.thumbnail)).size == (320, 512)


@pytest.mark.parametrize("name", ["a1111 png", "comfyui png", "swarmui png", "invokeai png", "novelai png"])
async def test_every_dialect_gives_the_same_record(pool: Pool, tmp_path: Path, name: str) -> None:
    path = PICTURES[name](tmp_path)
    seen = await one(pool, path)
    assert isinstance(seen, Inspection)
    facts = seen.facts
    assert (facts.prompt, facts.negative, facts.seed, facts.model) == (PROMPT, NEGATIVE, str(SEED), MODELNAME)
    assert facts.tool == name.split()[0]
    assert facts.parameters["steps"] == STEPS
    with Image.open(path) as image:
        assert seen.raw is not None and json.loads(seen.raw) == {"text": image.info}


async def test_comfyui_with_only_its_graph_and_a1111_in_a_jpeg_and_a_sidecar(pool: Pool, tmp_path: Path) -> None:
    seen = await one(pool, PICTURES["comfyui png prompt only"](tmp_path))
    assert isinstance(seen, Inspection) and seen.facts.prompt == PROMPT
    text = "a cat, 貓咪\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 18446744073709551615"
    seen = await one(pool, with_exif(tmp_path / "a.jpg", {}, {USER_COMMENT: unicode(text)}))
    assert isinstance(seen, Inspection)
    assert (seen.facts.prompt, seen.facts.seed) == ("a cat, 貓咪", "18446744073709551615")
    (tmp_path / "s.txt").write_text("just words", "utf-8")
    seen = await one(pool, save(tmp_path / "s.png", "PNG"), sidecar=tmp_path / "s.txt")
    assert isinstance(seen, Inspection) and seen.facts.prompt == "just words"


async def test_content_credentials_are_noticed_and_left_alone(pool: Pool, tmp_path: Path) -> None:
    data = save(tmp_path / "c.png", "PNG").read_bytes()
    signed = data[:33] + chunk(b"caBX", b"jumb c2pa") + data[33:]
    (tmp_path / "signed.png").write_bytes(signed)
    seen = await one(pool, tmp_path / "signed.png", copy_to=tmp_path / "copy")
    assert isinstance(seen, Inspection) and seen.credentials
    assert (tmp_path / "copy").read_bytes() == signed


async def test_bad_files_are_refused_by_code_and_leave_no_copy(pool: Pool, tmp_path: Path) -> None:
    good = save(tmp_path / "good.png", "PNG").read_bytes()
    cases = {
        "empty": (b"", "empty"),
        "cut": (good[: len(good) // 2], "truncated"),
        "page": (b"<html><script>alert(1)</script>", "not_a_picture"),
        "drawing": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_a_picture"),
        "bomb": (made_png(30_000, 30_000, bytes(3751 * 30_000), depth=1), "bomb"),
    }
    for name, (data, code) in cases.items():
        path = tmp_path / f"{name}\n{'x' * 200}.png"
        path.write_bytes(data)
        answer = await one(pool, path, copy_to=tmp_path / "copy")
        assert isinstance(answer, Rejection) and answer.code == code, (name, answer)
        assert not (tmp_path / "copy").exists()
    assert (await one(pool, tmp_path / "absent")).code == "gone"  # type: ignore[union-attr]
    assert (await one(pool, tmp_path)).code in ("unreadable", "truncated")  # type: ignore[union-attr]
    os.mkfifo(tmp_path / "pipe.png")
    assert (await one(pool, tmp_path / "pipe.png")).code == "unreadable"  # type: ignore[union-attr]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, "memory"), (signal.SIGSTOP, "timeout")])
@pytest.mark.process
async def test_a_worker_killed_or_stuck_is_replaced_and_only_its_file_reported(
    tmp_path: Path, number: signal.Signals, code: str
) -> None:
    small = save(tmp_path / "small.png", "PNG")
    big = save(tmp_path / "big.png", "PNG", (6000, 6000))
    async with Pool(1, Limits(wall_seconds=5)) as pool:
        await pool.inspect([InspectJob(path=small)])
        (worker,) = pool._idle
        jobs = [InspectJob(path=path, copy_to=tmp_path / f"{at}") for at, path in enumerate([small, big, small])]
        asking = asyncio.create_task(pool.inspect(jobs))
        while not (tmp_path / "1").exists():  # noqa: ASYNC110 - the worker has begun with the large one
            await asyncio.sleep(0.001)
        worker._process.send_signal(number)
        answers = await asking
        assert [isinstance(answer, Inspection) for answer in answers] == [True, False, True]
        assert isinstance(answers[1], Rejection) and answers[1].code == code
        assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "2", "big.png", "small.png"]
        assert pool._idle and pool._idle[0] is not worker


@pytest.mark.process
async def test_idle_workers_end(tmp_path: Path) -> None:
    path = save(tmp_path / "p.png", "PNG")
    async with Pool(1, idle_seconds=0.02) as pool:
        async with asyncio.timeout(10):
            await pool.inspect([InspectJob(path=path)])
            running = asyncio.create_task(pool.run())
            while pool._idle:  # noqa: ASYNC110 - nothing tells when a worker has ended
                await asyncio.sleep(0.01)
            assert isinstance((await pool.inspect([InspectJob(path=path)]))[0], Inspection)
            running.cancel()


async def test_flipped_bytes_never_end_the_pool(pool: Pool, tmp_path: Path) -> None:
    import random

    chance = random.Random(7)
    jobs = []
    for format in ("PNG", "JPEG", "WEBP", "GIF", "TIFF"):
        good = save(tmp_path / format, format, (60, 40)).read_bytes()
        for index in range(24):
            data = bytearray(good)
            for _ in range(chance.randint(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            path = tmp_path / f"{format}{index}"
            path.write_bytes(data)
            jobs.append(InspectJob(path=path))
    answers = await pool.inspect(jobs)
    assert len(answers) == len(jobs)
    assert all(isinstance(answer, (Inspection, Rejection)) for answer in answers)
