"""Real daemons of one workspace, each reached by the others through a wire of the test's own.

On loopback ports: they share this machine's network.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image

from tests.chaos.daemons import Daemon
from tests.daemonhouse import until
from tests.library.house import picture
from tests.sync.lan.proxy import Proxy

ORIGINAL = 8 << 20  # bytes of a large picture
HEALED_SECONDS = 30.0  # within which all are equal


class Site(Daemon):
    """A daemon, and the wire that leads to it."""

    def __init__(self, folder: Path, name: str, **variables: str) -> None:
        super().__init__(folder / name, **{"GESSO_SYNC_PORT": "0", **variables})
        self.name = name
        self.folder = folder
        self.wire: Proxy
        self.ways: list[str] = []  # addresses it was told

    def begin(self) -> None:
        self.start()
        for each in self.ways:
            self.ask("POST", "/peers", {"address": each})

    def end(self) -> None:
        if self.process is not None:
            self.kill()

    def to(self, other: Site) -> None:
        """Reach another one, and it only, through its wire."""
        port = until(lambda: other.ask("GET", "/peers")["port"])
        other.wire.target = port
        self.ways.append(f"127.0.0.1:{other.wire.port}")
        self.kill()
        (self.home / "data" / "peers.json").unlink(missing_ok=True)
        self.begin()

    def bring_in(self, *seeds: int, size: tuple[int, int] = (64, 48)) -> None:
        paths = []
        for seed in seeds:
            path = self.folder / f"{self.name}-{seed}.png"
            chance = random.Random(seed)
            path.write_bytes(picture((chance.randrange(256), chance.randrange(256), chance.randrange(256)), size))
            paths.append(str(path))
        assert self.finish(self.ask("POST", "/w/-/imports", {"paths": paths})) is not None

    def digest(self) -> str:
        return str(self.ask("GET", "/w/-/digest")["digest"])

    def assets(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "/w/-/assets?limit=200")["items"]
        return found


def pair(shows: Site, types: Site) -> None:
    """By the code and the pairing port alone."""
    shown = shows.ask("POST", "/w/-/pairing", {})
    port = shown["addresses"][0].rpartition(":")[2]
    came = types.ask("POST", "/pair", {"code": shown["code"], "address": f"127.0.0.1:{port}"})
    told = until(lambda: (now := shows.ask("GET", "/w/-/pairing"))["state"] == "done" and now)
    assert told["fingerprint"] == came["fingerprint"]


@contextmanager
def sites(folder: Path, *names: str) -> Iterator[list[Site]]:
    """Daemons that are paired with the first one, and reach each other in a row: A – B – C."""
    with ExitStack() as stack:
        made = [Site(folder, name) for name in names]
        for each in made:
            each.wire = stack.enter_context(Proxy(0))
            stack.callback(each.end)
            each.begin()
        for one, other in pairwise(made):
            pair(one, other)
        for one, other in pairwise(made):
            other.to(one)
        print(f"{len(made)} daemons on loopback ports, with a proxy between each two")
        yield made


def equal(*some: Site, seconds: float = HEALED_SECONDS) -> float:
    """Until all hold the same; how many seconds it took."""
    begun = time.monotonic()
    until(lambda: len({each.digest() for each in some}) == 1, seconds)
    return time.monotonic() - begun


def originals(folder: Path, total: int) -> list[Path]:
    """Pictures that do not become smaller."""
    made, side = [], int((ORIGINAL / 3) ** 0.5)
    for number in range(total // ORIGINAL):
        path = folder / f"large-{number}.png"
        noise = random.Random(number).randbytes(side * side * 3)
        Image.frombytes("RGB", (side, side), noise).save(path, compress_level=0)
        made.append(path)
    return made


def kept(site: Site) -> dict[str, Path]:
    """Hash → file of the blobs of a daemon."""
    return {f"{each.parent.name}{each.name}": each for each in site.home.glob("data/**/blobs/??/*") if each.is_file()}
