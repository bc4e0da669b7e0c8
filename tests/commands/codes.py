"""Every code that the daemon can answer with, found in its source: each needs a text in every language."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from imaging.inspection import Code
from library.editing.assets import describe
from library.models import AssetChange
from tests.tree import files, parsed

ROOMS = ("daemon", "library", "providers", "imaging", "identity", "documents", "store")
# Class → which of its arguments is the code.
ANSWERS = {"Refused": 1, "Failure": 0, "Misfit": 1, "Health": 1}
CODE = re.compile(r"[a-z][a-z_.]*")
FINDINGS = {"Finding": 0, "Unfit": 0, "fault": 0}
ATTENTION = {"Attention": 0}


def calls(root: Path) -> Iterator[tuple[Path, ast.Call]]:
    for room in ROOMS:
        # What a stand-in for a vendor answers is the vendor's words.
        for path in (path for path in files(root / room, ".py") if "fakes" not in path.parts):
            for node in ast.walk(parsed(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    yield path, node


def named(root: Path, places: dict[str, int]) -> set[str]:
    """Constant codes in their place among a class's arguments, or as `code=`."""
    found = set()
    for _, call in calls(root):
        name = ast.unparse(call.func).split(".")[-1]
        place = places.get(name)
        if place is not None and len(call.args) > place:
            found |= constants(call.args[place])
        if name in places:
            found |= {code for word in call.keywords if word.arg == "code" for code in constants(word.value)}
    return found


def constants(node: ast.expr) -> set[str]:
    """A string, both of `a if b else c`, or the beginning of an f-string without its last dot."""
    texts = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return {text.rstrip(".") for text in texts if CODE.fullmatch(text)}


def problems(root: Path) -> set[str]:
    """Codes of `application/problem+json`: refusals of the daemon, errors of the library, and why a job is not begun
    or came to nothing.
    """
    found = named(root, ANSWERS)
    for _, call in calls(root):
        if ast.unparse(call.func).split(".")[-1] not in (*FINDINGS, *ATTENTION):
            found |= {code for word in call.keywords if word.arg == "code" for code in constants(word.value)}
    for path in (path for room in ("library", "providers") for path in files(root / room, "errors.py")):
        for node in ast.walk(parsed(path.read_text("utf-8"))):
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "code":
                found |= constants(node.value)
    return found


def findings(root: Path) -> set[str]:
    """Codes of `doctor` and `verify`."""
    return named(root, FINDINGS)


def attention(root: Path) -> set[str]:
    """Codes of the list that `status` ends with."""
    return named(root, ATTENTION)


NOUN = re.compile(
    r"(asset|album|conflict|project|prompt|search|preset|workspace|checkpoint|member|device|recovery|quarantine)\.[a-z]+"
)
NEWS = re.compile(r"asset\.added|asset\.row|\w+\.changed")


def intents(root: Path) -> set[str]:
    """What the history says was done: the codes of actions, wherever in the library one is signed."""
    library = root / "library"
    paths = [path for room in ("editing", "intake", "people", "views") for path in files(library / room, ".py")]
    paths += [library / "jobs" / "storing.py", library / "workspace.py", library / "workspaces.py"]
    nodes = [node for path in paths for node in ast.walk(parsed(path.read_text("utf-8")))]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    found = {text for text in texts if NOUN.fullmatch(text) and not NEWS.fullmatch(text)}
    changes = [{"title": "x"}, {"rating": 1}, {"flag": "pick"}, {"label": "red"}, {"note": "x"}]
    return {"undo", "redo", *found, *(describe(AssetChange(**each))[0] for each in changes)}


def causes(root: Path) -> set[str]:
    """Why a workspace is closed: `cause=` of what the store raises, "cause" among what is told of one."""
    nodes = [
        node
        for room in ("library", "store")
        for path in files(root / room, ".py")
        for node in ast.walk(parsed(path.read_text("utf-8")))
    ]
    named = [word.value for word in nodes if isinstance(word, ast.keyword) and word.arg == "cause"]
    for node in (node for node in nodes if isinstance(node, ast.Dict)):
        pairs = zip(node.keys, node.values, strict=True)
        named += [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "cause"]
    return {code for value in named for code in constants(value)}


def reasons() -> set[str]:
    """Why a file is not imported."""
    return set(get_args(Code))
