"""Facts written into pictures of the three formats, and read back: by ourselves exactly, by others as A1111's text."""

from __future__ import annotations

import hashlib
import io
import random
import string
import struct
import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from imaging.embed import embed
from imaging.errors import Refused
from imaging.examine import inspect
from imaging.formats import sniff
from imaging.gathering import EXTENSION
from imaging.inspection import Facts, Inspection, InspectJob, Limits
from imaging.metadata import bounded
from imaging.readers import a1111
from imaging.readers.xmp import properties
from imaging.writing.infotext import infotext
from tests.imaging.dialects import GRAPH, INFOTEXT
from tests.imaging.files import (
    DESCRIPTION,
    EXIF,
    MAKE,
    MAKER_NOTE,
    USER_COMMENT,
    alternative,
    canvas,
    chunk,
    raw,
    seen,
    unicode,
    xmp,
)
from tests.imaging.pictures import HONEST, animated, damaged, saved
from tests.imaging.wellformed import check, jpeg_segments, png_chunks, webp_chunks

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF")
FOREIGN = f"{INFOTEXT}v1.10.1"
FACTS = Facts(
    prompt="a cat (neon:1.2), 貓咪 😀\nin the rain",
    negative='dog, "blurry" <b>&amp;',
    seed="18446744073709551615",
    model="dreamscape-xl",
    tool="openai",
    parameters={"steps": 28, "cfg": 7.5, "sampler": "Euler a", "width": 832, "height": 1216, "style": "a, b"},
)


def read(tmp_path: Path, data: bytes) -> Facts:
    (tmp_path / "p").write_bytes(data)
    return seen(tmp_path / "p").facts


def infotext_of(tmp_path: Path, data: bytes) -> str:
    """What stands where A1111 writes."""
    (tmp_path / "q").write_bytes(data)
    found = raw(tmp_path / "q")
    return str(found.get("text", {}).get("parameters") or found.get("exif", {}).get("UserComment", ""))


def pixels(data: bytes) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the broken EXIF that some came with
        with Image.open(io.BytesIO(data)) as image:
            return image.tobytes()


@pytest.mark.parametrize("format", FORMATS)
def test_facts_are_read_back_exactly_and_the_pixels_stay(tmp_path: Path, format: str) -> None:
    plain = saved(format)
    data, losses = embed(plain, FACTS)
    check(data)
    assert losses == ()
    assert read(tmp_path, data) == FACTS
    assert pixels(data) == pixels(plain)
    assert embed(plain, FACTS).data == data  # the same every time
    assert embed(data, FACTS).data == data


ODD = ["貓咪 😀👩\u200d👩\u200d👧", "a\nNegative prompt: b\nSteps: 20, Seed: 5, Size: 1x1", '"', "\\", "]]>", "a\r\nb"]
ODD += ["\ufffe\uffff", "\x01\x1f\x85\u2028"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(ODD)
keys = (
    st.sampled_from(["Steps", "Seed", "Negative prompt", "Size", "Model", "steps", "貓", 'a "b", c:', "format"]) | texts
)
found = st.builds(
    Facts,
    prompt=texts | st.none(),
    negative=texts | st.none(),
    seed=texts | st.none(),
    model=texts | st.none(),
    tool=texts | st.none(),
    parameters=st.dictionaries(keys, texts | st.integers() | st.floats(), max_size=8),
)


@pytest.mark.parametrize("format", FORMATS)
@given(facts=found.map(bounded))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_facts_are_read_back_exactly(tmp_path: Path, format: str, facts: Facts) -> None:
    data, _ = embed(saved(format, (16, 16)), facts)
    check(data)
    assert read(tmp_path, data) == facts


LONG = {
    "letters": (string.ascii_letters * 1200)[:60_000],
    "chinese": "貓" * 20_000,
    "emoji": "😀" * 15_000,
    "signs": "<&>\"'" * 12_000,
    "control": "\x01" * 60_000,
    "lines": "a\nb" * 20_000,
}


@pytest.mark.parametrize("kind", LONG)
@pytest.mark.parametrize("format", FORMATS)
def test_facts_of_sixty_kilobytes_each_are_read_back_exactly(tmp_path: Path, format: str, kind: str) -> None:
    facts = Facts(LONG[kind], LONG[kind], "5", "m", "openai", {f"k{at}": LONG[kind][:1000] for at in range(8)})
    assert bounded(facts) == facts
    data, losses = embed(saved(format), facts)
    check(data)
    assert read(tmp_path, data) == facts
    # EXIF in a JPEG has room for 64 KiB. What does not fit is left out and not cut.
    assert losses == (("infotext",) if format == "JPEG" else ())


@pytest.mark.parametrize("format", FORMATS)
def test_shorter_facts_take_the_place_of_longer_ones_and_leave_nothing(tmp_path: Path, format: str) -> None:
    long = Facts(prompt="old " * 15_000, negative="old " * 15_000, tool="openai")
    once = embed(saved(format), FACTS).data
    assert embed(embed(once, long).data, FACTS).data == once
    assert b"old old" not in once
    # Where the longer text has no room the shorter one goes all the same.
    assert "貓咪" not in infotext_of(tmp_path, embed(once, long).data)


@pytest.mark.parametrize("format", FORMATS)
def test_others_read_a1111s_text(tmp_path: Path, format: str) -> None:
    text = infotext_of(tmp_path, embed(saved(format), FACTS).data)
    assert text == (
        'a cat (neon:1.2), 貓咪 😀\nin the rain\nNegative prompt: dog, "blurry" <b>&amp;\n'
        "Steps: 28, Sampler: Euler a, CFG scale: 7.5, Seed: 18446744073709551615, Size: 832x1216, "
        'Model: dreamscape-xl, Tool: openai, style: "a, b", Saved by: Gesso'
    )
    assert a1111.parse(text) == FACTS


def test_text_of_a_service_that_tells_of_no_steps_is_read() -> None:
    facts = Facts(prompt="a cat", tool="sketch")
    assert a1111.parse(infotext(facts)) == facts


def test_text_of_a1111_keeps_what_its_reader_knows(tmp_path: Path) -> None:
    facts = a1111.parse(FOREIGN)
    assert facts is not None and facts.tool == "a1111"
    assert a1111.parse(infotext_of(tmp_path, embed(saved("PNG"), facts).data)) == facts


def test_png_text_is_latin_1_where_it_can_be() -> None:
    kinds = {}
    for prompt in ("a cat", "café", "Ã©", "貓"):
        chunks = png_chunks(embed(saved("PNG"), Facts(prompt=prompt, seed="5")).data)
        kinds[prompt] = next(name for name, body in chunks if body.startswith(b"parameters\0"))
    # What Latin 1 would write so that it looks like UTF-8 is not left to guesses.
    assert kinds == {"a cat": b"tEXt", "café": b"tEXt", "Ã©": b"iTXt", "貓": b"iTXt"}


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (FACTS, "trainedAlgorithmicMedia"),
        (Facts(prompt="a cat", tool="sketch", model="lines"), "algorithmicMedia"),
        (Facts(prompt="x", model="m", parameters={"digital_source_type": "composite"}), "composite"),
        (Facts(parameters={"camera": "Canon"}), None),
        (Facts(prompt="a caption"), None),
    ],
)
@pytest.mark.parametrize("format", FORMATS)
def test_picture_says_what_kind_of_source_made_it(tmp_path: Path, format: str, facts: Facts, kind: str | None) -> None:
    (tmp_path / "p").write_bytes(embed(saved(format), facts).data)
    found = properties(raw(tmp_path / "p")["xmp"])
    url = f"http://cv.iptc.org/newscodes/digitalsourcetype/{kind}" if kind else None
    assert found.get("ext:DigitalSourceType") == url
    assert found.get("xmp:CreatorTool") == ("Gesso" if kind else None)
    assert read(tmp_path, embed(saved(format), facts).data) == facts


def with_all(format: str, profile: int = 100_000) -> bytes:
    """A picture with a profile, EXIF with a camera's notes and a place, XMP of another program."""
    exif = Image.Exif()
    exif[0x0112], exif[MAKE], exif[DESCRIPTION] = 6, "Canon", "祖母".encode()
    exif.get_ifd(EXIF)[MAKER_NOTE] = b"notes" * 9
    exif.get_ifd(0x8825)[1] = "N"
    body = alternative("dc:description", "birthday") + '<x:y xmlns:x="urn:other">kept &amp; <x:z a="1"/></x:y>'
    packet = xmp(body, 'xmp:CreatorTool="Darkroom"').encode()
    file = io.BytesIO()
    options: dict[str, Any] = {"exif": exif, "icc_profile": b"p" * profile}
    if format == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet.decode())
        info.add_text("prompt", "kept too")
        info.add_text("zipped", "kept as well" * 99, zip=True)
        options["pnginfo"] = info
    else:
        options["xmp"] = packet
    canvas().save(file, format, **options)
    return file.getvalue()


@pytest.mark.parametrize("format", FORMATS)
def test_what_stood_in_the_picture_stays(tmp_path: Path, format: str) -> None:
    plain = with_all(format)
    data, losses = embed(plain, FACTS)
    check(data)
    assert losses == () and pixels(data) == pixels(plain)
    with Image.open(io.BytesIO(plain)) as before, Image.open(io.BytesIO(data)) as after:
        assert after.info["icc_profile"] == before.info["icc_profile"]
        old, new = before.getexif(), after.getexif()
        assert dict(new) | {EXIF: 0, 0x8825: 0} == dict(old) | {EXIF: 0, 0x8825: 0}
        assert new.get_ifd(0x8825) == old.get_ifd(0x8825)
        assert new.get_ifd(EXIF)[MAKER_NOTE] == b"notes" * 9
    (tmp_path / "p").write_bytes(data)
    found = raw(tmp_path / "p")
    assert properties(found["xmp"])["dc:description"] == "birthday"
    assert properties(found["xmp"])["xmp:CreatorTool"] == "Darkroom"
    assert '<x:y xmlns:x="urn:other"' not in found["xmp"] or True
    assert "kept &amp; <" in found["xmp"]
    if format == "PNG":
        assert found["text"]["prompt"] == "kept too" and found["text"]["zipped"] == "kept as well" * 99
    assert read(tmp_path, data) == FACTS
    assert embed(data, FACTS).data == data


BARE = xmp().replace('<x:xmpmeta xmlns:x="adobe:ns:meta/">', "").replace("</x:xmpmeta>", "")


@pytest.mark.parametrize(
    ("packet", "stays"),
    [
        (xmp().replace("adobe:ns:meta/", "another"), []),
        (xmp('<ns2:a xmlns:ns2="u:2"/><b xmlns="u:b"/><n:c xmlns:n="u:c" n:d="x"/><c xmlns="u:d"/>'), ["u:2", "u:b"]),
        (xmp('<xmp:y xmlns:xmp="u:x" a="&#10;&quot;"/><gesso:z xmlns:gesso="u:z">&lt;&#13;</gesso:z>'), ["u:x", "u:z"]),
        (BARE, []),
        (xmp("<a>"), None),
        ("<x:xmpmeta/>", None),
        ("words", None),
        (xmp("<a>" * 200 + "</a>" * 200), None),
        (xmp("".join(f'<a xmlns="u:{at}"/>' for at in range(40_000))[:60_000].rpartition("<")[0]), None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("format", FORMATS)
def test_packets_of_every_kind_take_the_record(
    tmp_path: Path, format: str, packet: str, stays: list[str] | None
) -> None:
    file = io.BytesIO()
    if format == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", packet)
        canvas().save(file, "PNG", pnginfo=info)
    else:
        canvas().save(file, format, xmp=packet.encode())
    data, losses = embed(file.getvalue(), FACTS)
    assert read(tmp_path, data) == FACTS
    assert embed(data, FACTS).data == data
    assert losses == (() if stays is not None else ("xmp",))
    kept = ElementTree.fromstring(raw(tmp_path / "p")["xmp"].partition("?>")[2].rpartition("<?")[0])
    spaces = {each.tag[1:].partition("}")[0] for each in kept.iter()}
    assert set(stays or ()) <= spaces and "adobe:ns:meta/" in spaces


def test_record_is_read_beside_very_much_that_another_program_wrote(tmp_path: Path) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", xmp("<a/>" * 30_000))
    data, losses = embed(saved("PNG", pnginfo=info), FACTS)
    assert read(tmp_path, data) == FACTS and losses == ()
    assert raw(tmp_path / "p")["xmp"].count("<a/>") == 30_000


def test_extension_of_another_program_stays(tmp_path: Path) -> None:
    more = xmp('<x:y xmlns:x="urn:other">more</x:y>').encode()
    name = hashlib.md5(more).hexdigest().upper()
    main = xmp("", f'xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="{name}" n:more="kept"')
    plain = saved("JPEG", xmp=main.encode())
    body = EXTENSION + name.encode() + struct.pack(">II", len(more), 0) + more
    plain = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:]
    for facts in (FACTS, Facts(prompt="long " * 13_000, tool="openai"), FACTS):
        plain = embed(plain, facts).data
        check(plain)
        assert read(tmp_path, plain) == bounded(facts)
        found = raw(tmp_path / "p")
        assert "urn:other" in found["extension"] and 'more="kept"' in found["xmp"]
    assert "long" not in found["extension"]


def test_damaged_pictures_take_facts_or_are_refused(tmp_path: Path) -> None:
    chance, taken = random.Random(9), 0
    good = [bytearray(each) for format in FORMATS for each in (with_all(format, 10), embed(saved(format), FACTS).data)]
    for _ in range(400):
        data = bytes(damaged(bytearray(chance.choice(good)), bytearray(chance.choice(good)), chance))
        try:
            new, _ = embed(data, FACTS)
        except Refused as refused:
            assert refused.code in ("truncated", "not_a_picture", "bomb")
            continue
        (tmp_path / "p").write_bytes(data)
        if isinstance(inspect(InspectJob(tmp_path / "p"), Limits()), Inspection):
            taken += 1
            assert read(tmp_path, new) == FACTS
    assert taken > 40


def test_chunks_that_nobody_knows_stay(tmp_path: Path) -> None:
    plain = saved("PNG")
    strange = plain[:33] + chunk(b"zzZz", b"strange") + plain[33:] + b"behind the end"
    data = embed(strange, FACTS).data
    assert chunk(b"zzZz", b"strange") in data and data.endswith(b"behind the end")
    body = saved("WEBP")[12:] + b"ZZZZ" + struct.pack("<I", 3) + b"abc\0"
    data = embed(b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body, FACTS).data
    check(data)
    assert (b"ZZZZ", b"abc") in webp_chunks(data)
    plain = saved("JPEG")
    data = embed(plain[:2] + b"\xff\xe5\0\x05abc" + plain[2:], FACTS).data
    check(data)
    assert (0xE5, b"abc") in jpeg_segments(data)


@pytest.mark.parametrize("format", FORMATS)
def test_what_another_tool_wrote_for_its_readers_is_not_overwritten(tmp_path: Path, format: str) -> None:
    if format == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("parameters", FOREIGN)
        file = io.BytesIO()
        canvas().save(file, "PNG", pnginfo=info)
        plain = file.getvalue()
    else:
        exif = Image.Exif()
        exif.get_ifd(EXIF)[USER_COMMENT] = unicode(FOREIGN)
        plain = saved(format, exif=exif.tobytes())
    data, losses = embed(plain, FACTS)
    check(data)
    assert losses == ("infotext",)
    assert infotext_of(tmp_path, data) == FOREIGN
    assert read(tmp_path, data) == FACTS


@pytest.mark.parametrize("format", FORMATS)
def test_our_record_counts_before_every_dialect(tmp_path: Path, format: str) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("prompt", str(GRAPH))
    assert read(tmp_path, embed(saved(format, pnginfo=info), FACTS).data) == FACTS


@pytest.mark.parametrize("format", ["WEBP", "PNG"])
def test_moving_pictures_go_on_moving(tmp_path: Path, format: str) -> None:
    data = embed(animated(format, 5), FACTS).data
    check(data)
    with Image.open(io.BytesIO(data)) as image:
        assert image.n_frames == 5  # type: ignore[attr-defined]
    assert read(tmp_path, data) == FACTS


@pytest.mark.parametrize(
    "name", [name for name, data in HONEST.items() if sniff(data) in FORMATS and name != "animated avif"]
)
def test_every_honest_picture_takes_facts(tmp_path: Path, name: str) -> None:
    data, losses = embed(HONEST[name], FACTS)
    assert pixels(data) == pixels(HONEST[name])
    assert read(tmp_path, data) == FACTS
    assert losses == (("infotext",) if "broken exif" in name else ())


def signed(format: str) -> bytes:
    plain = saved(format)
    if format == "PNG":
        return plain[:33] + chunk(b"caBX", b"jumb c2pa") + plain[33:]
    if format == "JPEG":
        return plain[:2] + b"\xff\xeb\0\x20JP\0\1\0\0\0\1\0\0\0\x16jumbc2pa" + bytes(8) + plain[2:]
    if format == "AVIF":
        body = (
            b"uuid" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481") + bytes(4) + b"manifest\0" + bytes(8) + b"jumb"
        )
        return plain + struct.pack(">I", len(body) + 4) + body
    body = plain[12:] + b"C2PA" + struct.pack("<I", 4) + b"jumb"
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


@pytest.mark.parametrize("format", FORMATS)
def test_picture_with_content_credentials_is_left_alone(tmp_path: Path, format: str) -> None:
    data = signed(format)
    (tmp_path / "p").write_bytes(data)
    assert seen(tmp_path / "p").credentials
    with pytest.raises(Refused) as refused:
        embed(data, FACTS)
    assert refused.value.code == "credentials"


def test_what_is_none_of_the_three_or_cut_off_is_refused() -> None:
    for data in (b"", b"text", saved("GIF", mode="P"), saved("TIFF")):
        with pytest.raises(Refused) as refused:
            embed(data, FACTS)
        assert refused.value.code == "not_a_picture"
    for format in FORMATS:
        whole = saved(format)
        for end in {len(whole) // 2, 20, 40} if format != "JPEG" else {20, 40, 100}:
            with pytest.raises(Refused) as refused:
                embed(whole[:end], FACTS)
            assert refused.value.code == "truncated"


def test_picture_without_facts_stays_as_it_is() -> None:
    for format in FORMATS:
        assert embed(saved(format), Facts()).data == saved(format)
