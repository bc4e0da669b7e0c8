"""A device's signing key: Ed25519, 32 raw bytes. Reading and writing the key file is the caller's business."""

from __future__ import annotations

import hashlib
import random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign_ed25519_sk_to_curve25519,
    crypto_sign_open,
)
from nacl.exceptions import BadSignatureError

# RFC 8410: the fixed beginning of an Ed25519 SubjectPublicKeyInfo; the raw key follows.
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")

KEY_BYTES, SIGNATURE_BYTES = 32, 64


class DeviceKey:
    """The secret that makes this device the author of its segments and operations."""

    __slots__ = ("_private", "_seed", "public")

    def __init__(self, seed: bytes) -> None:
        """`seed`: the 32 secret bytes."""
        if len(seed) != 32:
            raise ValueError("a device key has 32 bytes")
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public: bytes = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @classmethod
    def generate(cls, random: random.Random) -> DeviceKey:
        return cls(random.randbytes(32))

    @classmethod
    def from_bytes(cls, data: bytes) -> DeviceKey:
        """What `to_bytes` gave."""
        return cls(data)

    def to_bytes(self) -> bytes:
        return self._seed

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)

    def wrapping_secret(self) -> bytes:
        """The secret half of the X25519 key that workspace keys are wrapped for."""
        return bytes(crypto_sign_ed25519_sk_to_curve25519(self._seed + self.public))

    def device_id(self) -> bytes:
        return device_id(self.public)

    def __repr__(self) -> str:
        return f"DeviceKey({self.public.hex()[:12]}…)"


def device_id(public: bytes) -> bytes:
    """SHA-256 of the public key's SubjectPublicKeyInfo."""
    return hashlib.sha256(SPKI_PREFIX + public).digest()


def is_key(public: bytes) -> bool:
    """Whether somebody can have the key: a point of the curve in its one form, not of small order."""
    return len(public) == KEY_BYTES and bool(crypto_core_ed25519_is_valid_point(public))


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made by the key; False also for what is no key (docs/format.md).

    libsodium: twice as fast as OpenSSL, and it refuses keys of small order, for which anybody can sign.
    """
    if len(public) != KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False  # libsodium reads as many bytes without looking
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True
