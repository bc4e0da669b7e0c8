"""Pictures that look the same, from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.commands.house import Library
from tests.library.intake.saving import drawn, save_again, save_first


def doubled(library: Library, folder: Path, count: int) -> None:
    """Pictures whose files are there, saved again beside them."""
    for number in range(count):
        save_first(drawn(number), folder / f"{number}.png", 1)
    library.told("import", str(folder))
    for number in range(count):
        save_again(folder / f"{number}.png", folder / "again" / f"{number}", number)


def test_pictures_that_look_the_same_are_listed_and_judged(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "doubled"
    doubled(library, folder, 4)
    done = library.speak("import", str(folder))
    assert "4 new" in done.out and "4 of the new look like ones that are here" in done.err
    assert "look like ones which are here already: 4" in library.said("status")
    pairs = library.told("alike", "ls")["pairs"]
    assert sorted(each["older"]["name"] for each in pairs) == ["0.png", "1.png", "2.png", "3.png"]
    table = library.said("alike", "ls")
    assert "0.webp" in table and "3.webp" in table
    assert "1 more waits" in library.speak("alike", "ls", "--limit", "3").err
    assert "1 picture is a version now" in library.said("alike", "same", pairs[0]["newer"]["id"])
    assert "1 pair" in library.said("alike", "other", pairs[1]["newer"]["id"], pairs[1]["older"]["id"])
    assert library.told("alike", "same", "--all")["changed"] == 4
    assert library.told("alike", "ls") == {"total": 0, "pairs": []}
    assert "No pictures that look the same wait" in library.speak("alike", "ls").err
    intents = [each["intent"] for each in library.told("log", "--limit", "3")["entries"]]
    assert intents == ["asset.same", "asset.other", "asset.same"]
    assert "The same pictures: 2 became versions" in library.said("log", "--limit", "1")


def test_what_the_two_say_differently_is_told(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "said"
    doubled(library, folder, 2)
    library.told("import", str(folder))
    one, two = [(each["newer"]["id"], each["older"]["id"]) for each in library.told("alike", "ls")["pairs"]]
    for id, word in zip((*one, *two), ("new", "old", "new", "old"), strict=True):
        library.told("note", id, f"{word} note")
        library.told("title", id, f"{word} title")
    done = library.speak("alike", "same", one[0])
    assert "1 picture is a version now" in done.out
    assert "old title keeps its own title; new title, in the bin now, has kept the other." in done.err
    assert "The notes of old title and new title stand one after the other now." in done.err
    assert library.told("show", one[1])["note"] == "old note\n\nnew note"
    chinese = library.speak("alike", "same", two[0], LANG="zh_TW.UTF-8")
    assert "old title 保留自己的標題" in chinese.err and "備註已前後相接" in chinese.err


def test_version_that_is_another_picture_is_put_apart(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "apart"
    doubled(library, folder, 1)
    (folder / "0.png").unlink()
    done = library.speak("import", str(folder))
    assert "1 found again" in done.out, done
    assert "1 picture found again, saved as 0.webp" in library.said("log", "--limit", "1")
    (found,) = [each for each in library.told("search")["items"] if each["versions"] == 2]
    versions = library.told("show", found["id"])["versions"]
    assert [each["name"] for each in versions] == ["0.png", "0.webp"]
    assert "a picture of its own now" in library.said("alike", "apart", found["id"], "2")
    assert len(library.told("show", found["id"])["versions"]) == 1
    assert library.speak("alike", "apart", found["id"], "1").code == 1
    assert library.speak("alike", "apart", found["id"], "7").code == 1


def test_words_that_say_too_little_or_too_much_are_refused(library: Library, tmp_path: Path) -> None:
    first = library.assets[0]
    assert library.speak("alike", "same").code == 2
    assert library.speak("alike", "other", first, "--all").code == 2
    done = library.speak("alike", "same", first)
    assert done.code == 1 and "No pictures that look the same wait" in done.err
