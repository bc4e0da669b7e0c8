"""Projects and workspaces from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.commands.house import Library, speak
from tests.daemonhouse import running_daemon


def test_project_is_made_filled_shown_and_edited(library: Library) -> None:
    made = library.told("project", "create", "海報", "--brief", "春季活動")
    assert (made["name"], made["brief"]) == ("海報", "春季活動")
    assert library.told("project", "add", "海報", *library.assets[:2])["changed"] == 2
    shown = library.told("project", "show", "海報")
    assert {each["id"] for each in shown["items"]} == set(library.assets[:2])
    assert "春季活動" in library.said("project", "show", made["id"][:8])
    library.told("project", "remove", "海報", library.assets[0])
    assert library.told("search", "--project", "海報")["total"] == 1
    edited = library.told("project", "edit", "海報", "--name", "Spring", "--brief", "later")
    assert (edited["name"], edited["brief"]) == ("Spring", "later")


def test_project_ls_hides_archived_ones(library: Library) -> None:
    library.told("project", "create", "old")
    library.told("project", "create", "new")
    library.told("project", "archive", "old")
    assert [each["name"] for each in library.told("project", "ls")["projects"]] == ["new"]
    assert {each["name"] for each in library.told("project", "ls", "--all")["projects"]} == {"old", "new"}
    assert "old (archived)" in library.said("project", "ls", "--all")
    library.told("project", "archive", "old", "--undo")
    assert len(library.told("project", "ls")["projects"]) == 2


def test_project_without_a_change_or_unknown(library: Library) -> None:
    library.told("project", "create", "poster")
    assert library.speak("project", "edit", "poster").code == 2
    done = library.speak("project", "show", "nothing")
    assert done.code == 1
    assert "There is no project nothing" in done.err


def test_second_project_of_a_name_is_refused(library: Library) -> None:
    library.told("project", "create", "poster")
    library.told("project", "create", "other")
    library.told("project", "archive", "poster")
    for words in (("create", "poster"), ("duplicate", "other", "poster"), ("edit", "other", "--name", "poster")):
        done = library.speak("project", *words)
        assert done.code == 1 and "There is a project called “poster” already." in done.err
        assert "gesso project ls --all" in done.err
    assert "已經有名為「poster」的專案" in library.speak("project", "create", "poster", LANG="zh_TW.UTF-8").err
    assert len(library.told("project", "ls", "--all")["projects"]) == 2


def test_project_says_what_its_pictures_are_made_with(library: Library) -> None:
    library.told("project", "create", "poster")
    done = library.speak("project", "edit", "poster", "--provider", "studio", "--model", "oil")
    assert done.code == 0 and "studio is not set up on this device" in done.err
    assert (
        "這台裝置沒有設定 studio"
        in library.speak("project", "edit", "poster", "--provider", "studio", "--model", "oil", LANG="zh_TW.UTF-8").err
    )
    shown = library.said("project", "show", "poster")
    assert "Made with" in shown and "studio · oil" in shown
    assert library.told("project", "edit", "poster", "--model", "ink")["making"] == {
        "provider": "studio",
        "model": "ink",
    }
    assert library.told("project", "duplicate", "poster", "again")["making"]["model"] == "ink"
    refused = library.speak("gen", "a fox", "--project", "poster", "--dry-run", LANG="zh_TW.UTF-8")
    assert refused.code == 2 and "專案「poster」指定用 studio 生成" in refused.err
    assert library.told("project", "edit", "poster", "--provider", "sketch")["making"]["model"] == ""
    quoted = library.speak("gen", "a fox", "--project", "poster", "--dry-run")
    assert quoted.code == 0 and "The project “poster” makes with sketch; --provider takes another." in quoted.err
    assert library.told("project", "edit", "poster", "--provider", "")["making"] is None
    assert "Made with" not in library.said("project", "show", "poster")
    for words in (("--model", "oil"), ("--provider", "", "--model", "oil")):
        assert library.speak("project", "edit", "poster", *words).code == 2


def test_project_is_duplicated(library: Library) -> None:
    library.told("project", "create", "one", "--brief", "brief")
    library.told("project", "add", "one", library.assets[0])
    made = library.told("project", "duplicate", "one", "two")
    assert (made["name"], made["brief"]) == ("two", "brief")
    assert [each["id"] for each in library.told("project", "show", "two")["items"]] == [library.assets[0]]


def test_project_remembers_and_goes_back(library: Library) -> None:
    library.told("project", "create", "poster", "--brief", "first")
    library.told("project", "add", "poster", library.assets[0])
    library.told("checkpoint", "delivered")
    library.told("project", "edit", "poster", "--brief", "second")
    library.told("project", "add", "poster", library.assets[1])
    intents = [each["intent"] for each in library.told("project", "log", "poster")["entries"]]
    assert "project.create" in intents and "project.edit" in intents
    assert "Project created: poster" in library.said("project", "log", "poster")
    then = library.told("project", "at", "poster", "delivered")
    assert (then["brief"], [each["id"] for each in then["items"]]) == ("first", [library.assets[0]])
    assert "1 picture" in library.said("project", "restore", "poster", "delivered", "--dry-run")
    assert library.told("project", "show", "poster")["brief"] == "second"
    library.told("project", "restore", "poster", "delivered")
    back = library.told("project", "show", "poster")
    assert (back["brief"], [each["id"] for each in back["items"]]) == ("first", [library.assets[0]])


def test_workspaces_are_apart(library: Library) -> None:
    made = library.told("workspace", "new", f"{library.name} b")
    other = ("--workspace", made["id"])
    assert library.told(*other, "search")["total"] == 0
    assert library.told("search")["total"] == 4
    renamed = library.told("workspace", "rename", made["id"][:10], f"{library.name} c")
    assert renamed["name"] == f"{library.name} c"
    assert f"{library.name} c" in library.said("workspace", "ls")
    for words in (("new", "-"), ("rename", made["id"], " - ")):
        done = library.speak("workspace", *words)
        assert done.code != 0 and "cannot be called -" in done.err
    assert "預設工作區" in library.speak("workspace", "new", "-", LANG="zh_TW.UTF-8").err
    for words in (("new", library.name), ("rename", made["id"], library.name)):
        done = library.speak("workspace", *words)
        assert done.code != 0 and f"There is a workspace called “{library.name}” already." in done.err
        assert f"已經有名為「{library.name}」的工作區" in library.speak("workspace", *words, LANG="zh_TW.UTF-8").err


def test_of_two_workspaces_of_one_name_the_id_is_asked_for(library: Library, tmp_path: Path) -> None:
    home, backup = tmp_path / "other", tmp_path / "backup"
    with running_daemon(home):
        assert speak(home, "workspace", "rename", "Studio", library.name).code == 0
        assert speak(home, "backup", str(backup)).code == 0
    second = library.told("restore", "--backup", str(backup))["id"]
    try:
        done = library.speak("search")
        assert done.code != 0 and f"Several workspaces are called {library.name}." in done.err
        assert second[:12] in done.err
        assert "請以 ID 指定：" in library.speak("search", LANG="zh_TW.UTF-8").err
        assert library.told("--workspace", second[:12], "search")["total"] == 0
        assert f"Several are called {library.name}" in library.speak("workspace", "ls").err
    finally:
        library.told("workspace", "rename", second, f"{library.name} restored")
    assert library.told("search")["total"] == 4


def test_workspace_that_is_used_is_the_default(library: Library) -> None:
    before = next(each for each in library.told("workspace", "ls")["workspaces"] if each["default"])
    try:
        assert library.told("workspace", "use", library.name)["default"] is True
        assert library.house.speak("search", "--json").json["total"] == 4
        made = library.told("workspace", "new", f"{library.name} d", "--use")
        assert made["default"] is True
    finally:
        library.told("workspace", "use", before["id"])


def test_workspace_that_is_not_there(library: Library) -> None:
    done = library.speak("--workspace", "nothing", "search")
    assert done.code == 1
    assert "There is no workspace nothing" in done.err
    refused = library.speak("workspace", "use", "nothing")
    assert refused.code == 1 and "also those that cannot be opened" in refused.err


def test_project_at_a_moment_before_it_was_made(library: Library) -> None:
    library.told("project", "create", "Later")
    for words in (("project", "at", "Later", "2001-01-01T00:00"), ("project", "restore", "Later", "2001-01-01T00:00")):
        done = library.speak(*words)
        assert done.code == 1 and "did not exist" in done.err and "There is no project" not in done.err, words
    chinese = library.speak("project", "at", "Later", "2001-01-01T00:00", LANG="zh_TW.UTF-8")
    assert "還不存在" in chinese.err
