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
