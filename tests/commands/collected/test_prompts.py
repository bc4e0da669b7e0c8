"""Saved prompts from the command line."""

from __future__ import annotations

from tests.commands.house import Library

TEXT = "a {{subject}} at night"


def test_prompt_is_saved_shown_and_edited_in_two_languages(library: Library) -> None:
    assert "No prompts are saved yet" in library.speak("prompt", "ls").err
    made = library.told(
        "prompt", "create", "夜市", TEXT, "--negative", "blurry", "--var", "subject=cat", "--tag", "night"
    )
    assert (made["text"], made["negative"], made["variables"], made["tags"]) == (
        TEXT, "blurry", {"subject": "cat"}, ["night"],
    )  # fmt: skip
    library.told("prompt", "edit", "夜市", "--language", "zh-TW", "--text", "夜晚的{{subject}}")
    edited = library.told("prompt", "edit", "夜市", "--language", "zh-TW", "--negative", "模糊", "--tag", "new")
    assert edited["variants"] == {"zh-TW": {"text": "夜晚的{{subject}}", "negative": "模糊"}} and edited["text"] == TEXT
    said = library.said("prompt", "show", made["id"][:8])
    assert all(part in said for part in (TEXT, "[zh-TW] 夜晚的{{subject}}", "Negative: blurry", "subject = cat"))
    edited = library.told("prompt", "edit", "夜市", "--var", "light=a=b", "--unset", "subject", "--untag", "night")
    assert (edited["variables"], edited["tags"]) == ({"light": "a=b"}, ["new"])
    assert library.told("prompt", "edit", "夜市", "--language", "zh-TW", "--text", "")["variants"] == {}
    assert library.told("prompt", "edit", "夜市", "--negative", "", "--name", "market")["negative"] == ""
    intents = [each["intent"] for each in library.told("prompt", "log", "market")["entries"]]
    assert intents == ["prompt.edit"] * 5 + ["prompt.create"]
    said = library.said("prompt", "log", "market")
    assert "Prompt saved: 夜市" in said
    # What it said: after it was saved, and once the negative went; the other edits left both as they were.
    assert said.count("it said:") == 2 and said.count(f"  {TEXT}\n") == 2 and said.count("  Negative: blurry\n") == 1


def test_prompts_are_found_archived_copied_and_deleted(library: Library) -> None:
    library.told("prompt", "create", "Market", TEXT)
    library.told("prompt", "create", "Harbour", "fog, quiet")
    assert [each["name"] for each in library.told("prompt", "ls", "quiet", "FOG")["prompts"]] == ["Harbour"]
    assert "No saved prompt has these words" in library.speak("prompt", "ls", "owl").err
    library.told("prompt", "archive", "Harbour")
    assert [each["name"] for each in library.told("prompt", "ls")["prompts"]] == ["Market"]
    assert "Harbour (archived)" in library.said("prompt", "ls", "--all")
    library.told("prompt", "archive", "Harbour", "--undo")
    assert library.told("prompt", "duplicate", "Market", "Market 2")["text"] == TEXT
    library.told("checkpoint", "create", "before")
    said = library.said("prompt", "rm", "Market")
    assert [each["name"] for each in library.told("prompt", "ls")["prompts"]] == ["Harbour", "Market 2"]
    assert library.told("prompt", "show", "Market", "--at", "before")["text"] == TEXT
    library.told("undo", said.rpartition("`gesso undo ")[2].partition("`")[0])
    assert len(library.told("prompt", "ls")["prompts"]) == 3


def test_what_makes_no_sense_is_one_line(library: Library) -> None:
    library.told("prompt", "create", "a", "x")
    for words, code, told in (
        (("prompt", "show", "nothing"), 1, "There is no saved prompt nothing"),
        (("prompt", "create", "a", "y"), 1, "called “a” already"),
        (("prompt", "create", "b", "y", "--var", "subject"), 2, "NAME=VALUE"),
        (("prompt", "edit", "a"), 2, "Say what to change"),
        (("prompt", "edit", "a", "--var", "a/b=c"), 2, "no name for a variable"),
        (("prompt", "edit", "a", "--language", "中文", "--text", "x"), 2, "is no language"),
        (("prompt", "create", " ", "x"), 2, "A name is needed"),
    ):
        done = library.speak(*words)
        assert (done.code, done.out) == (code, ""), (words, done)
        assert told in done.err.splitlines()[0] and "Traceback" not in done.err, (words, done.err)
