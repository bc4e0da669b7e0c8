"""Blobs that this device's disk lost or spoiled and other devices have: noted as lacking, so that they come again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from library.care.faults import fault
from library.copies.copies import NAMED_SINGLY, Copies
from library.copies.holders import names_of
from library.copies.named import FACTS, ORIGINAL, put_lacking
from library.editing.news import tell
from library.models import Check
from library.views.images import refresh_states
from library.workspace import Workspace
from store.database import Connection
from store.waiting import to_the_end

DAMAGED = "damaged"  # the folder of what was found spoiled: nothing of it is deleted
ELSEWHERE = "blob.elsewhere"  # the finding that this can mend


class Mending:
    """Of one workspace."""

    def __init__(self, workspace: Workspace, copies: Copies, device_name: Callable[[bytes], str]) -> None:
        self._workspace = workspace
        self._copies = copies
        self._device_name = device_name

    async def mend(self, check: Check) -> Check:
        """What is left of a check's findings, of which what other devices have comes again."""
        there = [each for each in check.problems if each.code == ELSEWHERE]
        coming = await self.fetch_again([_named(each.where) for each in there])
        problems = [
            fault("blob.coming", each.where, devices=coming[_named(each.where)])
            if each.code == ELSEWHERE and _named(each.where) in coming
            else each
            for each in check.problems
        ]
        return Check(checked=check.checked, problems=problems)

    async def fetch_again(self, hashes: Sequence[bytes]) -> dict[bytes, str]:
        """Have those of these blobs come again that are not whole here and that other devices say they have; blob → the
        names of these devices. They come whatever the policy says, as soon as one of the devices is connected.
        """
        workspace = self._workspace
        known = await workspace.database.read(lambda connection: self._known(connection, hashes))
        broken = await to_the_end(workspace.surroundings.in_thread(self._set_aside, list(known)))
        if not broken:
            return {}
        changed = await to_the_end(workspace.write(lambda connection: _note(connection, broken)))
        tell(workspace, changed, workspace.device.hex(), NAMED_SINGLY)
        for hash in broken:
            await self._copies.want_now(hash)
        return {hash: known[hash] for hash in broken}

    def _known(self, connection: Connection, hashes: Sequence[bytes]) -> dict[bytes, str]:
        found = {hash: names_of(connection, hash, self._device_name) for hash in hashes}
        return {hash: names for hash, names in found.items() if names}

    def _set_aside(self, hashes: Sequence[bytes]) -> list[bytes]:
        """Those that are missing or damaged; what lies under their names is moved away, or it would stay begun."""
        blobs, files = self._workspace.blobs, self._workspace.surroundings.files
        broken = []
        for hash in hashes:
            if hash in self._workspace.claims:
                continue
            if blobs.has(hash):
                if blobs.check(hash):
                    continue
                folder = self._workspace.folder / DAMAGED
                files.make_folder(folder)
                files.rename(blobs.place(hash), folder / hash.hex())
            broken.append(hash)
        return broken


def _named(where: str) -> bytes:
    return bytes.fromhex(where.removeprefix("blob "))


def _note(connection: Connection, hashes: Sequence[bytes]) -> list[bytes]:
    """The rows of blobs that are not here any more; the pictures whose state that changed."""
    for hash in hashes:
        size, kind = connection.execute("SELECT size, media_type FROM blob WHERE hash=?", (hash,)).fetchone()
        shown = connection.execute("SELECT 1 FROM version WHERE hash=?", (hash,)).fetchone() is not None
        put_lacking(connection, hash, size, kind, ORIGINAL if shown else FACTS)
    return refresh_states(connection, hashes)
