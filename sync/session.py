"""One connection to one device: who both are, which workspaces they share, and the work on each of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import msgspec

from library.care.differing import Description, describe
from library.catalog import Library
from library.errors import LibraryError
from library.planning.offers import Offered, Question, answer
from library.surroundings import Clock
from store.errors import StoreError
from sync.allowance.limit import Limit
from sync.errors import ConnectionLost, Malformed, Older, SyncError
from sync.exchange import Exchange
from sync.fetching import Claims, Fetching
from sync.gate import Gate, Holding
from sync.messages import (
    VERSION,
    Blobs,
    Describe,
    Described,
    Have,
    HaveAfter,
    Hello,
    Hold,
    Kept,
    Lack,
    Later,
    Log,
    MayGo,
    Message,
    Part,
    Ping,
    Preview,
    Previewed,
    Standing,
    State,
    Taken,
    Understood,
    Unknown,
    Want,
    decode,
)
from sync.outbox import Outbox
from sync.peers.base import Connection
from sync.previewing import Pieces, asked, asking, told_in_pieces
from sync.standing import Said, Standings

HELLO_SECONDS = 10.0
# Silence after which nobody is there any more. A system waits twice as long before each try to send again: where a way
# is open again after a while, it may be as long until anything comes through. A new connection comes through at once.
SILENCE_SECONDS = 30.0
PING_SECONDS = 10.0
DOUBT_SECONDS = 4.0  # silence of who was asked, after which it is gone where there is reason to think so
LISTEN_SECONDS = 2.0
LAST_SECONDS = 2.0  # for what came before the connection ended
ASK_SECONDS = 60.0  # that a device may take for an answer: it may have to look at many bytes
LONGEST_HOLD = 8 * 86_400  # seconds: a timetable has said everything within a week
QUESTIONS = 4  # of the other device that are answered at once; further ones wait, and what comes behind them
log = logging.getLogger("gesso.session")


class Shared(NamedTuple):
    """The work on one workspace."""

    exchange: Exchange
    fetching: Fetching
    task: asyncio.Task[None]


class Session:
    """`run` goes on until the connection ends, and raises why."""

    def __init__(
        self,
        connection: Connection,
        name: str,
        libraries: Callable[[], Mapping[bytes, Library]],
        claims: Callable[[bytes], Claims],
        limit: Limit,
        gate: Gate,
        clock: Clock,
        standings: Standings,
        *,
        quiet: bool = False,
    ) -> None:
        """`libraries`: the open workspaces of which the other device is a member, by id, at any moment. `claims`: of a
        workspace, shared with the other connections. `limit`: on what goes out, `gate`: on originals. `standings`:
        what is told of removals. `quiet`: to ask, and to exchange nothing.
        """
        self.connection = connection
        self.device = connection.device
        self.begun_at = clock.now()
        self.name = ""  # what the other device calls itself
        self.greeted = False  # whether it has said who it is
        self.version = 0  # of what it speaks
        self.parted = False  # whether the other device knows that it was removed, or told this one so
        self.quiet = quiet  # whether either side wants nothing exchanged
        self.shared: dict[bytes, Shared] = {}
        self.outbox = Outbox(connection, limit)
        self.gate = gate
        self.received = 0  # bytes
        self.changed: Callable[[], None] = lambda: None
        self._name = name
        self._libraries = libraries
        self._claims = claims
        self._clock = clock
        self._standings = standings
        self._said: set[Said] = set()
        self._theirs: set[bytes] = set()
        self._offered: list[bytes] | None = None
        self._listening_since: float | None = None  # None while a message is taken in
        self._doubted = False
        self._asked: dict[int, tuple[type[Kept | Described | Previewed], asyncio.Future[Any]]] = {}
        self._pieces: dict[int, Pieces] = {}  # of answers that come in several
        self._answering = asyncio.Semaphore(QUESTIONS)
        self._questions = 0
        self._group: asyncio.TaskGroup
        self._look = asyncio.Event()

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as self._group:
                for work in (self._send, self._greet, self._read, self._keep_alive, self._listen, self._hold):
                    self._group.create_task(work())
        except BaseExceptionGroup as errors:
            raise _first(errors) from errors
        finally:
            for _, question in self._asked.values():
                question.cancel()
            await self.connection.close()

    def look(self) -> None:
        """Workspaces or members may have changed."""
        self._look.set()

    def doubt(self) -> None:
        """There is reason to think that it is over at the other end: it is, unless something is heard soon."""
        self._doubted = True

    async def may_go(self, workspace: bytes, hashes: list[bytes]) -> list[bool]:
        """Ask whether the other has these verified now and will keep them; ConnectionLost when it does not say."""
        given: list[bool] = await self._ask(Kept, lambda number: MayGo(workspace, number, hashes))
        return given if len(given) == len(hashes) else [False] * len(hashes)

    async def describe(self, workspace: bytes, shards: Collection[int] = ()) -> Description:
        """Ask how the other stands; ConnectionLost when it does not say, Malformed when that says nothing."""
        told: bytes = await self._ask(Described, lambda number: Describe(workspace, number, sorted(shards)))
        try:
            return msgspec.msgpack.decode(told, type=Description)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Malformed("a description that cannot be read") from error

    async def preview(self, workspace: bytes, question: Question) -> Offered:
        """Ask what the other would give now; Older where it does not know this question."""
        if self.version < 2:
            raise Older("that device runs an older Gesso")
        offered: Offered = await self._ask(Previewed, lambda number: asking(workspace, number, question))
        return offered

    async def _ask(self, kind: type[Kept | Described | Previewed], question: Callable[[int], Message]) -> Any:
        self._questions += 1
        number, answer = self._questions, asyncio.get_running_loop().create_future()
        self._asked[number] = kind, answer
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await self.outbox.urgent(question(number))
                return await answer
        except (TimeoutError, asyncio.CancelledError) as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise
            raise ConnectionLost("the device does not answer") from error
        finally:
            del self._asked[number]
            self._pieces.pop(number, None)

    # What is shared

    async def _greet(self) -> None:
        """Say which workspaces are shared, and again whenever others are."""
        while True:
            self._look.clear()
            ours = sorted(self._libraries())
            if ours != self._offered:
                self._offered = ours
                await self.outbox.urgent(Hello(VERSION, self._name, ours, self.quiet))
            self._begin()
            for piece in self._standings.due(self.device, self._theirs, self._said) if self.greeted else ():
                await self.outbox.urgent(piece)
            await self._look.wait()

    def _begin(self) -> None:
        """Take up what both share, leave what they share no more."""
        if self.quiet:
            return
        libraries = self._libraries()
        for id in sorted(self._theirs & libraries.keys()):
            if id not in self.shared:
                self._share(id, libraries[id])
        for id in self.shared.keys() - libraries.keys():
            self.shared.pop(id).task.cancel()

    def _share(self, id: bytes, library: Library) -> None:
        exchange = Exchange(library, self.device, self.outbox.urgent)
        fetching = Fetching(
            id,
            library.copies,
            self.device,
            self._claims(id),
            self.outbox.urgent,
            self.outbox.bulk,
            lambda: self.outbox.piece,
            self.gate,
            library.workspace.grown,
            self._clock,
        )
        task = self._group.create_task(self._work(id, exchange, fetching))
        self.shared[id] = Shared(exchange, fetching, task)
        self.changed()

    async def _work(self, id: bytes, exchange: Exchange, fetching: Fetching) -> None:
        fetch = self._group.create_task(fetching.run())
        try:
            await exchange.run()  # ends when the other is no member any more
        finally:
            fetch.cancel()
            self.shared.pop(id, None)
            self.changed()

    async def _hold(self) -> None:
        """Say when originals wait here, and when they do no more; what was asked for and must not come ends with the
        connection, and the next one goes on where it was.
        """
        said, took = Holding(), self.gate.takes
        with self.gate.changed.heard() as changed:
            while not self.quiet:
                changed.clear()
                if said != (said := self.gate.ours):
                    seconds = 0 if said.until is None else max(1, (said.until - self._clock.now()) // 1000)
                    await self.outbox.urgent(Hold(said.why, seconds))
                before, took = took, self.gate.takes
                coming = (each.fetching.originals_coming for each in self.shared.values())
                if (before, took) == ("all", "asked") and any(coming):
                    raise ConnectionLost("originals were to come, and the network is metered now")
                await changed.wait()

    # Sending and reading

    async def _send(self) -> None:
        """Where nothing can be sent any more, what came before is read to its end: then the reading says so."""
        try:
            await self.outbox.run()
        except ConnectionLost:
            await self._clock.sleep(LAST_SECONDS)
            raise

    async def _read(self) -> None:
        async with asyncio.timeout(HELLO_SECONDS):
            frame = await self.connection.receive()
        while isinstance(hello := decode(frame), Standing):  # to who is a member of nothing there any more
            await self._hear(hello)
            async with asyncio.timeout(HELLO_SECONDS):
                frame = await self.connection.receive()
        if not isinstance(hello, Hello):
            raise Malformed("the first message is no greeting")
        self.quiet = self.quiet or hello.quiet
        while True:
            self.received += len(frame) + 4
            await self._hear(decode(frame))
            self._listening_since = self._clock.elapsed()
            frame = await self.connection.receive()
            self._listening_since = None

    async def _hear(self, message: Message) -> None:
        if isinstance(message, Hello):
            said = message.name, set(message.workspaces)
            if self.greeted and said == (self.name, self._theirs):
                return
            (self.name, self._theirs), self.greeted, self.version = said, True, message.version
            self.gate.version = message.version
            self._look.set()
            self.changed()
        elif isinstance(message, Ping):
            if not message.answer:
                await self.outbox.urgent(Ping(message.number, True))
        elif isinstance(message, Kept | Described):
            kind, question = self._asked.get(message.number, (None, None))
            if question is not None and kind is type(message) and not question.done():
                question.set_result(message.answers if isinstance(message, Kept) else message.description)
        elif isinstance(message, Hold):
            until = self._clock.now() + min(message.seconds, LONGEST_HOLD) * 1000
            self.gate.say(Holding(message.why, until if message.why and message.seconds else None))
            self.changed()
        elif isinstance(message, Standing | Understood):
            await self._hear_standing(message)
        elif isinstance(message, Previewed):
            self._hear_piece(message)
        elif isinstance(message, Preview):
            await self._answer_beside(message)
        elif not isinstance(message, Unknown):
            await self._hear_of(message)

    async def _hear_of(self, message: Message) -> None:
        """A message about one workspace; of one that is not shared, or no more, it is passed over."""
        id: bytes = getattr(message, "workspace", b"")
        shared = self.shared.get(id) or self._newly_shared(id)
        if shared is None:
            return
        if isinstance(message, State | Log | Taken):
            await shared.exchange.hear(message)
        elif isinstance(message, Want | Blobs | Part | Lack | Later | HaveAfter | Have):
            await shared.fetching.hear(message)
        elif isinstance(message, MayGo | Describe):
            await self._answer_beside(message)

    async def _hear_standing(self, message: Standing | Understood) -> None:
        if isinstance(message, Understood):
            self.parted = self._standings.understood(self.device, message)
        elif (answer := await self._standings.hear(message)) is not None:
            await self.outbox.urgent(answer)
            self.parted = answer.removed
        self._look.set()
        self.changed()

    def _hear_piece(self, message: Previewed) -> None:
        kind, question = self._asked.get(message.number, (None, None))
        if question is None or kind is not Previewed or question.done():
            return
        pieces = self._pieces.setdefault(message.number, Pieces())
        pieces.take(message)
        if message.last:
            question.set_result(pieces.whole())

    async def _answer_beside(self, question: MayGo | Describe | Preview) -> None:
        """Beside the reading: bytes are verified for it, or documents gone through."""
        await self._answering.acquire()
        self._group.create_task(self._answer(question)).add_done_callback(lambda _: self._answering.release())

    async def _answer(self, question: MayGo | Describe | Preview) -> None:
        library = self._libraries().get(question.workspace)
        if isinstance(question, Preview):
            if library is not None:
                offered = await answer(library.workspace, asked(question))
                for piece in told_in_pieces(question.workspace, question.number, offered):
                    await self.outbox.urgent(piece)
            return
        if isinstance(question, Describe):
            if library is not None:
                told = msgspec.msgpack.encode(await describe(library.workspace, question.shards))
                await self.outbox.urgent(Described(question.workspace, question.number, told))
            return
        answers = [library is not None and await library.copies.may_go(hash) for hash in question.hashes]
        await self.outbox.urgent(Kept(question.workspace, question.number, answers))

    def _newly_shared(self, id: bytes) -> Shared | None:
        """The other side may have taken up what both share a moment before this one."""
        self._begin()
        return self.shared.get(id)

    async def _keep_alive(self) -> None:
        number = 0
        while True:
            await self._clock.sleep(PING_SECONDS)
            number += 1
            await self.outbox.urgent(Ping(number, False))

    async def _listen(self) -> None:
        """Beside the pinging, which waits where the other side takes nothing. While a message is taken in here, or part
        of one comes, it is not the other side that is silent.
        """
        arrived, heard, asked = -1, 0.0, False
        while True:
            now, since = self._clock.elapsed(), self._listening_since
            if since is None or self.connection.arrived != arrived:
                arrived, heard, asked = self.connection.arrived, now, False
            if self._doubted and not asked:
                heard, asked = now, True
                self._group.create_task(self.outbox.urgent(Ping(0, False)))
            self._doubted = False
            silent = 0.0 if since is None else now - max(heard, since)
            if silent > (DOUBT_SECONDS if asked else SILENCE_SECONDS):
                raise ConnectionLost(f"nothing was heard for {silent:.0f} seconds")
            await self._clock.sleep(LISTEN_SECONDS)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of several errors the one that says most: what is wrong here before what is wrong with the connection."""
    found: list[BaseException] = []

    def gather(error: BaseException) -> None:
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                gather(each)
        else:
            found.append(error)

    gather(errors)
    order = (LibraryError, StoreError, Malformed, SyncError, TimeoutError)
    place = {kind: number for number, kind in enumerate(order, 1)}
    return min(found, key=lambda error: next((place[kind] for kind in order if isinstance(error, kind)), 0))
