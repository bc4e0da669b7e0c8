"""Sheets sent again, and files that are none, from the command line: every picture is paid once, and was meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.house import Studio

PAID = ("--provider", "painter", "--yes", "--wait")


def sent(studio: Studio, sheet: Path, *words: str) -> tuple[int, int]:
    """How many pictures were made of it, and how many it had been asked for before."""
    made: dict[str, Any] = studio.told("gen", "--from", str(sheet), *PAID, *words)
    return len(made["jobs"]), made["quote"]["passed_over"]


@pytest.mark.parametrize(
    "words", [("--format", "png"), ("--size", "64x64"), ("--option", "quality=low"), ("--model", "oil")]
)
def test_sheet_sent_again_with_what_is_usual_asks_for_nothing(
    studio: Studio, tmp_path: Path, words: tuple[str, ...]
) -> None:
    sheet = tmp_path / "rows.csv"
    sheet.write_text("prompt\na red fox\n")
    assert sent(studio, sheet) == (1, 0)
    assert sent(studio, sheet, *words) == (0, 1)
    assert sent(studio, sheet, "--option", "quality=high") == (1, 0)


SHEET = "prompt,count\na red fox,\na {~red|blue} owl,2\n"


@pytest.mark.parametrize(
    "text",
    [
        "prompt,count,size\na red fox,,64x64\na {~red|blue} owl,2,64x64\n",
        "prompt,count,model\na red fox,,oil\na {~red|blue} owl,2,\n",
        "prompt,count,provider,format\na red fox,1,painter,png\na {~red|blue} owl,2,,png\n",
        "prompt,count,tags,note\na red fox,1,night,first\na {~red|blue} owl,2,night;day,\n",
        "prompt,count\na {~red|blue} owl,2\na red fox,\n",
        '{"prompt":"a red fox"}\n{"prompt":"a {~red|blue} owl","count":2,"why":"it is wise"}\n',
        "prompt,mood\na {{mood}} fox,red\na {~red|blue} owl,\na {~red|blue} owl,\n",
        "prompt,mood\na {{mood}} fox,red\na {~red|blue} {{mood}},owl\na {~red|blue} {{mood}},owl\n",
    ],
    ids=["size", "model", "format", "tags and notes", "order", "JSON", "words of a variable", "and of one drawn"],
)
def test_sheet_that_asks_for_the_same_in_other_words_asks_for_nothing(
    studio: Studio, tmp_path: Path, text: str
) -> None:
    sheet = tmp_path / "rows.csv"
    sheet.write_text(SHEET)
    assert sent(studio, sheet) == (3, 0)
    sheet.write_text(text)
    assert sent(studio, sheet) == ((2, 1) if "{~red|blue} {{mood}}" in text else (0, 3))
    assert sent(studio, sheet) == (0, 3)


@pytest.mark.parametrize("draws", [True, False])
def test_more_pictures_of_a_row_are_as_many_as_are_new(studio: Studio, tmp_path: Path, draws: bool) -> None:
    sheet, prompt = tmp_path / "rows.csv", "a {~red|blue} fox" if draws else "a red fox"
    for count, found in ((2, (2, 0)), (3, (1, 2)), (2, (0, 2)), (5, (2, 3))):
        sheet.write_text(f"prompt,count\n{prompt},{count}\n")
        assert sent(studio, sheet) == found
    sheet.write_text("prompt\n" + f"{prompt}\n" * 6)
    assert sent(studio, sheet) == (1, 5)
    assert sent(studio, sheet, "--count", "2") == (6, 6)


def test_pictures_with_a_seed_are_known_by_it(studio: Studio, tmp_path: Path) -> None:
    sheet = tmp_path / "rows.csv"
    sheet.write_text("prompt,count,seed\na red fox,2,7\n")
    assert sent(studio, sheet) == (2, 0)
    sheet.write_text("prompt,seed\na red fox,8\na red fox,7\na red fox,9\na red fox,\n")
    assert sent(studio, sheet) == (2, 2)


def test_job_whose_sheet_was_sent_again_since_is_not_tried_again_beside_it(studio: Studio, tmp_path: Path) -> None:
    sheet = tmp_path / "rows.csv"
    sheet.write_text("prompt\na red fox\n")
    told = studio.told("queue", "pause")
    (first,) = studio.told("gen", "--from", str(sheet), "--provider", "painter", "--yes")["jobs"]
    assert told and studio.told("queue", "cancel", first["id"])
    (second,) = studio.told("gen", "--from", str(sheet), "--provider", "painter", "--yes")["jobs"]
    done = studio.speak("queue", "retry", first["id"], "--yes")
    assert done.code == 1 and "sent again since" in done.err, done.err
    assert "已重新送出它的表格" in studio.speak("queue", "retry", first["id"], "--yes", GESSO_LANGUAGE="zh-TW").err
    assert studio.told("queue", "cancel", second["id"])
    assert studio.told("queue", "retry", second["id"], "--yes")["count"] == 1
    assert studio.speak("queue", "retry", first["id"], "--yes").code == 1
    assert studio.told("queue", "cancel", second["id"])
    assert studio.told("queue", "retry", first["id"], "--yes")["count"] == 1, "of the two none came to anything"
    assert sent(studio, sheet) == (0, 1)
    (third,) = studio.told("gen", "--from", str(sheet), "--provider", "painter", "--yes", "--again")["jobs"]
    assert studio.told("queue", "cancel", third["id"])
    assert studio.told("queue", "retry", third["id"], "--yes")["count"] == 1, "it was meant to be one more"


def test_sheet_that_draws_by_chance_asks_only_for_its_new_rows(studio: Studio, tmp_path: Path) -> None:
    sheet = tmp_path / "rows.csv"
    drawn = "prompt,count\na {~red|blue|green|grey|pink|white|black} fox,2\na {a|b} {~x|y} one,\n"
    sheet.write_text(drawn)
    assert sent(studio, sheet) == (4, 0)
    assert sent(studio, sheet) == (0, 4)
    sheet.write_text(f"{drawn}a {{~new|fresh}} one,\n")
    assert sent(studio, sheet) == (1, 4)
    assert sent(studio, sheet, "--again") == (5, 0)
    assert sent(studio, sheet, "--negative", "{~blur|text}") == (5, 0)
    assert sent(studio, sheet, "--negative", "{~blur|text}") == (0, 5)


@pytest.mark.parametrize("text", ["a red fox\na blue owl\n", '[\n["a red fox"],\n7\n]\n', "- a red fox\n- an owl\n"])
def test_file_that_is_no_sheet_is_not_the_typed_prompt_once_for_each_line(
    studio: Studio, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "names.txt"
    file.write_text(text)
    done = studio.speak("gen", "a portrait", "--from", str(file), *PAID)
    assert done.code == 1 and ("no sheet for this prompt" in done.err or "is a JSON object" in done.err), done.err
    assert not studio.told("queue", "ls", "--ended")["jobs"]


def test_json_list_is_a_sheet(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([{"prompt": "a red fox", "count": 2}, {"prompt": "a blue owl"}], indent=2))
    made = studio.told("gen", "a portrait", "--from", str(file), *PAID)
    assert sorted(each["prompt"] for each in made["jobs"]) == ["a blue owl", "a red fox", "a red fox"]


def test_json_list_of_prompts_is_a_sheet(studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "names.json"
    file.write_text('[\n"a red fox",\n"a blue owl"\n]\n')
    made = studio.told("gen", "a portrait", "--from", str(file), *PAID)
    assert sorted(each["prompt"] for each in made["jobs"]) == ["a blue owl", "a red fox"], "each says its own"
