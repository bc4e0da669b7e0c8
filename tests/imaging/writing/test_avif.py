"""EXIF and XMP in AVIF files: what is theirs alone."""

from __future__ import annotations

import io
import warnings

from PIL import Image

from imaging.embed import embed, opened
from imaging.inspection import Facts
from tests.imaging.pictures import HONEST, saved
from tests.imaging.wellformed import check

FACTS = Facts(prompt="a cat, 貓咪", negative="dog", seed="5", model="m", tool="openai", parameters={"steps": 28})


def pixels(data: bytes) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the broken EXIF that some came with
        with Image.open(io.BytesIO(data)) as image:
            return image.tobytes()


def test_nothing_is_written_into_an_avif_that_moves_and_that_is_said() -> None:
    assert embed(HONEST["animated avif"], FACTS) == (HONEST["animated avif"], ("infotext", "xmp"))


def avif_with(data: bytes, exif: bytes, packet: bytes) -> bytes:
    """The picture saved by another program with these."""
    with Image.open(io.BytesIO(data)) as image:
        file = io.BytesIO()
        image.save(file, "AVIF", exif=exif, xmp=packet)
        return file.getvalue()


def test_old_words_in_an_avif_are_found_nowhere_after_others_took_their_place() -> None:
    plain = saved("AVIF", mode="LA")
    data = embed(plain, Facts(prompt="the old secret words", tool="openai", seed="5")).data
    data = embed(data, FACTS).data
    assert data == embed(plain, FACTS).data
    assert b"secret" not in data and "secret".encode("utf-16-be") not in data
    # Of another program, whose places stay: blanks stand there.
    foreign = Image.Exif()
    foreign[0x010E] = "the old secret words"
    exif = foreign.tobytes()
    made = avif_with(plain, exif, b"<x/>")
    assert b"secret" in made
    container = opened(made)
    container.exif = b""
    container.set_xmp(b"")
    cleaned = container.encoded()
    check(cleaned)
    assert b"secret" not in cleaned and b"<x/>" not in cleaned and pixels(cleaned) == pixels(made)
    assert embed(cleaned, FACTS).data == embed(embed(cleaned, FACTS).data, FACTS).data


def test_last_box_of_an_avif_that_goes_to_the_files_end_gets_an_end() -> None:
    plain = saved("AVIF")
    at = plain.rindex(b"mdat") - 4
    endless = plain[:at] + bytes(4) + plain[at + 4 :]
    assert embed(endless, FACTS).data == embed(plain, FACTS).data
