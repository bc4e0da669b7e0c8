"""Pictures made into others: formats, sizes, colours, limits; hostile ones through real worker processes too."""

from __future__ import annotations

import hashlib
import io
import struct
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms

from imaging.convert import convert, embedded
from imaging.embed import embed
from imaging.inspection import Converted, ConvertJob, EmbedJob, Limits, Made, Rejection, Target
from imaging.pool import Pool
from tests.imaging.files import facts_of, made, opened, seen
from tests.imaging.pictures import HONEST, HOSTILE, TAKEN, animated, mutants, saved, turned
from tests.imaging.pictures import png as made_png
from tests.imaging.test_embed import FACTS, FORMATS, signed
from tests.imaging.test_hostile_pictures import swapped_profile
from tests.imaging.wellformed import check

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SWAPPED = swapped_profile(SRGB)  # its red is sRGB's blue
GREY = SRGB[:16] + b"GRAY" + SRGB[20:]


@pytest.mark.parametrize(
    ("size", "target", "result"),
    [
        ((400, 300), {}, (400, 300)),
        ((400, 300), {"longest": 200}, (200, 150)),
        ((300, 400), {"longest": 200}, (150, 200)),
        ((400, 300), {"longest": 800}, (400, 300)),
        ((400, 300), {"longest": 800, "enlarge": True}, (800, 600)),
        ((4000, 3), {"longest": 100}, (100, 1)),
        ((1003, 777), {"longest": 333}, (333, 258)),
        ((400, 300), {"percent": 50}, (200, 150)),
        ((400, 300), {"percent": 12.5}, (50, 38)),
        ((400, 300), {"percent": 200}, (400, 300)),
        ((400, 300), {"percent": 200, "enlarge": True}, (800, 600)),
        ((400, 300), {"exact": (100, 100)}, (100, 100)),
        ((400, 300), {"exact": (200, 50)}, (200, 50)),
        ((400, 300), {"exact": (800, 800)}, (300, 300)),
        ((400, 300), {"exact": (800, 400)}, (400, 200)),
        ((400, 300), {"exact": (800, 800), "enlarge": True}, (800, 800)),
    ],
)
@pytest.mark.parametrize("source", ["PNG", "JPEG"])
def test_sizes(
    tmp_path: Path, source: str, size: tuple[int, int], target: dict[str, Any], result: tuple[int, int]
) -> None:
    answer, _ = made(tmp_path, saved(source, size), format="WEBP", **target)
    assert (answer.width, answer.height) == result


def test_exact_size_takes_the_middle(tmp_path: Path) -> None:
    picture = Image.new("RGB", (300, 100), "red")
    picture.paste("white", (100, 0, 200, 100))
    file = io.BytesIO()
    picture.save(file, "PNG")
    _, data = made(tmp_path, file.getvalue(), format="PNG", exact=(50, 50))
    assert [opened(data).getpixel((x, 25)) for x in (3, 25, 46)] == [(255, 255, 255)] * 3


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("turn", range(1, 9))
def test_picture_stands_upright(tmp_path: Path, turn: int, format: str, source: str) -> None:
    upright = Image.new("RGB", (90, 60), "black")
    upright.paste("white", (0, 0, 30, 20))
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright if turn == 1 else upright.transpose(Image.Transpose(inverse[turn]))
    exif = Image.Exif()
    exif[0x0112] = turn
    file = io.BytesIO()
    stored.save(file, source, exif=exif)
    for metadata in ("all", "none"):
        for target in ({}, {"longest": 45}, {"exact": (60, 40)}):
            answer, data = made(tmp_path, file.getvalue(), format=format, metadata=metadata, **target)
            image = opened(data)
            assert image.getexif().get(0x0112, 1) == 1
            small = image.convert("L")
            assert small.width * 2 == small.height * 3 == {0: 180, 45: 90, 60: 120}[answer.width % 90]
            across, down = small.size
            corners = [(9, 9), (across - 9, 9), (9, down - 9), (across - 9, down - 9)]
            assert [small.getpixel(place) > 128 for place in corners] == [True, False, False, False]  # type: ignore[operator]


def test_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    for format in FORMATS:
        data = saved("PNG", mode="RGBA")
        once = made(tmp_path, data, FACTS, format=format, longest=50)[1]
        assert made(tmp_path, data, FACTS, format=format, longest=50)[1] == once


def test_transparency_is_kept_or_laid_on_the_background(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (32, 0, 64, 64))
    file = io.BytesIO()
    picture.save(file, "PNG")
    for format in ("PNG", "WEBP"):
        answer, data = made(tmp_path, file.getvalue(), format=format, longest=32, lossless=True)
        assert opened(data).mode == "RGBA" and answer.losses == ()
        assert opened(data).getpixel((24, 16)) == (0, 0, 255, 255)
        assert opened(data).getpixel((2, 2))[3] == 0  # type: ignore[index]
    answer, data = made(tmp_path, file.getvalue(), format="JPEG", background=(0, 200, 0), quality=95)
    assert answer.losses == ("transparency",)
    left, right = (opened(data).getpixel(place) for place in ((8, 8), (56, 56)))
    assert near(left, (0, 200, 0)) and near(right, (0, 0, 255))
    opaque = saved("PNG", mode="RGBA")
    assert made(tmp_path, opaque, format="JPEG")[0].losses == ()


def near(found: Any, wanted: tuple[int, ...], by: int = 6) -> bool:
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize("format", FORMATS)
def test_profile_is_kept_or_the_colours_become_srgb(tmp_path: Path, format: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 60, 60)).save(file, "PNG", icc_profile=SWAPPED)
    for metadata in ("all", "generation", "none"):
        answer, data = made(tmp_path, file.getvalue(), format=format, metadata=metadata)
        assert answer.losses == () and opened(data).info["icc_profile"] == SWAPPED
        assert near(opened(data).getpixel((32, 32)), (200, 60, 60))
    answer, data = made(tmp_path, file.getvalue(), format=format, colour="srgb")
    assert answer.losses == () and "icc_profile" not in opened(data).info
    assert near(opened(data).getpixel((32, 32)), (60, 60, 200), 8)


def test_profile_that_makes_no_sense_is_dropped_and_that_is_said(tmp_path: Path) -> None:
    for profile in (b"nonsense", SRGB[:16] + b"CMYK" + SRGB[20:], SRGB[:16] + b"RGB " + b"?" * 200):
        data = saved("PNG", icc_profile=profile)
        answer, found = made(tmp_path, data, format="JPEG", colour="srgb")
        assert answer.losses == ("profile",) and "icc_profile" not in opened(found).info


def test_grey_stays_grey_where_the_format_has_it(tmp_path: Path) -> None:
    data = saved("JPEG", mode="L", icc_profile=GREY)
    answer, found = made(tmp_path, data, format="PNG")
    assert (opened(found).mode, opened(found).info["icc_profile"], answer.losses) == ("L", GREY, ())
    # RGB's profile is none for greys.
    _, found = made(tmp_path, saved("JPEG", mode="L", icc_profile=SWAPPED), format="PNG")
    assert (opened(found).mode, opened(found).info["icc_profile"]) == ("RGB", SWAPPED)
    _, found = made(tmp_path, saved("PNG", mode="L"), format="WEBP", lossless=True)
    assert near(opened(found).getpixel((5, 5)), opened(saved("PNG")).getpixel((5, 5)), 0)  # type: ignore[arg-type]


def grey_profile() -> bytes:
    """Of greys whose numbers are light itself: linear. ICC.1:2010, 7 and 8.3."""
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"grey\0" + bytes(79)
    tags = {
        b"desc": text,
        b"cprt": b"text" + bytes(4) + b"none\0\0\0\0",
        b"wtpt": b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061),
        b"kTRC": b"curv" + bytes(4) + struct.pack(">I", 0),
    }
    place, table, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, data in tags.items():
        table += name + struct.pack(">II", place + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I", place + len(body)) + bytes(4) + b"\x02\x40\0\0mntrGRAYXYZ " + bytes(12) + b"acsp"
    head += bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + table + body


def test_greys_of_a_profile_of_their_own_are_shown_by_it(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("L", (64, 64), 55).save(file, "PNG", icc_profile=grey_profile())
    # A fifth of the light is half way up in sRGB.
    for target in ({"format": "WEBP", "lossless": True}, {"format": "PNG", "colour": "srgb"}):
        answer, data = made(tmp_path, file.getvalue(), **target)
        assert near(opened(data).convert("RGB").getpixel((5, 5)), (128, 128, 128), 3) and answer.losses == ()
    _, data = made(tmp_path, file.getvalue(), format="PNG")
    assert opened(data).getpixel((5, 5)) == 55 and opened(data).info["icc_profile"] == grey_profile()
    small = opened(seen(tmp_path / "source").thumbnail)
    assert near(small.convert("RGB").getpixel((5, 5)), (128, 128, 128), 3)


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("CMYK", (32, 32), (0, 255, 255, 0)).save(file, "JPEG", quality=95)
    for format in FORMATS:
        answer, data = made(tmp_path, file.getvalue(), format=format)
        assert opened(data).mode == "RGB" and near(opened(data).getpixel((5, 5)), (255, 0, 0), 8)
        assert answer.losses == ()


def test_deep_pictures_become_eight_bits_and_that_is_said(tmp_path: Path) -> None:
    deep = Image.new("I;16", (32, 32), 0x8000)
    for source in ("PNG", "TIFF"):
        file = io.BytesIO()
        deep.save(file, source)
        answer, data = made(tmp_path, file.getvalue(), format="PNG")
        assert (answer.losses, opened(data).getpixel((5, 5))) == (("depth",), 127)
    colours = made_png(8, 8, b"".join(b"\0" + bytes([200, 0, 100, 0, 50, 0]) * 8 for _ in range(8)), depth=16, colour=2)
    answer, data = made(tmp_path, colours, format="PNG")
    assert (answer.losses, opened(data).getpixel((5, 5))) == (("depth",), (200, 100, 50))


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_what_moves_the_first_picture_is_taken_and_that_is_said(tmp_path: Path, format: str) -> None:
    answer, data = made(tmp_path, animated(format, 4), format="PNG")
    assert answer.losses == ("animation",)
    assert near(opened(data).convert("RGB").getpixel((5, 5)), (0, 90, 120), 8)
    assert getattr(opened(data), "n_frames", 1) == 1


@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("format", FORMATS)
def test_every_honest_picture_is_taken(tmp_path: Path, name: str, format: str) -> None:
    answer, _ = made(tmp_path, HONEST[name], FACTS, format=format, metadata="all", longest=9000)
    assert facts_of(tmp_path, (tmp_path / "made").read_bytes()) == FACTS
    assert ("exif" in answer.losses) <= ("exif" in name)


def refused(folder: Path, data: bytes, **target: Any) -> str:
    (folder / "source").write_bytes(data)
    job = ConvertJob(folder / "source", folder / "made", Target(**{"format": "PNG", **target}))
    answer = convert(job, Limits(pixels=target.pop("pixels", Limits().pixels)))
    assert isinstance(answer, Rejection), answer
    assert [each.name for each in folder.iterdir()] == ["source"]
    return answer.code


@pytest.mark.parametrize("format", FORMATS)
def test_picture_with_content_credentials_is_refused_or_loses_them_and_that_is_said(
    tmp_path: Path, format: str
) -> None:
    assert refused(tmp_path, signed(format)) == "credentials"
    answer, data = made(tmp_path, signed(format), FACTS, format=format, credentials="drop", metadata="all")
    assert answer.losses == ("credentials",) and b"jumb" not in data
    (tmp_path / "signed").write_bytes(signed(format))
    answer = embedded(EmbedJob(tmp_path / "signed", tmp_path / "to", FACTS), Limits())
    assert isinstance(answer, Rejection) and answer.code == "credentials"
    assert (tmp_path / "signed").read_bytes() == signed(format) and not (tmp_path / "to").exists()


@pytest.mark.parametrize("name", [name for name, (_, code) in HOSTILE.items() if code != TAKEN])
def test_hostile_pictures_are_refused_by_code(tmp_path: Path, name: str) -> None:
    data, code = HOSTILE[name]
    assert refused(tmp_path, data) == code


def test_new_picture_that_would_be_too_large_is_refused(tmp_path: Path) -> None:
    picture = saved("PNG", (100, 100))
    assert refused(tmp_path, picture, percent=100_000, enlarge=True) == "bomb"
    assert refused(tmp_path, picture, exact=(1 << 30, 1 << 30), enlarge=True) == "bomb"
    assert refused(tmp_path, saved("PNG", (20_000, 1)), format="WEBP") == "too_large"
    assert refused(tmp_path, saved("PNG", (70_000, 1)), format="JPEG") == "too_large"


def test_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(saved("PNG"))
    (tmp_path / "made").write_bytes(b"mine")
    answer = convert(ConvertJob(tmp_path / "source", tmp_path / "made", Target(format="PNG")), Limits())
    assert isinstance(answer, Rejection) and answer.code == "unreadable"
    assert (tmp_path / "made").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "wrong",
    [
        {"longest": 0},
        {"percent": -1},
        {"exact": (10, 0)},
        {"longest": 5, "percent": 50},
        {"quality": 0},
        {"quality": 101},
        {"background": (0, 0, 256)},
    ],
)
def test_target_that_makes_no_sense_is_none(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Target(format="PNG", **wrong)


def test_quality_makes_files_smaller(tmp_path: Path) -> None:
    noisy = Image.effect_noise((128, 128), 80).convert("RGB")
    file = io.BytesIO()
    noisy.save(file, "PNG")
    for format in ("JPEG", "WEBP"):
        sizes = [made(tmp_path, file.getvalue(), format=format, quality=quality)[0].size for quality in (20, 60, 95)]
        assert sizes == sorted(set(sizes))
    _, data = made(tmp_path, file.getvalue(), format="WEBP", lossless=True)
    assert opened(data).convert("RGB").tobytes() == noisy.tobytes()


def test_noise_of_the_highest_quality_is_written(tmp_path: Path) -> None:
    noisy = Image.merge("RGB", [Image.effect_noise((512, 512), 200) for _ in range(3)])
    file = io.BytesIO()
    noisy.save(file, "PNG", compress_level=0)
    for quality in (90, 94, 100):
        made(tmp_path, file.getvalue(), FACTS, format="JPEG", quality=quality)


def test_jpeg_that_is_decoded_smaller_looks_the_same(tmp_path: Path) -> None:
    picture = Image.radial_gradient("L").resize((1600, 1200)).convert("RGB")
    jpeg, plain = io.BytesIO(), io.BytesIO()
    picture.save(jpeg, "JPEG", quality=95)
    picture.save(plain, "PNG")
    for target in ({"longest": 100}, {"exact": (80, 80)}, {"percent": 7}):
        one, other = (opened(made(tmp_path, each.getvalue(), format="PNG", **target)[1]) for each in (jpeg, plain))
        assert one.size == other.size
        difference = ImageChops.difference(one, other).getextrema()
        assert max(high for _, high in difference) <= 8  # type: ignore[misc, has-type]


@pytest.mark.process
async def test_lossless_webp_of_a_large_picture_takes_little_time(tmp_path: Path) -> None:
    """Of 7.5 million pixels; trying hard it would take twice the CPU time that is allowed here."""
    colours = [Image.effect_noise((188, 157), 120).resize((3000, 2500), Image.Resampling.BICUBIC) for _ in range(3)]
    Image.merge("RGB", colours).save(tmp_path / "source.png", compress_level=1)
    target = Target(format="WEBP", lossless=True)
    async with Pool(1, Limits(cpu_seconds=5, wall_seconds=100)) as pool:
        (answer,) = await pool.convert([ConvertJob(tmp_path / "source.png", tmp_path / "to", target)])
    assert isinstance(answer, Converted) and (answer.width, answer.height) == (3000, 2500), answer


async def test_mutants_are_converted_or_refused(pool: Pool, tmp_path: Path) -> None:
    jobs = []
    for at, data in enumerate(mutants(96, 5)):
        (tmp_path / f"{at}").write_bytes(data)
        target = Target(format=FORMATS[at % 4], metadata="all", longest=30, enlarge=True)  # type: ignore[arg-type]
        jobs.append(ConvertJob(tmp_path / f"{at}", tmp_path / f"{at}.made", target, FACTS))
    answers = await pool.convert(jobs)
    found = {getattr(each, "code", "made") for each in answers}
    assert {"made", "truncated"} <= found <= {"made", "truncated", "not_a_picture", "bomb", "memory"}
    for job, answer in zip(jobs, answers, strict=True):
        assert job.to.exists() == isinstance(answer, Converted)
        if isinstance(answer, Converted):
            check(job.to.read_bytes())
            assert seen(job.to).facts == FACTS


async def test_workers_convert_and_embed(pool: Pool, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(turned(6))
    (tmp_path / "cut").write_bytes(saved("PNG")[:80])
    jobs = [
        ConvertJob(tmp_path / name, tmp_path / f"{name}{at}", Target(format=format, longest=48), FACTS, fsync=True)  # type: ignore[arg-type]
        for at, (name, format) in enumerate((("source", "PNG"), ("cut", "PNG"), ("source", "WEBP"), ("gone", "JPEG")))
    ]
    answers = await pool.convert(jobs)
    assert [getattr(each, "code", "made") for each in answers] == ["made", "truncated", "made", "gone"]
    first = answers[0]
    assert isinstance(first, Converted) and (first.width, first.height) == (32, 48)
    assert first.sha256 == hashlib.sha256((tmp_path / "source0").read_bytes()).digest()
    assert seen(tmp_path / "source2").facts == FACTS
    told = await pool.embed([EmbedJob(tmp_path / name, tmp_path / f"{name}.to", FACTS) for name in ("source", "cut")])
    assert isinstance(told[0], Made) and isinstance(told[1], Rejection)
    assert (tmp_path / "source.to").read_bytes() == embed(turned(6), FACTS).data
    assert (tmp_path / "source.to").stat().st_mode & 0o777 == 0o600
    names = {"source", "cut", "source0", "source2", "source.to"}
    assert {each.name for each in tmp_path.iterdir()} == names


@pytest.mark.process
async def test_picture_that_takes_too_much_memory_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(saved("PNG", (9000, 9000), "RGBA"))
    (tmp_path / "small.png").write_bytes(saved("PNG"))
    target = Target(format="PNG")
    names = ("small.png", "large.png", "small.png")
    jobs = [ConvertJob(tmp_path / name, tmp_path / f"{at}", target) for at, name in enumerate(names)]
    async with Pool(1, Limits(memory=300 << 20)) as pool:
        codes = [getattr(each, "code", "made") for each in await pool.convert(jobs)]
    assert codes == ["made", "memory", "made"]
    assert {each.name for each in tmp_path.iterdir()} == {"large.png", "small.png", "0", "2"}


@pytest.mark.process
async def test_picture_that_takes_too_long_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    Image.effect_noise((900, 900), 80).convert("RGB").save(tmp_path / "noise.png")
    job = ConvertJob(tmp_path / "noise.png", tmp_path / "to", Target(format="PNG", longest=9000, enlarge=True))
    async with Pool(1, Limits(cpu_seconds=1, wall_seconds=60)) as pool:
        (answer,) = await pool.convert([job])
    assert isinstance(answer, Rejection) and answer.code == "timeout"
    assert [each.name for each in tmp_path.iterdir()] == ["noise.png"]
