"""Beginnings of blobs: what a store that was in doubt forgets of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from store.condition import Condition
from store.files import DiskFiles
from store.partial import Partials

DATA = bytes(range(256)) * 20
NAME = hashlib.sha256(DATA).digest()


def test_what_is_forgotten_begins_again(tmp_path: Path) -> None:
    partials = Partials(tmp_path / "coming", DiskFiles(), Condition())
    partials.write(NAME, 0, DATA[:1000])
    partials.write(NAME, 1000, DATA[1000:])
    assert partials.whole(NAME)
    partials.forget()
    assert partials.all() == [] and partials.begun(NAME) == 0 and not partials.whole(NAME)
    partials.write(NAME, 0, DATA)
    assert partials.whole(NAME)
