"""The wires between the devices: messages come late, twice, in another order, or not at all."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.simulation.world import World


class Network:
    """Carries messages between named devices. Calm, it carries each once, soon."""

    def __init__(self, names: list[str], world: World) -> None:
        self.inbox: dict[str, asyncio.Queue[tuple[str, str, Any]]] = {name: asyncio.Queue() for name in names}
        self.calm = False
        self._world = world
        self._cut: set[frozenset[str]] = set()

    def send(self, sender: str, receiver: str, kind: str, content: Any) -> None:
        chance = self._world.chance
        if self.calm:
            self._deliver_after(0.01, sender, receiver, kind, content)
            return
        if frozenset((sender, receiver)) in self._cut or chance.random() < 0.15:
            return
        for _ in range(2 if chance.random() < 0.15 else 1):
            self._deliver_after(chance.random() * chance.choice((0.1, 1, 20)), sender, receiver, kind, content)

    def _deliver_after(self, seconds: float, sender: str, receiver: str, kind: str, content: Any) -> None:
        inbox = self.inbox[receiver]
        asyncio.get_running_loop().call_later(seconds, inbox.put_nowait, (sender, kind, content))

    async def weather(self) -> None:
        """Cuts wires and mends them, for ever."""
        names = sorted(self.inbox)
        while True:
            await self._world.pause(60)
            pairs = [frozenset((a, b)) for a in names for b in names if a < b]
            self._cut = {pair for pair in pairs if self._world.chance.random() < 0.4}
            self._world.note("cut", sorted(sorted(pair) for pair in self._cut))
