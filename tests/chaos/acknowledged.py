"""Work that a client gives a daemon, what it was told is done, and whether that is still so."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from tests.chaos.daemons import Daemon
from tests.library.house import picture


class Client:
    """Uploads, rates and tags; remembers what was answered. What was not may be there or not."""

    def __init__(self, daemon: Daemon, chance: random.Random) -> None:
        self.daemon = daemon
        self.chance = chance
        self.ratings: dict[str, set[int]] = {}  # picture → the rating it must have, or one of two that are both fair
        self.bytes: dict[str, str] = {}  # picture → hash of its original
        self.projects: set[str] = set()
        self.pictures = self.names = 0
        self.answers = 0

    def fresh(self) -> bytes:
        """A picture like no other."""
        self.pictures += 1
        return picture((self.pictures % 256, self.pictures // 256 % 256, self.chance.randrange(256)))

    def upload(self) -> bool:
        raw = self.fresh()
        told = self.daemon.ask("POST", f"/w/-/uploads?name=p{self.pictures}.png", raw=raw)
        if told is None:
            return False
        self.ratings.setdefault(told["asset"], {0})
        self.bytes[told["asset"]] = hashlib.sha256(raw).hexdigest()
        return True

    def rate(self) -> bool:
        if not self.ratings:
            return True
        asset, rating = self.chance.choice(sorted(self.ratings)), self.chance.randint(1, 5)
        before = self.ratings[asset]
        self.ratings[asset] = before | {rating}
        if self.daemon.ask("PATCH", f"/w/-/assets/{asset}", {"rating": rating}) is None:
            return False
        self.ratings[asset] = {rating}
        return True

    def project(self) -> bool:
        self.names += 1  # one that was not answered may be there all the same
        told = self.daemon.ask("POST", "/w/-/projects", {"name": f"project {self.names}"})
        if told is not None:
            self.projects.add(told["id"])
        return told is not None

    def step(self) -> bool:
        """One piece of work; False when the daemon was gone before it answered."""
        answered = self.chance.choice((self.upload, self.upload, self.rate, self.rate, self.project))()
        self.answers += answered
        return answered

    def check(self) -> None:
        """Everything that was acknowledged is there."""
        for asset, allowed in self.ratings.items():
            shown = self.daemon.ask("GET", f"/w/-/assets/{asset}")
            assert shown is not None and shown["asset"]["rating"] in allowed, (asset, shown)
            self.ratings[asset] = {shown["asset"]["rating"]}
            assert asset not in self.bytes or shown["asset"]["sha256"] == self.bytes[asset]
        known = {each["id"] for each in self.daemon.ask("GET", "/w/-/projects")["projects"]}
        assert self.projects <= known

    def verify(self) -> None:
        """Nothing is damaged, and the views made anew are the same."""
        found = self.daemon.finish(self.daemon.ask("POST", "/w/-/verify", {"read_data": True}))
        assert found is not None and found["problems"] == [], found
        before = self.daemon.ask("GET", "/w/-/digest")
        assert self.daemon.finish(self.daemon.ask("POST", "/w/-/rebuild", {})) == before
        self.check()


def watch(daemon: Daemon, folder: Path) -> None:
    """Have a folder watched, if it is not yet."""
    folder.mkdir(exist_ok=True)
    if not daemon.ask("GET", "/w/-/watched")["watched"]:
        assert daemon.ask("POST", "/w/-/watched", {"path": str(folder)}) is not None


def has(daemon: Daemon, name: str) -> bool:
    """Whether there is a picture of that name."""
    found = daemon.ask("GET", f"/w/-/assets?q={name}")
    return any(item["name"] == name for item in found["items"])
