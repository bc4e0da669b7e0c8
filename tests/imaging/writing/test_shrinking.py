"""Pictures that are only looked at, made small in real worker processes: nothing but their pixels comes through."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from imaging.inspection import Rejection, ShrinkJob
from imaging.pool import Pool
from tests.imaging.files import chunk
from tests.imaging.pictures import HONEST, HOSTILE, TAKEN, oriented, png, saved

PIXELS = 40_000_000


async def small(pool: Pool, *some: bytes, pixels: int = PIXELS) -> list[bytes | Rejection]:
    return await pool.shrink([ShrinkJob(data, pixels) for data in some])


async def test_pictures_of_every_kind_become_small_ones_of_one_kind(pool: Pool) -> None:
    for name, found in zip(HONEST, await small(pool, *HONEST.values()), strict=True):
        assert isinstance(found, bytes), (name, found)
        with Image.open(io.BytesIO(found)) as image:
            assert image.format == "WEBP" and max(image.size) <= 512, name


async def test_what_was_written_beside_the_pixels_is_left_behind(pool: Pool) -> None:
    marked = saved("PNG", (900, 600))
    marked = marked[:33] + chunk(b"tEXt", b"Comment\0secret-canary") + marked[33:] + b"<script>canary</script>"
    turned = saved("JPEG", (900, 600), exif=oriented(6), comment=b"secret-canary")
    for found, size in zip(await small(pool, marked, turned), ((512, 341), (341, 512)), strict=True):
        assert isinstance(found, bytes) and b"canary" not in found
        with Image.open(io.BytesIO(found)) as image:
            assert image.size == size and not {"exif", "icc_profile", "xmp"} & image.info.keys()


async def test_what_is_no_picture_or_a_bomb_is_refused_as_in_an_import(pool: Pool) -> None:
    refused = {name: (data, code) for name, (data, code) in HOSTILE.items() if code != TAKEN}
    found = await small(pool, *(data for data, _ in refused.values()))
    for name, answer in zip(refused, found, strict=True):
        assert isinstance(answer, Rejection), name
    said = {name: answer.code for name, answer in zip(refused, found, strict=True) if isinstance(answer, Rejection)}
    bombs = {name for name, (_, code) in refused.items() if code == "bomb"}
    assert {said[name] for name in bombs} == {"bomb"}
    (good,) = await small(pool, saved("PNG"))
    assert isinstance(good, bytes)  # there are workers as before


@pytest.mark.parametrize(("pixels", "code"), [(96 * 64, None), (96 * 64 // 3, "bomb")])
async def test_fewer_pixels_may_be_allowed_than_in_an_import(pool: Pool, pixels: int, code: str | None) -> None:
    (found,) = await small(pool, png(96, 64, bytes(13 * 64), depth=1), pixels=pixels)
    assert (found.code if isinstance(found, Rejection) else None) == code
