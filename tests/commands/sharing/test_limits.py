"""Limits by the hour and metered networks, spoken to two real devices: set in the file, held to, and told in words."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from commands.sharing.limits import holding_line, limit_lines
from tests.commands.house import speak
from tests.commands.sharing.test_devices import homes
from tests.daemonhouse import until
from tests.library.house import pictures

__all__ = ["homes"]
PLAIN = {"rate": 0, "originals": "", "until": None, "metered": "unknown", "when_metered": "thumbnails"}


def settings(home: Path, text: str) -> None:
    """What config.toml says of [sync] from now on."""
    (home / "config.toml").write_text(f"[sync]\n{text}\n", "utf-8")


@pytest.mark.process
@pytest.mark.timeout(180)
def test_originals_wait_by_the_timetable_and_both_sides_say_so(homes: tuple[Path, Path], tmp_path: Path) -> None:
    alice, bob = homes
    assert "Exchange" not in speak(alice, "status").out
    shown = speak(alice, "pair", "--json").json
    assert speak(bob, "pair", shown["code"], shown["address"]).code == 0
    until(lambda: speak(bob, "sync", "status", "--json").json["connected"])
    quiet = speak(bob, "sync", "status", "--json").json
    assert quiet["limits"] == {**PLAIN, "metered": quiet["limits"]["metered"]}
    assert quiet["connected"][0]["holds"] == quiet["connected"][0]["held"] == {"why": "", "until": None}
    settings(alice, 'upload_timetable = "00:00-24:00 thumbnails"')
    until(lambda: speak(bob, "sync", "status", "--json").json["connected"][0]["holds"]["why"] == "timetable")
    folder = pictures(tmp_path / "pictures", 2)[0].parent
    assert speak(alice, "import", str(folder)).code == 0
    until(lambda: speak(bob, "search", "state:elsewhere", "--json").json["total"] == 2)
    assert "Originals do not go out, by the timetable" in speak(alice, "sync", "status").out
    assert "Originals do not go out, by the timetable" in speak(alice, "status").out
    assert "gives no originals, by its timetable" in speak(bob, "sync", "status").out
    assert "依時間表，原始檔不傳出" in speak(alice, "sync", "status", LANG="zh_TW.UTF-8").out
    assert "依時間表暫不傳出原始檔" in speak(bob, "sync", "status", LANG="zh_TW.UTF-8").out
    settings(alice, 'upload_timetable = "noon-1pm fast"')
    until(lambda: "noon-1pm" in speak(alice, "status").out)  # wrong: nothing of it is taken up
    assert speak(bob, "search", "state:elsewhere", "--json").json["total"] == 2
    settings(alice, "upload_limit = 5000000")
    until(lambda: speak(bob, "search", "state:elsewhere", "--json").json["total"] == 0)
    assert "At most 5.0 MB a second go out" in speak(alice, "sync", "status").out
    settings(bob, 'metered = "yes"')
    until(lambda: "This network is metered" in speak(bob, "sync", "status").out)
    settings(bob, 'metered = "yes"\nwhen_metered = "nothing"')
    until(lambda: "nothing is exchanged with devices of other networks" in " ".join(speak(bob, "status").out.split()))
    assert speak(bob, "sync", "status", "--json").json["connected"]  # alice is on this machine


@pytest.mark.parametrize(("told", "words"), [
    ({}, []),
    ({"rate": 200_000}, ["At most 200 KB a second go out to other devices."]),
    ({"until": 1}, ["there is no limit on what goes out"]),
    ({"originals": "timetable"}, ["Originals do not go out, by the timetable; edits and small pictures do."]),
    ({"rate": 5, "originals": "timetable", "until": 1}, ["Originals wait until 19"]),
    ({"metered": "yes"}, ["only edits and small pictures are exchanged"]),
    ({"metered": "yes", "when_metered": "everything"}, []),
    ({"rate": 5, "metered": "yes", "when_metered": "nothing"}, ["At most 5 B a second", "nothing is exchanged"]),
])  # fmt: skip
def test_what_is_not_as_always_is_said(
    told: dict[str, object], words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GESSO_LANGUAGE", "en")
    lines = list(limit_lines({**PLAIN, **told}))
    assert len(lines) == len(words) and all(each in line for each, line in zip(words, lines, strict=True))


def test_when_it_ends_is_a_time_of_today_or_a_date() -> None:
    soon = time.time() // 60 * 60
    (today,) = limit_lines({**PLAIN, "until": int(soon * 1000)})
    assert f" {time.strftime('%H:%M', time.localtime(soon))} " in f"{today} " and "-" not in today
    assert time.strftime("%Y-%m-%d", time.localtime(soon + 3 * 86400)) in str(
        list(limit_lines({**PLAIN, "until": int((soon + 3 * 86400) * 1000)}))
    )


def test_a_reason_of_a_newer_program_is_none_that_is_made_up() -> None:
    line = holding_line({"name": "bob", "holds": {"why": "\x1b[2Jfull moon", "until": None}})
    assert line == "bob gives no originals now."
