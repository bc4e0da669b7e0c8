"""What may go to other devices now, and why originals wait."""

from __future__ import annotations

import msgspec

from daemon.api.call import House
from sync.allowance.rules import Metered, WhenMetered, Why
from sync.gate import Holding


class Held(msgspec.Struct, frozen=True):
    """Why originals wait: `timetable`, `metered`, or a word of a newer program; empty: they do not. `until`: when they
    go again, in milliseconds, where that is known.
    """

    why: str
    until: int | None


class Limits(msgspec.Struct, frozen=True):
    """`rate`: most bytes a second that go out, 0 is no limit · `originals`: why none go out, whoever asks · `until`:
    when the timetable says something else · `metered`: whether what leaves this network costs by the byte ·
    `when_metered`: what is exchanged with devices of other networks then.
    """

    rate: int
    originals: Why
    until: int | None
    metered: Metered
    when_metered: WhenMetered


def limits(house: House) -> Limits:
    now = house.others.sync.allowance.now
    return Limits(now.rate, now.originals, now.until, now.metered, now.when_metered)


def held(holding: Holding) -> Held:
    return Held(holding.why, holding.until)
