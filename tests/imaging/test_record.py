"""Our own record in XMP, as others may have written it: too deep, too long, of the wrong kinds, in the other place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imaging.inspection import Facts
from imaging.readers.gesso import record
from imaging.readers.xmp import GESSO
from tests.imaging.dialects import INFOTEXT, PROMPT
from tests.imaging.files import canvas, facts, png, raw, xmp

FOREIGN = f"{INFOTEXT}v1.10.1"


def packet(text: str) -> str:
    kept = text.replace("&", "&amp;").replace("<", "&lt;")
    return xmp(f'<g:record xmlns:g="{GESSO}">{kept}</g:record>')


def picture(folder: Path, text: str) -> Path:
    """With a record, and A1111's text beside it."""
    return png(folder / "p.png", {"parameters": FOREIGN}, xmp=packet(text))


def test_record_is_read_whatever_its_prefix_and_nothing_is_added(tmp_path: Path) -> None:
    told = Facts(prompt="a cat", tool="sketch", parameters={"steps": 5, "cfg": 7.5, "x": "y"})
    assert facts(picture(tmp_path, record(told))) == told
    text = record(told).replace('"', "&quot;")
    path = png(tmp_path / "q.png", {}, xmp=xmp("", f'xmlns:g="{GESSO}" g:record="{text}" xmp:CreatorTool="Gesso"'))
    assert facts(path) == told


def written(**fields: Any) -> str:
    return json.dumps({"format": 1, **fields})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "words",
        "[]",
        "null",
        written(prompt=5),
        written(prompt=["a"]),
        written(parameters=[1]),
        written(parameters={"a": {"b": 1}}),
        written(parameters={"a": True}),
        json.dumps({"format": 2, "prompt": "of a later one"}),
        '{"format":1,"more":' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"format":1,"more":' + '{"a":' * 50_000 + "1" + "}" * 50_001,
        written(prompt="a")[:-1],
        '{"format":1,"prompt":"\\ud800',
        written(prompt="x" * (3 << 20)),
    ],
)
def test_record_that_makes_no_sense_is_passed_over(tmp_path: Path, text: str) -> None:
    assert facts(picture(tmp_path, text)).prompt == PROMPT


def test_record_is_bounded_as_all_facts_are(tmp_path: Path) -> None:
    many = {f"key {at}": "v" * 1000 for at in range(1000)}
    long = written(prompt="p" * 200_000, tool="t" * 9_000, seed="5" * 9_000, parameters={**many, "n": 10**30})
    found = facts(picture(tmp_path, long))
    assert [len(each or "") for each in (found.prompt, found.tool, found.seed)] == [64 << 10, 200, 200]
    assert len(found.parameters) < 70
    number = facts(picture(tmp_path, '{"format":1,"parameters":{"n":1' + "0" * 3000 + "}}"))
    assert number.parameters == {} or len(str(number.parameters["n"])) <= 200


EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
NAME = b"0123456789ABCDEF0123456789ABCDEF"


def extended(folder: Path, pieces: list[tuple[int, bytes]], length: int, name: bytes = NAME) -> Path:
    """A JPEG whose XMP goes on elsewhere, in pieces at their places."""
    main = xmp("", f'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="{NAME.decode()}"')
    canvas().save(folder / "p.jpg", xmp=main.encode())
    data = (folder / "p.jpg").read_bytes()
    bodies = [
        EXTENSION + name + length.to_bytes(4, "big") + place.to_bytes(4, "big") + piece for place, piece in pieces
    ]
    segments = b"".join(b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body for body in bodies)
    (folder / "p.jpg").write_bytes(data[:2] + segments + data[2:])
    return folder / "p.jpg"


def test_extension_of_a_jpegs_xmp_is_put_together_and_kept(tmp_path: Path) -> None:
    told = Facts(prompt="a cat")
    whole = packet(record(told)).encode()
    pieces = [(100, whole[100:]), (0, whole[:100])]
    assert facts(extended(tmp_path, pieces, len(whole))) == told
    assert raw(tmp_path / "p.jpg")["extension"] == whole.decode()


@pytest.mark.parametrize("kind", ["part lacks", "of another", "too long", "short"])
def test_extension_that_is_not_whole_is_passed_over(tmp_path: Path, kind: str) -> None:
    whole = packet(record(Facts(prompt="a cat"))).encode()
    path = {
        "part lacks": lambda: extended(tmp_path, [(0, whole[:100])], len(whole)),
        "of another": lambda: extended(tmp_path, [(0, whole)], len(whole), NAME[::-1]),
        "too long": lambda: extended(tmp_path, [(0, whole)], (1 << 32) - 1),
        "short": lambda: extended(tmp_path, [], 0),
    }[kind]()
    assert facts(path) == Facts()
    assert "extension" not in raw(path)
