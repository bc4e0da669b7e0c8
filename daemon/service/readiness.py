"""Telling systemd how far the daemon is: sd_notify(3), of which only this much is needed."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

log = logging.getLogger("gesso.service")
READY, STOPPING = "READY=1", "STOPPING=1"


def tell(environ: Mapping[str, str], state: str) -> None:
    """Send the state to whoever started this process and wants to know; nobody else is told.

    A manager that does not listen is no reason to stop, so a failure is only noted.
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(state.encode(), _address(address))
    except OSError as error:
        log.warning("%s could not be told to the service manager: %s", state, error)


def _address(address: str) -> bytes:
    """A path, or with `@` a name that is in no folder (an abstract socket)."""
    name = os.fsencode(address)
    return b"\0" + name[1:] if name.startswith(b"@") else name
