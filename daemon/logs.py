"""Logs: one JSON object a line in a rotating file, short lines on stderr, and no secret in either.

From info upwards a record carries ids and numbers only; names of pictures, paths and routes are for debug.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import logging.handlers
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from daemon.paths import Paths
from daemon.settings.sections import LogSettings

ROOT = "gesso"
MASK = "***"
# These speak of every statement or file at debug, with its contents.
QUIET = ("aiosqlite", "PIL", "watchfiles", "urllib3")
STAMP = "gesso_"  # what every secret begins with (credentials.py)
KINDS = "token|proof|session|code"


def _base64_cores() -> Iterator[str]:
    """The characters that `gesso_` always leaves in base64, for each of the three alignments."""
    for offset, vague in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(b"\0" * offset + STAMP.encode()).decode()
        yield text[vague : (len(STAMP) + offset) * 8 // 6]


SECRETS = re.compile(
    rf"{STAMP}(?:{KINDS})_[0-9A-Za-z%_-]+"
    + rf"|(?i:{STAMP.encode().hex()})[0-9a-fA-F]+"
    + "|[A-Za-z0-9+/_-]*(?:" + "|".join(_base64_cores()) + ")[A-Za-z0-9+/=_-]{16,}"
    + r"|(?i:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"
)  # fmt: skip


def masked(text: str) -> str:
    """The text without secrets, in the clear, in hex or in base64."""
    return SECRETS.sub(MASK, text)


class Line(logging.Formatter):
    """For people: level, where, message."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class Json(logging.Formatter):
    """For programs: one object a line; a traceback is a field."""

    def format(self, record: logging.LogRecord) -> str:
        seconds, milliseconds = divmod(int(record.created * 1000), 1000)
        content = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{milliseconds:03d}Z",
            "level": record.levelname.lower(),
            "where": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            content["error"] = self.formatException(record.exc_info)
        # ASCII: names with lone surrogates exist on disks and must not break the log.
        return masked(json.dumps(content))


class LogFile(logging.handlers.RotatingFileHandler):
    """The file. What a full disk does not take is still shown on stderr: no traceback for each line of it."""

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


@contextmanager
def written(paths: Paths, settings: LogSettings, stream: TextIO = sys.stderr) -> Iterator[None]:
    """Write logs to file and stream while inside."""
    _bound(paths.service_log, settings.file_bytes)
    file = LogFile(paths.log_file, maxBytes=settings.file_bytes, backupCount=settings.files, encoding="utf-8")
    file.setFormatter(Json())
    shown = logging.StreamHandler(stream)
    shown.setFormatter(Line("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    before = root.level
    for handler in (file, shown):
        root.addHandler(handler)
    set_level(settings.level)
    try:
        yield
    finally:
        root.setLevel(before)
        for handler in (file, shown):
            root.removeHandler(handler)
            handler.close()


def _bound(path: Path, most: int) -> None:
    """Empty a file that only others turn over; whoever appends to it goes on at its new end."""
    with contextlib.suppress(OSError):  # mostly there is none, and no log is worth a failed start
        if path.stat().st_size > most:
            os.truncate(path, 0)


def set_level(level: str) -> None:
    """How much is written from now on."""
    logging.getLogger().setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
