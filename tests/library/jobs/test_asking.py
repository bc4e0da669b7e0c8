"""From what a person writes to the requests: how many, which, with which keys; and never more than were agreed on."""

from __future__ import annotations

import time

import pytest

from library.jobs.asking import Asked, mistaken, requests, unused
from library.jobs.cells import Row
from library.jobs.expanding import Lists
from library.jobs.sheets import read

LISTS = Lists({"colour": ["red", "blue", "green"]})


def asked(*rows: Row, seed: int = 1, **more: int) -> Asked:
    return requests(rows, LISTS, seed, **more)


def test_row_with_choices_is_a_request_for_each_with_a_key_of_its_own() -> None:
    found = asked(Row("a __colour__ cat", "{blur|text}", count=2, seed=5, row=2, key="k"))
    assert (found.number, found.problems) == (6, ())
    assert [(each.prompt, each.negative) for each in found.requests][:3] == [
        ("a red cat", "blur"),
        ("a red cat", "text"),
        ("a blue cat", "blur"),
    ]
    assert len({each.key for each in found.requests}) == 6
    assert all(each.key.startswith("k-") for each in found.requests)
    assert {(each.count, each.seed, each.row) for each in found.requests} == {(2, 5, 2)}


def test_list_that_grew_asks_only_for_what_is_new() -> None:
    row = Row("a __colour__ cat", key="k")
    before = {each.key for each in asked(row).requests}
    grown = requests([row], Lists({"colour": ["grey", "red", "blue", "green", "red"]}), 1).requests
    assert [each.prompt for each in grown if each.key not in before] == ["a grey cat", "a red cat"]


@pytest.mark.parametrize("prompt", ["", " {|cat}", "{{mood}}", "{~a|}", "{a|{b| }}"])
def test_prompt_that_would_say_nothing_is_not_asked_for(prompt: str) -> None:
    found = asked(Row(prompt, variables={"mood": ""}, row=2, line=2))
    assert (found.requests, [(each.code, each.row) for each in found.problems]) == ((), [("prompt.blank", 2)])


def test_chance_is_asked_anew_for_every_picture() -> None:
    found = asked(Row("{~a|b|c|d|e|f|g|h} {x|y}", count=20, seed=2**63 - 2))
    assert found.number == len(found.requests) == 40
    assert len({each.prompt for each in found.requests}) > 8
    assert {each.count for each in found.requests} == {1}
    assert [each.seed for each in found.requests][:5] == [2**63 - 2, 2**63 - 2, 2**63 - 1, 2**63 - 1, 0]
    assert asked(Row("{~a|b}"), count=7).number == 7


def test_same_batch_and_seed_are_the_same_prompts_whatever_other_rows_come_and_go() -> None:
    rows = [Row("__~colour__ {~a|b|c|d|e|f|g}", count=9, key=str(number)) for number in range(3)]
    all_three = asked(*rows).requests
    assert asked(*rows).requests == all_three
    assert asked(rows[2]).requests == all_three[18:]
    assert len({tuple(each.prompt for each in all_three[at : at + 9]) for at in (0, 9, 18)}) == 3
    assert asked(*rows, seed=2).requests != all_three


def test_variables_of_a_sheet_fill_its_prompt_and_missing_ones_name_their_row() -> None:
    sheet = read("colour,size\nred,512x512\n,\n__colour__,\n", prompt="a {{colour}} cat in {{place:rain}}, {{mood}}")
    assert sheet.problems == ()
    found = requests(sheet.rows, LISTS, 1)
    assert found.requests == ()
    assert [(each.code, each.params, each.row, each.field) for each in found.problems] == [
        ("prompt.variable", {"name": "mood"}, row, "prompt") for row in (2, 4)
    ]
    sheet = read("colour,mood\nred,calm\n__colour__,\n", prompt="a {{colour}} cat in {{place:rain}}, {{mood}}")
    assert [each.prompt for each in requests(sheet.rows, LISTS, 1).requests] == [
        "a red cat in rain, calm",
        "a __colour__ cat in rain,",
    ]


def test_good_rows_go_on_beside_bad_ones() -> None:
    found = asked(Row("a {b", row=2, line=3), Row("a", "__none__", row=3, line=4), Row("a cat", row=4, line=5))
    assert [(each.code, each.field, each.row, each.line) for each in found.problems] == [
        ("prompt.unclosed", "prompt", 2, 3),
        ("prompt.list", "negative", 3, 4),
    ]
    assert [each.prompt for each in found.requests] == ["a cat"]


def test_too_many_are_counted_and_none_is_made() -> None:
    begun = time.process_time()
    found = asked(Row("a cat"), Row("{0|1|2|3|4|5|6|7|8|9}" * 12))
    assert (found.requests, found.number) == ((), 10**12 + 1)
    assert [(each.code, each.params) for each in found.problems] == [
        ("batch.many", {"number": "1000000000001", "most": "1000"})
    ]
    assert time.process_time() - begun < 3
    assert len(asked(Row("{0|1|2|3|4|5|6|7|8|9}" * 3)).requests) == 1_000
    assert asked(Row("{0|1|2|3|4|5|6|7|8|9}" * 3), most=999).requests == ()
    assert asked(Row("{~a|b}", count=1_000), Row("a cat")).requests == ()


def test_hundred_rows_with_three_bad_ones_are_97_requests_and_mended_three_more() -> None:
    bad = ["a {{mood}} cat {9", "a {{unknown}} cat", "__nowhere__"]
    prompts = [f"a {{{{mood}}}} cat {number}" for number in range(97)]

    def keys(three: list[str]) -> tuple[list[int | None], set[str]]:
        sheet = read("prompt,mood\n" + "".join(f"{each},calm\n" for each in [*prompts[:40], *three, *prompts[40:]]))
        found = requests(sheet.rows, LISTS, 1)
        return [each.row for each in found.problems], {each.key for each in found.requests}

    rows, before = keys(bad)
    assert (rows, len(before)) == ([42, 43, 44], 97)
    _, after = keys(["a calm cat", "a dog", "a bird"])
    assert before < after
    assert len(after) == 100


@pytest.mark.parametrize(
    ("text", "prompt", "found"),
    [
        ("prompt,thing\na {thing},red\n", "", ["thing"]),
        ("prompt,thing\na {{thing}},red\n", "", []),
        ("prompt,Thing\na {{ＴＨＩＮＧ}},red\n", "", []),
        ("prompt,thing\na {{thing:blue}},red\na moon,green\n", "", []),  # one of them uses it
        ("prompt,x,y\na {{x}},1,2\nb,1,2\n", "", ["y"]),
        ("prompt,thing,note\na moon, ,x\n", "", ["note"]),  # and says nothing
        ("prompt,negative,thing\na moon,no {{thing}},red\n", "", []),
        ("thing,mood\nfox,calm\n", "a {{thing}}", ["mood"]),
        ('{"prompt": "a {{a}}", "a": 1, "variables": {"b": "x"}}\n', "", ["b"]),
        ("prompt,thing\n__list__,red\n", "", ["thing"]),  # lists are given no variables
    ],
)
def test_columns_that_no_prompt_has_a_place_for_are_named(text: str, prompt: str, found: list[str]) -> None:
    assert unused(read(text, prompt).rows) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a {thing} lantern", ["thing"]),
        ("a { Thing } lantern", ["thing"]),
        ("a {{thing}} lantern", []),
        ("a {thing|lamp} lantern", []),
        ("a thing", []),
    ],
)
def test_column_in_single_braces_was_meant(text: str, found: list[str]) -> None:
    assert mistaken(["note", "thing"], [text]) == found
