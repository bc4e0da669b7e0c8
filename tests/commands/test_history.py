"""What happened, and going back, from the command line."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.house import Library, paint

ENTRY = {"when", "who", "device", "intent", "changes"}


@pytest.fixture
def versioned(library: Library, tmp_path: Path) -> tuple[Library, str]:
    """A picture with two versions: its file was painted over and imported again."""
    path = paint(tmp_path / "edited.png", 60)
    asset = library.told("import", str(path))["assets"][0]
    paint(path, 61)
    report = library.told("import", str(path))
    assert (report["versions"], report["assets"]) == (1, [asset])
    return library, asset


def test_log_of_a_picture_a_project_and_everything(library: Library) -> None:
    asset = library.assets[0]
    library.told("rate", asset, "4")
    library.told("tag", asset, "+cat")
    library.told("project", "create", "poster")
    entries = library.told("log", asset)["entries"]
    assert [each["intent"] for each in entries[:2]] == ["asset.tag", "asset.rate"]
    assert set(entries[0]) >= ENTRY
    assert [each["intent"] for each in library.told("log", "poster")["entries"]] == ["project.create"]
    everything = library.told("log")["entries"]
    assert [each["intent"] for each in everything[:3]] == ["project.create", "asset.tag", "asset.rate"]
    shown = library.said("log", asset)
    assert "Tags: +cat" in shown and "Rating: ★★★★·" in shown


def test_log_in_pages(library: Library) -> None:
    for stars in "123":
        library.told("rate", library.assets[0], stars)
    page = library.told("log", "--limit", "2")
    rest = library.told("log", "--limit", "2", "--after", page["next"])
    assert [len(page["entries"]), rest["entries"][0]["params"]["rating"]] == [2, 1]


def test_log_in_chinese(library: Library) -> None:
    library.told("tag", library.assets[0], "+貓")
    assert "標籤：+貓（1 張）" in library.speak("log", LANG="zh_TW.UTF-8").out


def test_log_of_nothing_that_is_there(library: Library) -> None:
    assert library.speak("log", "0123456789abcdef").code == 1


def test_undo_and_redo_the_latest_and_a_named_action(library: Library) -> None:
    asset = library.assets[0]
    library.told("rate", asset, "2")
    library.told("rate", asset, "5")
    undone = library.told("undo")
    assert undone["changed"] == 1
    assert library.told("show", asset)["rating"] == 2
    library.told("redo", undone["action"][:10])
    assert library.told("show", asset)["rating"] == 5
    tagged = library.told("tag", asset, "+cat")["action"]
    library.told("title", asset, "later")
    library.told("undo", tagged[:10])
    found = library.told("show", asset)
    assert (found["tags"], found["title"]) == ([], "later")
    assert "(undone)" in library.said("log", asset)


def test_undo_and_redo_name_what_they_took_back(library: Library) -> None:
    asset, other, *_ = library.assets
    library.told("rate", asset, other, "5")
    undone = library.told("undo")
    assert (undone["intent"], undone["params"]["rating"], undone["changed"]) == ("asset.rate", 5, 2)
    assert "Done again: “Rating of 2 pictures: ★★★★★”. Undo it with" in library.said("redo")
    assert "已復原：「評分：★★★★★（2 張）」。可用" in library.speak("undo", LANG="zh_TW.UTF-8").out
    library.told("title", asset, "later")
    done = library.speak("redo")
    assert done.code == 1 and "since the last edit or import" in done.err
    assert "Undone: “Title: later”" in library.said("undo")
    tagged = library.told("tag", asset, "+cat")["action"]
    library.told("tag", asset, "-cat")
    assert "Nothing of it is left to undo: “Tags: +cat”" in library.said("undo", tagged)
    both = library.told("flag", asset, other, "pick")["action"]
    library.told("flag", asset, "reject")
    assert "Undone where it still stood (1): “Flag of 2 pictures: pick”" in library.said("undo", both)


def test_undo_after_a_folder_moved(library: Library, tmp_path: Path) -> None:
    paint(tmp_path / "k1" / "moved.png", 77)
    asset = library.told("import", str(tmp_path / "k1"))["assets"][0]
    (tmp_path / "k1").rename(tmp_path / "k2")
    library.told("rate", asset, "5")
    library.told("import", str(tmp_path / "k2"))
    assert library.told("log")["entries"][0]["intent"] == "asset.rate"
    assert "Undone: “Rating: ★★★★★”" in library.said("undo")
    assert library.told("show", asset)["rating"] == 0


def test_undo_of_a_bulk_action_is_one_undo(library: Library) -> None:
    library.told("rm", "--yes", *library.assets)
    assert library.told("undo")["changed"] == 4
    assert library.told("search")["total"] == 4


def test_undo_of_more_than_twenty_pictures_asks_first(library: Library, tmp_path: Path) -> None:
    for number in range(21):
        paint(tmp_path / "many" / f"{number}.png", 100 + number)
    library.told("import", str(tmp_path / "many"))
    done = library.speak("undo")
    assert done.code == 2 and "Its 21 pictures go into the bin" in done.err and "--yes" in done.err
    assert "21 張圖片移到回收桶" in library.speak("undo", LANG="zh_TW.UTF-8").err
    assert library.speak("--json", "undo").json["error"]["code"] == "usage"
    assert library.told("search")["total"] == 25
    undone = library.told("undo", "--yes")
    assert (undone["changed"], library.told("search")["total"]) == (21, 4)
    done = library.speak("redo", undone["action"])
    assert done.code == 2 and "all 21 pictures" in done.err
    library.told("redo", "--yes")
    assert library.told("search")["total"] == 25
    assert "Its 21 pictures go into the bin" in library.speak("undo").err
    library.told("rate", *(each["id"] for each in library.told("search")["items"]), "3")
    assert "“rating” on all 25 pictures" in library.speak("undo").err


def test_import_of_all_sorts_is_one_line_and_one_undo(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "all sorts"
    for number in range(20):
        paint(folder / f"{number}.png", 100 + number)
    library.told("import", str(folder))
    before = library.told("search")["total"]
    for number in range(20):
        paint(folder / f"{number}.png", 130 + number)
    for number in range(2):
        paint(folder / f"new {number}.png", 160 + number)
    paint(folder / "other name.png", 133)
    report = library.told("import", str(folder))
    assert (report["imported"], report["versions"], report["duplicates"]) == (2, 20, 1)
    assert "Import (0.png …): 2 new, 1 already here, 20 new versions" in library.said("log", "--limit", "1")
    chinese = library.speak("log", "--limit", "1", LANG="zh_TW.UTF-8").out
    assert "匯入（0.png…）：新增 2 張、已有 1 張、新版本 20 張" in chinese
    assert "20 files edited: 0.png …" in library.said("log", report["assets"][0])
    asked = library.speak("undo").err
    assert "“import” on all 22 pictures" in asked and "bin" not in asked
    assert "Undone: “Import (0.png …): 2 new, 1 already here, 20 new versions”" in library.said("undo", "--yes")
    assert library.told("search")["total"] == before


class Person(io.StringIO):
    """At a terminal; agrees to what is asked, and first does something else."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__("y\n")
        self.meanwhile = meanwhile

    def isatty(self) -> bool:
        return True

    def readline(self, size: int | None = -1, /) -> str:
        self.meanwhile()
        return super().readline()


def test_what_was_asked_about_is_undone_though_something_newer_came(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(21):
        paint(tmp_path / "many" / f"{number}.png", 130 + number)
    library.told("import", str(tmp_path / "many"))
    monkeypatch.setattr("sys.stdin", Person(lambda: library.told("rate", library.assets[0], "5")))
    assert "Undone: “21 pictures imported: 0.png …”" in library.said("undo")
    assert (library.told("search")["total"], library.told("show", library.assets[0])["rating"]) == (4, 5)


def test_undo_of_an_unknown_action(library: Library) -> None:
    done = library.speak("undo", "feedfeed")
    assert done.code == 1
    assert "feedfeed" in done.err


def test_restore_a_version_by_number_and_by_id(versioned: tuple[Library, str]) -> None:
    library, asset = versioned
    first, second = (each["id"] for each in library.told("show", asset)["versions"])
    answer = library.told("restore", asset, "--version", "1")
    assert set(answer) >= {"asset", "heads", "entries"}
    assert [each["intent"] for each in answer["entries"]] == ["asset.restore"]
    assert library.told("show", asset)["sha256"] == first
    assert "as version 1" in library.said("show", asset)
    assert "Version 1 restored" in library.said("log", asset)
    assert "version 2" in library.said("restore", asset, "--version", second[:12])
    assert library.told("show", asset)["sha256"] == second
    assert [each["made"] for each in library.told("show", asset)["versions"]] == ["imported"] * 2 + ["restored"] * 2
    library.told("undo")
    assert len(library.told("show", asset)["versions"]) == 3


def test_version_that_does_not_come_from_the_one_before_it(versioned: tuple[Library, str], tmp_path: Path) -> None:
    library, asset = versioned
    library.told("restore", asset, "--version", "1")
    paint(tmp_path / "edited.png", 62)
    library.told("import", str(tmp_path / "edited.png"))
    first, second, restored, branch = library.told("show", asset)["versions"]
    assert (first["parent"], second["parent"], restored["parent"]) == (None, first["id"], second["id"])
    assert branch["parent"] == second["id"]
    told = library.said("show", asset)
    assert told.count("from 2") == 1 and "as version 1" in told
    assert "來自 2" in library.speak("show", asset, LANG="zh_TW.UTF-8").out


def test_restore_dry_run_changes_nothing(versioned: tuple[Library, str]) -> None:
    library, asset = versioned
    assert "would go back to version 1" in library.said("restore", asset, "--version", "1", "--dry-run")
    assert library.told("show", asset)["versions"][1]["current"]


def test_version_whose_original_is_gone_is_not_restored(library: Library, tmp_path: Path) -> None:
    path = paint(tmp_path / "kept.png", 63)
    before = path.read_bytes()
    asset = library.told("import", "--reference", str(path))["assets"][0]
    paint(path, 64)
    assert library.told("import", "--reference", str(path))["versions"] == 1
    for more in ([], ["--dry-run"]):
        done = library.speak("restore", asset, "--version", "1", *more)
        assert done.code == 1 and "The original of version 1 is gone" in done.err and "restore --backup" in done.err
        assert "原始檔已經不在" in library.speak("restore", asset, "--version", "1", *more, LANG="zh_TW.UTF-8").err
    detail = library.told("show", asset)
    assert [each["state"] for each in detail["versions"]] == ["missing", "here"] and detail["versions"][1]["current"]
    (tmp_path / "a copy.png").write_bytes(before)
    assert library.told("import", str(tmp_path / "a copy.png"))["assets"] == [asset]
    assert "is back at version 1" in library.said("restore", asset, "--version", "1")


def test_restore_the_state_that_an_action_left(library: Library) -> None:
    asset = library.assets[0]
    action = library.told("rate", asset, "2")["action"]
    library.told("rate", asset, "5")
    assert "the state after: Rating: ★★···" in library.said("restore", asset, "--action", action[:8])
    assert library.told("show", asset)["rating"] == 2


@pytest.mark.parametrize(
    "words", [[], ["ASSET"], ["ASSET", "--version", "1", "--action", "ab"], ["ASSET", "--backup", "x"]]
)
def test_restore_that_says_too_little_or_too_much(library: Library, words: list[str]) -> None:
    done = library.speak("restore", *(library.assets[0] if word == "ASSET" else word for word in words))
    assert done.code == 2
    assert "--version" in done.err


def test_restore_of_a_version_that_is_not_there(library: Library) -> None:
    done = library.speak("restore", library.assets[0], "--version", "7")
    assert done.code == 1
    assert "no version 7" in done.err


def test_checkpoints_and_the_library_as_of_one(library: Library) -> None:
    library.told("rate", library.assets[0], "5")
    made = library.told("checkpoint", "交件")
    assert made["name"] == "交件" and set(made["entries"][0]) >= ENTRY
    library.told("checkpoint", "create", "ls")
    library.told("rate", library.assets[0], "1")
    assert {each["name"] for each in library.told("checkpoint", "ls")["checkpoints"]} == {"交件", "ls"}
    assert "交件" in library.said("checkpoint", "ls")
    then = library.told("at", "交件", "rating:5")
    assert [each["id"] for each in then["items"]] == [library.assets[0]]
    assert set(then["entries"][0]) >= ENTRY
    assert library.told("search", "rating:5")["total"] == 0
    assert library.told("search", "rating:5", "--at", "交件")["total"] == 1
    assert library.told("show", library.assets[0], "--at", "交件")["rating"] == 5


def test_checkpoint_of_a_name_that_there_is(library: Library) -> None:
    library.told("checkpoint", "交件")
    done = library.speak("checkpoint", " 交件 ")
    assert done.code == 1 and "checkpoint 交件 already" in done.err
    assert "已經有名為 交件 的檢查點" in library.speak("checkpoint", "交件", LANG="zh_TW.UTF-8").err
    assert len(library.told("checkpoint", "ls")["checkpoints"]) == 1


def test_at_a_moment_that_is_none(library: Library) -> None:
    done = library.speak("at", "yesterday-ish")
    assert done.code == 1
    assert "no checkpoint" in done.err


def test_undo_of_an_empty_word_takes_nothing_back(library: Library) -> None:
    library.told("rate", library.assets[0], "4")
    assert library.speak("undo", "").code == 2
    assert library.told("show", library.assets[0])["rating"] == 4
