"""The proof of a shared code: right ones meet, everything else ends after one guess."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.errors import PairingFailed
from identity.pairing import MESSAGE_BYTES, Pairing

ALICE, BOB = bytes([1]) * 32, bytes([2]) * 32


def sides(shown: bytes, typed: bytes, seed: int = 1) -> tuple[Pairing, Pairing]:
    chance = random.Random(seed)
    return Pairing("shows", shown, ALICE, chance.randbytes), Pairing("types", typed, BOB, chance.randbytes)


def met(shown: bytes = b"123456", typed: bytes = b"123456") -> tuple[Pairing, Pairing]:
    one, other = sides(shown, typed)
    one.meet(BOB, other.message)
    other.meet(ALICE, one.message)
    return one, other


def test_same_code_proves_itself_both_ways_and_seals() -> None:
    one, other = met()
    one.check(other.confirmation())
    other.check(one.confirmation())
    assert one.fingerprint() == other.fingerprint() and len(one.fingerprint()) == 14
    for text in (b"first", b"second"):
        assert other.open(one.seal(text)) == text
        assert one.open(other.seal(text)) == text


def test_fingerprint_is_another_each_time() -> None:
    one, other = sides(b"123456", b"123456", seed=2)
    one.meet(BOB, other.message)
    assert one.fingerprint() != met()[0].fingerprint()


def test_wrong_code_fails_on_both_sides() -> None:
    one, other = met(typed=b"123457")
    for side, against in ((one, other), (other, one)):
        with pytest.raises(PairingFailed):
            side.check(against.confirmation())
    assert one.fingerprint() != other.fingerprint()


def test_own_confirmation_is_not_taken_back() -> None:
    one, _ = met()
    with pytest.raises(PairingFailed):
        one.check(one.confirmation())


def test_somebody_in_the_middle_who_says_who_they_are_is_noticed() -> None:
    """The keys are part of what is confirmed: another one beside the same messages does not pass."""
    one, other = sides(b"123456", b"123456")
    one.meet(bytes([3]) * 32, other.message)
    other.meet(ALICE, one.message)
    with pytest.raises(PairingFailed):
        one.check(other.confirmation())


def test_message_is_opened_once_and_in_order() -> None:
    one, other = met()
    first, second = one.seal(b"first"), one.seal(b"second")
    with pytest.raises(PairingFailed):
        other.open(second)
    one, other = met()
    first = one.seal(b"first")
    assert other.open(first) == b"first"
    with pytest.raises(PairingFailed):
        other.open(first)


@given(st.binary(max_size=80))
@settings(max_examples=200)
def test_no_foreign_bytes_do_anything_but_fail(message: bytes) -> None:
    one, _ = sides(b"123456", b"123456")
    try:
        one.meet(BOB, message)
    except PairingFailed:
        return
    with pytest.raises(PairingFailed):
        one.check(message[:32].ljust(32, b"\0"))


@pytest.mark.parametrize(
    "message", [b"", b"A" * MESSAGE_BYTES, b"B" + bytes(32), b"B" + b"\xff" * 32, b"S" + bytes(32)]
)
def test_points_that_are_none_or_small_fail(message: bytes) -> None:
    one, _ = sides(b"123456", b"123456")
    with pytest.raises(PairingFailed):
        one.meet(BOB, message)


def test_own_message_sent_back_fails() -> None:
    one, _ = sides(b"123456", b"123456")
    with pytest.raises(PairingFailed):
        one.meet(BOB, b"B" + one.message[1:])


def test_nothing_is_said_before_somebody_was_met() -> None:
    one, _ = sides(b"123456", b"123456")
    for say in (one.confirmation, one.fingerprint, lambda: one.seal(b"x"), lambda: one.open(b"x")):
        with pytest.raises(PairingFailed):
            say()
