"""Looking after a library: digest, verify, rebuild, doctor, backup and bringing it back."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.commands.house import Library, paint, speak
from tests.daemonhouse import gesso, running_daemon


def test_digest_is_one_line_and_one_document(library: Library) -> None:
    told = library.told("digest")
    assert set(told) == {"digest", "documents", "segments"}
    done = library.speak("digest")
    assert done.out == told["digest"] + "\n"
    library.told("rate", library.assets[0], "5")
    assert library.told("digest")["digest"] != told["digest"]


def test_rebuild_leaves_the_digest_as_it_was(library: Library) -> None:
    before = library.told("digest")
    assert library.told("rebuild")["digest"] == before["digest"]
    assert before["digest"][:12] in library.said("rebuild")
    assert library.told("search", "neon")["total"] == 1


def test_verify_of_a_sound_library(library: Library) -> None:
    told = library.told("verify", "--read-data")
    assert told["checked"] > 0 and told["problems"] == []
    assert "All is well" in library.said("verify")
    assert "All is well" in library.said("verify", "--read-data", "--fetch")


def test_fetching_what_is_damaged_needs_a_daemon(tmp_path: Path) -> None:
    done = speak(tmp_path / "home", "verify", "--fetch")
    assert done.code == 3 and "gesso start" in done.err


@pytest.mark.process
def test_verify_finds_a_damaged_picture_and_exits_4(tmp_path: Path) -> None:
    home = tmp_path / "home"
    paint(tmp_path / "one.png", 70)
    with running_daemon(home):
        assert speak(home, "import", str(tmp_path / "one.png")).code == 0
        blob = max(home.glob("data/**/blobs/??/*"), key=lambda path: path.stat().st_size)
        blob.chmod(0o600)
        whole = blob.read_bytes()
        blob.write_bytes(b"X" * len(whole))
        found = speak(home, "verify", "--read-data", "--json")
        assert found.code == 4
        assert set(found.json["problems"][0]) >= {"what", "where", "remedy"}
        assert speak(home, "verify").code == 0  # it reads no data, and takes nothing back
        assert "found damage (1)" in speak(home, "status").out
        blob.write_bytes(whole)
        assert speak(home, "verify", "--read-data").code == 0
        assert speak(home, "status", "--json").json["attention"] == []
        blob.write_bytes(b"X" * len(whole))
    without = speak(home, "verify", "--read-data")
    assert without.code == 4
    assert "1 problem found." in without.out


@pytest.mark.process
def test_verify_names_damage_of_the_database_in_both_languages_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    home = tmp_path / "home"
    paint(tmp_path / "one.png", 71)
    with running_daemon(home):
        assert speak(home, "import", str(tmp_path / "one.png")).code == 0
    (database,) = home.glob("data/**/library.sqlite")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("UPDATE blob SET size = size + 1")
        connection.execute("DELETE FROM source")
        connection.execute("UPDATE asset SET rating = 5")
        connection.execute("UPDATE total SET rows = 1 WHERE name = 'source'")
        connection.commit()
    before = database.read_bytes()
    english, chinese = speak(home, "verify"), speak(home, "verify", LANG="zh_TW.UTF-8")
    assert (english.code, chinese.code) == (4, 4)
    assert "A row does not fit its own hash." in english.out and "Rows are missing: 1." in english.out
    assert "gesso rebuild" in english.out and "gesso restore --backup DIR" in english.out
    assert "少了 1 列資料" in chinese.out and "和記錄說的不同" in chinese.out
    assert database.read_bytes() == before


@pytest.mark.process
def test_verify_and_doctor_without_a_daemon(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_daemon(home):
        pass
    assert speak(home, "verify").code == 0
    told = speak(home, "doctor", "--json")
    assert told.code in (0, 4)
    assert told.json["checked"] > 0


def test_doctor_names_a_fault_with_its_remedy_in_both_languages(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text("[daemon]\nprot = 1\n")
    english = speak(home, "doctor")
    assert english.code == 4
    assert "prot" in english.out and "→" in english.out
    assert "裡沒有「prot」這個設定" in speak(home, "doctor", LANG="zh_TW.UTF-8").out


@pytest.mark.process
def test_doctor_fix_asks_and_mends(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_daemon(home):
        pass
    (home / "state").chmod(0o755)
    assert speak(home, "doctor", "--fix").code == 2
    assert "state" in speak(home, "doctor").out
    speak(home, "doctor", "--fix", "--yes")
    assert (home / "state").stat().st_mode & 0o077 == 0


def test_doctor_with_a_daemon(library: Library) -> None:
    told = library.speak("doctor", "--json")
    assert told.code in (0, 4)
    assert told.json["checked"] > 0


def test_backup_is_brought_in_on_another_device(library: Library, tmp_path: Path) -> None:
    library.told("title", library.assets[0], "霓虹貓")
    folder = tmp_path / "backup"
    assert str(folder) in library.said("backup", str(folder))
    library.told("rate", library.assets[1], "4")
    library.told("backup", str(folder))
    with running_daemon(tmp_path / "bob"):
        made = speak(tmp_path / "bob", "--json", "restore", "--backup", str(folder))
        assert made.code == 0, made.err
        there = speak(tmp_path / "bob", "--json", "--workspace", made.json["id"], "digest").json
        assert there["digest"] == library.told("digest")["digest"]
        found = speak(tmp_path / "bob", "--json", "--workspace", made.json["id"], "search", "霓虹貓").json
        assert [each["id"] for each in found["items"]] == [library.assets[0]]
        again = speak(tmp_path / "bob", "restore", "--backup", str(folder))
        assert again.code == 1 and "already" in again.err


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_restore_of_a_backup_that_is_not_there(library: Library, tmp_path: Path, dry: list[str]) -> None:
    done = library.speak("restore", "--backup", str(tmp_path / "nothing"), *dry)
    assert done.code == 1
    assert "nothing" in done.err


@pytest.mark.process
def test_backup_says_what_it_could_not_copy(tmp_path: Path) -> None:
    home = tmp_path / "home"
    paint(tmp_path / "one.png", 72)
    with running_daemon(home):
        assert speak(home, "import", str(tmp_path / "one.png")).code == 0
        blob = max(home.glob("data/**/blobs/??/*"), key=lambda path: path.stat().st_size)
        blob.write_bytes(b"X" * blob.stat().st_size)
        told = speak(home, "backup", str(tmp_path / "backup"), "--json")
        assert (told.code, len(told.json["damaged"])) == (4, 1)
        assert "1 file is damaged" in speak(home, "backup", str(tmp_path / "backup")).err


@pytest.mark.parametrize("words", [("backup",), ("export",), ("export", "--everything")])
def test_what_the_system_refuses_is_told_in_the_persons_language(
    library: Library, tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("in the way")
    words = (*words, str(tmp_path / "file" / "deeper"))
    assert "Not a directory" in library.speak(*words).err
    done = library.speak(*words, LANG="zh_TW.UTF-8")
    assert done.code == 1
    assert "路徑中有一段不是資料夾" in done.err and "directory" not in done.err and "Error" not in done.err


@pytest.mark.process
def test_backup_tells_of_originals_that_are_not_where_they_are_kept(tmp_path: Path) -> None:
    home = tmp_path / "home"
    paint(tmp_path / "one.png", 73)
    with running_daemon(home):
        assert speak(home, "import", "--reference", str(tmp_path / "one.png")).code == 0
        assert speak(home, "backup", str(tmp_path / "whole")).code == 0
        (tmp_path / "one.png").unlink()
        done = speak(home, "backup", str(tmp_path / "backup"))
        assert done.code == 5
        assert "1 original that is kept in place" in done.err


def test_backup_into_a_folder_of_other_things(library: Library) -> None:
    done = library.speak("backup", str(library.folder))
    assert done.code == 1
    assert "not empty" in done.err


@pytest.mark.process
def test_verify_of_a_home_that_was_never_used(tmp_path: Path) -> None:
    done = gesso(tmp_path / "new", "verify")
    assert done.code == 1 and "no library" in done.err and "well" not in done.out
    assert not (tmp_path / "new").exists()
    assert "還沒有圖庫" in speak(tmp_path / "new", "verify", LANG="zh_TW.UTF-8").err


@pytest.mark.process
def test_verify_where_the_library_is_gone_or_is_not_opened(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_daemon(home):
        pass
    (mark,) = home.glob("data/workspaces/*/workspace")
    id = mark.read_text()
    mark.unlink()
    done = speak(home, "verify", "--json")
    assert done.code == 4 and "workspace.unmarked" in {each["code"] for each in done.json["problems"]}
    assert done.json["checked"] > 0
    mark.write_text(id)
    assert speak(home, "verify").code == 0
    (home / "data").rename(home / "data.away")
    done = speak(home, "verify")
    assert done.code == 4 and "now there is none" in done.out and "well" not in done.out
    assert "現在沒有了。" in speak(home, "verify", LANG="zh_TW.UTF-8").out


@pytest.mark.process
def test_pictures_that_are_gone_are_noticed_at_the_start_and_by_doctor(tmp_path: Path) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"
    paint(tmp_path / "one.png", 75)
    with running_daemon(home):
        assert speak(home, "import", str(tmp_path / "one.png")).code == 0
        assert speak(home, "backup", str(backup)).code == 0
        assert speak(home, "status", "--json").json["attention"] == []
    (blobs,) = home.glob("data/workspaces/*/blobs")
    shutil.rmtree(blobs)
    assert "blobs.missing" in found_by_doctor(home)
    with running_daemon(home):
        (told,) = speak(home, "status", "--json").json["attention"]
        assert told["code"] == "blobs.lost" and told["params"]["missing"] == told["params"]["looked"] != "0"
        assert "不見了" in speak(home, "status", LANG="zh_TW.UTF-8").out
        assert "blobs.lost" in found_by_doctor(home)
        assert speak(home, "restore", "--backup", str(backup)).code == 0
        assert speak(home, "status", "--json").json["attention"] == []
        assert "blobs.lost" not in found_by_doctor(home)
        assert speak(home, "verify", "--read-data").code == 0


def found_by_doctor(home: Path) -> set[str]:
    return {each["code"] for each in speak(home, "doctor", "--json").json["problems"]}


@pytest.mark.process
@pytest.mark.parametrize("words", [("backup",), ("export",), ("export", "--everything")])
def test_damage_that_a_copy_comes_upon_is_told_until_a_check_is_clean(tmp_path: Path, words: tuple[str, ...]) -> None:
    home = tmp_path / "home"
    paint(tmp_path / "one.png", 76)
    with running_daemon(home):
        assert speak(home, "import", str(tmp_path / "one.png")).code == 0
        blob = max(home.glob("data/**/blobs/??/*"), key=lambda path: path.stat().st_size)
        blob.rename(tmp_path / "away")
        verb, *more = words
        assert speak(home, verb, str(tmp_path / "copy"), *more).code in (4, 5)
        assert [each["code"] for each in speak(home, "status", "--json").json["attention"]] == ["verify.found"]
        (tmp_path / "away").rename(blob)
        assert speak(home, "verify", "--read-data").code == 0
        assert speak(home, "status", "--json").json["attention"] == []


@pytest.mark.process
def test_library_is_no_place_to_import_from_or_to_write_a_copy_into(tmp_path: Path) -> None:
    home = tmp_path / "home"
    paint(tmp_path / "pictures" / "one.png", 77)
    with running_daemon(home):
        assert speak(home, "import", str(tmp_path / "pictures")).code == 0
        (workspace,) = home.glob("data/workspaces/*")
        (tmp_path / "link").symlink_to(workspace / "blobs")
        for path in (home, home / "data", workspace / "blobs", tmp_path / "link", tmp_path):
            done = speak(home, "import", str(path))
            assert done.code == 2 and "own folder" in done.err, path
        for words in (("backup",), ("export",), ("export", "--everything")):
            done = speak(home, *words, str(workspace / "copy"))
            assert done.code == 2 and "own folder" in done.err, words
            assert "圖庫自己的資料夾" in speak(home, *words, str(workspace / "copy"), LANG="zh_TW.UTF-8").err
        assert not (workspace / "copy").exists()
        assert speak(home, "export", str(home / "copy")).code == 0, "beside the library's folder is none of its own"
        assert speak(home, "search", "--json").json["total"] == 1
