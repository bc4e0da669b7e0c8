"""From what a person writes to the requests: how many, which, with which keys; and never more than were agreed on."""

from __future__ import annotations

import json
import re
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_key_of_a_prompt_stays_as_it_is_between_versions() -> None:
    """Another key would be another picture to pay."""
    assert asked(Row("a cat", key="k")).requests[0].key == "k-a43eaa8296d9cbb25e4bccdb7469ad56-1"


def test_what_chance_draws_changes_no_key() -> None:
    row = Row("__~colour__ {a|b} {~{{mood}}|calm}", "{~x|y}", count=3, variables={"mood": "wild"}, key="k")
    known, drawn_else = asked(row, seed=1).requests, asked(row, seed=2).requests
    assert [each.prompt for each in known] != [each.prompt for each in drawn_else]
    assert [each.key for each in known] == [each.key for each in drawn_else]
    assert len({each.key for each in known}) == len(known) == 6
    fewer = {each.key for each in requests([row], LISTS, 3, count=1).requests}
    assert fewer <= {each.key for each in known}
    others = (
        msgspec.structs.replace(row, variables={"mood": "mild"}),  # as the order's variables fill it
        msgspec.structs.replace(row, negative="{~x|z}"),  # as the order's own does
    )
    for other in others:
        assert not {each.key for each in known} & {each.key for each in asked(other).requests}


def test_list_beside_what_is_drawn_asks_only_for_what_is_new_in_it() -> None:
    row = Row("a __colour__ {~cat|dog}", key="k")
    before = {each.key for each in asked(row).requests}
    grown = requests([row], Lists({"colour": ["grey", "red", "blue", "green"]}), 9).requests
    assert [each.prompt[:6] for each in grown if each.key not in before] == ["a grey"]


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
    ("text", "at"),
    [
        ("a {thing} lantern", 2),
        ("a { Ｔhing } lantern", 2),
        ("a {{thing}} of {thing}", 15),
        ("a {moon|{thing}}", 8),
        ("{a {~thing} b|c}", 3),
        ("a {thing:blue} lantern", 2),  # as a usual value is written, but for a brace
        ("a {{thing|blue}} lantern", 2),  # comes to {thing} and {blue}
        ("a {{thing:{a|b}}} lantern", 3),
        ("{ {moon|{{thing|sea}}} }", 8),
        ("<lora:{thing}:1>", 6),
        ("a {{  thing  }} lantern", 3),
        ("a ｛｛thing｝｝ lantern", 3),
        ("a ｛ Ｔhing：red｝ lantern", 2),
        ("a ｛thing} {x|y} lantern", 2),
        ("a ｛{thing}｝ lantern", 3),
        ("a {{{thing}}}, ｛thing｜moon｝ lantern", 15),
        ("a ｛things｝ ｛the thing｝｛｛{{thing}}｝｝", None),
        (r"a \｛thing\｝ \｛\｛thing\｝\｝ lantern", None),
        ("a {{thing}} lantern", None),
        ("a {{{thing}}} lantern", None),  # its value in braces
        ("a {thing|lamp} lantern", None),
        ("a {~thing|lamp} lantern", None),
        ("a {{thing:a|b}} lantern", None),
        (r"a \{thing\} lantern", None),
        ('{"thing": "a {{thing}}"}', None),
        ("{__thing__} {things} {the thing}", None),
        ("a thing", None),
    ],
)
def test_column_in_braces_that_are_no_place_for_it_was_meant(text: str, at: int | None) -> None:
    row = Row(text, variables={"note": "", "thing": "red"}, row=2, line=3)
    found = [(each.code, each.params["name"], each.row, each.line, each.field, each.at) for each in mistaken([row])]
    assert found == ([] if at is None else [("prompt.braces", "thing", 2, 3, "prompt", at)])


def test_each_row_is_looked_at_by_itself_and_only_at_what_it_sends() -> None:
    text = "prompt,thing,my (2),negative\n{0}{{thing}},a,b,\n{{thing}},c,d,\n,e,f,no {{my (2)}}\na,,,{{{{thing}}}}\n"
    sheet = read(text.format("{{thing}} "), prompt="a {thing}")
    assert [(each.code, each.params.get("place"), each.row, each.field) for each in mistaken(sheet.rows)] == [
        ("prompt.braces", "{{thing}}", 2, "prompt"),
        ("prompt.braces", "{{thing}}", 3, "prompt"),
        ("prompt.braces", "{{thing}}", 4, "prompt"),
        ("prompt.braces_name", None, 4, "negative"),
    ]
    assert unused(sheet.rows) == ["my (2)"]
    assert mistaken(read("prompt,thing\na sea,red\na moon,blue\n", prompt="a {thing}").rows) == []
    lines = '{"prompt": "a {mood}"}\n{"prompt": "a {{mood}}", "mood": "calm"}\n{"prompt": "a {size}", "size": "1x1"}\n'
    assert [each.row for each in mistaken(read(lines).rows)] == [1]


def test_variable_that_was_given_is_looked_for_as_a_column_is() -> None:
    rows = [Row("a {{thing}}"), Row("a {Thing} in {other}"), Row("{thing|lamp}")]
    assert [(each.params["name"], each.params["place"], each.at) for each in mistaken(rows, ["thing"])] == [
        ("thing", "{{thing}}", 2)
    ]
    assert mistaken(rows) == []


# What is written, and what of it goes out in braces: the columns are `thing` and `mood`.
PIECES = {
    "a lantern": set[str](),
    "{{thing}}": set(),
    "{{ Mood:calm }}": set(),
    "{thing|sea}": set(),
    "{~2::thing|{{mood}}}": set(),
    "{{{thing}}}": set(),
    r"signs \{thing\}": set(),
    "{moon}": set(),
    "[mood]": set(),
    "{__list__}": set(),
    "{thing}": {"thing"},
    "{ THING }": {"thing"},
    "{~mood}": {"mood"},
    "{{mood|thing}}": {"mood", "thing"},
    "{sea|a {mood}}": {"mood"},
    "{thing:red}": {"thing"},
}
TEXTS = st.lists(st.sampled_from(sorted(PIECES)), max_size=4)


def meant(pieces: list[str]) -> set[str]:
    return {name for each in pieces for name in PIECES[each]}


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6), TEXTS)
def test_rows_are_mistaken_as_each_is_alone_and_of_the_others_nothing_goes_out_in_braces(
    written: list[tuple[list[str], list[str]]], usual: list[str]
) -> None:
    lines = [
        {"prompt": ", ".join(prompt), "negative": ", ".join(negative), "thing": "red", "mood": "dim"}
        for prompt, negative in written
    ]
    usual = usual or ["a lantern"]
    rows = read("".join(json.dumps(each) + "\n" for each in lines), ", ".join(usual)).rows
    assert len(rows) == len(written)
    found = {(each.row, each.field, each.params["name"]) for each in mistaken(rows)}
    assert found == {
        (number, field, name)
        for number, (prompt, negative) in enumerate(written, 1)
        for field, pieces in (("prompt", prompt or usual), ("negative", negative))
        for name in meant(pieces)
    }
    lists = Lists({"list": ["ink"]})
    for each in requests(
        [row for row in rows if row.row not in {row for row, _, _ in found}], lists, 1, 10**6
    ).requests:
        for text in (each.prompt, each.negative):
            assert not re.search(r"\{\W*(thing|mood)\b", text.replace("signs {thing}", ""), re.IGNORECASE)


def test_braces_of_full_width_are_looked_at_in_time_that_grows_with_the_text() -> None:
    begun = time.perf_counter()
    assert mistaken([Row("｛" + "a" * 31_000, variables={"thing": "red"})]) == []
    assert mistaken([Row("｛" * 31_000, variables={"thing": "red"})]) == []
    assert time.perf_counter() - begun < 2
