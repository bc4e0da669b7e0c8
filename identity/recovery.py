"""A workspace's recovery key: it lets a member's further device in when none of the others can do it any more.

One seed of 32 bytes makes both halves: the Ed25519 key that signs `add-device`, and the X25519 key that workspace keys
can be wrapped for. Whoever has the seed can write as the member: it is kept like a device's own key.
"""

from __future__ import annotations

import random

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from identity.keys import DeviceKey

WRAPPING = b"gesso recovery wrapping 1"


class RecoveryKey(DeviceKey):
    """Signs as a device does; `wrapping_public` are the 32 bytes of its X25519 half."""

    __slots__ = ("wrapping_public",)

    def __init__(self, seed: bytes) -> None:
        super().__init__(seed)
        secret = HKDF(SHA256(), 32, salt=None, info=WRAPPING).derive(seed)
        public = X25519PrivateKey.from_private_bytes(secret).public_key()
        self.wrapping_public: bytes = public.public_bytes(Encoding.Raw, PublicFormat.Raw)

    @classmethod
    def generate(cls, random: random.Random) -> RecoveryKey:
        return cls(random.randbytes(32))
