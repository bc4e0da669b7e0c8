"""Opening the page in the user's browser without showing the launch code to others.

Arguments of programs can be read by every user of the machine, so the browser is given a private file that leads on
to the address; the address itself stands in no argument.
"""

from __future__ import annotations

import html
import webbrowser
from pathlib import Path

from daemon.credentials import write_private
from daemon.paths import Paths


def open_page(paths: Paths, url: str) -> bool:
    """Show `url` in the browser; False when there is none, and the address must be shown to the person instead."""
    return webbrowser.open(write_page_file(paths, url).as_uri())


def write_page_file(paths: Paths, url: str) -> Path:
    """A private file that leads to the address. The code in it is good once, for a minute."""
    place = paths.state / "open.html"
    safe = html.escape(url, quote=True)
    page = (
        f'<!doctype html><meta charset="utf-8"><title>Gesso</title><meta http-equiv="refresh" content="0;url={safe}">'
    )
    write_private(place, f'{page}<p><a href="{safe}">Gesso</a></p>\n'.encode())
    return place
