"""Finding, showing and editing pictures from the command line."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from commands.assets import show_parameters
from tests.commands.house import Library, paint
from tests.daemonhouse import gesso

# What interface.md promises of one picture.
ITEM = {
    "id", "sha256", "name", "width", "height", "media_type", "prompt", "negative", "seed", "model", "tool", "tags",
    "rating", "created_at", "state",
}  # fmt: skip


def item(library: Library, asset: str) -> Any:
    return library.told("show", asset)


def versions_of(library: Library, asset: str) -> list[str]:
    """The lines of the table of versions."""
    return library.said("show", asset).partition("\nVersions\n")[2].partition("\n\n")[0].splitlines()


def test_search_finds_latin_and_chinese_words(library: Library) -> None:
    everything = library.told("search")
    assert everything["total"] == 4 and everything["next"] is None
    assert set(everything["items"][0]) >= ITEM
    assert [each["prompt"] for each in library.told("search", "neon")["items"]] == ["neon cat on a street"]
    assert [each["prompt"] for each in library.told("search", "海報")["items"]] == ["貓咪海報，霓虹燈"]


def test_search_by_options_is_search_by_filters(library: Library) -> None:
    first, second = library.assets[:2]
    library.told("tag", first, "+two words")
    library.told("rate", second, "4")
    assert [each["id"] for each in library.told("search", "--tag", "two words")["items"]] == [first]
    assert [each["id"] for each in library.told("search", "--rating", ">=3")["items"]] == [second]
    assert [each["id"] for each in library.told("search", "rating:>=3")["items"]] == [second]


def test_dash_before_a_word_of_a_query_means_without_and_is_no_option(library: Library) -> None:
    first = library.assets[0]
    library.told("tag", first, "+dog", "+night")
    for words in (["-tag:dog"], ["--sort", "name", "-tag:night", "-n", "9"], ["-q", "-tag:dog", "-n5"], ["-neon"]):
        assert library.told("search", *words)["total"] == 3, words
    assert library.told("search", "--", "-tag:dog", "--sort")["total"] == 3
    assert library.told("search", "--tag", "-dog")["total"] == 0
    assert library.told("search", "neon", "-tag:dog")["total"] == 0
    assert library.told("at", "2999-01-01", "-tag:dog")["total"] == 3
    made = library.told("saved", "add", "Others", "-tag:dog", "--color", "teal")
    assert (made["query"], made["total"], made["color"]) == ("-tag:dog", 3, "teal")
    assert "There is no option --tg" in library.speak("search", "-tag:dog", "--tg", "x").err


def test_signs_find_what_holds_them(library: Library) -> None:
    library.told("note", library.assets[0], "done 😀 100%")
    for query in ("😀", "%", "100% 😀"):
        assert [each["id"] for each in library.told("search", query)["items"]] == library.assets[:1], query
    for query in ("_", "\\", '"', "-"):
        assert library.told("search", query)["total"] == 0, query


def test_search_as_a_chinese_keyboard_writes_it(library: Library) -> None:
    library.told("rate", library.assets[1], "3")
    library.told("tag", library.assets[1], "+狗")
    for query in ("rating：３", "tag：狗", "rating：＞＝３ type：ＰＮＧ"):
        assert [each["id"] for each in library.told("search", query)["items"]] == [library.assets[1]], query
    done = library.speak("search", "標籤：狗", LANG="zh_TW.UTF-8")
    assert (done.code, "您是指 tag: 嗎" in done.err) == (2, True)


def test_search_goes_on_after_a_cursor(library: Library) -> None:
    page = library.told("search", "--limit", "3", "--sort", "name")
    rest = library.told("search", "--limit", "3", "--sort", "name", "--after", page["next"])
    assert len(page["items"]) == 3 and len(rest["items"]) == 1
    assert {each["id"] for each in page["items"] + rest["items"]} == set(library.assets)


def test_search_table_has_a_row_per_picture_and_says_the_count_beside(library: Library) -> None:
    done = library.speak("search")
    assert len(done.out.splitlines()) == 5
    assert done.err == "4 of 4 pictures\n"


@pytest.mark.parametrize(
    ("language", "read", "told"),
    [
        ("en", "“neon”, “or”, “harbour”", "There is no “or”"),
        ("zh-TW", "「neon」、「or」、「harbour」", "沒有「或」的用法"),
    ],
)
def test_search_that_finds_nothing_says_how_it_was_read_and_what_an_or_meant(
    library: Library, language: str, read: str, told: str
) -> None:
    done = library.speak("search", "neon", "or", "harbour", GESSO_LANGUAGE=language)
    assert done.code == 0
    assert read in done.err and told in done.err
    assert done.err.splitlines()[-2:] == ["  gesso search neon", "  gesso search harbour"]
    assert library.told("search", "neon or harbour")["instead"] == ["neon", "harbour"]
    last = library.speak("search", "neon", "或", "-fog", "--tag", "no such").err.splitlines()[-1]
    assert last == """  gesso search '-fog tag:"no such"'"""
    assert library.speak(*shlex.split(last)[1:]).code == 0
    assert told not in library.speak("search", "neon", GESSO_LANGUAGE=language).err
    assert library.speak("-q", "search", "neon", "or", "harbour").err == ""


def test_search_with_a_filter_that_makes_no_sense(library: Library) -> None:
    done = library.speak("search", "rating:many")
    assert done.code == 2
    assert "rating:" in done.err
    assert "takes one of png, jpeg, webp, gif, tiff, avif, not “foo”" in library.speak("search", "type:foo").err
    assert "rating:>= 後面要緊接著值，例如 rating:>=3。" in library.speak("search", "rating:>=", LANG="zh_TW.UTF-8").err


def test_show_tells_everything(library: Library) -> None:
    found = item(library, library.assets[0])
    assert set(found) >= ITEM | {"versions", "facts", "history", "copies", "note", "sources", "candidates"}
    assert isinstance(found["versions"], list) and found["versions"][0]["current"]
    shown = library.said("show", library.assets[0])
    assert "neon cat on a street" in shown and "32 × 24, png" in shown


def test_show_says_what_files_of_versions_were_called_where_they_differ(library: Library) -> None:
    asset, copy = library.assets[0], library.folder / "a copy.png"
    name = item(library, asset)["name"]
    copy.write_bytes((library.folder / name).read_bytes())
    library.told("import", str(copy))
    assert item(library, asset)["name"] == name
    assert versions_of(library, asset)[0].split()[:2] == ["No.", "Version"] and len(versions_of(library, asset)) == 2
    assert "Name" not in versions_of(library, asset)[0]
    paint(copy, 99)
    library.told("import", str(copy))
    assert [each["name"] for each in item(library, asset)["versions"]] == [name, "a copy.png"]
    heading, first, second = versions_of(library, asset)
    assert heading.endswith("Name") and first.endswith(name) and second.endswith("a copy.png")


def test_show_by_the_beginning_of_an_id(library: Library) -> None:
    asset = library.assets[0]
    assert item(library, asset[:12])["id"] == asset
    assert item(library, asset[:12].upper())["id"] == asset


def test_beginning_that_several_pictures_share_is_refused_with_their_names(library: Library) -> None:
    for number in range(4, 84):  # so many that two begin alike, but once in a hundred thousand runs
        paint(library.folder / f"{number}.png", number)
    assets = library.told("import", str(library.folder))["assets"]
    beginning, count = Counter(asset[:4] for asset in assets).most_common(1)[0]
    done = library.speak("rate", beginning, "3")
    assert (done.code, count > 1) == (1, True)
    assert f"{beginning} can be {count} things" in done.err and ".png" in done.err
    assert library.told("search", "rating:3")["total"] == 0


@pytest.mark.parametrize("word", ["01", "xyzw", "no such", "01" * 17, ""])
def test_word_that_is_no_id_is_wrong_usage(library: Library, word: str) -> None:
    done = library.speak("show", word)
    assert done.code == 2
    assert "at least 4 characters" in done.err


def test_picture_that_is_not_there(library: Library) -> None:
    assert library.speak("show", "01" + "ab" * 15).code == 1
    assert "no picture" in library.speak("show", "01ababab").err


def test_rate_one_and_many(library: Library) -> None:
    first, second, third, _ = library.assets
    assert set(library.told("rate", first, "5")) == {"asset", "heads", "action"}
    assert library.told("rate", second, third, "3")["changed"] == 2
    assert [item(library, each)["rating"] for each in (first, second, third)] == [5, 3, 3]
    assert library.said("rate", first, "5") == "Nothing to change: it was so already.\n"
    assert library.said("rate", second, third, "2") == "2 pictures rated.\n"


@pytest.mark.parametrize("stars", ["6", "-1", "five"])
def test_rating_out_of_bounds(library: Library, stars: str) -> None:
    assert library.speak("rate", library.assets[0], stars).code == 2


def test_tag_puts_on_and_takes_off(library: Library) -> None:
    asset = library.assets[0]
    answer = library.told("tag", asset, "+貓", "+cat", "+dog")
    assert answer["asset"] == asset and answer["heads"]
    library.told("tag", asset, "-dog", "--remove", "cat", "--add", "neon light")
    assert sorted(item(library, asset)["tags"]) == ["neon light", "貓"]


@pytest.mark.parametrize(("tag", "sign"), [("ca\u200bt", "U+200B"), ("x\u202egpj", "U+202E"), ("a\x1b[2J", "U+001B")])
def test_tag_that_holds_what_cannot_be_seen_is_refused(library: Library, tag: str, sign: str) -> None:
    asset = library.assets[0]
    before = item(library, asset)["tags"]
    done = library.speak("tag", asset, f"+{tag}")
    assert done.code == 2 and sign in done.err
    assert item(library, asset)["tags"] == before
    library.told("tag", asset, "+👩\u200d🎨")
    library.told("tag", asset, "-👩\u200d🎨")


def test_tag_that_looks_like_a_short_option_is_a_tag(library: Library) -> None:
    asset = library.assets[0]
    library.told("tag", asset, "+vintage", "+q", "+h")
    library.told("tag", asset, "-vintage", "-q", "-h")
    assert item(library, asset)["tags"] == []


def test_tag_without_tags_is_wrong_usage(library: Library) -> None:
    done = library.speak("tag", library.assets[0])
    assert done.code == 2
    assert "+cat -dog" in done.err
    assert library.speak("tag", library.assets[0], "+").code == 2


def test_options_after_the_tags_still_count(library: Library) -> None:
    done = library.speak("tag", library.assets[0], "+cat", "--json")
    assert done.json["asset"] == library.assets[0]


def test_title_is_the_name_until_it_is_taken_away(library: Library) -> None:
    asset = library.assets[0]
    library.told("title", asset, "霓虹貓")
    assert item(library, asset)["name"] == "霓虹貓"
    library.told("title", asset, "")
    assert item(library, asset)["name"] == "0.png"


def test_flag_and_label(library: Library) -> None:
    asset = library.assets[0]
    library.told("flag", asset, "pick")
    library.told("label", asset, "red")
    found = item(library, asset)
    assert (found["flag"], found["label"]) == ("pick", "red")
    library.told("flag", asset, "none")
    library.told("label", asset, "none")
    found = item(library, asset)
    assert (found["flag"], found["label"]) == (None, None)
    assert library.speak("label", asset, "pink").code == 2


def test_note_is_written_and_read(library: Library) -> None:
    asset = library.assets[0]
    library.told("note", asset, "for the client\n第二行")
    assert library.said("note", asset) == "for the client\n第二行\n"
    assert library.told("note", asset) == {"asset": asset, "note": "for the client\n第二行"}


def test_note_from_a_file_and_from_stdin(library: Library) -> None:
    asset = library.assets[0]
    (library.folder / "note.md").write_text("from a file", "utf-8")
    library.told("note", asset, "--file", str(library.folder / "note.md"))
    assert library.said("note", asset) == "from a file\n"
    done = gesso(library.house.home, "--workspace", library.name, "note", asset, "--file", "-", stdin="from stdin")
    assert done.code == 0, done.err
    assert library.said("note", asset) == "from stdin\n"


def test_note_from_a_file_that_is_no_text(library: Library) -> None:
    done = library.speak("note", library.assets[0], "--file", str(library.folder / "0.png"))
    assert done.code == 1
    assert "no UTF-8 text" in done.err


def test_note_from_a_file_that_cannot_be_read(library: Library) -> None:
    words = ("note", library.assets[0], "--file", str(library.folder))
    assert "Is a directory" in library.speak(*words).err
    assert "這是資料夾" in library.speak(*words, LANG="zh_TW.UTF-8").err


def test_rm_asks_and_without_a_terminal_wants_yes(library: Library) -> None:
    done = library.speak("rm", library.assets[0])
    assert done.code == 2
    assert "--yes" in done.err
    assert library.told("search")["total"] == 4


def test_rm_dry_run_changes_nothing(library: Library) -> None:
    assert library.told("rm", "--dry-run", *library.assets[:2])["would_change"] == 2
    assert library.told("search")["total"] == 4


def test_rm_and_bin_restore(library: Library) -> None:
    first, second = library.assets[:2]
    assert library.told("rm", "--yes", first, second)["changed"] == 2
    assert library.told("search")["total"] == 2
    binned = library.told("bin", "ls")
    assert {each["id"] for each in binned["items"]} == {first, second}
    assert "0.png" in library.said("bin", "ls")
    assert "in the bin since" in library.said("show", first[:14])
    assert library.told("bin", "restore", first)["changed"] == 1
    assert library.told("search")["total"] == 3


def test_name_with_control_characters_cannot_act_on_the_terminal(library: Library) -> None:
    library.told("title", library.assets[0], "evil\x1b[2Jname\u202e")
    shown = library.said("search") + library.said("show", library.assets[0])
    assert "\x1b" not in shown and "\u202e" not in shown
    assert "evil\\x1b[2Jname\\u202e" in shown


def test_what_any_camera_writes_is_told_in_the_readers_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GESSO_LANGUAGE", "zh-TW")
    show_parameters({"camera": "Leica M11", "Hires upscaler": "4x"})
    assert [line.strip() for line in capsys.readouterr().out.splitlines()[2:]] == [
        "相機: Leica M11",
        "Hires upscaler: 4x",
    ]


def test_export_that_came_back_says_what_it_was_made_of(library: Library, tmp_path: Path) -> None:
    source = library.assets[0]
    library.told("export", str(tmp_path / "out"), source, "--preset", "client")
    (back,) = library.told("import", str(tmp_path / "out"))["assets"]
    name = item(library, source)["name"]
    told = item(library, back)["made_of"]
    assert [(each["id"], each["name"], each["binned"]) for each in told] == [(source, name, False)]
    assert f"Made of {name} ({source[:12]})" in " ".join(library.said("show", back).split())
    library.told("rm", source, "--yes")
    assert "in the bin" in library.said("show", back)
    assert "在回收桶中" in library.speak("show", back, GESSO_LANGUAGE="zh-TW").out
    assert item(library, library.assets[1])["made_of"] == []
