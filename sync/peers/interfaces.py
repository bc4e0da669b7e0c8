"""This machine's places in its networks: where others may reach it, and which of them is no network of the studio."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
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
    prefix: int = 128  # bits that all addresses of its network share


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
            found.append(Place(str(adapter.name), text, vpn, address.is_loopback, ip.network_prefix))
    return sorted(found, key=lambda place: (place.loopback, ":" in place.address, place.address))


def usable(vpn: bool) -> list[str]:
    """Addresses at which others may reach this machine; over a VPN only when that is asked for."""
    return [each.address for each in places() if not each.loopback and (vpn or not each.vpn)]


def refused(local: str, vpn: bool) -> bool:
    """Whether a connection that came in at this own address came through a VPN that is not to be used."""
    return not vpn and any(each.vpn and each.address == local for each in places())


def is_near(address: str) -> bool:
    """Whether what goes to an address (with a port or without) stays in a network of this machine that is no VPN.
    Names are not looked up: those of one network end in .local.
    """
    return within(host_of(address), places())


def host_of(address: str) -> str:
    """Without its port, brackets and zone."""
    bare = re.sub(r"^\[(.*)\](?::[0-9]+)?$|^([^:]*):[0-9]+$", lambda found: found[1] or found[2] or "", address)
    return bare.partition("%")[0].lower()


def within(host: str, own: Iterable[Place]) -> bool:
    """Whether a host is this machine, or reached directly in one of these places."""
    try:
        there = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.removesuffix(".").endswith(".local")
    if isinstance(there, ipaddress.IPv6Address) and there.ipv4_mapped is not None:
        there = there.ipv4_mapped
    if there.is_loopback or there.is_link_local:
        return True
    return any(
        there in ipaddress.ip_network(f"{each.address}/{each.prefix}", strict=False)
        for each in own
        if not each.vpn and not each.loopback
    )
