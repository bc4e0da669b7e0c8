"""Sheets as people and their programs write them: good rows go on, every bad one is named, a rerun knows its rows."""

from __future__ import annotations

import csv
import io
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.plaintext import as_text
from library.jobs import expanding
from library.jobs.cells import KNOWN, Limits, Row
from library.jobs.sheets import Sheet, read
from tests.tree import ROOT

MANY = {f"x{number}": 1 for number in range(100)}


def rows(text: str, **more: str) -> list[Row]:
    sheet = read(text, **more)
    assert sheet.problems == ()
    return list(sheet.rows)


def faults(sheet: Sheet) -> list[tuple[int | None, str]]:
    return [(each.row, each.code) for each in sheet.problems]


def hundred(bad: dict[int, str]) -> str:
    lines = ["prompt,count,size"] + [bad.get(number, f"a cat {number},2,512x768") for number in range(1, 101)]
    return "\n".join(lines) + "\n"


BAD = {7: "a cat 7,many,512x768", 50: ",2,512x768", 99: "a cat, asleep,2,512x768"}


def test_three_bad_rows_of_a_hundred_are_named_and_the_others_go_on() -> None:
    sheet = read(hundred(BAD))
    assert len(sheet.rows) == 97
    assert faults(sheet) == [(8, "row.number"), (51, "row.no_prompt"), (100, "row.cells")]
    assert sheet.rows[0] == Row("a cat 1", count=2, width=512, height=768, row=2, line=2, key=sheet.rows[0].key)


def test_mended_sheet_brings_exactly_the_rows_that_were_bad() -> None:
    before = {row.key for row in read(hundred(BAD)).rows}
    after = {row.key: row.row for row in read(hundred({})).rows}
    assert len(after) == 100
    assert before < after.keys()
    assert sorted(after[key] for key in after.keys() - before) == [8, 51, 100]


def test_key_is_what_a_row_asks_for_wherever_and_however_it_is_written() -> None:
    one = rows("prompt,style,count\na cat,ink,2\na dog,,1\n")
    other = rows('{"數量": 1, "prompt": "a dog"}\n\n{"variables": {"Style": "ink"}, "prompt": " a cat ", "count": 2}\n')
    assert [row.key for row in other] == [row.key for row in reversed(one)]


def test_keys_stay_as_they_are_between_versions() -> None:
    """Another key would be another picture to pay."""
    assert rows("prompt,count,style\na cat,2,ink\n")[0].key == "b2ad894708632e3c084cf9a3f420692f"


def test_same_row_twice_is_asked_for_twice() -> None:
    once, twice = rows("prompt\na cat\n"), rows("prompt\na cat\na cat\n")
    assert twice[0].key == once[0].key != twice[1].key


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separator_is_what_parts_the_header(separator: str, end: str) -> None:
    cells = [["Prompt", "Negative Prompt", "Art Style"], ['"a; big, cat"', "blur", "ink"]]
    (row,) = rows(end.join(separator.join(line) for line in cells))
    assert (row.prompt, row.negative, row.variables) == ("a; big, cat", "blur", {"art style": "ink"})


@pytest.mark.parametrize(
    "name", ["negative-prompt", "Negative_Prompt", "negativePrompt", "NEGATIVE PROMPT", "負向提示詞"]
)
def test_negative_prompt_is_known_however_programs_write_it(name: str) -> None:
    (row,) = rows(f"positivePrompt,{name}\na fox,blur\n")
    assert (row.prompt, row.negative, row.variables) == ("a fox", "blur", {})


def test_separator_that_excel_is_told_is_taken_and_not_counted_as_a_row() -> None:
    (row,) = rows("sep=|\nprompt|mood, or so\na cat|calm\n")
    assert (row.variables, row.row, row.line) == ({"mood, or so": "calm"}, 2, 3)


def test_sheet_of_one_column_needs_no_quotes() -> None:
    assert [row.prompt for row in rows('prompt\na cat, asleep; warm\n"a ""big"" dog"\n')] == [
        "a cat, asleep; warm",
        'a "big" dog',
    ]


def test_cell_of_several_lines_and_blank_rows_keep_both_counts() -> None:
    first, second = rows('prompt,seed\n"a cat\r\nasleep",1\n\n a dog ,2\n')
    assert (first.prompt, first.row, first.line) == ("a cat\r\nasleep", 2, 2)
    assert (second.prompt, second.row, second.line) == ("a dog", 4, 5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp950"])
def test_sheet_in_chinese_as_spreadsheets_of_taiwan_save_it(encoding: str) -> None:
    header = "提示詞,負向提示詞,張數,尺寸,種子,供應商,模型,標籤,專案,主題"
    text = f"{header}\n一隻在屋頂上睡覺的貓咪,模糊,3,１０２４×７６８,42,sketch,水墨,貓、夜景,展覽,月亮\n"
    (row,) = rows(as_text(text.encode(encoding)))
    assert (row.prompt, row.negative, row.count, row.width, row.height) == (
        "一隻在屋頂上睡覺的貓咪",
        "模糊",
        3,
        1024,
        768,
    )
    assert (row.seed, row.provider, row.model, row.tags, row.project) == (42, "sketch", "水墨", ("貓", "夜景"), "展覽")
    assert row.variables == {"主題": "月亮"}


def test_what_is_not_said_is_left_to_the_batch() -> None:
    (row,) = rows("prompt,count,seed,width,height,tags\na cat,,-1,,,\n")
    assert (row.count, row.seed, row.width, row.height, row.tags) == (None, None, None, None, ())


def test_number_with_a_point_as_tables_of_numbers_write_it_is_whole() -> None:
    (row,) = rows("prompt,count,seed,width,height\na cat,4.0,7.0,512,512.00\n")
    assert (row.count, row.seed, row.width, row.height) == (4, 7, 512, 512)


def test_formula_is_just_words() -> None:
    (row,) = rows('prompt,note\n"=HYPERLINK(""http://example.org"")",@SUM(A1)\n')
    assert (row.prompt, row.variables) == ('=HYPERLINK("http://example.org")', {"note": "@SUM(A1)"})


def test_size_that_is_too_much_is_told_by_the_bound_of_a_side() -> None:
    (problem,) = read("prompt,size\na,16385x5\n").problems
    assert "each side of 16384 pixels at most" in problem.sentence


@pytest.mark.parametrize(
    ("cells", "code", "field"),
    [
        ("a,0,,,,", "row.number", "count"),
        ("a,1001,,,,", "row.number", "count"),
        ("a,1.5,,,,", "row.number", "count"),
        ("a,,99999999999999999999,,,", "row.number", "seed"),
        ("a,,-2,,,", "row.number", "seed"),
        ("a,,,big,,", "row.size", "size"),
        ("a,,,0x5,,", "row.size", "size"),
        ("a,,,16385x5,,", "row.size", "size"),
        ("a,,,,512,", "row.side", "size"),
        ("a,,,5x5,512,512", "row.size_twice", "size"),
        (",,,,,", None, None),
        (" ,1,,,,", "row.no_prompt", "prompt"),
        ("a,,,,,,more", "row.cells", None),
        ('"a"b,,,,,', "row.quotes", None),
        ("a" * 32_001 + ",,,,,", "row.long", "prompt"),
        ("a" * 140_000 + ",,,,,", "row.cell_long", None),
    ],
)
def test_bad_row_says_what_is_wrong_and_the_next_goes_on(cells: str, code: str | None, field: str | None) -> None:
    sheet = read(f"prompt,count,seed,size,width,height\n{cells}\nnext,,,,,\n")
    assert [(each.code, each.field, each.row, each.line) for each in sheet.problems] == (
        [(code, field, 2, 2)] if code else []
    )
    assert [row.prompt for row in sheet.rows] == ["next"]


def test_everything_wrong_with_a_row_is_listed() -> None:
    sheet = read("prompt,count,seed\na,x,y\n")
    assert [(each.code, each.field) for each in sheet.problems] == [("row.number", "count"), ("row.number", "seed")]


@pytest.mark.parametrize("bad", ['"never closed', '"never closed' + "\n" * 140_000, '"a "b" c\nd"'])
def test_no_row_is_made_up_after_a_quotation_mark_that_is_not_closed(bad: str) -> None:
    sheet = read(f"prompt,count\na,1\n{bad},1\nc,1\n")
    assert faults(sheet) == [(3, "row.quotes"), (3, "sheet.unread")]
    assert [row.prompt for row in sheet.rows] == ["a"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "sheet.empty"),
        (" \n\ufeff\n", "sheet.no_prompt"),
        ("colour,count\nred,1\n", "sheet.no_prompt"),
        ("prompt,提示詞\na,b\n", "sheet.twice"),
        ("prompt,x,X\na,b,c\n", "sheet.twice"),
        ('"prompt\na\n', "row.quotes"),
        ("prompt" + ",a" * 100, "sheet.columns"),
        ("prompt\n" + "a\n" * 10_001, "sheet.rows"),
        ("a" * 8_000_001, "sheet.long"),
    ],
)
def test_sheet_that_cannot_be_read_says_why_and_has_no_rows(text: str, code: str) -> None:
    sheet = read(text)
    assert [each.code for each in sheet.problems][:1] == [code]
    assert sheet.rows == ()


def test_sheet_of_variables_takes_the_prompt_that_it_is_given() -> None:
    first, second = rows("colour,prompt\nred,\nblue,a {{colour}} dog\n", prompt="a {{colour}} cat")
    assert (first.prompt, second.prompt) == ("a {{colour}} cat", "a {{colour}} dog")
    assert [row.prompt for row in rows("colour\nred\n", prompt="a {{colour}} cat")] == ["a {{colour}} cat"]


def test_lines_of_json_say_the_same_in_their_own_types() -> None:
    (row,) = rows(
        '{"prompt": "a cat", "count": 2, "size": "512x512", "seed": 7, "tags": ["a, b", "c", "c"], "year": 1999, '
        '"warm": true, "none": null, "variables": {"size": "huge"}}'
    )
    assert (row.count, row.width, row.seed, row.tags) == (2, 512, 7, ("a, b", "c"))
    assert row.variables == {"year": "1999", "warm": "true", "none": "", "size": "huge"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "row.json"),
        ("not json", "row.json"),
        ('"prompt": 5', "row.json_braces"),
        ('{"prompt": "a", "x": ' + "[" * 100_000, "row.json"),
        ("[1]", "row.json_object"),
        ('{"prompt": "a", "variables": [1]}', "row.json_object"),
        ('{"prompt": {"a": 1}}', "row.value"),
        ('{"prompt": "a", "tags": [["b"]]}', "row.value"),
        ('{"prompt": "a", "Prompt": "b"}', "row.twice"),
        ('{"prompt": "a", "x": 1, "variables": {"X": 2}}', "row.twice"),
        ('{"prompt": "a", "count": true}', "row.number"),
        ('{"prompt": "a", "prompt": "b"}', "row.twice"),
        ('{"prompt": "a", "variables": {"x": 1, "x": 1}}', "row.twice"),
        ('{"prompt": "a", "x": {"y": 1, "y": 2}}', "row.twice"),
        (json.dumps({"prompt": "a", **MANY}), "row.columns"),
        (json.dumps({"prompt": "a", "variables": MANY}), "row.columns"),
        (json.dumps({"prompt": "a" * 200_000}), "row.json_long"),
    ],
)
def test_bad_line_of_json_says_what_is_wrong_and_the_next_goes_on(line: str, code: str) -> None:
    sheet = read('{"prompt": "first"}\n' + line + '\n{"prompt": "last"}\n')
    assert faults(sheet) == [(2, code)]
    assert [row.prompt for row in sheet.rows] == ["first", "last"]


@pytest.mark.parametrize("text", ["prompt\n", "prompt,count\r\n\r\n", "[]", " [ ]\n", "sep=,\nprompt"])
def test_sheet_without_a_row_says_so(text: str) -> None:
    assert [each.code for each in read(text).problems] == ["sheet.no_rows"]


def test_what_is_decoded_at_once_is_no_longer_than_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else has a turn meanwhile."""
    decoded, limits = list[int](), Limits(row=9000)
    raw_decode = json.JSONDecoder.raw_decode

    def noted(decoder: json.JSONDecoder, text: str, idx: int = 0) -> tuple[Any, int]:
        decoded.append(len(text))
        return raw_decode(decoder, text, idx)

    monkeypatch.setattr(json.JSONDecoder, "raw_decode", noted)
    good = [{"prompt": "a cat" * count} for count in (1, 50, 700, 1700)]
    for bad in ("[" * 99_000, "[" + "[]," * 99_000 + "[]]", '{"prompt":"' + "a" * 99_000 + '"}', "7" * 99_000):
        text = json.dumps(good)[:-1] + f", {bad}]"
        assert [row.prompt for row in read(text, limits=limits).rows] == [each["prompt"] for each in good]
        assert faults(read(text, limits=limits)) == [(5, "row.json_long"), (5, "sheet.unread")]
        lines = "\n".join([*map(json.dumps, good), bad, '{"prompt": "last"}'])
        assert len(read(lines, limits=limits).rows) == 5
    assert decoded and max(decoded) <= limits.row


def test_numbers_in_front_of_a_choice_take_time_that_grows_with_them() -> None:
    def seconds(count: int) -> float:
        text = "{" + "1" * count + "|a}"
        begun = time.process_time()
        assert expanding.read(text).number == 2
        return time.process_time() - begun

    short, long = (min(seconds(count) for _ in range(5)) for count in (2_000, 30_000))
    assert long < 60 * short + 0.01, "by the square it would be 225 times as much"


@pytest.mark.parametrize("page", ["prompts.md", "prompts.zh-TW.md"])
def test_every_column_is_documented_under_all_its_names(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    sheets = text[text.index("JSONL") :]
    assert [name for name in KNOWN if name not in sheets] == []


cells = st.text(st.sampled_from("ab, ;\t\"'\n\r=貓{}|\0\ud800"), max_size=9)


@given(st.lists(cells, min_size=1, max_size=6), st.sampled_from(",;\t"))
def test_cells_that_a_program_wrote_come_back(prompts: list[str], separator: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=separator).writerows([["prompt", "n"], *((each, "x" + each) for each in prompts)])
    sheet = read(written.getvalue())
    clean = [each.encode("utf-8", "replace").decode().replace("\0", " ") for each in prompts]
    assert [row.prompt for row in sheet.rows] == [each.strip() for each in clean if each.strip()]
    assert [row.variables["n"] for row in sheet.rows] == [("x" + each).strip() for each in clean if each.strip()]
    assert {each.code for each in sheet.problems} <= {"row.no_prompt"}


@given(st.text(st.sampled_from([*'prompt,;\t"\n\r{}[]:sep=1', "\ufeff", "\0", "\ud800"]), max_size=80))
def test_any_text_is_rows_or_problems(text: str) -> None:
    for start in ("", "prompt,count\n", '{"prompt": "a"}\n'):
        sheet = read(start + text, limits=Limits(rows=9))
        assert len({row.key for row in sheet.rows}) == len(sheet.rows)


def test_large_sheet_takes_no_time() -> None:
    begun = time.process_time()
    lines = (json.dumps({"prompt": f"a cat {number}", "seed": number}) for number in range(10_000))
    assert len(rows("\n".join(lines))) == 10_000
    assert time.process_time() - begun < 3


def test_tag_that_no_picture_may_have_is_told_with_its_row() -> None:
    long, tab, turned = "t" * 201, "a\tb", "x\u202egpj"
    lines = (json.dumps({"prompt": "a cat", "tags": [tag]}) for tag in ("t" * 200, "👩\u200d🎨", long, tab, turned))
    sheet = read("\n".join(lines))
    assert [row.row for row in sheet.rows] == [1, 2]
    assert faults(sheet) == [(3, "row.tag_long"), (4, "row.tag_unseen"), (5, "row.tag_unseen")]
    assert [each.params["sign"] for each in sheet.problems[1:]] == ["U+0009", "U+202E"]
    assert faults(read(f"prompt,tags\na,{long}\n")) == [(2, "row.tag_long")]


def test_lines_without_braces_are_told_so_from_the_first_on() -> None:
    sheet = read('"prompt": 5\n{"prompt": "a"}')
    assert [each.prompt for each in sheet.rows] == ["a"]
    assert [(each.code, each.line) for each in sheet.problems] == [("row.json_braces", 1)]


def test_seeds_go_as_far_as_anywhere() -> None:
    assert [row.seed for row in rows(f"prompt,seed\na,{2**63 - 1}\nb,{2**53}\n")] == [2**63 - 1, 2**53]
    assert faults(read(f"prompt,seed\na,{2**63}\n")) == [(2, "row.number")]


LIST = [{"prompt": "a red fox", "count": 2}, {"prompt": "a blue owl", "mood": "calm"}]


@pytest.mark.parametrize(
    "text", [json.dumps(LIST), json.dumps(LIST, indent=2), "\n[\n" + ",\n".join(map(json.dumps, LIST)) + ",\n]\n"]
)
def test_json_list_says_the_same_as_a_line_for_each_of_its_items(text: str) -> None:
    found, lines = rows(text, prompt="a portrait"), rows("\n".join(map(json.dumps, LIST)))
    assert [(each.prompt, each.count, each.row, each.key) for each in found] == [
        (each.prompt, each.count, each.row, each.key) for each in lines
    ]


def test_items_of_a_json_list_are_named_by_their_number_and_line() -> None:
    sheet = read('[\r\n  {"prompt": "a"}, 7,\r\n\r\n  {\r\n "prompt": "c"},\n {"prompt": "d", "count": 0}]')
    assert [(each.prompt, each.row, each.line) for each in sheet.rows] == [("a", 1, 2), ("c", 3, 4)]
    assert [(each.code, each.row, each.line) for each in sheet.problems] == [
        ("row.json_object", 2, 2),
        ("row.number", 4, 6),
    ]


@pytest.mark.parametrize("rest", ["", ', {"prompt": ', ', {"prompt": "b"} nonsense', ", {b}]", '] {"prompt": "b"}'])
def test_nothing_is_read_behind_the_place_where_a_json_list_breaks_off(rest: str) -> None:
    sheet = read('[{"prompt": "a"}' + rest)
    assert (sheet.rows[0].prompt, faults(sheet)[-1][1]) == ("a", "sheet.unread")


@pytest.mark.parametrize(
    "text",
    [
        "a red fox\na blue owl\na green cat\n",
        "- prompt: a red fox\n- prompt: a blue owl\n",
        "| prompt | count |\n|---|---|\n| a red fox | 2 |\n",
        '{"words": "a red fox"}\n{"words": "a blue owl", "variables": {"mood": "calm"}}\n',
        '[{"words": "a red fox"}, {}]',
        "[\n1,\n2\n]\n",
    ],
)
def test_file_of_which_nothing_would_be_in_a_picture_is_no_sheet(text: str) -> None:
    """With a prompt beside it each of its lines would be one and the same picture, paid."""
    sheet = read(text, "a portrait", negative="blur")
    assert (sheet.rows, [each.code for each in sheet.problems]) == ((), ["sheet.unknown"])


@pytest.mark.parametrize(
    ("text", "prompt", "negative"),
    [
        ("seed\n1\n2\n", "a portrait", ""),
        ("張數,備註\n1,x\n2,y\n", "a portrait", ""),
        ("note,Mood\nx,calm\ny,wild\n", "a {{ＭＯＯＤ:dull}} portrait", ""),
        ("mood\ncalm\nwild\n", "a {mood} portrait", ""),  # which is named as a mistake of the prompt's
        ("flaw\nblur\ntext\n", "a portrait", "{{flaw}}"),
        ('{"mood": "calm"}\n{}\n', "a {{mood:dull}} portrait", ""),
    ],
)
def test_sheet_of_some_columns_goes_with_a_prompt_that_takes_one(text: str, prompt: str, negative: str) -> None:
    sheet = read(text, prompt, negative=negative)
    assert (len(sheet.rows), sheet.problems) == (2, ())


def test_list_of_prompts_alone_is_a_sheet_of_them() -> None:
    sheet = read('["a cat", "a dog",\n "夜市", {"prompt": "a fox", "count": 2}, 7, "a cat", ""]')
    assert [(row.prompt, row.row, row.line) for row in sheet.rows] == [
        ("a cat", 1, 1), ("a dog", 2, 1), ("夜市", 3, 2), ("a fox", 4, 2), ("a cat", 6, 2),
    ]  # fmt: skip
    assert [(each.row, each.code) for each in sheet.problems] == [(5, "row.json_object"), (7, "row.no_prompt")]
    assert len({row.key for row in sheet.rows}) == 5, "the same twice is two"
    assert [row.key for row in sheet.rows[:3]] == [row.key for row in read("prompt\na cat\na dog\n夜市\n").rows]
