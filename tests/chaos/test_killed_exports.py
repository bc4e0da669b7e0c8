"""`kill -9` in the middle of full exports, again and again into one folder, while pictures get other names between."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from identity.keys import verify
from library.errors import LibraryError
from library.export.exported import EXPORT, UNFINISHED
from library.export.fetching import check_blobs
from library.export.reimporting import read_any
from library.tasks import no_progress
from tests.chaos.daemons import Daemon
from tests.daemonhouse import gesso, running_daemon
from tests.library.house import picture

pytestmark = pytest.mark.process

PICTURES = 120


def lacking(folder: Path) -> list[str]:
    """What a folder that can be taken in would lack."""
    found = check_blobs(read_any(folder, verify), no_progress).problems
    return [each.where for each in found if each.code in ("export.missing", "export.changed")]


def run(folder: Path, seed: int, kills: int) -> None:
    chance = random.Random(seed)
    daemon, out = Daemon(folder / "home"), folder / "out"
    (folder / "in").mkdir(parents=True)
    for index in range(PICTURES):
        (folder / "in" / f"{index}.png").write_bytes(picture((index, seed % 256, 9), (6, 6)))
    daemon.start()
    wish = {"paths": [str(folder / "in")], "reference": False, "project": None, "dry_run": False}
    assets = daemon.finish(daemon.ask("POST", "/w/-/imports", wish))["assets"]
    whole = 0
    for _ in range(kills):
        for asset in chance.sample(assets, 8):
            daemon.ask("PATCH", f"/w/-/assets/{asset}", {"title": f"title {chance.randrange(20)}"})
        daemon.ask("POST", "/w/-/export", {"path": str(out), "everything": True})
        time.sleep(chance.uniform(0, 1.2))
        daemon.kill()
        if (out / EXPORT).exists():
            whole += 1
            assert lacking(out) == []
        elif (out / UNFINISHED).exists():
            with pytest.raises(LibraryError, match="cut off"):
                read_any(out, verify)
        daemon.start()
    daemon.kill()
    with running_daemon(daemon.home):
        told = gesso(daemon.home, "export", str(out), "--everything", "--json").json
    names = {path.name.casefold() for path in (out / "pictures").rglob("*.png")}
    assert (told["problems"], len(names)) == ([], PICTURES)
    assert check_blobs(read_any(out, verify), no_progress).problems == []
    assert not (out / UNFINISHED).exists() and len(list((out / "log").iterdir())) == 3
    with running_daemon(folder / "bob"):
        made = gesso(folder / "bob", "restore", "--backup", str(out), "--json").json
        there = gesso(folder / "bob", "--workspace", made["id"], "digest", "--json").json
    assert (there["digest"], made["problems"]) == (told["digest"], [])
    print(f"{kills} kills, {whole} of them where an export before was whole")


def test_export_that_was_killed_again_and_again_is_completed(tmp_path: Path) -> None:
    run(tmp_path, 1, 4)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(100, 130))
def test_export_that_was_killed_very_often_is_completed(tmp_path: Path, seed: int) -> None:
    run(tmp_path, seed, 6)
