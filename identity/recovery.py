"""A workspace's recovery key: it lets a member's further device in when none of the others can do it any more.

One on paper is a code of 160 bits, from which Argon2id makes the seed (docs/format.md, "Recovery code").

One seed of 32 bytes makes both halves: the Ed25519 key that signs `add-device`, and the X25519 key that workspace keys
can be wrapped for. Whoever has the seed can write as the member: it is kept like a device's own key.
"""

from __future__ import annotations

import hashlib
import random

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from identity.errors import IdentityError
from identity.keys import DeviceKey

WRAPPING = b"gesso recovery wrapping 1"
CODE = b"gesso recovery code 1\0"
CODE_BYTES, CHECK_LETTERS, GROUP = 20, 4, 4
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: what looks alike is one letter
ALIKE = str.maketrans("OIL", "011")


class CodeRefused(IdentityError):
    """Letters that are no recovery code; `reason` is `length`, `letter` or `check`: a mistake in typing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RecoveryKey(DeviceKey):
    """Signs as a device does; `wrapping_public` are the 32 bytes of its X25519 half."""

    __slots__ = ("wrapping_public",)

    def __init__(self, seed: bytes) -> None:
        super().__init__(seed)
        public = X25519PrivateKey.from_private_bytes(self.wrapping_secret()).public_key()
        self.wrapping_public: bytes = public.public_bytes(Encoding.Raw, PublicFormat.Raw)

    def wrapping_secret(self) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=WRAPPING).derive(self._seed)

    @classmethod
    def generate(cls, random: random.Random) -> RecoveryKey:
        return cls(random.randbytes(32))


def write_code(secret: bytes) -> str:
    """Twenty bytes as people write them down: nine groups of four letters, the last of which checks the others."""
    number = int.from_bytes(secret) << 5 * CHECK_LETTERS | _check(secret)
    count = CODE_BYTES * 8 // 5 + CHECK_LETTERS
    letters = "".join(LETTERS[number >> 5 * place & 31] for place in reversed(range(count)))
    return "-".join(letters[at : at + GROUP] for at in range(0, count, GROUP))


def read_code(text: str) -> bytes:
    """The bytes of a code, however it is grouped and whether in small letters. Raises CodeRefused."""
    letters = "".join(each for each in text.upper() if not each.isspace() and each != "-").translate(ALIKE)
    if any(each not in LETTERS for each in letters):
        raise CodeRefused("letter")
    if len(letters) != CODE_BYTES * 8 // 5 + CHECK_LETTERS:
        raise CodeRefused("length")
    number = 0
    for each in letters:
        number = number << 5 | LETTERS.index(each)
    secret = (number >> 5 * CHECK_LETTERS).to_bytes(CODE_BYTES)
    if number & (1 << 5 * CHECK_LETTERS) - 1 != _check(secret):
        raise CodeRefused("check")
    return secret


def _check(secret: bytes) -> int:
    return int.from_bytes(hashlib.sha256(CODE + secret).digest()[:3]) >> 4


def key_of_code(secret: bytes, workspace: bytes) -> RecoveryKey:
    """The recovery key of a code in one workspace. Takes 64 MiB and tenths of a second: not on the loop's thread."""
    salt = hashlib.sha256(CODE + workspace).digest()[:16]
    return RecoveryKey(Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=64 * 1024).derive(secret))
