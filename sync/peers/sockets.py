"""What is asked of the system's own sockets: to hold little that it has not sent, and how fast bytes come through."""

from __future__ import annotations

import asyncio
import socket
import sys

UNSENT = 32 * 1024  # bytes that the system may hold and has not sent
RATE_PLACE = slice(160, 168)  # of tcpi_delivery_rate in Linux's struct tcp_info


def hold_little(writer: asyncio.StreamWriter) -> None:
    """Where the system can: what it holds goes before whatever is urgent."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        link = writer.get_extra_info("socket")
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)


def rate(writer: asyncio.StreamWriter) -> float | None:
    """Bytes a second, as Linux measures by what is acknowledged; None elsewhere. 0 before anything went.

    How long it takes to send would say less: also how busy both devices are.
    """
    link = writer.get_extra_info("socket")
    if not sys.platform.startswith("linux") or link.fileno() < 0:
        return None
    told = link.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, RATE_PLACE.stop)
    return float(int.from_bytes(told[RATE_PLACE], sys.byteorder)) if len(told) == RATE_PLACE.stop else None
