"""Every verb is tried against a real daemon by some test of this folder."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.commands.tree import verbs
from tests.tree import files

SPEAKERS = ("speak", "told", "said", "gesso", "speak_plain", "follow")
# Without this verb the tests of this folder would have no daemon at all.
BY_THE_HOUSE = {"up"}


@cache
def spoken() -> set[str]:
    """The constant words of every command that a test of this folder gives, joined."""
    found = set()
    for path in files(Path(__file__).parent, ".py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in SPEAKERS:
                words = [
                    each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
                ]
                plain = [word for word in words if not word.startswith("-")]
                found |= {" ".join(plain[:1]), " ".join(plain[:2])}
    return found


@pytest.mark.parametrize("verb", verbs())
def test_verb_is_tried_by_a_test(verb: str) -> None:
    assert verb in spoken() | BY_THE_HOUSE
