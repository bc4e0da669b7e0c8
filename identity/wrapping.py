"""Workspace keys, and how they are wrapped for devices and recovery keys (docs/format.md, "Workspace keys").

HPKE (RFC 9180) in base mode: X25519, HKDF-SHA256, AES-256-GCM. The library opens; it seals with chance of its own, so
sealing is written out here, with the chance that is passed in.
"""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from nacl.bindings import crypto_sign_ed25519_pk_to_curve25519
from nacl.exceptions import CryptoError

from identity.keys import KEY_BYTES, DeviceKey

LABEL = b"gesso workspace key 1\0"
EARLIER = b"gesso earlier key 1\0"
SEALED_BYTES = 32 + KEY_BYTES + 16  # the sender's half, the key and its tag
COPY_BYTES, EARLIER_BYTES = KEY_BYTES + SEALED_BYTES, 32 + KEY_BYTES + 16
HEAD_BYTES = 10  # epoch and number of copies
MOST_EPOCH = 2**53 - 1
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
KEM_ID, SUITE_ID = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01\x00\x02"


class WorkspaceKey(NamedTuple):
    """What objects of an epoch are encrypted with. Greater is what one writes with."""

    epoch: int
    id: bytes
    key: bytes


class Copy(NamedTuple):
    """A workspace key for one device or recovery key, named by its Ed25519 public key."""

    recipient: bytes
    sealed: bytes


class Rotation(NamedTuple):
    """The argument of a `rotate`: copies of the key that it names, and keys of before, sealed with that key."""

    epoch: int
    copies: tuple[Copy, ...] = ()
    earlier: Mapping[bytes, bytes] = {}


def new_key(workspace: bytes, epoch: int, random: random.Random) -> WorkspaceKey:
    key = random.randbytes(KEY_BYTES)
    return WorkspaceKey(epoch, key_id(workspace, epoch, key), key)


def key_id(workspace: bytes, epoch: int, key: bytes) -> bytes:
    """A key proves by its id that it is the one meant, whoever hands it on."""
    return hashlib.sha256(LABEL + workspace + epoch.to_bytes(8) + key).digest()


def encode_rotation(rotation: Rotation) -> bytes:
    copies = b"".join(copy.recipient + copy.sealed for copy in rotation.copies)
    earlier = b"".join(id + sealed for id, sealed in rotation.earlier.items())
    return rotation.epoch.to_bytes(8) + len(rotation.copies).to_bytes(2) + copies + earlier


def decode_rotation(argument: object) -> Rotation | None:
    """None for what is no such argument: the operation names no key then, and nothing in it is looked at."""
    if not isinstance(argument, bytes) or len(argument) < HEAD_BYTES:
        return None
    epoch, count = int.from_bytes(argument[:8]), int.from_bytes(argument[8:HEAD_BYTES])
    end = HEAD_BYTES + count * COPY_BYTES
    if not 0 < epoch <= MOST_EPOCH or len(argument) < end or (len(argument) - end) % EARLIER_BYTES:
        return None
    copies = [argument[at : at + COPY_BYTES] for at in range(HEAD_BYTES, end, COPY_BYTES)]
    earlier = [argument[at : at + EARLIER_BYTES] for at in range(end, len(argument), EARLIER_BYTES)]
    return Rotation(
        epoch,
        tuple(Copy(each[:KEY_BYTES], each[KEY_BYTES:]) for each in copies),
        {each[:32]: each[32:] for each in earlier},
    )


def wrapping_public(device: bytes) -> bytes | None:
    """The X25519 key that belongs to a device's Ed25519 key; None for what nobody can have the secret of."""
    if len(device) != KEY_BYTES:
        return None
    try:
        return bytes(crypto_sign_ed25519_pk_to_curve25519(device))
    except CryptoError:
        return None


def wrap(key: WorkspaceKey, workspace: bytes, recipient: bytes, wrapping: bytes, random: random.Random) -> Copy | None:
    """A copy for a device or recovery key, whose X25519 key is `wrapping`; None where that is none (of small order)."""
    try:
        return Copy(recipient, _seal(key.key, wrapping, _info(workspace, key.epoch, key.id), random.randbytes(32)))
    except ValueError:
        return None


def unwrap(copy: Copy, workspace: bytes, epoch: int, id: bytes, secret: DeviceKey) -> WorkspaceKey | None:
    """The key in a copy for `secret`; None where it is not for it, or not the key that it is said to be."""
    private = X25519PrivateKey.from_private_bytes(secret.wrapping_secret())
    try:
        key = SUITE.decrypt(copy.sealed, private, _info(workspace, epoch, id))
    except (InvalidTag, ValueError):
        return None
    return _checked(key, workspace, epoch, id)


def seal_earlier(key: WorkspaceKey, workspace: bytes, earlier: WorkspaceKey) -> bytes:
    """A key of before, for whoever has this one. The sealing key is used for nothing else, so the nonce may be zero."""
    return AESGCM(_earlier_key(key, workspace, earlier.id)).encrypt(bytes(12), earlier.key, None)


def open_earlier(key: WorkspaceKey, workspace: bytes, epoch: int, id: bytes, sealed: bytes) -> WorkspaceKey | None:
    """What `seal_earlier` sealed; None for anything else."""
    try:
        found = AESGCM(_earlier_key(key, workspace, id)).decrypt(bytes(12), sealed, None)
    except InvalidTag:
        return None
    return _checked(found, workspace, epoch, id)


def _checked(key: bytes, workspace: bytes, epoch: int, id: bytes) -> WorkspaceKey | None:
    return WorkspaceKey(epoch, id, key) if key_id(workspace, epoch, key) == id else None


def _info(workspace: bytes, epoch: int, id: bytes) -> bytes:
    return LABEL + workspace + epoch.to_bytes(8) + id


def _earlier_key(key: WorkspaceKey, workspace: bytes, id: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=EARLIER + workspace + id).derive(key.key)


def _seal(plain: bytes, recipient: bytes, info: bytes, chance: bytes) -> bytes:
    """HPKE base mode, one message without additional data: the sender's public half ‖ AES-256-GCM of `plain`."""
    sender = X25519PrivateKey.from_private_bytes(chance)
    half = sender.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    agreed = sender.exchange(X25519PublicKey.from_public_bytes(recipient))
    shared = _expand(KEM_ID, _extract(KEM_ID, b"", b"eae_prk", agreed), b"shared_secret", half + recipient, 32)
    context = b"\0" + _extract(SUITE_ID, b"", b"psk_id_hash", b"") + _extract(SUITE_ID, b"", b"info_hash", info)
    secret = _extract(SUITE_ID, shared, b"secret", b"")
    key = _expand(SUITE_ID, secret, b"key", context, 32)
    return half + AESGCM(key).encrypt(_expand(SUITE_ID, secret, b"base_nonce", context, 12), plain, None)


def _extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")


def _expand(suite: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    return HKDFExpand(SHA256(), length, length.to_bytes(2) + b"HPKE-v1" + suite + label + info).derive(secret)


def split(copies: Sequence[Copy], most: int) -> list[Sequence[Copy]]:
    """Copies in as many parts as operations are needed; one part, maybe empty, at least."""
    return [copies[at : at + most] for at in range(0, len(copies), most)] or [[]]
