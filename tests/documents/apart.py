"""Devices that edit one document apart and hand each other changes late, twice and out of order."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from documents.draft import Draft
from documents.engine import Document
from documents.errors import DependencyMissing
from documents.kinds import Kind


class Device:
    """A device with its document, and every change that it was handed, in order of arrival, some perhaps too early."""

    def __init__(self, number: int, kind: Kind) -> None:
        self.number = number
        self.run = 0
        self.document = Document.new(kind)
        self.held: dict[bytes, None] = {}

    @property
    def actor(self) -> bytes:
        return bytes([self.number + 1]) * 15 + bytes([self.run])

    def edit(self, write: Callable[[Draft], None]) -> None:
        change = self.document.edit(self.actor, write)
        if change is not None:
            self.held[change] = None

    def receive(self, changes: list[bytes]) -> None:
        self.held.update(dict.fromkeys(changes))
        try:
            self.document.apply(list(self.held))
        except DependencyMissing as missing:
            assert missing.missing, "only what has not come yet is waited for"


def come_to_one(devices: Sequence[Device], order: random.Random) -> None:
    """All changes reach all, in any order and some twice: the devices, a stranger and who loads it hold the same."""
    kind = devices[0].document.kind
    every = [change for device in devices for change in device.held]
    for device in devices:
        order.shuffle(every)
        device.receive([*every, *every[: len(every) // 2]])
    stranger = Document.new(kind)
    stranger.apply(every)
    documents = [*(device.document for device in devices), stranger, Document.load(kind, stranger.save())]
    assert len({document.heads() for document in documents}) == 1
    read = [document.read() for document in documents]
    assert all(each == read[0] for each in read)
    assert all(each.read(documents[0].heads()) == read[0] for each in documents)
