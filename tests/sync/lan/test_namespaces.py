"""Daemons on machines of their own, in network namespaces, with links that are cut, lossy, slow, and reset connections.

They find each other by mDNS, come to hold the same soon after they can meet, and send little twice.
"""

from __future__ import annotations

import hashlib
import random
import time
from pathlib import Path

import pytest

from tests.daemonhouse import until
from tests.sync.lan.house import ORIGINAL, equal, kept, originals
from tests.sync.lan.namespaces import Network, why_not
from tests.sync.lan.studio import Resident, studio

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]
MEGABIT = 1_000_000
EDIT_SECONDS = 1.0
TWICE = 0.05
WAYS = ("both ways", "one way", "reset", "loss", "slow")


@pytest.fixture(autouse=True, scope="module")
def namespaces() -> None:
    if reason := why_not():
        pytest.skip(reason)


def is_let_in(resident: Resident, address: str, port: int) -> bool:
    """Whether whoever connects at an address may go on to the handshake, and is not left at once."""
    script = f"exec 3<>/dev/tcp/{address}/{port}; read -t 0.5 -n 1 -u 3; echo $?"
    return int(resident.machine.namespace.run("bash", "-c", script)) > 128  # nothing came, and no end


def test_devices_find_each_other_by_the_digits_alone_and_no_vpn_is_used(tmp_path: Path) -> None:
    with studio(tmp_path, "a", "b") as (net, (a, b)):
        a.bring_in(1)
        equal(a, b)
        shown = a.ask("POST", "/w/-/pairing", {})["addresses"]
        assert [each.rpartition(":")[0] for each in shown] == [net.machines["a"].address]
        port = b.ask("GET", "/peers")["port"]
        assert is_let_in(a, net.machines["b"].address, port)
        assert not is_let_in(a, net.machines["b"].tunnel, port)
        b.bring_in(2)
        equal(a, b)


def test_device_that_gets_another_address_is_in_step_again_soon(tmp_path: Path) -> None:
    with studio(tmp_path, "a", "b") as (_, (a, b)):
        for mover, address in ((b, "10.77.1.98"), (a, "10.77.1.99")):
            mover.machine.move(address)
            a.bring_in(int(address[-1]))
            b.bring_in(100 + int(address[-1]))
            print(f"equal {equal(a, b):.1f} s after one had another address")


def seen(residents: list[Resident], asset: str, rating: int) -> float:
    """Seconds from an edit on the first one until the other has it."""
    one, other = residents
    begun = time.monotonic()
    one.ask("PATCH", f"/w/-/assets/{asset}", {"rating": rating})
    until(lambda: other.ask("GET", f"/w/-/assets/{asset}")["asset"]["rating"] == rating)
    return time.monotonic() - begun


def test_edit_does_not_wait_for_originals_on_a_slow_line(tmp_path: Path) -> None:
    with studio(tmp_path, "a", "b") as (net, (a, b)):
        a.bring_in(1)
        equal(a, b)
        (asset,) = [each["id"] for each in a.assets()]
        net.slow("b", 2 * MEGABIT)
        paths = [str(each) for each in originals(tmp_path, 2 * ORIGINAL)]
        assert a.finish(a.ask("POST", "/w/-/imports", {"paths": paths})) is not None
        equal(a, b)
        before = net.carried("b")
        until(lambda: net.carried("b") > before + 750_000)
        took = sorted(seen([a, b], asset, rating) for rating in (1, 2, 3, 4, 5))
        assert len(kept(b)) < len(kept(a))  # the originals are still coming
        print(f"2 Mbit/s: an edit went over within {took[2]:.2f} s, at most {took[-1]:.2f} s")
        assert took[2] < EDIT_SECONDS


def part(net: Network, way: str, one: str, other: str) -> None:
    if way == "both ways":
        net.cut(one, other)
    elif way == "one way":
        net.cut(one, other, back=False)
    elif way == "loss":
        net.lose(20)
    elif way == "slow":
        net.slow(one, 2 * MEGABIT)


def work(cycle: int, some: list[Resident], chance: random.Random) -> None:
    for number, each in enumerate(some):
        each.bring_in(1000 * cycle + number)
        asset = chance.choice(each.assets())
        each.ask("PATCH", f"/w/-/assets/{asset['id']}", {"rating": chance.randrange(6)})


def part_and_heal(net: Network, some: list[Resident], ways: list[str], seconds: float) -> None:
    """Each time one device is apart from the others, or all are badly connected, while all work for some seconds."""
    chance, slowest = random.Random(7), dict.fromkeys(ways, 0.0)
    for cycle, way in enumerate(ways):
        one, *others = chance.sample([each.name for each in some], len(some))
        if way == "reset":
            with net.machines[one].resetting():
                work(cycle, some, chance)
                time.sleep(0.3)
        else:
            for other in others:
                part(net, way, one, other)
            work(cycle, some, chance)
            time.sleep(chance.random() * seconds)
            assert way != "both ways" or len({each.digest() for each in some}) > 1
        net.heal()
        if way == "slow":
            net.slow(one, 0)
        took = equal(*some)
        slowest[way] = max(slowest[way], took)
        print(f"{way}: equal after {took:.1f} s", flush=True)
    told = ", ".join(f"{way} {took:.1f} s" for way, took in slowest.items())
    print(f"{len(ways)} times parted and healed; equal at most after: {told}", flush=True)


def test_parted_daemons_are_equal_soon_after_they_can_meet(tmp_path: Path) -> None:
    with studio(tmp_path, "a", "b", "c") as (net, some):
        part_and_heal(net, some, ["both ways", "one way", "reset"], 0.5)


@pytest.mark.long
def test_fifty_partitions(tmp_path: Path) -> None:
    with studio(tmp_path, "a", "b", "c") as (net, some):
        part_and_heal(net, some, [WAYS[cycle % len(WAYS)] for cycle in range(50)], 8.0)


def break_off_and_go_on(net: Network, a: Resident, b: Resident, folder: Path, total: int, kills: int) -> None:
    """b takes pictures of a, and the connection is reset again and again, by either side."""
    b.ask("PATCH", "/peers", {"paused": True})
    paths = originals(folder, total)
    assert a.finish(a.ask("POST", "/w/-/imports", {"paths": [str(each) for each in paths]})) is not None
    size = sum(each.stat().st_size for each in paths)
    before = net.carried("b")
    b.ask("PATCH", "/peers", {"paused": False})
    begun = time.monotonic()
    for number in range(1, kills + 1):
        until(lambda number=number: net.carried("b") - before > size * number / (kills + 2), 300)
        machine = net.machines[("a", "b")[number % 2]]
        with machine.resetting():
            until(lambda machine=machine: machine.connections() == 0)
    wanted = {hashlib.sha256(each.read_bytes()).hexdigest() for each in paths}
    until(lambda: wanted <= kept(b).keys(), 300)
    equal(a, b)
    twice, took = (net.carried("b") - before) / size - 1, time.monotonic() - begun
    print(
        f"{size >> 20} MiB in {took:.0f} s, {kills} times reset: {twice:.1%} more than the pictures went over",
        flush=True,
    )
    assert twice < TWICE
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == name for name, path in kept(b).items())


def test_connection_that_is_reset_again_and_again_sends_little_twice(tmp_path: Path) -> None:
    with studio(tmp_path, "a", "b") as (net, (a, b)):
        break_off_and_go_on(net, a, b, tmp_path, 96 << 20, 4)


@pytest.mark.long
def test_connection_that_is_reset_during_a_gigabyte(tmp_path: Path) -> None:
    with studio(tmp_path, "a", "b") as (net, (a, b)):
        break_off_and_go_on(net, a, b, tmp_path, 1 << 30, 20)
