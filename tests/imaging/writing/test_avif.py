"""EXIF and XMP in AVIF files however another program laid them out; damaged and crowded ones are refused."""

from __future__ import annotations

import io
import random
import struct
import time
import warnings
from pathlib import Path

import pytest
from PIL import Image

from imaging.embed import embed, opened
from imaging.errors import Refused
from imaging.formats import MAX_ITEMS
from imaging.inspection import Facts
from tests.imaging.files import facts_of, raw
from tests.imaging.pictures import HONEST, damaged, saved
from tests.imaging.wellformed import avif_boxes, check
from tests.imaging.writing.avifs import (
    ALPHA,
    INFOS,
    LAYOUTS,
    NOWHERE,
    SECRET,
    TIFF,
    XMP,
    Layout,
    crowded,
    laid_out,
    link,
)

FACTS = Facts(prompt="a cat, 貓咪", negative="dog", seed="5", model="m", tool="openai", parameters={"steps": 28})
SHORT = 2.0  # seconds; it took a minute
MUTANTS = 1500


def pixels(data: bytes) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the broken EXIF that some came with
        with Image.open(io.BytesIO(data)) as image:
            return image.tobytes()


def bare(data: bytes) -> bytes:
    """Without EXIF and XMP."""
    container = opened(data)
    container.exif = b""
    container.set_xmp(b"")
    return container.encoded()


def meta_of(data: bytes) -> bytes:
    return data[slice(*avif_boxes(data, 0, len(data))[b"meta"])]


@pytest.mark.parametrize("name", LAYOUTS)
def test_facts_go_into_a_file_however_it_is_laid_out(tmp_path: Path, name: str) -> None:
    plain = laid_out(LAYOUTS[name])
    data, losses = embed(plain, FACTS)
    check(data)
    assert losses == () and pixels(data) == pixels(plain)
    assert facts_of(tmp_path, data) == FACTS
    # What another program wrote is still there, and once.
    (tmp_path / "p").write_bytes(data)
    assert SECRET.decode() in raw(tmp_path / "p")["xmp"] and data.count(SECRET) == 2
    assert embed(data, FACTS).data == data
    other = embed(data, Facts(prompt="other words", tool="openai")).data
    assert not any("貓咪".encode(code) in other for code in ("utf-8", "utf-16-be"))


@pytest.mark.parametrize("name", LAYOUTS)
def test_old_words_are_found_nowhere_however_the_file_is_laid_out(name: str) -> None:
    plain = laid_out(LAYOUTS[name])
    assert plain.count(SECRET) == 2 or LAYOUTS[name].parts > 1
    data = bare(plain)
    check(data)
    # In parts each has its own place.
    for word in SECRET.split():
        assert word not in data
    assert b"rdf" not in data.replace(b"application/rdf+xml", b"") and b"MM\0*" not in data
    assert pixels(data) == pixels(plain) and bare(data) == data


def test_items_that_lie_nowhere_stay() -> None:
    data = embed(laid_out(Layout(1, nowhere=True)), FACTS).data
    row = link(b"dimg", NOWHERE)
    for each in (data, embed(data, FACTS).data, bare(data)):
        assert meta_of(each).count(INFOS[NOWHERE]) == 1 and meta_of(each).count(row) == 1


def test_words_of_another_item_stay_its_own(tmp_path: Path) -> None:
    plain = laid_out(Layout(1, of=ALPHA))
    data = embed(plain, FACTS).data
    assert pixels(data) == pixels(plain) and facts_of(tmp_path, data) == FACTS
    assert embed(data, FACTS).data == data and opened(data).xmp.count(SECRET) == 0
    for each in (data, bare(data)):
        assert each.count(SECRET) == 2 and meta_of(each).count(link(b"cdsc", XMP, ALPHA)) == 1


def test_bytes_that_a_picture_shares_with_old_words_stay_and_the_others_go() -> None:
    data = bytearray(laid_out(Layout()))
    at = data.index(struct.pack(">HHH", XMP, 0, 1), data.index(b"iloc")) + 6
    start, length = struct.unpack(">II", data[at : at + 8])
    # The packet now begins before the EXIF, at the picture's last ten bytes.
    more = len(TIFF) + 4 + 10
    data[at : at + 8] = struct.pack(">II", start - more, length + more)
    cleaned = bare(bytes(data))
    assert pixels(cleaned) == pixels(bytes(data))
    assert SECRET not in cleaned


def refused(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        embed(data, FACTS)
    return caught.value.code


@pytest.mark.parametrize(("items", "boxes", "parts"), [(1900, 9900, 4), (60_000, 9900, 1), (1900, 0, 8), (150, 0, 600)])
def test_crowded_file_is_soon_done_with(items: int, boxes: int, parts: int) -> None:
    data = crowded(items, boxes, parts)
    before = time.process_time()
    if items * parts < 8000:
        new = embed(data, FACTS).data
        assert pixels(new) == pixels(data)
    else:
        assert refused(data) == ("bomb" if items > MAX_ITEMS else "truncated")
    assert time.process_time() - before < SHORT


def hurt(source: bytes, other: bytes, chance: random.Random) -> bytes:
    """Damaged anywhere, or a few bytes within `meta` changed."""
    if chance.random() < 0.3:
        return bytes(damaged(bytearray(source), bytearray(other), chance))
    data, start = bytearray(source), source.index(b"meta\0\0\0\0")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(start, start + int.from_bytes(source[start - 4 : start], "big") - 4)
        data[at] = chance.choice((0, 1, 2, 4, 255, data[at] ^ 1 << chance.randrange(8)))
    return bytes(data)


def decoded(data: bytes) -> bytes | None:
    try:
        return pixels(data)
    except (OSError, SyntaxError, ValueError, RuntimeError):
        return None


def test_damaged_layouts_take_facts_or_are_refused() -> None:
    chance, taken = random.Random(11), 0
    good = [laid_out(layout) for layout in LAYOUTS.values()]
    for _ in range(MUTANTS):
        data = hurt(chance.choice(good), chance.choice(good), chance)
        try:
            new = embed(data, FACTS).data
        except Refused as error:
            assert error.code in ("truncated", "not_a_picture", "bomb")
            continue
        assert embed(new, FACTS).data == new
        before = decoded(data)
        if before is not None:  # of the others some are mended, such as by a version that fits
            assert decoded(new) == decoded(bare(new)) == before
            taken += 1
    assert taken > MUTANTS // 10


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
