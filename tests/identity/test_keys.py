from __future__ import annotations

import hashlib
import random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from identity.keys import DeviceKey, device_id, verify


def test_key_survives_being_stored() -> None:
    key = DeviceKey.generate(random.Random(1))
    again = DeviceKey.from_bytes(key.to_bytes())
    assert (again.public, again.sign(b"x")) == (key.public, key.sign(b"x"))


def test_same_random_source_gives_the_same_key_and_another_source_another() -> None:
    assert DeviceKey.generate(random.Random(1)).public == DeviceKey.generate(random.Random(1)).public
    assert DeviceKey.generate(random.Random(1)).public != DeviceKey.generate(random.Random(2)).public


def test_first_vector_of_rfc_8032() -> None:
    key = DeviceKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert key.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")


def test_signature_of_another_message_key_or_length_does_not_verify() -> None:
    alice, bob = DeviceKey(bytes(32)), DeviceKey(b"b" * 32)
    signature = alice.sign(b"message")
    assert verify(alice.public, b"message", signature)
    assert not verify(alice.public, b"messagf", signature)
    assert not verify(bob.public, b"message", signature)
    assert not verify(alice.public, b"message", signature[:-1])
    assert not verify(b"short", b"message", signature)


IDENTITY = b"\x01" + bytes(31)  # the neutral point: R = neutral, S = 0 is its signature of every message elsewhere
FIELD = 2**255 - 19


@pytest.mark.parametrize(
    "public",
    [
        IDENTITY,
        bytes(32),  # of order 4
        (FIELD - 1).to_bytes(32, "little"),  # of order 2
        (FIELD + 1).to_bytes(32, "little"),  # the neutral point, not encoded canonically
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),  # of order 8
    ],
)
def test_key_for_which_anybody_can_sign_is_refused(public: bytes) -> None:
    elsewhere = Ed25519PublicKey.from_public_bytes(public)
    taken = 0
    for number in range(32):
        message, signature = b"%d" % number, IDENTITY + bytes(32)
        try:
            elsewhere.verify(signature, message)
            taken += 1
        except InvalidSignature:
            pass
        assert not verify(public, message, signature)
    assert taken, "the case says nothing: others refuse it too"


def test_signature_with_the_group_order_added_is_refused() -> None:
    order = 2**252 + 27742317777372353535851937790883648493
    alice = DeviceKey(bytes(32))
    signature = alice.sign(b"message")
    higher = int.from_bytes(signature[32:], "little") + order
    assert not verify(alice.public, b"message", signature[:32] + higher.to_bytes(32, "little"))


def test_both_libraries_agree_on_honest_keys() -> None:
    chance = random.Random(3)
    for _ in range(200):
        key = DeviceKey.generate(chance)
        message = chance.randbytes(chance.randrange(200))
        signature = bytearray(key.sign(message))
        assert verify(key.public, message, bytes(signature))
        signature[chance.randrange(64)] ^= 1 << chance.randrange(8)
        with pytest.raises(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(key.public).verify(bytes(signature), message)
        assert not verify(key.public, message, bytes(signature))


def test_device_id_is_the_hash_of_the_public_key_as_others_write_it() -> None:
    key = DeviceKey(b"b" * 32)
    spki = Ed25519PublicKey.from_public_bytes(key.public).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.device_id() == device_id(key.public) == hashlib.sha256(spki).digest()


def test_key_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        DeviceKey(bytes(31))


def test_secret_is_not_shown() -> None:
    key = DeviceKey(b"\x77" * 32)
    assert "7777" not in repr(key)
