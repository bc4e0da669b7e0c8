"""Copies, from the command line: where originals lie, what is kept here, and letting go."""

from __future__ import annotations

from tests.commands.house import Library


def test_where_an_original_lies_is_told(library: Library) -> None:
    asset = library.assets[0]
    told = library.told("whereis", asset)
    assert (told["sync"], told["wanted"], told["pinned"], told["needed"]) == ("here", True, False, 1)
    assert [(each["where"], each["state"]) for each in told["copies"]] == [("library", "here")]
    assert "library" in library.said("whereis", asset)
    assert library.speak("whereis", "ffff").code == 1


def test_pictures_and_projects_are_pinned_and_unpinned(library: Library) -> None:
    asset = library.assets[0]
    project = library.told("project", "create", "Kept")["id"]
    assert library.told("pin", asset, "--project", "Kept") == {"changed": 2}
    assert "0 pinned" in library.said("pin", asset)
    assert library.told("keep")["pinned"] == [asset, project]
    assert library.told("whereis", asset)["pinned"]
    done = library.speak("evict", asset)
    assert (done.code, "it is pinned" in done.out, "stays here" in done.err) == (5, True, True)
    assert "2 unpinned" in library.said("unpin", asset, "--project", "Kept")
    assert library.speak("pin").code == 2
    chinese = library.speak("pin", asset, LANG="zh_TW.UTF-8")
    assert "已釘選 1 項" in chinese.out
    library.told("unpin", asset)


def test_what_is_only_here_is_not_let_go(library: Library) -> None:
    done = library.speak("--json", "evict", library.assets[0])
    assert (done.code, '"only_here"' in done.out) == (5, True)
    assert library.speak("evict").code == 2
    assert library.speak("evict", library.assets[0], "--to-quota").code == 2
    assert library.told("evict", "--all-but-recent", "--days", "90")["pictures"] == 0


def test_what_this_device_keeps_is_said_and_shown(library: Library) -> None:
    library.told("project", "create", "Client K")
    assert library.told("keep")["default"] == {"kind": "everything", "days": 30}
    assert library.told("keep", "recent", "--days", "9")["default"] == {"kind": "recent", "days": 9}
    told = library.told("keep", "thumbnails", "--project", "Client K")
    assert [each["policy"]["kind"] for each in told["projects"]] == ["thumbnails"]
    told = library.told("keep", "--copies", "2", "--quota", "1.5GB")
    assert (told["copies"], told["quota"]) == (2, 1_500_000_000)
    said = library.said("keep")
    assert "those of the last 9 days" in said and "Client K" in said and "1.5 GB" in said
    assert "Copies needed elsewhere" in library.said("log", "--limit", "1")
    assert library.told("keep", "--default", "--project", "Client K")["projects"] == []
    assert library.told("keep", "everything", "--quota", "none")["quota"] is None
    assert library.speak("keep", "--quota", "much").code == 2
    assert library.speak("keep", "--project", "Client K").code == 2
    assert library.speak("keep", "some").code == 2
    library.told("keep", "--copies", "1")
