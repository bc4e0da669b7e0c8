"""What an exchange would do, spoken to two real devices: planned while it is paused, then done, then compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.house import speak
from tests.commands.sharing.test_devices import homes
from tests.daemonhouse import until
from tests.library.house import pictures

__all__ = ["homes"]


@pytest.mark.process
@pytest.mark.timeout(120)
def test_what_is_planned_comes_and_the_receipt_says_so(homes: tuple[Path, Path], tmp_path: Path) -> None:
    alice, bob = homes
    assert speak(alice, "sync", "plan").code == 0
    shown = speak(alice, "pair", "--json").json
    assert speak(bob, "pair", shown["code"], shown["address"]).code == 0
    until(lambda: speak(bob, "sync", "status", "--json").json["connected"])
    assert speak(bob, "sync", "pause").code == 0
    refused = speak(bob, "sync", "now")
    assert refused.code == 1 and "paused" in refused.err and "gesso sync resume" in refused.err
    folder = pictures(tmp_path / "pictures", 3)[0].parent
    assert speak(alice, "import", str(folder)).code == 0
    made = speak(bob, "sync", "plan", "--json").json
    assert (made["added"], made["paused"], made["originals"]["count"]) == (3, True, 3)
    assert [each["state"] for each in made["devices"]] == ["asked"]
    said = speak(bob, "sync", "now", "--plan")
    assert said.code == 0 and "3 pictures would be added" in said.out and "0000.png" in said.out
    assert "--receipt" in said.err and "paused" in said.err
    chinese = speak(bob, "sync", "plan", LANG="zh_TW.UTF-8")
    assert "會新增 3 張圖片：" in chinese.out and "會傳來 3 個原始檔" in chinese.out and "計畫 " in chinese.err
    assert "0000.png" not in speak(bob, "ls").out
    assert speak(bob, "sync", "resume").code == 0
    done = speak(bob, "sync", "now", "--receipt", made["id"], "--json")
    assert done.code == 0 and (done.json["different"], done.json["done"]) == (0, True)
    assert "Everything came as planned" in speak(bob, "sync", "now", "--receipt", made["id"]).out
    assert "Exchanging with" in speak(bob, "sync", "now").out
    unknown = speak(bob, "sync", "now", "--receipt", "0" * 16)
    assert unknown.code == 1 and "no such plan" in unknown.err
    assert speak(bob, "sync", "now", "--plan", "--receipt", made["id"]).code == 2


@pytest.mark.process
@pytest.mark.timeout(120)
def test_receipt_names_what_did_not_come(homes: tuple[Path, Path], tmp_path: Path) -> None:
    alice, bob = homes
    shown = speak(alice, "pair", "--json").json
    assert speak(bob, "pair", shown["code"], shown["address"]).code == 0
    until(lambda: speak(bob, "sync", "status", "--json").json["connected"])
    assert speak(bob, "sync", "pause").code == 0
    folder = pictures(tmp_path / "pictures", 1)[0].parent
    assert speak(alice, "import", str(folder)).code == 0
    made = speak(bob, "sync", "plan", "--json").json
    assert made["added"] == 1
    assert speak(alice, "sync", "pause").code == 0
    assert speak(bob, "sync", "resume").code == 0
    told = speak(bob, "sync", "now", "--receipt", made["id"])
    assert told.code == 4 and "not connected any more" in told.out
    away = speak(bob, "sync", "plan")
    assert away.code == 0 and "was not reached" in away.out and "would" not in away.out
    assert "連不到" in speak(bob, "sync", "plan", LANG="zh_TW.UTF-8").out
