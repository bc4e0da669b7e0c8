"""What the engine needs of a connection to another device, however it is carried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

MAX_FRAME = 1 << 20  # bytes: a longer one is refused before it is read


class Connection(Protocol):
    """Frames in both directions, in order, each whole or not at all, with a device that has proven its key.

    `send` returns when the frame is on its way and waits while the other side takes nothing: nothing is dropped. It may
    be called by one task at a time, `receive` by one other. Both raise ConnectionLost once the connection has ended,
    `receive` Malformed for a frame that is too long. `close` may be called at any time, also twice.
    """

    @property
    def device(self) -> bytes:
        """The other's public key."""
        ...

    @property
    def address(self) -> str:
        """Where it was reached, to show; empty where that says nothing."""
        ...

    @property
    def own(self) -> str:
        """This machine's address that it uses; empty where that says nothing."""
        ...

    @property
    def arrived(self) -> int:
        """Bytes that came so far, also of a frame that is not whole yet, about."""
        ...

    @property
    def rate(self) -> float | None:
        """Bytes a second that come through to the other side, by what went of late; None where nobody says so."""
        ...

    @property
    def dialed(self) -> bool:
        """Whether this side began it."""
        ...

    async def send(self, frame: bytes) -> None: ...

    async def receive(self) -> bytes: ...

    async def close(self) -> None: ...


class Transport(Protocol):
    """How connections are made; `sync/peers/lan.py` is the real one."""

    async def dial(self, address: str) -> Connection:
        """Raises Unreachable, Stranger or ConnectionLost."""
        ...


@dataclass
class Way:
    """An address, what is known of it, and when it is tried again."""

    address: str
    device: bytes | None = None  # who was there last
    failures: int = 0
    not_before: float = 0.0
    trying: bool = False
    problem: Literal["", "unreachable", "stranger"] = ""  # why the last try failed
