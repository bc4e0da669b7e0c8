"""Full exports that a stranger made or a disk ruined: each is refused whole, in one sentence, and nothing stays."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from library.export.exported import Line
from library.export.fetching import BlobLine
from library.export.reimporting import LEAST, Anywhere
from library.models import AssetChange
from tests.library.house import device, picture
from tests.library.spoiling import (
    HUGE,
    Spoil,
    Spoiler,
    link_to,
    plug,
    refused,
    sparse,
    spoils_of,
    void,
)

MANIFEST = "gesso-export.json"
Lines = list[dict[str, Any]]
made = Spoiler(MANIFEST, "log")
part, manifest, content, listed, file_as = made.part, made.manifest, made.content, made.listed, made.file_as


def index(change: Callable[[Lines], object]) -> Spoil:
    """Change the index, and have the manifest vouch for it as its author would."""

    def spoil(folder: Path) -> None:
        lines = [json.loads(line) for line in part(folder, "index").read_text().splitlines()]
        change(lines)
        raw_index(b"".join(json.dumps(line).encode() + b"\n" for line in lines))(folder)

    return spoil


def raw_index(data: bytes) -> Spoil:
    def spoil(folder: Path) -> None:
        part(folder, "index").write_bytes(data)
        manifest(index=hashlib.sha256(data).hexdigest())(folder)

    return spoil


def first(kind: str, /, **values: Any) -> Spoil:
    """Other values for the first file of a kind."""

    def change(lines: Lines) -> None:
        next(line for line in lines if line["kind"] == kind).update(values)

    return index(change)


def twice(**values: Any) -> Spoil:
    """The first picture once more, told otherwise."""
    return index(lambda lines: lines.append({**next(line for line in lines if line["kind"] == "picture"), **values}))


def shouted(lines: Lines) -> dict[str, Any]:
    found = next(line for line in lines if line["kind"] == "picture")
    return {**found, "path": found["path"].upper(), "size": found["size"] + 1}


def a_picture(folder: Path) -> Path:
    return next((folder / "pictures").rglob("*.png"))


def linked(folder: Path, inner: Path) -> None:
    """A folder of the export leads out of it, to files of the right names and bytes."""
    outside = folder.parent / "elsewhere"
    shutil.copytree(inner, outside)
    shutil.rmtree(inner)
    inner.symlink_to(outside)


OUTSIDE = (
    "../../../../etc/passwd",
    "/etc/passwd",
    "pictures/../../secret.png",
    "pictures//a.png",
    "C:\\a.png",
    "",
    ".",
)
SPOILS: dict[str, Spoil] = {
    **made.spoils(),
    **spoils_of("a picture", a_picture),
    "index of another export": manifest(index="00" * 32),
    "index is a link to a device": file_as("index", link_to("/dev/zero")),
    "index is a pipe": file_as("index", os.mkfifo),
    "index is a socket": file_as("index", plug),
    "index is a folder": file_as("index", os.mkdir),
    "index is huge": file_as("index", sparse(HUGE)),
    "index is missing": lambda folder: part(folder, "index").unlink(),
    "index is one endless line": raw_index(b"x" * 50_000_000),
    "index nests deeply": raw_index(b"[" * 60_000 + b"\n"),
    "index is no JSON": raw_index(b"\xff\xfe\n"),
    "index is a list": raw_index(b"[]\n"),
    **{f"index names {path!r}": first("picture", path=path) for path in OUTSIDE},
    "index names a very long path": first("picture", path="pictures/a/" + "x" * 5000),
    "index names a path deep down": first("picture", path="pictures/a/b/c/d.png"),
    "index names a line break": first("picture", path="pictures/a/b\nc.png"),
    "index names one file twice": twice(size=1),
    "index names one file twice in other letters": index(lambda lines: lines.append(shouted(lines))),
    "index tells two sizes of one blob": twice(path="pictures/other.png", size=1),
    "index tells a short hash": first("picture", sha256="ab"),
    "index tells a hash that climbs": first("blob", sha256="../" * 20 + "etc/passwd"),
    "index lies about a size": first("picture", size=1),
    "index tells a size below nothing": first("picture", size=-1),
    "index tells a size beyond all disks": first("picture", size=2**60),
    "index tells a size beyond integers": first("picture", size=2**70),
    "index lies about a hash": first("picture", sha256="00" * 32),
    "index tells an endless media type": first("picture", type="x" * 10_000),
    "index tells an unknown kind": first("picture", kind="program"),
    "index lacks a size": index(lambda lines: lines[0].pop("size")),
    "the log's folder leads elsewhere": lambda folder: linked(folder, folder / "log"),
    "a picture's folder leads elsewhere": lambda folder: linked(folder, a_picture(folder).parent),
    "all blobs lie elsewhere": lambda folder: linked(folder, folder / "blobs"),
    "the recovery key is no key": lambda folder: void((folder / "recovery.key").write_bytes(b"x" * 10_000)),
}


@pytest.fixture
async def export(tmp_path: Path) -> Path:
    (tmp_path / "a.png").write_bytes(picture((9, 9, 9), (300, 200)))
    async with device(tmp_path / "alice", 1) as alice:
        library = alice.get("-")
        asset = (await library.ingest.import_paths([tmp_path / "a.png"])).assets[0]
        await library.assets.edit_one(asset, AssetChange(title="one"))
        await library.assets.edit_one(asset, AssetChange(rating=3))
        await library.everything.export(tmp_path / "export")
    return tmp_path / "export"


async def test_hostile_exports_are_refused_and_leave_nothing(export: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    export.rename(whole)
    async with device(tmp_path / "bob", 2) as bob:
        await refused(bob, tmp_path, whole, SPOILS)
        await bob.bring_in(whole)
        assert len(bob.list()) == 2


@pytest.mark.parametrize("name", ["a picture is a link to a secret", "a picture is huge", "all blobs lie elsewhere"])
async def test_incomplete_reads_nothing_more_than_otherwise(export: Path, tmp_path: Path, name: str) -> None:
    SPOILS[name](export)
    async with device(tmp_path / "bob", 2) as bob:
        restored = bob.get((await bob.bring_in(export, incomplete=True)).id)
        assert (await restored.care.verify(read_data=True)).problems == []
        secret = hashlib.sha256(Path("/etc/passwd").read_bytes()).digest()
        assert not restored.workspace.blobs.has(secret)


async def test_hostile_index_of_an_earlier_export_deletes_nothing_outside(export: Path, tmp_path: Path) -> None:
    """What an earlier run says that it wrote is only ever removed within the folder, and where its bytes are those."""
    outside = tmp_path / "precious.png"
    outside.write_bytes(b"precious")
    inside = export / "pictures" / "mine"
    inside.mkdir()
    (inside / "precious.png").write_bytes(b"precious")
    facts = outside.stat()
    told = {"kind": "picture", "sha256": hashlib.sha256(b"other").hexdigest(), "size": 8}
    lines = [
        {
            **told,
            "path": "../precious.png",
            "mtime": facts.st_mtime_ns,
            "sha256": hashlib.sha256(b"precious").hexdigest(),
        },
        {**told, "path": "pictures/mine/precious.png"},
    ]
    with part(export, "index").open("a") as file:
        file.write("".join(json.dumps(line) + "\n" for line in lines) + "no line\n")
    async with device(tmp_path / "alice", 1) as alice:
        await alice.get("-").everything.export(export)
    assert outside.read_bytes() == (inside / "precious.png").read_bytes() == b"precious"


def absent(count: int, size: int) -> list[Line]:
    """Lines of an index whose files are nowhere in the folder."""
    hashes = [hashlib.sha256(f"absent {number}".encode()).hexdigest() for number in range(count)]
    return [Line(path=f"blobs/aa/{hash}", kind="blob", sha256=hash, size=size) for hash in hashes]


def strays(folder: Path, count: int) -> list[Path]:
    """Files of one size, 4 bytes, that no index names, in the order in which they are looked into."""
    folder.mkdir(exist_ok=True)
    places = [folder / f"{number:04}" for number in range(count)]
    for number, place in enumerate(places):
        place.write_bytes(b"%04d" % number)
    return places


def calls_for_finding(folder: Path, lines: list[Line]) -> int:
    """How many calls of functions it takes to look for blobs that are not there."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        places = Anywhere(folder, lines)
        assert not any(list(places.of(BlobLine(bytes.fromhex(each.sha256), each.size, ""))) for each in lines)
    finally:
        sys.setprofile(None)
    return calls


def test_many_lines_and_many_files_of_one_size_cost_their_sum(tmp_path: Path) -> None:
    strays(tmp_path, 60)
    few, many = (calls_for_finding(tmp_path, absent(count, 4)) for count in (1, 200))
    strays(tmp_path, 120)
    assert calls_for_finding(tmp_path, absent(200, 4)) - many < 2 * few


def test_moved_picture_is_not_looked_for_without_end(tmp_path: Path) -> None:
    places = strays(tmp_path, 40)
    hashes = [hashlib.sha256(place.read_bytes()).digest() for place in places]
    lines = absent(2, 4)
    budget = Anywhere(tmp_path, lines, most=3 * LEAST)
    found = [list(budget.of(BlobLine(hash, 4, ""))) for hash in hashes]
    assert found == [[place] for place in places[:7]] + [[]] * 33
    assert [list(Anywhere(tmp_path, lines).of(BlobLine(hash, 4, ""))) for hash in hashes] == [[each] for each in places]
