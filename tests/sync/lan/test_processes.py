"""Daemons, and wires between them that are cut, slow or deaf: they come to hold the same, and send little twice."""

from __future__ import annotations

import hashlib
import random
import time
from pathlib import Path

import pytest

from tests.daemonhouse import until
from tests.sync.lan.house import Site, equal, kept, originals, sites

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]
CYCLES, LONG_CYCLES = 3, 50
KILLS, LONG_KILLS = 10, 20
SHORT_BYTES, LONG_BYTES = 64 << 20, 1 << 30
TWICE = 0.05


def part_and_heal(a: Site, b: Site, c: Site, cycles: int) -> None:
    chance, slowest = random.Random(4), 0.0
    for cycle in range(cycles):
        wires = chance.sample((a.wire, b.wire), chance.randrange(1, 3))
        way = ("cut", "deaf", "reset", "slow")[cycle % 4]
        for wire in wires:
            wire.rate = 250_000 if way == "slow" else 0  # 2 Mbit/s
            wire.deaf = way == "deaf"
            wire.cut() if way == "cut" else wire.reset()
        for number, each in enumerate((a, b, c)):
            each.bring_in(1000 * cycle + number)
            some = chance.choice(each.assets())
            each.ask("PATCH", f"/w/-/assets/{some['id']}", {"rating": chance.randrange(6)})
        for wire in wires:
            wire.heal()
            wire.reset() if way == "deaf" else None
        slowest = max(slowest, equal(a, b, c))
    print(f"{cycles} times parted and healed; equal after {slowest:.1f} s at most")


def test_parted_daemons_are_equal_soon_after_they_can_meet(tmp_path: Path) -> None:
    with sites(tmp_path, "a", "b", "c") as (a, b, c):
        part_and_heal(a, b, c, CYCLES)
        devices = {each["device"] for each in c.ask("GET", "/peers")["connected"]}
        assert len(devices) == 1  # a and c have met through b only


@pytest.mark.long
def test_fifty_partitions(tmp_path: Path) -> None:
    with sites(tmp_path, "a", "b", "c") as (a, b, c):
        part_and_heal(a, b, c, LONG_CYCLES)


def break_off_and_go_on(folder: Path, total: int, kills: int) -> None:
    with sites(folder, "a", "b") as (a, b):
        b.ask("PATCH", "/peers", {"paused": True})
        paths = originals(folder, total)
        assert a.finish(a.ask("POST", "/w/-/imports", {"paths": [str(each) for each in paths]})) is not None
        assert len(a.assets()) == len(paths)
        size = sum(each.stat().st_size for each in paths)
        a.wire.rate = max(4 << 20, total // 60)
        a.wire.carried = 0
        b.ask("PATCH", "/peers", {"paused": False})
        for number in range(1, kills + 1):
            until(lambda number=number: a.wire.carried > size * number / (kills + 2), 300)
            a.wire.reset()
        wanted = {hashlib.sha256(each.read_bytes()).hexdigest() for each in paths}
        until(lambda: wanted <= kept(b).keys(), 300)
        equal(a, b)
        time.sleep(0.5)
        twice = a.wire.carried / size - 1
        print(f"{size >> 20} MiB, the link ended {kills} times: {twice:.1%} more than the pictures went over it")
        assert twice < TWICE
        assert all(hashlib.sha256(path.read_bytes()).hexdigest() == name for name, path in kept(b).items())


def test_link_that_ends_again_and_again_sends_little_twice(tmp_path: Path) -> None:
    break_off_and_go_on(tmp_path, SHORT_BYTES, KILLS)


@pytest.mark.long
def test_link_that_ends_during_a_gigabyte(tmp_path: Path) -> None:
    break_off_and_go_on(tmp_path, LONG_BYTES, LONG_KILLS)


@pytest.mark.parametrize("dies", ["who sends", "who takes"])
def test_daemon_that_is_killed_while_it_exchanges_goes_on(tmp_path: Path, dies: str) -> None:
    with sites(tmp_path, "a", "b") as (a, b):
        a.wire.cut()
        a.bring_in(*range(40), size=(300, 200))
        a.wire.rate = 300_000
        a.wire.heal()
        before = a.wire.carried
        until(lambda: a.wire.carried > before + 60_000)
        victim = a if dies == "who sends" else b
        victim.kill()
        victim.begin()
        if victim is a:  # it has another port now
            a.wire.target = until(lambda: a.ask("GET", "/peers")["port"])
        a.wire.rate = 0
        equal(a, b)
        assert len(b.assets()) == 40
