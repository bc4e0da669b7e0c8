"""Pictures coming in and going out: import, watched folders, export."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.imports import state_of
from tests.commands.house import Library, paint, speak
from tests.daemonhouse import gesso, running_daemon
from tests.library.intake.test_importing import GOOD, bad_and_good

PATIENCE = 30.0


def wait(settled: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not settled():
        assert time.monotonic() < until, "it did not settle"
        time.sleep(0.2)


def test_import_reports_what_came_in(library: Library, tmp_path: Path) -> None:
    paint(tmp_path / "more" / "new.png", 40)
    report = library.told("import", str(tmp_path / "more"), str(library.folder))
    assert set(report) >= {"imported", "duplicates", "failed", "assets", "seconds"}
    assert (report["imported"], report["duplicates"], report["failed"]) == (1, 4, [])
    assert len(report["assets"]) == 5


def test_import_of_files_that_are_no_pictures_says_so_a_line_each_and_goes_on(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    paint(folder / "good.png", 41)
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("this is text")
    (folder / "bad\nname.png").write_bytes((folder / "good.png").read_bytes()[:60])
    done = library.speak("import", str(folder))
    assert done.code == 5
    assert "1 new, 3 not imported" in done.out
    lines = done.err.splitlines()
    assert len(lines) == 3
    assert [line for line in lines if line.startswith(f"{folder}/bad\\nname.png: ")]
    assert library.told("search")["total"] == 5


def test_originals_that_are_gone_are_told_by_whoever_is_asked(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    for number in (50, 51, 52):
        paint(folder / f"{number}.png", number)
    library.told("watch", "add", str(folder), "--reference")
    wait(lambda: library.told("search", "in:5")["total"] == 3)
    assert (library.told("watch", "ls")["watched"][0]["missing"], "originals" in library.speak("watch", "ls").err) == (
        0,
        False,
    )
    (folder / "51.png").unlink()
    wait(lambda: library.told("search", "state:missing")["total"] == 1)
    done = library.speak("watch", "ls")
    assert f"1 picture of {folder} has lost its original" in done.err and "state:missing" in done.err
    assert [each["missing"] for each in library.told("watch", "ls")["watched"]] == [1]
    said = f"! Originals of pictures in {library.name} are gone from where they lay: 1. `gesso search state:missing`"
    assert said in library.said("status")
    assert f"「{library.name}」有 1 張圖片的原始檔已不在原本的位置" in library.speak("status", LANG="zh_TW.UTF-8").out
    (found,) = [
        each for each in library.speak("--json", "doctor").json["problems"] if each["code"] == "originals.missing"
    ]
    assert found["params"] == {"count": "1"} and "state:missing" in found["remedy"]
    (gone,) = library.told("search", "state:missing")["items"]
    library.told("rm", gone["id"], "--yes")
    assert said not in library.said("status") and library.told("watch", "ls")["watched"][0]["missing"] == 0
    assert "originals.missing" not in library.speak("doctor", "--json").out


def test_import_tells_what_it_passed_over(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    paint(folder / "good.png", 42)
    for name in ("good.txt", "shot.bmp", "doc.pdf"):
        (folder / name).write_text("words")
    assert library.told("import", str(folder), "--dry-run")["others"] == {".bmp": 1, ".pdf": 1}
    done = library.speak("import", str(folder))
    assert (done.code, done.err) == (0, "2 other files were passed over (.bmp, .pdf)\n")
    assert library.speak("import", str(folder), LANG="zh_TW.UTF-8").err == "略過了 2 個其他檔案（.bmp，.pdf）\n"
    (folder / "shot.bmp").rename(folder / "shot")
    (folder / "doc.pdf").unlink()
    assert library.speak("import", str(folder)).err == "1 other file was passed over\n"
    assert library.speak("--quiet", "import", str(folder)).err == ""


def test_watched_folders_that_need_a_look_are_told(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    paint(folder / "good.png", 43)
    (folder / "bad.png").write_text("no picture")
    watched = library.told("watch", "add", str(folder))["id"]

    def told() -> dict[str, dict[str, str]]:
        found = library.told("status")["attention"]
        return {each["code"]: each["params"] for each in found if each["params"].get("path") == str(folder)}

    wait(lambda: "watched.failed" in told())
    assert told() == {"watched.failed": {"path": str(folder), "count": "1"}}
    assert f"! Files in {folder} that could not be imported: 1. `gesso watch ls`" in library.said("status")
    assert f"{folder} 中有 1 個檔案無法匯入" in library.speak("status", LANG="zh_TW.UTF-8").out
    folder.rename(tmp_path / "unplugged")
    wait(lambda: "watched.offline" in told())
    assert told()["watched.offline"] == {"path": str(folder), "count": "1"}
    assert f"! {folder} is out of reach; pictures that came from there: 1." in library.said("status")
    assert f"目前無法存取 {folder}，來自那裡的圖片有 1 張" in library.speak("status", LANG="zh_TW.UTF-8").out
    (tmp_path / "unplugged" / "bad.png").unlink()
    (tmp_path / "unplugged").rename(folder)
    wait(lambda: told() == {})
    library.told("watch", "rm", watched)


def test_import_of_a_path_where_nothing_is_says_just_that(library: Library, tmp_path: Path) -> None:
    absent = tmp_path / "nonexistent"
    done = library.speak("import", str(absent))
    assert (done.code, done.err) == (5, f"{absent}: there is no such file\n")
    assert library.speak("import", str(absent), LANG="zh_TW.UTF-8").err == f"{absent}: 沒有這個檔案\n"


def test_import_json_is_one_document_even_when_some_fail(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    done = library.speak("import", "--json", str(tmp_path / "empty.png"))
    assert done.code == 5
    failed = done.json["failed"]
    assert [(each["path"], each["code"]) for each in failed] == [(str(tmp_path / "empty.png"), "empty")]


def test_import_of_every_kind_of_bad_file_is_one_line_each_and_one_document(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    wanted = bad_and_good(folder)
    done = library.speak("import", str(folder))
    assert done.code == 5
    assert "1 other file was passed over (.md)" in done.err
    lines = [line for line in done.err.splitlines() if line.startswith(str(folder))]
    assert len(lines) == len(wanted)
    assert f"{folder}/\\u202egnp.exe.png: this is no PNG" in done.err
    assert not set(done.err) & {"\u202e", "\x1b"}
    told = library.speak("import", "--json", str(folder))
    assert (told.code, told.err.count("\n")) == (5, len(wanted))
    assert {Path(each["path"]).name: each["code"] for each in told.json["failed"]} == wanted
    assert (told.json["imported"], told.json["duplicates"]) == (0, len(GOOD) + 2)
    listed = library.told("search", "--limit", "100")["items"]
    assert len(listed) == len(GOOD) + 2 + 4
    for line in library.said("search", "--limit", "100").splitlines():
        assert "good\ufffdname" in line or "good" not in line


def test_import_in_chinese_says_every_reason_in_chinese(library: Library, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    bad_and_good(tmp_path / "all")
    done = library.speak("import", str(tmp_path / "all"), LC_ALL="zh_TW.UTF-8")
    reasons = [line.rpartition(": ")[2] for line in done.err.splitlines()]
    assert done.code == 5 and reasons
    assert [reason for reason in reasons if not any("\u4e00" <= letter <= "\u9fff" for letter in reason)] == []


def test_import_of_names_that_are_no_text(library: Library, tmp_path: Path) -> None:
    path = paint(tmp_path / "x.png", 60).rename(tmp_path / os.fsdecode(b"raw-\xff.png"))
    assert library.told("import", str(path))["imported"] == 1
    asset = library.told("import", "--reference", str(tmp_path))["assets"][0]
    assert library.told("show", asset)["copies"]


def test_import_of_what_is_not_there(library: Library, tmp_path: Path) -> None:
    done = library.speak("import", str(tmp_path / "nothing"))
    assert done.code in (1, 5)
    assert "nothing" in done.err


def test_import_dry_run_changes_nothing(library: Library, tmp_path: Path) -> None:
    paint(tmp_path / "new.png", 42)
    assert library.told("import", "--dry-run", str(tmp_path / "new.png"))["imported"] == 1
    assert library.told("search")["total"] == 4


def test_import_by_reference_leaves_the_file_in_place(library: Library, tmp_path: Path) -> None:
    path = paint(tmp_path / "mine" / "new.png", 43)
    asset = library.told("import", "--reference", str(path))["assets"][0]
    assert str(path) in [each["where"] for each in library.told("show", asset)["copies"]]


def test_import_into_a_project(library: Library, tmp_path: Path) -> None:
    library.told("project", "create", "海報")
    path = paint(tmp_path / "new.png", 44)
    library.told("import", str(path), "--project", "海報")
    assert [each["name"] for each in library.told("project", "show", "海報")["items"]] == ["new.png"]


def test_import_names_are_relative_to_where_the_person_stands(library: Library, tmp_path: Path) -> None:
    paint(tmp_path / "here" / "new.png", 45)
    done = gesso(library.house.home, "--workspace", library.name, "--json", "import", "here", cwd=tmp_path)
    assert done.json["imported"] == 1


def test_watched_folder_brings_pictures_in_and_versions(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "watched"
    folder.mkdir()
    added = library.told("watch", "add", str(folder))
    assert added["path"] == str(folder)
    path = paint(folder / "drawn.png", 46)
    wait(lambda: library.told("search", "drawn")["total"] == 1)
    paint(path, 47)
    asset = library.told("search", "drawn")["items"][0]["id"]
    wait(lambda: len(library.told("show", asset)["versions"]) == 2)
    listed = library.told("watch", "ls")["watched"]
    assert {"path", "mode", "state"} <= set(listed[0])
    assert str(folder) in library.said("watch", "ls")
    (folder / "bad\nname.png").write_bytes(b"no picture")
    wait(lambda: library.told("watch", "ls")["watched"][0]["failures"] == 1)
    lines = library.speak("watch", "ls").err.splitlines()
    assert lines[0].startswith(f"In {folder}, 1 file") and lines[1].startswith(str(folder)) and len(lines) == 2
    assert "bad" in lines[1] and "no PNG" in lines[1]
    assert "no longer watched" in library.said("watch", "rm", str(folder))
    assert library.told("watch", "ls")["watched"] == []
    assert library.told("search", "drawn")["total"] == 1


def test_how_a_folder_is_watched_is_said_in_words() -> None:
    polled = {"state": "polling", "detail": "no_notices"}
    assert "looked through now and then" in state_of(polled)
    assert state_of({"state": "watching", "detail": None}) == "watching"
    assert "of a newer daemon" in state_of({"state": "polling", "detail": "of a newer daemon"})


@pytest.mark.parametrize("name", ["nowhere", "file.png"])
def test_watch_of_what_is_no_folder(library: Library, tmp_path: Path, name: str) -> None:
    paint(tmp_path / "file.png", 48)
    assert library.speak("watch", "add", str(tmp_path / name)).code == 1


def test_watch_rm_of_what_is_not_watched(library: Library) -> None:
    assert "not watched" in library.speak("watch", "rm", "elsewhere").err


def test_export_writes_pictures_as_files(library: Library, tmp_path: Path) -> None:
    assert library.told("export", str(tmp_path / "out"), "--dry-run")["would_export"] == 4
    assert not (tmp_path / "out").exists()
    library.told("export", str(tmp_path / "out"), "--query", "neon")
    pictures = list((tmp_path / "out").rglob("*.png"))
    assert [path.read_bytes() for path in pictures] == [(library.folder / "0.png").read_bytes()]
    library.told("export", str(tmp_path / "two"), *library.assets[:2])
    assert len(list((tmp_path / "two").rglob("*.png"))) == 2


def test_export_of_pictures_and_a_query_is_wrong_usage(library: Library, tmp_path: Path) -> None:
    assert library.speak("export", str(tmp_path), library.assets[0], "--query", "neon").code == 2


def test_export_says_what_it_could_not_write_and_exits_5(library: Library, tmp_path: Path) -> None:
    kept = paint(tmp_path / "kept.png", 61)
    asset = library.told("import", str(kept), "--reference")["assets"][0]
    assert library.told("export", str(tmp_path / "one"), asset)["written"] == 1
    kept.write_bytes(b"changed")
    done = library.speak("export", str(tmp_path / "two"), asset, library.assets[0])
    assert (done.code, "1 picture could not be exported" in done.err) == (5, True)
    assert f"{asset[:12]} kept.png: its file is damaged, or another one now" in done.err
    assert len(list((tmp_path / "two").rglob("*.png"))) == 1


def test_full_export_comes_back_on_another_device(library: Library, tmp_path: Path) -> None:
    library.told("title", library.assets[0], "霓虹貓")
    library.told("rm", library.assets[1], "--yes")
    folder = tmp_path / "all"
    assert library.told("export", str(folder), "--everything", "--dry-run")["would_export"] == 4
    assert not folder.exists()
    told = library.told("export", str(folder), "--everything")
    assert told["digest"] == library.told("digest")["digest"]
    assert (told["pictures"], told["problems"]) == (4, [])
    assert str(folder) in library.said("export", str(folder), "--everything")
    assert {path.name for path in (folder / "pictures").rglob("*.png")} == {"霓虹貓.png", "2.png", "3.png"}
    with running_daemon(tmp_path / "bob"):
        would = speak(tmp_path / "bob", "restore", "--backup", str(folder), "--dry-run")
        assert (would.code, "would become" in would.out) == (0, True), would.err
        made = speak(tmp_path / "bob", "--json", "restore", "--backup", str(folder)).json
        there = speak(tmp_path / "bob", "--json", "--workspace", made["id"], "digest").json
        assert there["digest"] == told["digest"]


def test_restore_names_each_picture_that_the_folder_lacks(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "all"
    library.told("export", str(folder), "--everything")
    gone, other = sorted((folder / "pictures").rglob("*.png"))[:2]
    gone.unlink()
    other.write_bytes(b"painted over")
    with running_daemon(tmp_path / "bob"):
        would = speak(tmp_path / "bob", "restore", "--backup", str(folder), "--dry-run", "--json")
        assert (would.code, len(would.json["problems"])) == (4, 2)
        refused = speak(tmp_path / "bob", "restore", "--backup", str(folder))
        assert refused.code == 1 and gone.name in refused.err and other.name in refused.err
        assert refused.err.count("→") == 2 and "--incomplete" in refused.err
        told = speak(tmp_path / "bob", "restore", "--backup", str(folder), "--json", LANG="zh_TW.UTF-8")
        assert sorted(each["code"] for each in told.json["error"]["problems"]) == ["export.changed", "export.missing"]
        assert "缺少它" in told.err and "備份已損壞" in told.json["error"]["message"]
        taken = speak(tmp_path / "bob", "restore", "--backup", str(folder), "--incomplete", "--json")
        assert (taken.code, len(taken.json["problems"])) == (5, 2)
        gone.write_bytes((library.folder / gone.name).read_bytes())
        mended = speak(tmp_path / "bob", "restore", "--backup", str(folder))
        assert (mended.code, "got back" in mended.out) == (5, True)


def test_full_export_names_what_it_could_not_get(library: Library, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    library.told("import", str(paint(drive / "kept.png", 62).parent), "--reference")
    drive.rename(tmp_path / "unplugged")
    done = library.speak("export", str(tmp_path / "all"), "--everything")
    assert (done.code, "kept.png" in done.err, "not connected" in done.err) == (5, True, True)
    (tmp_path / "unplugged").rename(drive)
    assert library.told("export", str(tmp_path / "all"), "--everything")["problems"] == []


@pytest.mark.process
def test_full_export_of_a_damaged_picture_exits_4(tmp_path: Path) -> None:
    home = tmp_path / "home"
    paint(tmp_path / "one.png", 63)
    with running_daemon(home):
        assert speak(home, "import", str(tmp_path / "one.png")).code == 0
        blob = max(home.glob("data/**/blobs/??/*"), key=lambda path: path.stat().st_size)
        blob.write_bytes(b"X" * blob.stat().st_size)
        told = speak(home, "export", str(tmp_path / "all"), "--everything", "--json")
        assert (told.code, [each["code"] for each in told.json["problems"]]) == (4, ["export.damaged"])


@pytest.mark.parametrize("more", [["01ab"], ["--query", "neon"]])
def test_full_export_takes_no_choice(library: Library, tmp_path: Path, more: list[str]) -> None:
    assert library.speak("export", str(tmp_path / "all"), "--everything", *more).code == 2


def test_full_export_into_a_folder_of_other_things(library: Library) -> None:
    done = library.speak("export", str(library.folder), "--everything")
    assert done.code == 1 and "not empty" in done.err


def test_incomplete_is_for_folders(library: Library) -> None:
    assert library.speak("restore", library.assets[0], "--version", "1", "--incomplete").code == 2


def test_import_of_a_full_export_says_how_to_have_its_history(library: Library, tmp_path: Path) -> None:
    library.told("export", str(tmp_path / "all"), "--everything")
    assert "restore --backup" in library.speak("import", str(tmp_path / "all")).err


@pytest.mark.parametrize("verb", [["export", "--everything"], ["export"], ["backup"]])
def test_folder_whose_name_is_no_text(library: Library, tmp_path: Path, verb: list[str]) -> None:
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    library.told(verb[0], folder, *verb[1:])
    assert library.speak(verb[0], folder, *verb[1:]).code == 0
    assert library.speak("restore", "--backup", os.fsdecode(os.fsencode(tmp_path) + b"/\xfe")).code == 1


@pytest.mark.parametrize(
    "words", [["import"], ["export"], ["export", "--everything"], ["backup"], ["restore", "--backup"], ["watch", "add"]]
)
def test_an_empty_path_is_wrong_usage_and_not_the_folder_one_stands_in(library: Library, words: list[str]) -> None:
    done = library.speak(*words, "")
    assert done.code == 2
    assert "empty" in done.err


def test_history_counts_what_came_in_and_not_what_was_refused(library: Library, tmp_path: Path) -> None:
    for index in range(3):
        paint(tmp_path / "more" / f"{index}.png", 80 + index)
    for name in ("a.png", "b.png"):
        (tmp_path / "more" / name).write_text("no picture")
    assert library.speak("import", str(tmp_path / "more")).code == 5
    newest = library.told("log")["entries"][0]
    assert newest["params"]["count"] == 3


def test_export_to_where_nobody_may_write_says_so(library: Library, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = library.speak("export", str(tmp_path / "file" / "below"), library.assets[0])
    assert done.code == 1
    assert "could not be written" in done.err and "Error" not in done.err
