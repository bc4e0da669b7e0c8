"""The home that every released version left is opened by this one: nothing in it was lost or became another thing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.house import speak
from tests.daemonhouse import running_daemon, until
from tests.make_home import HOMES, MOST_BYTES, state, unpack

VERSIONS = sorted(path.stem for path in HOMES.glob("*.json"))


def told(home: Path, *words: str) -> Any:
    done = speak(home, "--json", *words)
    assert done.code == 0, f"{words}: {done.out}{done.err}"
    return done.json


def offline(versions: dict[str, str]) -> dict[str, str]:
    """Originals that were kept in place lie on no machine but the one that made the home."""
    return dict.fromkeys(versions, "offline")


def test_there_is_a_home() -> None:
    assert VERSIONS and all((HOMES / f"{version}.tar.xz").stat().st_size <= MOST_BYTES for version in VERSIONS)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.process
def test_home_of_a_release_is_whole_today(tmp_path: Path, version: str) -> None:
    home = tmp_path / "home"
    unpack(HOMES / f"{version}.tar.xz", home / "data")
    before = json.loads((HOMES / f"{version}.json").read_text("utf-8"))
    with running_daemon(home):
        until(lambda: told(home, "search", "state:offline")["total"] == 1)  # it is looked for beside everything else
        found = state(lambda *words: told(home, *words))
        for picture in before["pictures"].values():
            if picture["name"] == "in place.png":
                picture["versions"] = offline(picture["versions"])
        assert found == before
        everything = told(home, "search", "")["total"]
        signs = {query: told(home, "search", query)["total"] for query in (".", "~")}
        assert signs == {".": everything, "~": 0}, "every file's name has a dot"
        assert told(home, "verify", "--read-data")["problems"] == []
        assert told(home, "rebuild")["digest"] == before["digest"]
        assert state(lambda *words: told(home, *words)) == before
        for picture in before["pictures"].values():
            for hash, where in picture["versions"].items():
                if where == "here":
                    (blob,) = home.glob(f"data/workspaces/*/blobs/{hash[:2]}/{hash[2:]}")
                    assert hashlib.sha256(blob.read_bytes()).hexdigest() == hash
        told(home, "rate", next(iter(before["pictures"])), "3")
        told(home, "undo")
    assert speak(home, "verify", "--read-data").code == 0
