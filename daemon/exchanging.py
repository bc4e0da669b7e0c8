"""Everything that other devices are reached by, put together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from daemon.inviting import Inviting
from daemon.meeting import Meeting
from daemon.settings.sections import Settings
from daemon.supervisor import Service
from library.home.offline import Offline
from library.surroundings import Surroundings
from library.workspaces import Workspaces
from sync.engine import Sync
from sync.network import Network, Wishes
from sync.peers.addresses import FILE, Addresses
from sync.peers.interfaces import refused
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
        self.sync.limit.rate = settings.sync.upload_limit


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
    lan = Lan(key, lambda: sync.devices(), lambda own: refused(own, settings().sync.vpn))
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


def wishes(settings: Callable[[], Settings]) -> Wishes:
    chosen = settings().sync
    listen = tuple(each.strip() for each in chosen.listen.split(",") if each.strip())
    return Wishes(chosen.port, listen, chosen.vpn, chosen.discover)
