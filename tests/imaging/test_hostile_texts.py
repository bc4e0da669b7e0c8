"""Texts made to hurt: the picture is imported all the same, what could be read is read, and what was found is kept."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from imaging.inspection import Inspection, InspectJob, Limits
from imaging.pool import Pool
from tests.imaging.files import (
    USER_COMMENT,
    alternative,
    canvas,
    chunk,
    facts,
    png,
    raw,
    seen,
    stealth,
    unicode,
    with_chunks,
    with_exif,
    xmp,
)

SETTINGS = "\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 5"
CAT = b"parameters\0" + f"a cat{SETTINGS}".encode()
MB = 1 << 20
# What one look may cost in these tests; in a worker the limits are 10 seconds and 1 GiB.
LIMITS = Limits(cpu_seconds=5, wall_seconds=10, memory=512 * MB)


def packed(key: bytes, text: bytes, name: bytes = b"zTXt") -> bytes:
    between = b"\0\0" if name == b"zTXt" else b"\0\1\0\0\0"
    return chunk(name, key + between + zlib.compress(text, 9))


def graph(**nodes: dict[str, object]) -> str:
    return json.dumps({key.removeprefix("n"): node for key, node in nodes.items()})


def chain(length: int) -> str:
    """Every node leads to the next."""
    nodes = {
        str(at): {"class_type": "X", "inputs": {name: [str(at + 1), 0] for name in ("positive", "model", "seed")}}
        for at in range(1, length)
    }
    return json.dumps({"0": {"class_type": "KSampler", "inputs": {"positive": ["1", 0], "model": ["1", 0]}}, **nodes})


def web(layers: int) -> str:
    """Joints of joints: as many ways through it as 40 to the power of the layers."""
    nodes = {
        str(at): {"class_type": "ConditioningConcat", "inputs": {f"t{way}": [str(at + 1), 0] for way in range(40)}}
        for at in range(1, layers)
    }
    return json.dumps({"0": {"class_type": "KSampler", "inputs": {"positive": ["1", 0]}}, **nodes})


ROUND = json.dumps(
    {
        "1": {"class_type": "KSampler", "inputs": {key: ["2", 0] for key in ("seed", "positive", "negative")}},
        "2": {"class_type": "ConditioningCombine", "inputs": {"a": ["2", 0], "b": ["3", 0], "c": ["1", 0]}},
        "3": {"class_type": "ConditioningConcat", "inputs": {"a": ["2", 0], "b": ["3", 0], "c": ["2", 0]}},
    }
)
LAUGHS = (
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a0 'ha'>"
    + "".join(f"<!ENTITY a{at} '{f'&a{at - 1};' * 10}'>" for at in range(1, 10))
    + f"]>{xmp(alternative('dc:description', '&a9;').replace('&amp;', '&'))}"
)
DEEP = '<x:xmpmeta xmlns:x="adobe:ns:meta/">' + "<a>" * 100_000 + "</a>" * 100_000 + "</x:xmpmeta>"
JOB = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f"


def texts(**found: str) -> Callable[[Path], Path]:
    return lambda folder: png(folder / "p.png", found)


def chunks(*found: bytes) -> Callable[[Path], Path]:
    return lambda folder: with_chunks(folder / "p.png", *found)


def gif_of_comments(folder: Path) -> Path:
    canvas(mode="P").save(folder / "p.gif", comment=b"x")
    data = (folder / "p.gif").read_bytes()
    block = b"\x21\xfe\xff" + b"y" * 255 + b"\0"
    at = data.index(b"\x21\xfe")
    (folder / "p.gif").write_bytes(data[:at] + block * 40_000 + data[at:])
    return folder / "p.gif"


def jpeg_of_segments(folder: Path) -> Path:
    canvas().save(folder / "p.jpg")
    data = (folder / "p.jpg").read_bytes()
    segments = b"".join(
        struct.pack(">HH", marker, 60_002) + lead + b"z" * (60_000 - len(lead))
        for marker, lead in ((0xFFE1, b"Exif\0\0MM\0*"), (0xFFED, b"Photoshop 3.0\0"), (0xFFFE, b""))
        for _ in range(80)
    )
    (folder / "p.jpg").write_bytes(data[:2] + segments + data[2:])
    return folder / "p.jpg"


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "text of 50 MB": chunks(chunk(b"tEXt", b"parameters\0" + b"x" * (50 * MB))),
    "packed text of 100 MB": chunks(packed(b"parameters", bytes(100 * MB))),
    "packed international text of 100 MB": chunks(packed(b"parameters", bytes(100 * MB), b"iTXt")),
    "profile of 100 MB": chunks(chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(100 * MB), 9))),
    "twenty texts of 7 MB": chunks(*(packed(b"k%d" % at, b"x" * (7 * MB)) for at in range(20))),
    "ten thousand texts": chunks(*(chunk(b"tEXt", b"k%d\0x" % at) for at in range(10_000))),
    "objects 100,000 deep": texts(prompt='{"a":' * 100_000 + "1" + "}" * 100_000),
    "lists a million deep": texts(parameters="[" * MB),
    "half a million keys": texts(prompt=json.dumps({str(at): at for at in range(500_000)})),
    "seed of a million digits": texts(prompt=graph(n1={"class_type": "KSampler", "inputs": {"seed": 0}}).replace(
        "0}", "9" * MB + "}")),
    "graph in circles": texts(prompt=ROUND),
    "graph of a long chain": texts(prompt=chain(20_000)),
    "graph of many ways": texts(prompt=web(60)),
    "graph of ten thousand samplers": texts(prompt=json.dumps(
        {str(at): {"class_type": "KSampler", "inputs": {"positive": [str(at), 0]}} for at in range(10_000)})),
    "line of words and one key": texts(parameters="Steps: 20, " + "a " * 16_000),
    "line of blanks": texts(parameters="Steps: 20, " + " " * 32_000 + "x"),
    "model of blanks": texts(Software="NovelAI", Source="a" + " " * 200_000 + "b", Comment="{}"),
    "line of escapes": texts(parameters='Steps: "' + '\\"' * 15_000),
    "line of colons": texts(parameters="Steps:" * 5_000),
    "line of hashes that do not end": texts(parameters="Steps: 1, " + "Hashes: {" * 3_000),
    "a million lines": texts(parameters="\n" * MB + "Steps: 1"),
    "switches without end": texts(Description="a" + " --a" * 15_000 + f" Job ID: {JOB}"),
    "unwanted without end": texts(Description="a --no " * 9_000 + f" Job ID: {JOB}"),
    "blanks before a job that is none": texts(Description="a" + " " * 60_000 + "Job ID: " + JOB[:-1]),
    "command line of backslashes": texts(Dream='"' + "\\" * 60_000),
    "command line of brackets": texts(Dream='"' + "[" * 60_000 + '" -s 3'),
    "a billion laughs": lambda folder: png(folder / "p.png", {}, xmp=LAUGHS),
    "properties 100,000 deep": lambda folder: png(folder / "p.png", {}, xmp=DEEP),
    "packet of 6 MB": lambda folder: png(folder / "p.png", {}, xmp=xmp(alternative("dc:title", "x" * (6 * MB)))),
    "comment of 12 MB": lambda folder: with_exif(folder / "p.webp", {}, {USER_COMMENT: unicode("x" * (6 * MB))}),
    "hidden text of 5 MB": lambda folder: stealth(folder / "p.png", "x" * (5 * MB), size=(256, 256)),
    "forty thousand comments": gif_of_comments,
    "fifteen megabytes of segments": jpeg_of_segments,
}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {name: write(tmp_path_factory.mktemp("hostile")) for name, write in HOSTILE.items()}


@pytest.mark.process
async def test_every_picture_with_hostile_texts_is_taken_within_limits(written: dict[str, Path]) -> None:
    async with Pool(1, LIMITS) as pool:
        answers = await pool.inspect([InspectJob(path) for path in written.values()])
    refused = {
        name: answer for name, answer in zip(written, answers, strict=True) if not isinstance(answer, Inspection)
    }
    assert refused == {}
    for name, answer in zip(written, answers, strict=True):
        assert isinstance(answer, Inspection)
        assert len(answer.raw or b"") <= 12 * MB, name
        assert all(len((text or "").encode()) <= 64 << 10 for text in (answer.facts.prompt, answer.facts.negative)), (
            name
        )


def test_text_that_is_too_long_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    for name, hostile in (
        ("plain", chunk(b"tEXt", b"junk\0" + b"x" * (50 * MB))),
        ("packed", packed(b"junk", bytes(100 * MB))),
    ):
        path = with_chunks(tmp_path / f"{name}.png", hostile, chunk(b"tEXt", CAT))
        assert facts(path).prompt == "a cat"
        assert raw(path) == {"text": {"parameters": CAT[11:].decode()}, "left_out": ["junk"]}


@pytest.mark.parametrize(
    ("body", "prompt"),
    [
        (chunk(b"iTXt", b"parameters\0\0\0\0\0a \xe9 cat" + SETTINGS.encode()), "a é cat"),
        (chunk(b"tEXt", b"parameters\0a \xed\xa0\xbd cat" + SETTINGS.encode()), "a í\xa0½ cat"),
        (chunk(b"tEXt", b"parameters\0a\0 cat" + SETTINGS.encode()), "a cat"),
        (chunk(b"zTXt", b"parameters\0\0not packed at all"), None),
        (chunk(b"tEXt", b"no zero byte"), None),
        (chunk(b"iTXt", b"parameters\0\1"), None),
        (chunk(b"iTXt", b""), None),
    ],
)
def test_badly_encoded_text_is_read_as_far_as_it_goes(tmp_path: Path, body: bytes, prompt: str | None) -> None:
    assert facts(with_chunks(tmp_path / "p.png", body)).prompt == prompt


def test_half_of_a_pair_of_surrogates_is_no_obstacle(tmp_path: Path) -> None:
    halved = '{"1":{"class_type":"KSampler","inputs":{"positive":"a \\ud83d cat","seed":5}}}'
    assert facts(png(tmp_path / "p.png", {"prompt": halved})).prompt == "a ? cat"
    comment = b"UNICODE\0" + b"\xd8\x3d" + f"a cat{SETTINGS}".encode("utf-16-be")
    assert facts(with_exif(tmp_path / "p.jpg", {}, {USER_COMMENT: comment})).seed == "5"


def test_numbers_that_are_none_are_no_settings(tmp_path: Path) -> None:
    text = '{"1":{"class_type":"KSampler","inputs":{"seed":NaN,"cfg":Infinity,"steps":1e999,"positive":"x"}}}'
    found = facts(png(tmp_path / "p.png", {"prompt": text}))
    assert (found.prompt, found.seed, found.parameters) == ("x", None, {})


def test_seed_of_many_digits_stays_as_it_is_written(tmp_path: Path) -> None:
    text = '{"1":{"class_type":"KSampler","inputs":{"seed":' + "9" * 150 + ',"positive":"x"}}}'
    assert facts(png(tmp_path / "p.png", {"prompt": text})).seed == "9" * 150


def test_text_beside_a_picture_is_read_to_its_bound(tmp_path: Path) -> None:
    sidecar = tmp_path / "p.txt"
    sidecar.write_bytes(b"\xff\xfe" + b"\0\xd8" * 40_000)
    assert seen(png(tmp_path / "p.png", {}), sidecar).width == 64
    sidecar.write_bytes(b"x" * (60 * MB))
    assert len(raw(tmp_path / "p.png", sidecar)["sidecar"]) == 64 << 10
