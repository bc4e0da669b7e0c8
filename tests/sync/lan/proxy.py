"""A wire between two daemons that a test can cut, slow down and read the length of: a TCP proxy of its own."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

PIECE = 16 * 1024


class Proxy:
    """Leads from a port of this machine to another one. Its methods may be called from any thread."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.carried = 0  # bytes, both ways
        self.rate = 0  # bytes a second, each way; 0 is no limit
        self.deaf = False  # what comes back from the target is not passed on: a cut in one direction
        self._open = True
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Proxy:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def cut(self) -> None:
        """All connections are reset, and there is no new one until `heal`."""
        self._open = False
        self.reset()

    def heal(self) -> None:
        self._open, self.deaf = True, False

    def reset(self) -> None:
        """All connections are reset."""
        self._loop.call_soon_threadsafe(self._reset)

    def _reset(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        back: asyncio.StreamWriter | None = None
        try:
            further, back = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers |= {writer, back}
            await asyncio.gather(self._carry(reader, back, False), self._carry(further, writer, True))
        except OSError:
            pass
        finally:
            for each in filter(None, (writer, back)):
                self._writers.discard(each)
                each.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, back: bool) -> None:
        with suppress(OSError):
            while data := await reader.read(PIECE):
                self.carried += len(data)
                if self.rate:
                    await asyncio.sleep(len(data) / self.rate)
                if not (back and self.deaf):
                    writer.write(data)
                    await writer.drain()
        writer.transport.abort()
