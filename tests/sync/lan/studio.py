"""Real daemons on machines of a network of the test's own: nobody tells them where the others are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.daemonhouse import until
from tests.shut import sitecustomize
from tests.sync.lan.house import Site
from tests.sync.lan.namespaces import Machine, Network, network

SHUT = str(Path(sitecustomize.__file__).parent)
SEARCH_SECONDS = 30.0


class Resident(Site):
    """A daemon as people run it, on a machine of its own. It finds the others by what they announce.

    No route leads out of the machine's network, so the daemon need not be kept from asking other computers.
    """

    def __init__(self, folder: Path, machine: Machine) -> None:
        paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        free = os.pathsep.join(each for each in paths if each and each != SHUT)
        super().__init__(
            folder,
            machine.name,
            GESSO_SYNC_LISTEN="",
            GESSO_SYNC_DISCOVER="true",
            GESSO_SYNC_PORT="8464",
            PYTHONPATH=free,
        )
        self.machine = machine

    def start(self) -> None:
        with self.machine.namespace.inside():
            super().start()

    def ask(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> Any:
        with self.machine.namespace.inside():
            return super().ask(method, path, body, raw)

    def connected(self) -> list[dict[str, Any]]:
        """The connections that stand now, as the daemon tells of them."""
        told: list[dict[str, Any]] = self.ask("GET", "/peers")["connected"]
        return told


def let_in(shows: Resident, types: Resident) -> dict[str, Any]:
    """By six digits alone: where the code is shown, the network says. Gives what was shown."""
    shown: dict[str, Any] = shows.ask("POST", "/w/-/pairing", {})
    came = types.ask("POST", "/pair", {"code": shown["code"]})
    told = until(lambda: (now := shows.ask("GET", "/w/-/pairing"))["state"] == "done" and now)
    assert told["fingerprint"] == came["fingerprint"]
    return shown


@contextmanager
def studio(folder: Path, *names: str) -> Iterator[tuple[Network, list[Resident]]]:
    """Daemons of one workspace, all of which have met."""
    with network(*names) as net, ExitStack() as stack:
        made = [Resident(folder, net.machines[name]) for name in names]
        for each in made:
            stack.callback(each.end)
            each.begin()
        for each in made[1:]:
            let_in(made[0], each)
        until(lambda: all(len(each.connected()) == len(names) - 1 for each in made), SEARCH_SECONDS)
        print(f"{len(made)} daemons in network namespaces, which found each other by mDNS")
        yield net, made
