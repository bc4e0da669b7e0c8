"""What a person may set about how much goes to other devices, and why originals may wait. Plain values."""

from __future__ import annotations

from typing import Literal, NamedTuple

from sync.allowance.timetable import Timetable

WhenMetered = Literal["everything", "thumbnails", "nothing"]  # goes to devices of other networks
Wish = Literal["auto", "yes", "no"]  # whether the network is metered; auto: as the system says
Metered = Literal["yes", "no", "unknown"]
Why = Literal["", "timetable", "metered"]  # originals wait; empty: they do not


class Rules(NamedTuple):
    """The settings. `upload_limit`: bytes a second; 0 is no limit."""

    upload_limit: int = 0
    timetable: Timetable = ()
    when_metered: WhenMetered = "thumbnails"
    metered: Wish = "auto"
