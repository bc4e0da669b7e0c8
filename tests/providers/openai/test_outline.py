"""Large answers: their pictures are found without reading JSON, and JSON is read of no more than is soon read."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import msgspec
import pytest

from providers.errors import BadAnswer
from providers.fakes.pictures import painted
from providers.openai import outline
from providers.openai.answers import event_of, made_of
from providers.openai.outline import MARK, MOST_ESCAPES, MOST_MARKS, MOST_OUTLINE, Outline

MIB = 1 << 20
PICTURE = base64.b64encode(painted(1)).decode()
LETTERS = 'ab"\\/\n中\0😀{[,:'


class Both(msgspec.Struct):
    one: msgspec.Raw
    some: list[msgspec.Raw]


def anything(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(7 if depth < 4 else 4)
    if kind < 2:
        return "".join(chance.choice(LETTERS) for _ in range(chance.choice((0, 1, 5, 30, 60))))
    if kind == 2:
        return chance.choice((None, True, 0.5, -1e9))
    if kind == 3:
        return "A" * chance.choice((3, 18, 19, 20, 21, 100)) + chance.choice(("", "\\", '"', '\\"', "\\\\"))
    if kind == 4:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(4))]
    ends = ("", '"', "\\")
    return {
        f"{'k' * chance.choice((1, 30))}{n}{chance.choice(ends)}": anything(chance, depth + 1)
        for n in range(chance.randrange(4))
    }


def test_what_is_taken_out_is_found_in_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "LARGE", 0)
    monkeypatch.setattr(outline, "LONG", 20)
    chance, long = random.Random(1), 0
    for _ in range(2000):
        told = {"one": anything(chance), "x": anything(chance), "some": [anything(chance) for _ in range(3)]}
        body = json.dumps(told, ensure_ascii=chance.random() < 0.5).encode()
        found = Outline(bytearray(body) if chance.random() < 0.5 else body)
        read = msgspec.json.decode(found.plain, type=Both)
        for part, true in zip((read.one, *read.some), (told["one"], *told["some"]), strict=True):
            if isinstance(true, str):
                assert msgspec.json.decode(found.whole(part)) == true
                long += found.whole(part) is not part
    assert long > 1000


def test_a_mark_that_a_server_sends_by_itself_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "LARGE", 0)
    for number in (b"0", b"1", b"", b"-1", b"x", b"9" * 50, b"9" * 5000, "²".encode()):
        body = b'{"one": "%b%b", "some": ["%b"]}' % (MARK, number, b"A" * 70_000)
        found = Outline(body)
        assert msgspec.json.decode(found.whole(msgspec.json.decode(found.plain, type=Both).some[0])) == "A" * 70_000
        found.whole(msgspec.json.decode(found.plain, type=Both).one)


@pytest.mark.parametrize(
    "body",
    [
        b'{"x": [' + b"{}," * (4 * MIB) + b"1]}",
        b'{"x": ' + b" " * (9 * MIB) + b"1}",
        b'{"x": ' + b"1" * (9 * MIB) + b"}",
        b'{"x": "' + b"A" * (9 * MIB),
        b'{"x": [' + b'"a",' * (3 * MIB) + b"1]}",
        b'{"x": "' + b'\\"' * (MOST_MARKS + 1) + b'", "y": "' + b"A" * MIB + b'"}',
        b'{"x": "' + b"A" * MIB + b"\\" * (2 * MOST_ESCAPES) + b'"}',
    ],
    ids=["objects", "blanks", "digits", "no end", "short texts", "quotes", "backslashes"],
)  # fmt: skip
def test_what_is_no_text_is_bounded(body: bytes) -> None:
    with pytest.raises(BadAnswer, match="more parts"):
        Outline(body)


LARGE_ONE = "A" * (20 * MIB)


@pytest.mark.parametrize("read", [made_of, event_of])
@pytest.mark.parametrize(
    "told",
    [
        {"b64_json": LARGE_ONE, "data": [{"b64_json": LARGE_ONE}]},
        {"b64_json": PICTURE, "data": [{"b64_json": PICTURE, "more": LARGE_ONE}], "more": {"a": [LARGE_ONE]}},
        {"b64_json": PICTURE, "data": [{"b64_json": PICTURE}], "size": [{}] * (7 * MIB // 4)},
        {"b64_json": PICTURE, "data": [{"b64_json": PICTURE}], "size": [[]] * (5 * MIB)},
        {"b64_json": PICTURE, "data": [{"b64_json": PICTURE, "error": [[]] * (5 * MIB)}]},
    ],
    ids=["picture", "texts", "beside", "much beside", "within"],
)
def test_json_is_read_of_no_more_than_is_soon_read(
    monkeypatch: pytest.MonkeyPatch, read: Any, told: dict[str, Any]
) -> None:
    body, sizes, decode = json.dumps(told).encode(), list[int](), msgspec.json.decode

    def reading(part: Any, **values: Any) -> Any:
        sizes.append(memoryview(part).nbytes)
        return decode(part, **values)

    monkeypatch.setattr(msgspec.json, "decode", reading)
    try:
        assert read(body)
    except BadAnswer as error:
        assert "more parts" in str(error)
    assert max(sizes, default=0) <= MOST_OUTLINE
