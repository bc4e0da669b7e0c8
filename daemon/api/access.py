"""Who is let in: programs by the bearer token, browsers by a session that a one-time launch code buys."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import random
from pathlib import Path

import msgspec

from daemon.credentials import CODE_PREFIX, SESSION_PREFIX, Credentials, write_private
from library.surroundings import Clock

CODE_SECONDS = 60.0
CODES_AT_ONCE = 20
SESSIONS_AT_ONCE = 100
DAY_MS = 86_400_000
# Use is written down this often: the file is synced to disk each time.
NOTE_MS = 3_600_000
log = logging.getLogger("gesso.access")


class Access:
    """Tokens, launch codes and sessions. Of sessions only hashes are kept, in a private file, over restarts."""

    def __init__(
        self, credentials: Credentials, file: Path, clock: Clock, random: random.Random, session_days: int
    ) -> None:
        self.cookie = f"gesso_{credentials.instance}"
        self.cookie_seconds = session_days * 86_400
        self._token = _digest(credentials.token)
        self._file = file
        self._clock = clock
        self._random = random
        self._life = session_days * DAY_MS
        self._codes: dict[str, float] = {}
        self._sessions: dict[str, int] = _read(file)

    def knows_token(self, presented: str) -> bool:
        return hmac.compare_digest(_digest(presented), self._token)

    def mint_code(self) -> str:
        """A launch code: good once, for a minute."""
        now = self._clock.elapsed()
        fresh = {key: until for key, until in self._codes.items() if until > now}
        self._codes = dict(list(fresh.items())[-CODES_AT_ONCE + 1 :])
        code = CODE_PREFIX + self._random.randbytes(32).hex()
        self._codes[_digest(code)] = now + CODE_SECONDS
        return code

    def redeem(self, code: str) -> str | None:
        """A new session for a launch code; None when the code is unknown, used or too old."""
        # Found by its hash: how long the search takes says nothing about the code.
        until = self._codes.pop(_digest(code), None)
        if until is None or until <= self._clock.elapsed():
            return None
        session = SESSION_PREFIX + self._random.randbytes(32).hex()
        self._sessions[_digest(session)] = self._clock.now()
        self._write()
        return session

    def knows_session(self, presented: str) -> bool:
        """Whether a session is good; a clock set back and forth locks nobody out for good."""
        key = _digest(presented)
        used = self._sessions.get(key)
        now = self._clock.now()
        if used is None or now - used > self._life:
            return False
        if now - used > NOTE_MS:
            self._sessions[key] = now
            self._write()
        return True

    def end(self, session: str) -> None:
        """Log a browser out."""
        if self._sessions.pop(_digest(session), None) is not None:
            self._write()

    def _write(self) -> None:
        latest = sorted(self._sessions.items(), key=lambda item: item[1])[-SESSIONS_AT_ONCE:]
        self._sessions = dict(latest)
        try:
            write_private(self._file, msgspec.json.encode(self._sessions))
        except OSError as error:
            # On a full disk people must get in all the more; these sessions last until the daemon ends.
            log.warning("sessions could not be written down: %s", error.strerror)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _read(file: Path) -> dict[str, int]:
    # Lost or damaged: browsers are let in again by `gesso ui`, nothing else is in it.
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return msgspec.json.decode(file.read_bytes(), type=dict[str, int])
    return {}
