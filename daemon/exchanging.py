"""Everything that other devices are reached by, put together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

from daemon.inviting import Inviting
from daemon.meeting import Meeting
from daemon.networks import metered
from daemon.settings.sections import Settings, SyncSettings
from daemon.supervisor import Service
from library.home.offline import Offline
from library.surroundings import Surroundings
from library.workspaces import Workspaces
from sync.allowance import timetable
from sync.allowance.allowance import Allowance
from sync.allowance.rules import Rules, WhenMetered, Wish
from sync.engine import Sync
from sync.network import Network, Wishes
from sync.peers.addresses import FILE, Addresses
from sync.peers.interfaces import is_near, refused
from sync.peers.lan import Lan


class Exchanging(NamedTuple):
    """What exchanges with other devices, what opens the way for them, and what lets new ones in."""

    sync: Sync
    network: Network
    meeting: Meeting
    inviting: Inviting

    def services(self) -> list[Service]:
        return [
            Service("other devices", self.sync.run),
            Service("network", self.network.run),
            Service("pairing", self.meeting.run),
            Service("invitations", self.inviting.run),
        ]

    def apply(self, settings: Settings) -> None:
        """The settings that may change under a running daemon."""
        self.sync.allowance.apply(rules(settings.sync))


def exchanging(
    workspaces: Workspaces,
    data: Path,
    settings: Callable[[], Settings],
    surroundings: Surroundings,
    offline: Offline,
) -> Exchanging:
    """`data`: the folder in which addresses are remembered."""
    key, bus = workspaces.key, workspaces.bus
    addresses = Addresses(data / FILE, surroundings.files)
    lan = Lan(key, lambda: sync.known(), lambda own: refused(own, settings().sync.vpn))
    sync = Sync(
        key.public,
        lambda: workspaces.device_name,
        workspaces.libraries,
        lan,
        addresses,
        surroundings,
        bus,
        offline,
        lambda: network.nearby(),
        Allowance(surroundings.clock, surroundings.wall, metered.ask, is_near),
    )
    offline.follow(lambda on: network.look())
    network = Network(sync, lan, partial(wishes, settings), surroundings)
    meeting = Meeting(workspaces, sync, network, bus, surroundings)
    offline.follow(lambda on: meeting.close() if on else None)
    inviting = Inviting(workspaces, sync, network, surroundings)
    offline.follow(lambda on: inviting.look())
    made = Exchanging(sync, network, meeting, inviting)
    made.apply(settings())
    return made


def rules(chosen: SyncSettings) -> Rules:
    """The settings have these choices and no others."""
    when, metered = cast(WhenMetered, chosen.when_metered), cast(Wish, chosen.metered)
    return Rules(chosen.upload_limit, timetable.read(chosen.upload_timetable), when, metered)


def wishes(settings: Callable[[], Settings]) -> Wishes:
    chosen = settings().sync
    listen = tuple(each.strip() for each in chosen.listen.split(",") if each.strip())
    return Wishes(chosen.port, listen, chosen.vpn, chosen.discover)
