"""What a prompt stands for: the same prompts in the same order, counted before they are made; bad ones say why."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.jobs.expanding import DEEPEST, LONGEST, MOST_CHOICES, UNCOUNTED, Lists, Template, escaped, read

LISTS = {
    "colour": ["# what I like", "red", "", "  blue  "],
    "animal": ["__colour__ cat", "dog"],
    "styles/ink": ["3::wash", "0::line"],
    "empty": ["# nothing yet"],
    "round": ["a", "__about__"],
    "about": ["__round__"],
    "bad": ["fine", "{a|b"],
}


def prompts(text: str, seed: int = 1, **variables: str) -> list[str]:
    template = read(text, variables, Lists(LISTS))
    assert template.problems == ()
    made = list(template.prompts(random.Random(seed)))
    assert len(made) == template.number
    return made


def codes(text: str, **variables: str) -> list[str]:
    template = read(text, variables, Lists(LISTS))
    assert template.number == 0 or not template.problems
    return [each.code for each in template.problems]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a cat", ["a cat"]),
        ("", [""]),
        ("{red|blue} {cat|dog}", ["red cat", "red dog", "blue cat", "blue dog"]),
        ("{a|{b|c} d}", ["a", "b d", "c d"]),
        ("{|big }cat", ["cat", "big cat"]),
        ("{a|a}", ["a", "a"]),
        ("{!a|b}", ["a", "b"]),
        ("{2::a|0.5::b}", ["a", "b"]),
        ("__colour__", ["red", "blue"]),
        ("__animal__", ["red cat", "blue cat", "dog"]),
        ("{__colour__|green}", ["red", "blue", "green"]),
    ],
)
def test_choices_and_lists_are_every_combination_in_order(text: str, made: list[str]) -> None:
    assert prompts(text) == made


@pytest.mark.parametrize(
    "text",
    [
        "(word:1.2), ((loud)), [soft], [cat|dog], [from:to:0.5], tag \\(series\\)",
        "<lora:my__own__style:0.8> <random:a|b>",
        "{strong}, {{very, strong}}, {{{most, of all}}}",
        '{"scene": {"colour": "red"}, "objects": []}',
        "a | b, snake_case, ______, __ name __, C:\\pictures",
        "=SUM(A1:A9), $name, 100%, :), >_<",
    ],
)
def test_what_other_programs_mean_is_left_as_it_is(text: str) -> None:
    assert prompts(text) == [text]


def test_bar_in_square_brackets_belongs_to_them() -> None:
    assert prompts("{[a|b] x|y}") == ["[a|b] x", "y"]
    assert prompts("{:[|:(}") == [":[", ":("]
    assert prompts("[{a|b}|c]") == ["[a|c]", "[b|c]"]


def test_choice_within_another_programs_tag_is_made() -> None:
    assert prompts("<lora:ink:{0.5|1}>") == ["<lora:ink:0.5>", "<lora:ink:1>"]


def test_signs_are_written_with_a_backslash() -> None:
    assert prompts(r"\{a\|b\} \__colour__ {x\|y|z} \\ \(") == [r"{a|b} __colour__ x|y \ \(", r"{a|b} __colour__ z \ \("]


def test_variables_are_words_whatever_stands_in_them() -> None:
    assert prompts("a {{ Thing }} in {{place:the rain}}", thing="{cat|dog} __colour__ \\{") == [
        "a {cat|dog} __colour__ \\{ in the rain"
    ]
    assert prompts("{{主題：貓}}{{place}}", place="") == ["貓"]
    assert prompts("{{主題：貓}}", 主題="狗") == ["狗"]


def test_chance_is_the_seeds_and_counts_as_one() -> None:
    text = "{~a|b|c} {x|y} __~colour__"
    assert prompts(text, 7) == prompts(text, 7)
    assert len(prompts(text)) == 2
    assert read(text, {}, Lists(LISTS)).by_chance
    assert not read("{x|y} __colour__", {}, Lists(LISTS)).by_chance
    assert {each for seed in range(60) for each in prompts("{~a|{b|c}}", seed)} == {"a", "b", "c"}


def test_weights_count_where_chance_decides() -> None:
    drawn = [prompts("{~9::a|b}", seed)[0] for seed in range(400)]
    assert 320 < drawn.count("a") < 390
    assert {prompts("__~styles/ink__", seed)[0] for seed in range(99)} == {"wash"}


def test_draws_are_the_same_on_every_computer() -> None:
    assert [prompts("{~a|b|c|d|e|f|g|h}", seed)[0] for seed in range(8)] == list("gbhbbegc")


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("a {b|c", "prompt.unclosed", 2),
        ("a b|c}", "prompt.unopened", 5),
        ("a {{thing}}", "prompt.variable", 2),
        ("a __nothing__", "prompt.list", 2),
        ("__empty__", "prompt.list_empty", 0),
        ("__round__", "prompt.circle", 0),
        ("__bad__", "prompt.unclosed", 0),
        ("{2$$a|b}", "prompt.several", 0),
        ("{1-2$$, $$a|b}", "prompt.several", 0),
        ("x {~0::a|0::b}", "prompt.weight", 2),
        ("{" * (DEEPEST + 1), "prompt.deep", DEEPEST),
        ("a" * (LONGEST + 1), "prompt.long", None),
        ("{~|}" * (MOST_CHOICES + 1), "prompt.choices", None),
    ],
)
def test_what_makes_no_sense_says_why_and_where(text: str, code: str, at: int | None) -> None:
    (found,) = read(text, {}, Lists(LISTS)).problems
    assert (found.code, found.at) == (code, at)


def test_every_problem_of_a_text_is_listed() -> None:
    assert codes("{{one}} __two__ } {{one}}") == [
        "prompt.variable", "prompt.list", "prompt.unopened", "prompt.variable",
    ]  # fmt: skip


def test_problem_of_a_list_names_its_line() -> None:
    (found,) = read("a __bad__", {}, Lists(LISTS)).problems
    assert (found.list, found.list_line) == ("bad", 2)
    (found,) = read("__round__", {}, Lists(LISTS)).problems
    assert found.params == {"circle": "round → about → round"}


def test_combinations_beyond_counting_are_counted_at_once() -> None:
    begun = time.process_time()
    assert read("{0|1|2|3|4|5|6|7|8|9}" * 12).number == 10**12
    assert read("{0|1|2|3|4|5|6|7|8|9}" * 190).number == UNCOUNTED
    assert time.process_time() - begun < 3


def test_most_prompts_of_most_choices_are_made_soon() -> None:
    template = read("{~a|b}" * (MOST_CHOICES - 3) + "{0|1|2|3|4|5|6|7|8|9}" * 3)
    begun = time.process_time()
    assert len(list(template.prompts(random.Random(0)))) == 1_000
    assert time.process_time() - begun < 5


def test_lists_that_double_each_other_end_at_once() -> None:
    doubling = {"a0": ["", "x"]} | {f"a{n}": [f"__a{n - 1}__" * 400 + "{~|}"] for n in range(1, 9)}
    begun = time.process_time()
    assert [each.code for each in read("__a8__", {}, Lists(doubling)).problems] == ["prompt.long"]
    failing = {"a0": ["{"]} | {f"a{n}": [f"__a{n - 1}__" * 400] for n in range(1, 20)}
    assert {each.code for each in read("__a19__" * 400, {}, Lists(failing)).problems} == {"prompt.lists_deep"}
    assert {each.code for each in read("__a5__" * 400, {}, Lists(failing)).problems} == {"prompt.unclosed"}
    assert time.process_time() - begun < 3


def test_list_that_is_too_deep_from_one_place_is_well_from_another() -> None:
    deep = Lists({"a0": ["x"]} | {f"a{n}": [f"__a{n - 1}__"] for n in range(1, 12)})
    assert [each.code for each in read("__a11__", {}, deep).problems] == ["prompt.lists_deep"]
    assert list(read("__a5__", {}, deep).prompts(random.Random(0))) == ["x"]


signs = [*"{}|[]\\_~!:<>$0a貓 \0\ud800", "__colour__", "{{v}}", "<a:"]
hostile = st.lists(st.sampled_from(signs), max_size=60).map("".join)


@given(hostile, st.integers(0, 9))
def test_any_text_is_prompts_or_problems(text: str, seed: int) -> None:
    template = read(text, {"v": text}, Lists(LISTS | {"a": [text]}))
    assert (template.number == 0) == bool(template.problems)
    if template.number < 500:
        made = list(template.prompts(random.Random(seed)))
        assert len(made) == template.number
        assert made == list(template.prompts(random.Random(seed)))
        for each in made:
            each.encode()


@given(st.text(st.sampled_from("{}|[]\\_~!:<>$0a貓 "), max_size=40) | st.text())
def test_escaped_text_stands_for_itself(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode().replace("\0", " ")
    assert list(read(escaped(clean)).prompts(random.Random(0))) == [clean.strip()]


words = st.text(st.sampled_from("abc ,"), max_size=5)
trees = st.recursive(words, lambda inner: st.lists(st.lists(inner, max_size=2), min_size=2, max_size=3), max_leaves=12)


def text_of(tree: str | list) -> str:  # type: ignore[type-arg]
    if isinstance(tree, str):
        return tree
    return "{" + "|".join("".join(map(text_of, option)) for option in tree) + "}"


def all_of(tree: str | list) -> list[str]:  # type: ignore[type-arg]
    if isinstance(tree, str):
        return [tree]
    found = []
    for option in tree:
        made = [""]
        for part in option:
            made = [before + after for before in made for after in all_of(part)]
        found += made
    return found


@given(trees)
def test_every_combination_as_written_out_one_by_one(tree: str | list) -> None:  # type: ignore[type-arg]
    wanted = [each.strip() for each in all_of(tree)]
    template: Template = read(text_of(tree))
    assert template.number == len(wanted)
    assert list(template.prompts(random.Random(0))) == wanted


@pytest.mark.parametrize(
    "piece", ["{", "}", "{{a", "{{a ", "{a|", "[", "]", "<a:", "__a", "_", "\\", "{~|}", "{{a:", "$$"]
)
def test_long_hostile_texts_take_no_time(piece: str) -> None:
    begun = time.process_time()
    template = read((piece * LONGEST)[:LONGEST])
    if template.number:
        next(template.prompts(random.Random(0)))
    assert time.process_time() - begun < 3
