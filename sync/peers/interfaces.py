"""This machine's places in its networks: where others may reach it, and which of them is no network of the studio."""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

import ifaddr

# Tunnels into other networks: whoever is there is not meant, unless somebody says so.
VPN = re.compile("tun|tap|wg|ppp|utun|ipsec|tailscale|zt|nordlynx|proton|cscotun|gpd|vpn|wireguard|openvpn", re.I)


class Place(NamedTuple):
    """One address of this machine."""

    interface: str
    address: str
    vpn: bool
    loopback: bool


def places() -> list[Place]:
    """All addresses of this machine, but for those that mean nothing outside of one cable (IPv6 link-local)."""
    found = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            text = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            address = ipaddress.ip_address(text)
            if address.version == 6 and address.is_link_local:
                continue
            names = (adapter.name, adapter.nice_name)
            vpn = any(VPN.match(str(name)) is not None for name in names)
            found.append(Place(str(adapter.name), text, vpn, address.is_loopback))
    return sorted(found, key=lambda place: (place.loopback, ":" in place.address, place.address))


def usable(vpn: bool) -> list[str]:
    """Addresses at which others may reach this machine; over a VPN only when that is asked for."""
    return [each.address for each in places() if not each.loopback and (vpn or not each.vpn)]


def refused(local: str, vpn: bool) -> bool:
    """Whether a connection that came in at this own address came through a VPN that is not to be used."""
    return not vpn and any(each.vpn and each.address == local for each in places())
