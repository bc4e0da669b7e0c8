"""The private files that prove who is who on this machine: bearer token, proof secret, instance name."""

from __future__ import annotations

import hashlib
import hmac
import os
import random
from pathlib import Path

import msgspec

from daemon.paths import Paths

OTHERS = 0o077  # the umask: no rights for group and others
# Every secret begins alike, so that the log filter knows one wherever it stands, whatever it was encoded in.
TOKEN_PREFIX = "gesso_token_"
PROOF_PREFIX = "gesso_proof_"
SESSION_PREFIX = "gesso_session_"
CODE_PREFIX = "gesso_code_"
PROOF_DOMAIN = b"gesso proof 1\0"
CHALLENGE_BYTES = 32


class Credentials(msgspec.Struct, frozen=True):
    """What the three files hold. Its repr is masked."""

    token: str
    proof_secret: bytes
    instance: str  # names the browser's cookie, since cookies ignore ports; no secret

    def __repr__(self) -> str:
        return f"Credentials(instance={self.instance!r})"


def keep_private(paths: Paths) -> None:
    """From here on everything this process makes is for its user alone; the folders are made so."""
    os.umask(OTHERS)
    for folder in paths.folders:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)


def ensure(paths: Paths, random: random.Random) -> Credentials:
    """Read the files; make those that are missing or damaged. Deleting one and restarting renews it."""
    return Credentials(
        token=_ensure(paths.token, TOKEN_PREFIX, 64, random),
        proof_secret=_ensure(paths.proof_secret, PROOF_PREFIX, 64, random).encode(),
        instance=_ensure(paths.instance, "", 12, random),
    )


def token(paths: Paths) -> str:
    """The bearer token for programs; FileNotFoundError when no daemon ever ran here."""
    return paths.token.read_text("ascii").strip()


def proof_secret(paths: Paths) -> bytes:
    """What only the daemon and its user's launchers know."""
    return paths.proof_secret.read_bytes().strip()


def prove(secret: bytes, challenge: bytes, port: int) -> bytes:
    """The answer that only our daemon can give, and only for the port it listens on (so it cannot be relayed)."""
    return hmac.digest(secret, PROOF_DOMAIN + port.to_bytes(2, "big") + challenge, hashlib.sha256)


def write_private(path: Path, data: bytes) -> None:
    """Replace a file at once, mode 0600 from its first byte."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def well_formed(path: Path, prefix: str, digits: int) -> str | None:
    """The text of a credential's file; None when it is not what `ensure` writes."""
    try:
        text = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    rest = text.removeprefix(prefix)
    whole = text.startswith(prefix) and len(rest) == digits and not set(rest) - set("0123456789abcdef")
    return text if whole else None


def _ensure(path: Path, prefix: str, digits: int, random: random.Random) -> str:
    text = well_formed(path, prefix, digits)
    if text is None:
        text = prefix + random.randbytes(digits // 2).hex()
        write_private(path, text.encode())
    path.chmod(0o600)
    return text
