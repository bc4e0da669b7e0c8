"""What goes along into a picture that is made of another, and what stays behind: facts, EXIF, XMP, places, texts."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageCms

from imaging.embed import embed
from imaging.inspection import Facts
from imaging.readers import a1111
from tests.imaging.dialects import MODELNAME, NEGATIVE, PICTURES, PROMPT, SEED
from tests.imaging.files import (
    EXIF,
    MAKE,
    USER_COMMENT,
    alternative,
    facts_of,
    made,
    opened,
    raw,
    seen,
    unicode,
    xmp,
)
from tests.imaging.pictures import saved
from tests.imaging.test_embed import FACTS, FOREIGN, FORMATS
from tests.imaging.test_hostile_pictures import swapped_profile
from tests.imaging.wellformed import png_chunks

# Its red is sRGB's blue.
SWAPPED = swapped_profile(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


@pytest.mark.parametrize("first", FORMATS)
@pytest.mark.parametrize("second", FORMATS)
@pytest.mark.parametrize("metadata", ["all", "generation"])
def test_facts_survive_every_pair_of_formats(tmp_path: Path, first: str, second: str, metadata: str) -> None:
    _, once = made(tmp_path, saved("PNG"), FACTS, format=first, metadata=metadata)
    _, twice = made(tmp_path, once, format=second, metadata=metadata, longest=40)
    assert facts_of(tmp_path, once) == facts_of(tmp_path, twice) == FACTS
    (tmp_path / "look").write_bytes(twice)
    found = raw(tmp_path / "look")
    text = found["text"]["parameters"] if second == "PNG" else found["exif"]["UserComment"]
    assert a1111.parse(text) == FACTS


@pytest.mark.parametrize("name", ["a1111 png", "a1111 webp", "comfyui png", "novelai hidden", "drawthings jpeg"])
@pytest.mark.parametrize("format", FORMATS)
def test_facts_of_other_tools_survive(tmp_path: Path, name: str, format: str) -> None:
    path = PICTURES[name](tmp_path)
    before = seen(path).facts
    assert (before.prompt, before.seed) == (PROMPT, str(SEED))
    for metadata in ("generation", "all"):
        _, data = made(tmp_path, path.read_bytes(), format=format, metadata=metadata, longest=32)
        assert facts_of(tmp_path, data) == before
    assert (before.negative, before.model) == (NEGATIVE, MODELNAME)


def test_texts_of_a_png_go_along_into_another_when_all_is_kept(tmp_path: Path) -> None:
    path = PICTURES["comfyui png"](tmp_path)
    _, data = made(tmp_path, path.read_bytes(), format="PNG", metadata="all")
    (tmp_path / "look").write_bytes(data)
    texts = raw(path)["text"]
    assert {key: raw(tmp_path / "look")["text"][key] for key in texts} == texts
    _, data = made(tmp_path, path.read_bytes(), format="PNG", metadata="generation")
    assert b"workflow" not in data


@pytest.mark.parametrize("metadata", ["all", "generation"])
@pytest.mark.parametrize("format", FORMATS)
def test_new_facts_take_the_place_of_those_in_the_picture(tmp_path: Path, format: str, metadata: str) -> None:
    _, once = made(tmp_path, saved("PNG"), FACTS, format=format)
    _, other = made(tmp_path, once, Facts(prompt="a dog", seed="5"), format=format, metadata=metadata)
    assert facts_of(tmp_path, other) == Facts(prompt="a dog", seed="5")
    _, none = made(tmp_path, once, Facts(), format=format, metadata=metadata)
    assert facts_of(tmp_path, none) == Facts()
    assert not any("dreamscape".encode(code) in data for data in (other, none) for code in ("utf-8", "utf-16-be"))


def photograph(format: str = "JPEG") -> bytes:
    """By a camera that tells where it was, twice, with a small picture of its own."""
    exif = Image.Exif()
    exif[0x0112], exif[MAKE], exif[0x0131] = 6, "Canon", "Firmware"
    exif.get_ifd(EXIF).update({0xA434: "RF50mm", 0x9003: "2025:01:02 03:04:05", 0xA002: 96, 0xA003: 64, 0x9291: "7"})
    exif.get_ifd(0x8825).update({1: "N", 2: (25.0, 2.0, 1.5)})
    place = 'xmlns:e="http://ns.adobe.com/exif/1.0/" e:GPSLatitude="25,2.1N" xmlns:t="http://ns.adobe.com/tiff/1.0/"'
    packet = xmp(alternative("dc:description", "birthday"), f'{place} t:Orientation="6"')
    options = {} if format == "TIFF" else {"xmp": packet.encode()}
    comment = {} if format != "JPEG" else {"comment": b"secret"}
    return saved(format, exif=exif.tobytes(), icc_profile=SWAPPED, **options, **comment)


@pytest.mark.parametrize("source", ["JPEG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("format", FORMATS)
def test_all_that_was_written_goes_along_when_all_is_kept(tmp_path: Path, format: str, source: str) -> None:
    answer, data = made(tmp_path, photograph(source), format=format, metadata="all", longest=48)
    exif = opened(data).getexif()
    assert answer.losses == ()
    assert (exif[MAKE], exif.get_ifd(0x8825)[1], exif.get_ifd(EXIF)[0xA434]) == ("Canon", "N", "RF50mm")
    assert exif.get_ifd(0x8825)[2] == (25.0, 2.0, 1.5)
    assert (exif.get_ifd(EXIF)[0xA002], exif.get_ifd(EXIF)[0xA003]) == (answer.width, answer.height)
    assert not {0x0112, 0x0111, 0x0117, 0x0100} & set(exif)
    (tmp_path / "look").write_bytes(data)
    packet = raw(tmp_path / "look")["xmp"]
    assert "Orientation" not in packet
    if source != "TIFF":
        assert "birthday" in packet and "GPSLatitude" in packet
    # A photograph is not said to be made by machine.
    assert "DigitalSourceType" not in packet and "CreatorTool" not in packet
    assert seen(tmp_path / "look").taken is not None


@pytest.mark.parametrize("metadata", ["generation", "none"])
@pytest.mark.parametrize("source", ["JPEG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("format", FORMATS)
def test_nothing_of_camera_place_and_words_goes_along_otherwise(
    tmp_path: Path, format: str, source: str, metadata: str
) -> None:
    secrets = (b"Canon", b"RF50mm", b"GPS", b"birthday", b"2025:01:02", b"25,2", b"secret", b"exif:")
    for facts in (None, Facts(parameters={"camera": "Canon", "taken": "2025:01:02", "steps": 5})):
        _, data = made(tmp_path, photograph(source), facts, format=format, metadata=metadata)
        assert [each for each in secrets if each in data] == []
        image = opened(data)
        assert image.info["icc_profile"] == SWAPPED and "comment" not in image.info
        assert not image.getexif().get_ifd(0x8825) and set(image.getexif()) <= {EXIF}
        kept = facts_of(tmp_path, data).parameters
        assert kept.get("steps") == (5 if facts and metadata == "generation" else None)


def test_small_picture_in_exif_stays_behind(tmp_path: Path) -> None:
    """It would show what was cut off."""
    small = saved("JPEG", (16, 16))
    exif = Image.Exif()
    exif[MAKE] = "Canon"
    exif.get_ifd(1)[0x0201] = 0  # a folder of its own, as cameras write it
    tiff = exif.tobytes() + small
    assert small in saved("JPEG", exif=tiff)
    _, data = made(tmp_path, saved("JPEG", exif=tiff), format="JPEG", metadata="all", exact=(10, 10))
    assert small not in data and opened(data).getexif()[MAKE] == "Canon"


def test_none_leaves_pixels_and_profile_only(tmp_path: Path) -> None:
    source = embed(saved("PNG", icc_profile=SWAPPED), FACTS).data
    _, data = made(tmp_path, source, FACTS, format="PNG", metadata="none")
    assert {name for name, _ in png_chunks(data)} == {b"IHDR", b"iCCP", b"IDAT", b"IEND"}
    assert facts_of(tmp_path, data) == Facts()


def test_text_of_another_tool_stays_when_all_is_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(EXIF)[USER_COMMENT] = unicode(FOREIGN)
    answer, data = made(tmp_path, saved("JPEG", exif=exif), format="WEBP", metadata="all")
    (tmp_path / "look").write_bytes(data)
    assert raw(tmp_path / "look")["exif"]["UserComment"] == FOREIGN and answer.losses == ("infotext",)
