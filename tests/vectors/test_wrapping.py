"""The golden vectors of the workspace's keys: their ids, what a rotation says, and who opens what."""

from __future__ import annotations

import random

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st

from identity.keys import DeviceKey
from identity.wrapping import (
    COPY_BYTES,
    Copy,
    decode_rotation,
    encode_rotation,
    key_id,
    new_key,
    open_earlier,
    seal_earlier,
    unwrap,
    wrap,
    wrapping_public,
)
from tests.documents.test_vectors import Case, cases
from tests.vectors.coding import unhex
from tests.vectors.make_wrapping import SECRETS, WORKSPACE, half_of, of_code, opened, says, wrapping_cases


def test_the_file_says_what_the_program_does() -> None:
    assert cases("wrapping") == wrapping_cases()


def test_every_case() -> None:
    asked = 0
    for case in cases("wrapping"):
        asked += _holds(case)
    assert asked == len(cases("wrapping")) > 25


def _holds(case: Case) -> bool:
    if "code" in case:
        assert {"name": case["name"], "code": case["code"], **of_code(case["code"])} == case
    elif "key" in case:
        id = key_id(bytes.fromhex(case["workspace"]), case["epoch"], bytes.fromhex(case["key"]))
        assert id.hex() == case["id"]
    elif "half" in case:
        half = wrapping_public(bytes.fromhex(case["public"]))
        if "seed" in case:
            secret = SECRETS[case["of"]](bytes.fromhex(case["seed"]))
            assert secret.public.hex() == case["public"]
            public = X25519PrivateKey.from_private_bytes(secret.wrapping_secret()).public_key()
            assert public.public_bytes(Encoding.Raw, PublicFormat.Raw) == half_of(secret)
            half = half_of(secret)
        assert (half.hex() if half else None) == case["half"], case["name"]
    elif "says" in case:
        assert says(unhex(case["argument"])) == case["says"], case["name"]
    else:
        assert opened(case, bytes.fromhex(case["argument"])) == case["opens"], case["name"]
    return True


@given(st.binary(max_size=3 * COPY_BYTES))
def test_any_bytes_are_read_or_are_none(argument: bytes) -> None:
    rotation = decode_rotation(argument)
    assert rotation is None or encode_rotation(rotation) == argument or len(rotation.earlier) < len(argument) // 80


@given(st.integers(0, 2**32), st.integers(0, 8 * COPY_BYTES - 1))
@example(1, 63 * 8 + 7)  # X25519 overlooks the highest bit of a public key, HPKE does not
def test_copy_with_one_bit_turned_opens_nothing(seed: int, bit: int) -> None:
    chance = random.Random(seed)
    device, key = DeviceKey.generate(chance), new_key(WORKSPACE, 1, chance)
    copy = wrap(key, WORKSPACE, device.public, half_of(device), chance)
    assert copy is not None and unwrap(copy, WORKSPACE, 1, key.id, device) == key
    raw = bytearray(copy.recipient + copy.sealed)
    raw[bit // 8] ^= 1 << bit % 8
    turned = Copy(bytes(raw[:32]), bytes(raw[32:]))
    assert turned.recipient != device.public or unwrap(turned, WORKSPACE, 1, key.id, device) is None
    before = new_key(WORKSPACE, 1, chance)
    assert open_earlier(key, WORKSPACE, 1, before.id, seal_earlier(key, WORKSPACE, before)) == before


def test_nothing_is_wrapped_for_a_key_of_small_order() -> None:
    chance = random.Random(3)
    assert wrap(new_key(WORKSPACE, 1, chance), WORKSPACE, b"x" * 32, bytes(32), chance) is None
