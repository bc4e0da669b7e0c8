"""Every Python of the test run is shut in: whoever asks another computer for anything is told off.

Python itself imports this where it starts (PYTHONPATH, set in tests/conftest.py). Nothing is reported home, ever.
"""

from __future__ import annotations

import sys

HERE = (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::", b"localhost", b"127.0.0.1")


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        asked = address[0] if isinstance(address, tuple) else None  # else a path on this computer
    elif event == "socket.getaddrinfo":
        asked = arguments[0]
    else:
        return
    if asked not in HERE and not str(asked).startswith("127."):
        raise PermissionError(f"{asked} is another computer: nothing here may ask one")


sys.addaudithook(refuse)
