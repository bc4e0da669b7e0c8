"""Pictures from a saved prompt, by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.commands.house import Studio

PAID = ("--provider", "painter")


@pytest.fixture
def market(studio: Studio) -> Any:
    """A prompt with two places, one of them with a usual value, in two languages."""
    words = ("prompt", "create", "Market", "a {{subject}} by {{light}}", "--var", "light=lamp", "--negative", "fog")
    studio.told(*words)
    return studio.told("prompt", "edit", "Market", "--language", "zh-TW", "--text", "{{light}}旁的{{subject}}")


def test_saved_prompt_is_filled_in_any_of_its_languages(studio: Studio, market: Any) -> None:
    def asked(*words: str) -> Any:
        return studio.told("estimate", "--prompt", "Market", *words)["prompts"]

    assert asked("--var", "subject=fox") == ["a fox by lamp"]
    assert asked("--var", "subject=fox", "--var", "LIGHT=a=b") == ["a fox by a=b"]
    assert asked("--var", "subject=狐狸", "--language", "zh-tw") == ["lamp旁的狐狸"]
    assert studio.told("estimate", "--prompt", market["id"][:6], "--var", "subject=fox")["prompts"] == ["a fox by lamp"]


def test_picture_and_job_keep_the_prompts_id(studio: Studio, market: Any) -> None:
    words = ("gen", "--prompt", "Market", "--var", "subject=fox", *PAID, "--yes", "--wait")
    job = studio.told(*words)["jobs"][0]
    assert (job["saved"], job["prompt"], job["negative"]) == (market["id"], "a fox by lamp", "fog")
    assert studio.told("search", f"prompt:{market['id']}")["items"][0]["id"] == job["assets"][0]
    assert studio.told("prompt", "show", "Market")["assets"] == 1
    own = studio.told(
        "gen", "--prompt", "Market", "--var", "subject=fox", "--negative", "rain", *PAID, "--yes", "--wait"
    )
    assert own["jobs"][0]["negative"] == "rain"


def test_sheet_takes_the_saved_prompt_for_its_rows(studio: Studio, market: Any, tmp_path: Path) -> None:
    sheet = tmp_path / "scenes.csv"
    sheet.write_text("subject,light\nfox,\nowl,moon\n")
    words = ("--prompt", "Market", "--from", str(sheet), "--var", "light=fire")
    assert studio.told("estimate", *words)["prompts"] == ["a fox by fire", "a owl by moon"]
    refused = studio.speak("--json", "gen", *words, "--var", "sbject=cat", *PAID, "--yes")
    assert (refused.code, refused.json["jobs"], refused.json["quote"]["jobs"]) == (1, [], 0)
    assert "No prompt has a place for the variable sbject." in refused.err


def own(sheet: Path, *rows: str) -> Path:
    sheet.write_text("\n".join(["prompt,thing", *rows]) + "\n")
    return sheet


def test_column_that_no_prompt_uses_is_named_and_what_was_meant_begins_nothing(studio: Studio, tmp_path: Path) -> None:
    sheet = tmp_path / "scenes.csv"
    sheet.write_text('prompt,thing\n"a {thing} lantern",red\n')
    for verb in (("gen", *PAID, "--yes"), ("gen", *PAID, "--dry-run"), ("estimate", *PAID)):
        done = studio.speak(*verb, "--from", str(sheet))
        said = " ".join(done.err.split())
        assert done.code == 1 and "would go out as they stand. Write {{thing}} where" in said, done
        assert "nothing of the sheet is begun" in said and "that no prompt uses" not in said, done
    quote = studio.speak("--json", "estimate", *PAID, "--from", str(sheet)).json
    assert (quote["unused"], quote["jobs"], quote["row_count"], quote["held"]) == (["thing"], 0, 0, True)
    assert studio.told("queue", "ls")["jobs"] == [] and studio.told("queue", "ls", "--ended")["jobs"] == []
    # One row that is right hides none that is not; a row is told as a spreadsheet and as an editor counts.
    sheet.write_text('prompt,thing\n"a {{thing}}\nlantern",red\n"a {thing} sea",blue\na moon,\n')
    for language, row in (("en", "row 3: These braces"), ("zh-TW", "第 3 列：這裡的大括號")):
        done = studio.speak("gen", *PAID, "--yes", "--from", str(sheet), GESSO_LANGUAGE=language)
        assert done.code == 1 and f"{sheet}:4: {row}" in done.err, done
    quote = studio.speak("--json", "estimate", *PAID, "--from", str(sheet)).json
    assert [(each["row"], each["line"], each["at"], each["code"]) for each in quote["faults"]] == [
        (3, 4, 2, "prompt.braces")
    ]
    assert (quote["unused"], quote["jobs"], quote["row_count"], quote["held"]) == ([], 0, 2, True)
    assert studio.told("queue", "ls")["jobs"] == [] and studio.told("queue", "ls", "--ended")["jobs"] == []
    # PROMPT is looked at only where a row takes it.
    quote = studio.told(
        "estimate", "a {thing} sea, {{thing}}", *PAID, "--from", str(own(sheet, "a {{thing}} moon,blue"))
    )
    assert (quote["faults"], quote["jobs"], quote["held"]) == ([], 1, False)
    quote = studio.told("estimate", "a {{thing}} sea", *PAID, "--from", str(own(sheet, "a moon,blue")))
    assert (quote["unused"], quote["jobs"]) == (["thing"], 1)
    quote = studio.speak(
        "--json", "estimate", "a {thing} sea", *PAID, "--from", str(own(sheet, "a moon,", ",blue"))
    ).json
    assert ([each["row"] for each in quote["faults"]], quote["jobs"]) == ([3], 0)
    # It is among what is told, however much is wrong with other rows.
    quote = studio.speak("--json", "estimate", *PAID, "--from", str(own(sheet, *["a {,"] * 300, "a {thing},"))).json
    assert (len(quote["faults"]), quote["fault_count"], quote["faults"][-1]["row"]) == (200, 301, 302)
    assert quote["bad_rows"] == 301  # also those whose faults are not listed
    sheet.write_text('prompt,thing\n"a {{thing}} lantern",red\na moon,\na sun,blue\n')
    assert studio.told("estimate", *PAID, "--from", str(sheet))["unused"] == []
    sheet.write_text("prompt,note\na moon,for Ann\n")
    done = studio.speak("estimate", *PAID, "--from", str(sheet))
    assert done.code == 0 and "no prompt uses: note" in done.err, done


def test_variables_fill_a_prompt_that_is_not_saved(studio: Studio) -> None:
    assert studio.told("estimate", "a {{subject}}", "--var", "subject=fox")["prompts"] == ["a fox"]


def test_what_is_missing_or_unknown_is_named_and_nothing_is_begun(studio: Studio, market: Any) -> None:
    studio.told("prompt", "edit", "Market", "--unset", "light")
    for words, said in (
        (("--prompt", "Market"), ("for the variable subject", "for the variable light")),
        (("--prompt", "Market", "--var", "subject=a", "--var", "light=b", "--var", "mood=c", "--var", "time=d"),
         ("place for the variable mood", "place for the variable time")),
        (("--prompt", "Market", "--var", "sbject=a", "--var", "light=b"),
         ("given for the variable subject", "place for the variable sbject")),
        (("a lamp", "--prompt", "Market"), ("PROMPT or --prompt, not both",)),
        (("--prompt", "Market", "--var", "subject"), ("NAME=VALUE",)),
        (("--prompt", "Market", "--language", "ja"), ("not saved in ja", "zh-TW")),
        (("a lamp", "--language", "ja"), ("Say --prompt too",)),
    ):  # fmt: skip
        for verb in ("gen", "estimate"):
            done = studio.speak(verb, *words)
            assert done.code == 2 and all(each in done.err for each in said), (words, done)
    assert studio.told("queue", "ls")["jobs"] == [] and studio.told("queue", "ls", "--ended")["jobs"] == []


def test_names_that_are_not_there_or_mean_several_are_told(studio: Studio, market: Any) -> None:
    done = studio.speak("gen", "--prompt", "Harbour")
    assert done.code == 1 and "no saved prompt Harbour" in done.err
    ids = [studio.told("prompt", "create", f"n{number}", "x")["id"] for number in range(300)]
    start = next(each[:4] for each in ids if sum(other.startswith(each[:4]) for other in ids) > 1)
    done = studio.speak("gen", "--prompt", start)
    assert done.code == 1 and "can be" in done.err and done.err.count("(n") > 1
