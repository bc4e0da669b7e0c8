"""What a person is writing and has not asked for yet: one small file for each tab of a browser, replaced whole.

Browsers write what they keep to disk seconds later. Of this device, never sent, without history: a draft that is lost
with the disk was no promise.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from library.workspace import Workspace
from store.files import write_durably

DRAFTS = "drafts"
MOST = 8  # tabs whose drafts are kept
ENDING = ".json"


class Draft(msgspec.Struct, frozen=True):
    """`text` as the page writes it; nobody here looks into it. `time`: when it was written, in ms since 1970."""

    tab: str
    time: int
    text: str


class Drafts:
    """The drafts of one workspace. Tabs are named in hex."""

    def __init__(self, workspace: Workspace) -> None:
        self._files = workspace.surroundings.files
        self._in_thread = workspace.surroundings.in_thread
        self._folder = workspace.folder / DRAFTS
        self._turn = asyncio.Lock()

    async def kept(self) -> list[Draft]:
        """The latest first."""
        found: list[Draft] = await self._in_thread(self._all)
        return found

    async def put(self, draft: Draft) -> None:
        """Keep it in place of what its tab wrote before; what is older than that is passed over."""
        async with self._turn:
            await self._in_thread(self._put, draft)

    def _put(self, draft: Draft) -> None:
        self._files.make_folder(self._folder)
        place = self._place(draft.tab)
        kept = self._read(place)
        if kept is not None and kept.time > draft.time:
            return
        write_durably(self._files, place, msgspec.json.encode(draft))
        for each in self._all()[MOST:]:
            self._files.remove(self._place(each.tab))

    def _place(self, tab: str) -> Path:
        return self._folder / f"{tab}{ENDING}"

    def _all(self) -> list[Draft]:
        names = [name for name in self._files.names(self._folder) if name.endswith(ENDING)]
        found = [draft for name in names if (draft := self._read(self._folder / name)) is not None]
        return sorted(found, key=lambda draft: -draft.time)

    def _read(self, place: Path) -> Draft | None:
        # One that was damaged is as good as none: the page has a copy, and the next one replaces it.
        try:
            return msgspec.json.decode(self._files.read(place), type=Draft)
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return None
