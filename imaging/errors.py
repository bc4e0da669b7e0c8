"""Why a picture is not taken, as an exception inside a worker; it leaves as a `Rejection`."""

from __future__ import annotations

from imaging.inspection import Why


class Refused(Exception):
    """The file is not taken: a code for programs, a sentence for people."""

    def __init__(self, code: Why, reason: str) -> None:
        super().__init__(reason)
        self.code: Why = code
        self.reason = reason
