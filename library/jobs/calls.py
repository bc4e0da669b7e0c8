"""Text that is asked of providers for money. No job: somebody waits for the answer, and it is not kept.

What a call may cost is written down before it is sent, what it did cost once it is answered. A call with only the first
was cut off; whether it was paid is for a person to say, and nothing ever sends it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NewType

import msgspec

from library.errors import Clash, NotFound
from library.jobs.ledger import NO_JOB, close_call, open_call, open_calls
from library.jobs.models import AttemptId, Cost, Estimate
from library.jobs.rows import LedgerEntry, add_entry, entries_of
from library.workspace import Workspace
from store.database import Connection

CallId = NewType("CallId", bytes)  # 16 bytes; also the token that a provider may take as an idempotency key
MOST_ABOUT = 200  # characters of what was asked, by which a person knows it again


class Calls:
    """The calls of one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._under_way: set[bytes] = set()
        self._read: dict[bytes, LedgerEntry] | None = None  # those that are not settled: only this writes them

    @property
    def _open(self) -> dict[bytes, LedgerEntry]:
        if self._read is None:
            self._read = {each.attempt: each for each in self._workspace.database.read_now(open_calls)}
        return self._read

    async def begin(self, provider: str, model: str, about: str, estimate: Estimate) -> CallId:
        """From here on it may have been sent. It is under way until it is settled or `left`."""
        around = self._workspace.surroundings
        id, now = CallId(around.random.randbytes(16)), around.clock.now()
        entry = LedgerEntry(
            AttemptId(id), "intent", NO_JOB, provider, model, now, estimate=estimate, about=about[:MOST_ABOUT]
        )

        def work(connection: Connection) -> None:
            add_entry(connection, entry)
            open_call(connection, id, now)

        self._under_way.add(id)
        try:
            await self._workspace.write(work, ())
        except BaseException:
            self._under_way.discard(id)
            raise
        finally:
            self._read = None  # whatever became of it
        return id

    async def settle(self, id: CallId, cost: Cost | None) -> None:
        """What it cost; None: nothing."""
        await self._settle([self._intent(id.hex())], cost)

    def left(self, id: CallId) -> None:
        """Nobody waits for it any more. If it is not settled, its outcome is not known."""
        self._under_way.discard(id)
        self._tell()

    def unknown(self) -> list[LedgerEntry]:
        """Calls of which nobody knows whether they were paid, the oldest first."""
        return [each for id, each in self._open.items() if id not in self._under_way]

    async def resolve(self, id: str, charged: bool, bill: Cost | None = None) -> LedgerEntry:
        """Decide one by what the provider's bill says; by its id or the beginning of it. The line that settles it.
        Without `bill` nobody knows how much: an answer may have been of any length.
        """
        return (await self.resolve_all([id], charged, bill))[0]

    async def resolve_all(self, ids: Sequence[str], charged: bool, bill: Cost | None = None) -> list[LedgerEntry]:
        """The same of several, all of them or none, each once, however often it is named; `bill` is what it has for
        each.
        """
        intents = list({each.attempt: each for each in map(self._intent, ids)}.values())
        for each in intents:
            if each.attempt in self._under_way:
                raise Clash("This call is still under way.", code="call_under_way", id=each.attempt.hex())
        cost = bill or Cost(None, "", "decided")
        settled = await self._settle(intents, cost if charged else None)
        self._tell()
        return settled

    def _intent(self, id: str) -> LedgerEntry:
        some = [each for each in self._open.values() if each.attempt.hex().startswith(id)]
        if not some:
            raise NotFound(f"There is no call {id[:40]!r} to decide.", code="no_call", id=id[:40])
        if len(some) > 1:
            raise Clash(f"Several calls begin with {id}. Give more of the id.", code="ambiguous_call", id=id)
        return some[0]

    async def _settle(self, intents: Sequence[LedgerEntry], cost: Cost | None) -> list[LedgerEntry]:
        now, kind = self._workspace.surroundings.clock.now(), "release" if cost is None else "charge"
        lines = [
            msgspec.structs.replace(each, kind=kind, time=now, cost=cost, estimate=None, about="") for each in intents
        ]

        def work(connection: Connection) -> None:
            for line in lines:
                if entries_of(connection, line.attempt).keys() - {"intent"}:
                    id = line.attempt.hex()
                    raise NotFound(f"There is no call {id!r} to decide.", code="no_call", id=id)
                add_entry(connection, line)
                close_call(connection, line.attempt)

        try:
            await self._workspace.write(work, ())
        finally:
            self._read = None  # whatever became of it
        return lines

    def _tell(self) -> None:
        self._workspace.bus.publish("job.changed", "*", self._workspace.device.hex())
