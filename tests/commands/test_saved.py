"""Saved searches and wrong queries from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.house import Library, paint, speak
from tests.daemonhouse import running_daemon
from tests.newer import QUERY, save_as_newer


def test_saved_search_is_added_shown_edited_and_removed(library: Library) -> None:
    library.told("rate", library.assets[0], "5")
    made = library.told("saved", "add", "Best", "--rating", ">=4", "--sort", "name", "--color", "teal")
    assert (made["name"], made["query"], made["sort"], made["total"]) == ("Best", "rating:>=4", "name", 1)
    shown = library.told("saved", "show", "Best")
    assert [each["id"] for each in shown["items"]] == [library.assets[0]]
    said = library.said("saved", "show", made["id"][:8])
    assert "rating:>=4" in said and "teal" in said
    edited = library.told("saved", "edit", "Best", "--name", "Cats", "--query", "貓咪 cat")
    assert (edited["name"], edited["query"]) == ("Cats", "貓咪 cat")
    assert "“Cats” changed" in library.said("saved", "edit", "Cats", "--query", "cat", "--color", "")
    assert library.told("saved", "show", "Cats")["color"] is None
    said = library.said("saved", "rm", "Cats")
    action = said.rpartition("`gesso undo ")[2].partition("`")[0]
    assert library.told("saved", "ls")["searches"] == []
    library.told("undo", action)
    assert [each["name"] for each in library.told("saved", "ls")["searches"]] == ["Cats"]
    assert library.told("digest")["digest"]


def test_saved_ls_counts_what_fits_now(library: Library) -> None:
    assert "No searches are saved yet" in library.speak("saved", "ls").err
    library.told("saved", "add", "neon", "neon")
    library.told("saved", "add", "標籤", "--tag", '夜 "市"')
    assert {each["name"]: each["total"] for each in library.told("saved", "ls")["searches"]} == {"neon": 1, "標籤": 0}
    library.told("tag", library.assets[1], '+夜 "市"')
    paint(library.folder / "new.png", 90, "neon again")
    library.told("import", str(library.folder / "new.png"))
    assert {each["name"]: each["total"] for each in library.told("saved", "ls")["searches"]} == {"neon": 2, "標籤": 1}
    assert 'tag:"夜 \\"市\\""' in library.said("saved", "ls")


def test_saved_log_tells_what_happened(library: Library) -> None:
    library.told("saved", "add", "Best", "rating:5")
    library.told("saved", "edit", "Best", "--query", "rating:4")
    assert [each["intent"] for each in library.told("saved", "log", "Best")["entries"]] == [
        "search.edit",
        "search.create",
    ]
    assert "Search saved: Best" in library.said("saved", "log", "Best")
    assert "Saved search changed: Best" in library.said("log")
    library.told("undo")
    assert "Undone: change of a saved search" in library.said("log")


def test_saved_search_of_a_moment(library: Library) -> None:
    library.told("saved", "add", "Best", "neon")
    library.told("checkpoint", "create", "before")
    library.told("saved", "edit", "Best", "--query", "cat")
    (then,) = library.told("saved", "ls", "--at", "before")["searches"]
    assert (then["query"], then["total"]) == ("neon", 1)
    assert library.told("saved", "show", "Best", "--at", "before")["query"] == "neon"


def test_saved_add_takes_its_query_as_edit_does(library: Library) -> None:
    made = library.told("saved", "add", "Best", "--query", "neon -tag:dog")
    assert (made["query"], made["total"]) == ("neon -tag:dog", 1)
    assert library.told("saved", "add", "More", "cat", "--query", "neon", "--tag", "x")["query"] == "cat neon tag:x"
    assert "the name comes first, then what to look for" in library.speak("saved", "add", "neon").err


@pytest.mark.parametrize("name", ["🐱 最愛", "مفضلة", "a/b", "-x", "e\u0301", "two  words"])
def test_names_of_every_script(library: Library, name: str) -> None:
    made = library.told("saved", "add", "--", name, "neon")
    assert made["name"] == name
    assert library.told("saved", "show", "--", name)["id"] == made["id"]
    assert made["id"][:8] in library.said("saved", "ls")


def test_bad_input_is_one_line_that_says_what_to_do(library: Library) -> None:
    library.told("saved", "add", "Best", "neon")
    for words, code, told in (
        (("saved", "show", "nothing"), 1, "There is no saved search nothing"),
        (("saved", "add", "Best", "cat"), 1, "called “Best” already"),
        (("saved", "add", "empty"), 2, "without words or filters"),
        (("saved", "add", "empty", "--query", ""), 2, "without words or filters"),
        (("saved", "add", "--query", "dog"), 2, "NAME is missing"),
        (("saved", "add", " ", "cat"), 2, "A name is needed"),
        (("saved", "add", "wrong", "rating:9"), 2, "from 0 to 5"),
        (("saved", "edit", "Best"), 2, "Say what to change"),
        (("saved", "edit", "Best", "--query", "ratng:5"), 2, "Did you mean rating:?"),
        (("saved", "edit", "Best", "--color", "beige"), 2, "beige"),
    ):
        done = library.speak(*words)
        assert (done.code, done.out) == (code, ""), words
        assert told in done.err.splitlines()[0] and "Traceback" not in done.err, words
        assert done.err.count(told) == 1, words
    assert [each["name"] for each in library.told("saved", "ls")["searches"]] == ["Best"]


@pytest.mark.parametrize(
    ("query", "english", "chinese"),
    [
        (
            "ratng:5",
            "There is no filter ratng:. Did you mean rating:?",
            "沒有 ratng: 這個篩選條件。您是指 rating: 嗎？",
        ),
        ("sharpness:3", "There is no filter sharpness: here.", "這裡沒有 sharpness: 這個篩選條件。"),
        ("rating:9", "rating: takes a number from 0 to 5, not “9”.", "rating: 的值是 0 到 5 的數字，不能是「9」。"),
        ("before:someday", "Did you mean date:<?", "您是指 date:< 嗎？"),
        ("flag:up", "flag: takes one of pick, reject, none", "flag: 的值只能是 pick, reject, none 其中之一"),
        ("date:2026-02-31", "a year, month or day like 2026-11", "年、月或日，例如 2026-11"),
    ],
)
def test_query_that_makes_no_sense_is_wrong_usage(library: Library, query: str, english: str, chinese: str) -> None:
    done = library.speak("search", query)
    assert (done.code, done.out) == (2, "")
    first, *hints = done.err.splitlines()
    assert english in first and "/q" not in done.err
    assert [("quotes" in hint) for hint in hints] == [True] * ("no filter" in first)
    assert chinese in library.speak("search", query, LANG="zh_TW.UTF-8").err
    assert library.speak("--json", "search", query).json["error"]["code"].startswith("bad_query.")


def test_every_fault_of_a_query_is_told(library: Library) -> None:
    done = library.speak("search", "rating:9", "flag:up", "ratng:4")
    assert done.code == 2
    close, rating, flag, hint = done.err.splitlines()
    assert close == "gesso: There is no filter ratng:. Did you mean rating:?" and "quotes" in hint
    assert "from 0 to 5" in rating and "one of pick, reject, none" in flag
    chinese = library.speak("search", "rating:9", "flag:up", LANG="zh_TW.UTF-8").err.splitlines()
    assert chinese[0] == "gesso: rating: 的值是 0 到 5 的數字，不能是「9」。" and "flag: 的值只能是" in chinese[1]


@pytest.mark.process
def test_query_of_a_newer_program_is_kept_and_said_to_be_unknown(tmp_path: Path) -> None:
    with running_daemon(tmp_path):
        pass
    save_as_newer(tmp_path, "tomorrow")
    with running_daemon(tmp_path):
        done = speak(tmp_path, "saved", "ls")
        assert done.code == 0 and QUERY in done.out and "–" in done.out
        assert "was left as it is: There is no filter sharpness: here." in done.err
        assert "原封不動：這裡沒有 sharpness: 這個篩選條件。" in speak(tmp_path, "saved", "ls", LANG="zh_TW.UTF-8").err
        done = speak(tmp_path, "saved", "show", "tomorrow")
        assert (done.code, done.out) == (1, "") and "cannot be read here" in done.err
        assert speak(tmp_path, "saved", "edit", "tomorrow", "--name", "kept").code == 0
        assert speak(tmp_path, "saved", "ls", "--json").json["searches"][0]["query"] == QUERY
        assert speak(tmp_path, "verify").code == 0


def test_options_become_the_filters_that_were_meant(library: Library) -> None:
    library.told("tag", library.assets[0], '+a "b" \\ c', "+>x")
    assert library.told("search", "--tag", 'a "b" \\ c')["total"] == 1
    assert library.told("search", "--tag", ">x")["total"] == 1
    assert library.speak("search", "--tag", "").code == 2
