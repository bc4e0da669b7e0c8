"""Listening places: both loopback addresses on one port, and never any other address."""

from __future__ import annotations

import errno
import socket

from daemon.errors import PortTaken

PORTS_TRIED = 100
LOOPBACKS = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def bind(wanted: int) -> tuple[int, list[socket.socket]]:
    """Listening places on both loopback addresses, one port; the next free one when the wanted one is taken."""
    last = min(wanted + PORTS_TRIED, 65_536)
    for port in range(wanted, last) if wanted else [0] * PORTS_TRIED:
        try:
            return _bind_both(port)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    message = f"No port from {wanted} to {last - 1} is free on 127.0.0.1. Pick another with `gesso up --port N`."
    raise PortTaken(message, first=wanted, last=last - 1)


def _bind_both(port: int) -> tuple[int, list[socket.socket]]:
    bound: list[socket.socket] = []
    try:
        for family, address in LOOPBACKS:
            one = _bind_one(family, address, port)
            if one is not None:
                bound.append(one)
                port = one.getsockname()[1]
    except OSError:
        for each in bound:
            each.close()
        raise
    return port, bound


def _bind_one(family: int, address: str, port: int) -> socket.socket | None:
    """None where the machine has no IPv6; taken by another is an error, for `localhost` may lead there."""
    try:
        one = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        if family == socket.AF_INET6:
            return None
        raise
    try:
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # On Windows this option would let another program take the port over.
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((address, port))
        one.listen(128)
    except OSError as error:
        one.close()
        if family == socket.AF_INET6 and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            return None
        raise
    return one
