"""What a person said of a picture, in XMP where other programs read it, and no fact when it is read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from imaging.convert import convert
from imaging.embed import embed
from imaging.inspection import Converted, ConvertJob, Facts, Limits, Target, Words
from imaging.readers.xmp import properties
from tests.imaging.files import seen, xmp
from tests.imaging.pictures import saved
from tests.imaging.test_embed import FACTS, FORMATS

WORDS = Words("貓 & <cat> 😀", ("night", "雨", 'a "b", c'), 4)


def packet(path: Path) -> dict[str, str]:
    data = path.read_bytes()
    start, end = data.index(b"<x:xmpmeta"), data.index(b"</x:xmpmeta>")
    return properties(data[start : end + 12].decode())


def converted(tmp_path: Path, data: bytes, words: Words, **target: object) -> Path:
    path, to = tmp_path / "in", tmp_path / "out"
    path.write_bytes(data)
    to.unlink(missing_ok=True)
    answer = convert(ConvertJob(path, to, Target(**target), FACTS, words=words), Limits())  # type: ignore[arg-type]
    assert isinstance(answer, Converted), answer
    return to


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("facts", [FACTS, Facts()])
def test_words_are_read_by_others_and_are_no_facts(tmp_path: Path, format: str, facts: Facts) -> None:
    path = tmp_path / "picture"
    path.write_bytes(embed(saved(format), facts, WORDS).data)
    found = packet(path)
    assert (found["dc:title"], found["xmp:Rating"]) == ("貓 & <cat> 😀", "4")
    assert found["dc:subject"] == 'night, 雨, a "b", c'
    assert seen(path).facts == facts


def test_words_of_before_go_and_keywords_of_others_stay(tmp_path: Path) -> None:
    foreign = xmp("<dc:subject><rdf:Bag><rdf:li>theirs</rdf:li><rdf:li>night</rdf:li></rdf:Bag></dc:subject>")
    data = embed(saved("PNG"), FACTS, Words("first", ("ours",), 5)).data
    path = tmp_path / "picture"
    path.write_bytes(embed(data, FACTS).data)
    assert not packet(path).keys() & {"dc:title", "dc:subject", "xmp:Rating"}
    path.write_bytes(embed(saved("WEBP", xmp=foreign.encode()), FACTS, Words(tags=("night", "ours"))).data)
    assert packet(path)["dc:subject"] == "theirs, night, ours"


def test_words_go_along_under_the_policy_all_only(tmp_path: Path) -> None:
    for format in FORMATS:
        assert packet(converted(tmp_path, saved("PNG"), WORDS, format=format, metadata="all"))["xmp:Rating"] == "4"
        path = converted(tmp_path, saved("PNG"), WORDS, format=format, metadata="generation")
        assert not packet(path).keys() & {"dc:title", "dc:subject", "xmp:Rating"}
        assert b"xmpmeta" not in converted(tmp_path, saved("PNG"), WORDS, format=format, metadata="none").read_bytes()


def test_what_xml_cannot_hold_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(embed(saved("PNG"), FACTS, Words("a\x00\x0b\ufffeb", ("\x1fc",))).data)
    assert (packet(path)["dc:title"], packet(path)["dc:subject"]) == ("ab", "c")
    assert seen(path).facts == FACTS
