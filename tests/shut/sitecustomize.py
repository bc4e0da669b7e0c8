"""Every Python of the test run is shut in: whoever asks another computer for anything is told off.

Python itself imports this where it starts (PYTHONPATH, set in tests/conftest.py). Nothing is reported home, ever.
GESSO_SHUT_LOG names a file that gets a line for every try, also to listen where others could come in: whoever tries may
take the refusal for a missing network and say nothing.
"""

from __future__ import annotations

import os
import sys

HERE = (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::", b"localhost", b"127.0.0.1")


def note(event: str, asked: object) -> None:
    if name := os.environ.get("GESSO_SHUT_LOG"):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, f"{event} {asked}\n".encode())
        os.close(file)


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"):
        address = arguments[1]
        asked = address[0] if isinstance(address, tuple) else None  # else a path on this computer
    elif event == "socket.getaddrinfo":
        asked = arguments[0]
    else:
        return
    if event == "socket.bind":
        if asked not in (None, "localhost", "127.0.0.1", "::1"):
            note(event, asked)
    elif asked not in HERE and not str(asked).startswith("127."):
        note(event, asked)
        raise PermissionError(f"{asked} is another computer: nothing here may ask one")


sys.addaudithook(refuse)
