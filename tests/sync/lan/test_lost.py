"""A laptop is lost: its owner revokes it on another device, and from then on it counts for nothing anywhere."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from identity.keys import DeviceKey
from identity.membership import decide
from identity.operations import decode_operation
from library.home.key import KEY
from library.people.keys import Rotations, opened_with
from store.database import connect
from tests.commands.house import speak
from tests.daemonhouse import until
from tests.sync.lan.house import Site, equal, pair
from tests.sync.lan.proxy import Proxy

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]


def keys_open_to(site: Site, laptop: Site) -> tuple[list[int], list[int]]:
    """By the log of a site: the epochs of all keys of the workspace, and of those that the laptop can open."""
    (database,) = (site.home / "data").rglob("library.sqlite")
    connection = connect(database)
    try:
        workspace = bytes(connection.execute("SELECT value FROM meta WHERE key='workspace'").fetchone()[0])
        raws = [raw for (raw,) in connection.execute("SELECT raw FROM operation WHERE state=1")]
    finally:
        connection.close()
    log = Rotations(decide(workspace, map(decode_operation, raws)))
    secret = DeviceKey.from_bytes(bytes.fromhex(next(laptop.home.rglob(KEY)).read_text()))
    opened = opened_with(log, workspace, [secret])
    return sorted(epoch for epoch, _ in log.used), sorted(epoch for epoch, _ in opened)


def found(site: Site, text: str) -> list[dict[str, Any]]:
    return [each for each in site.assets() if text in each["name"]]


def test_lost_laptop_gets_nothing_more_and_what_it_writes_later_counts_nowhere(tmp_path: Path) -> None:
    with ExitStack() as stack:
        tablet, desk, laptop = (Site(tmp_path, name) for name in ("tablet", "desk", "laptop"))
        for each in (tablet, desk, laptop):
            each.wire = stack.enter_context(Proxy(0))
            stack.callback(each.end)
            each.begin()
        pair(tablet, desk)
        pair(tablet, laptop)
        tablet.to(laptop)
        desk.to(tablet)
        for each in (desk, tablet):
            each.ask("PUT", "/w/-/copies/policy", {"kind": "thumbnails"})
        tablet.bring_in(1)
        laptop.bring_in(2, size=(900, 700))
        equal(tablet, desk, laptop)
        until(lambda: found(desk, "laptop-2")[0]["state"] == "elsewhere")
        (shared,) = found(desk, "tablet-1")
        before = keys_open_to(desk, laptop)
        assert before[0] == before[1] and before[0]

        tablet.wire.cut()  # the owner has the desk at hand; the tablet is where the laptop is, and hears of nothing
        until(lambda: not desk.ask("GET", "/peers")["connected"])
        (own,) = (each["id"] for each in laptop.ask("GET", "/w/-/devices")["devices"] if each["own"])
        done = speak(desk.home, "peer", "rm", own[:16], "--yes")
        assert done.code == 0 and "One original was only on that device, of laptop-2.png" in done.err
        used, opened = keys_open_to(desk, laptop)
        assert used[:-1] == before[0] and opened == before[1]  # a new key, and the laptop has it not

        laptop.ask("PATCH", f"/w/-/assets/{shared['id']}", {"rating": 1})
        laptop.bring_in(3)
        until(lambda: found(tablet, "laptop-3") and found(tablet, "tablet-1")[0]["rating"] == 1)
        desk.bring_in(4)
        tablet.wire.heal()
        equal(tablet, desk)
        for each in (tablet, desk):
            until(lambda each=each: found(each, "desk-4"))
            assert not found(each, "laptop-3") and found(each, "tablet-1")[0]["rating"] == 0
            assert [quiet["reason"] for quiet in each.ask("GET", "/w/-/quarantine")["quarantine"]] == ["revoked"]
        until(lambda: own not in {each["device"] for each in tablet.ask("GET", "/peers")["connected"]})
        assert not found(laptop, "desk-4") and laptop.ask("GET", "/peers")["connected"] == []
        assert keys_open_to(tablet, laptop) == (used, opened)
        for each in (tablet, desk):
            assert speak(each.home, "verify").code == 0
