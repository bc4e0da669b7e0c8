"""Our engine and the JavaScript Automerge edit one document at once and come to the same heads and values.

300 rounds in the normal run, 20,000 in the long form. A failing round names its seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from documents.change import read_header
from documents.draft import Draft
from documents.engine import Document
from documents.errors import DependencyMissing
from documents.kinds import GENESIS, SCHEMA, SPARE_TEXTS, Kind, Merge
from tests.convergence.peer import JavaScript

pytestmark = pytest.mark.process

ROUNDS = 300
LONG_ROUNDS = 20_000
WORDS = ["貓", "a red fox", "😀", "👩‍👩‍👧", "e\u0301", "\n", "", "海報", "x" * 300, "0", "𠮷"]
KEYS = ["cat", "貓", "aa/blob", "😀/at", "constructor", "0", "red/狐狸", "e\u0301"]
NUMBERS = [0, 1, -1, 63, 64, 127, 128, 2**31, 2**53 - 1, -(2**53 - 1)]
OTHERS: list[Any] = [None, True, False, 0.5, -1e300, 1.0, b"", b"\x00\xff"]

Edit = dict[str, Any]


@pytest.fixture(scope="module")
def javascript() -> Iterator[JavaScript]:
    with JavaScript() as peer:
        yield peer


def test_concurrent_edits_converge_with_javascript(javascript: JavaScript) -> None:
    for seed in range(ROUNDS):
        Round(seed, javascript).run()


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_concurrent_edits_converge_with_javascript_for_long(javascript: JavaScript) -> None:
    for seed in range(ROUNDS, LONG_ROUNDS):
        Round(seed, javascript).run()


def test_edit_that_one_side_never_hears_of_is_noticed(javascript: JavaScript) -> None:
    class Forgetful(Round):
        def compare(self) -> None:
            self.ours[1].edit(self.actors[1], lambda draft: draft.put_entry("more", "only here", self.seed))
            super().compare()

    with pytest.raises(AssertionError, match="other heads"):
        Forgetful(0, javascript).run()


def test_missing_javascript_fails_and_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="npm ci"):
        JavaScript(tmp_path)


class Round:
    """One document on two devices of ours and two in JavaScript; what they write and exchange comes from the seed."""

    def __init__(self, seed: int, javascript: JavaScript) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.kind = self.random.choice(list(Kind))
        self.javascript = javascript
        self.actors = [self.random.randbytes(16) for _ in range(4)]
        self.ours = [Document.new(self.kind), Document.new(self.kind)]
        self.changes: list[set[bytes]] = [set() for _ in range(4)]
        self.texts: list[dict[str, str]] = [{}, {}]

    def run(self) -> None:
        genesis = GENESIS[self.kind].hex()
        self.ask([{"do": "new", "id": n, "actor": self.actors[2 + n].hex(), "genesis": genesis} for n in range(2)])
        for _ in range(self.random.randint(1, 6)):
            device = self.random.randrange(4)
            edits = [self.some_edit() for _ in range(self.random.randint(1, 4))]
            if device < 2:
                self.edit_ours(device, edits)
            else:
                self.edit_theirs(device, edits)
            if self.random.random() < 0.5:
                giver, taker = self.random.randrange(4), self.random.randrange(4)
                some = sorted(self.changes[giver])
                self.give(taker, self.random.sample(some, self.random.randint(0, len(some))))
        every = sorted(set().union(*self.changes))
        for device in range(4):
            self.random.shuffle(every)
            self.give(device, every)
        self.compare()

    def ask(self, commands: list[dict[str, Any]]) -> list[Any]:
        return self.javascript.ask(commands)

    def some_edit(self) -> Edit:
        pick = self.random.choice
        field, merge = pick([each for each in SCHEMA[self.kind].items() if each[0] != "schema"])
        value = pick([pick(WORDS), pick(NUMBERS), pick(OTHERS)])
        if merge is Merge.SCALAR:
            return {"what": "put", "field": field, "value": value}
        if merge is Merge.CONFLICT:
            return {"what": "agree", "field": field, "value": value}
        if merge is Merge.TEXT:
            spot = self.random.random(), self.random.randint(0, 3)
            return {"what": "splice", "field": field, "spot": spot, "insert": pick(WORDS)}
        key = pick(KEYS).replace("/", ":") if field == "sources" else pick(KEYS)
        if self.random.random() < 0.3:
            return {"what": "drop", "field": field, "key": key}
        return {"what": "put", "field": field, "key": key, "value": True if merge is Merge.SET else value}

    def edit_ours(self, device: int, edits: list[Edit]) -> None:
        change = self.ours[device].edit(self.actors[device], lambda draft: [write(draft, edit) for edit in edits])
        if change is not None:
            self.changes[device].add(change)

    def edit_theirs(self, device: int, edits: list[Edit]) -> None:
        (state,) = self.ask([{"do": "read", "id": device - 2}])
        texts = {field: value for field, value in state["values"].items() if isinstance(value, str)}
        told = [self.told(device, edit, texts) for edit in edits]
        (made,) = self.ask([{"do": "edit", "id": device - 2, "edits": told}])
        self.changes[device].update(bytes.fromhex(change) for change in made)

    def told(self, device: int, edit: Edit, texts: dict[str, str]) -> Edit:
        if edit["what"] == "splice":
            before, text = texts[edit["field"]], edit["insert"]
            index, remove = spot(before, edit)
            texts[edit["field"]] = before[:index] + text + before[index + remove :]
            return edit | {"index": index, "remove": remove}
        return edit | {"value": sent(edit.get("value")), "writer": self.actors[device].hex()}

    def give(self, device: int, changes: list[bytes]) -> None:
        self.changes[device].update(changes)
        if device >= 2:
            self.ask([{"do": "apply", "id": device - 2, "changes": [change.hex() for change in changes]}])
            return
        headers = [read_header(change, self.kind) for change in changes]
        known = sorted(self.changes[device])
        try:
            self.ours[device].apply(changes, headers)
        except DependencyMissing:
            try:  # what waited before may have become ready
                self.ours[device].apply(known)
            except DependencyMissing as missing:
                assert missing.missing, f"seed {self.seed}: a JavaScript change that never applies"

    def compare(self) -> None:
        read = self.ask([{"do": "read", "id": 0}, {"do": "read", "id": 1}])
        self.ask([{"do": "forget", "id": 0}, {"do": "forget", "id": 1}])
        loaded = Document.load(self.kind, self.ours[0].save())
        for document in (*self.ours, loaded):
            heads = [head.hex() for head in document.heads()]
            values = {field: shown(value, SCHEMA[self.kind][field]) for field, value in document.read().items()}
            for theirs in read:
                assert theirs["heads"] == heads, f"seed {self.seed}: other heads"
                assert theirs["values"] == values | dict.fromkeys(SPARE_TEXTS, ""), f"seed {self.seed}: other values"


def write(draft: Draft, edit: Edit) -> None:
    what, field = edit["what"], edit["field"]
    if what == "splice":
        before = draft.text(field)
        index, remove = spot(before, edit)
        draft.write_text(field, before[:index] + edit["insert"] + before[index + remove :])
    elif what == "agree":
        draft.agree(field, edit["value"])
    elif what == "drop":
        draft.drop_entry(field, edit["key"])
    elif "key" in edit:
        draft.put_entry(field, edit["key"], edit["value"])
    else:
        draft.put(field, edit["value"])


def spot(text: str, edit: Edit) -> tuple[int, int]:
    """Where a splice lands in a text of this length, and how many code points it takes away."""
    where, remove = edit["spot"]
    index = int(where * (len(text) + 1))
    return index, min(remove, len(text) - index)


def sent(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    return {"float": value} if isinstance(value, float) else value


def shown(value: Any, merge: Merge) -> Any:
    """A field as peer.mjs shows it."""
    if merge is Merge.TEXT:
        return value
    return scalar(value) if merge is Merge.SCALAR else {key: scalar(each) for key, each in value.items()}


def scalar(value: Any) -> list[Any]:
    if isinstance(value, str):
        return ["text", value]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    return ["plain", value] if value is None or isinstance(value, bool) else ["number", value]
