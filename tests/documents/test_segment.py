"""Segments as properties: what was encoded is read back, and no bytes at all make the reader stumble."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.errors import SegmentRefused
from documents.segment import (
    MAX_SEGMENT,
    BlobEntry,
    ChangeEntry,
    CondemnEntry,
    OperationEntry,
    Segment,
    Tip,
    UnknownEntry,
    actor_of,
    decode,
    encode,
    signed_part,
)

INTEGER = st.integers(0, 2**53 - 1)
PLACE = st.integers(1, 2**53 - 1)
HASH = st.binary(min_size=32, max_size=32)
SHORT = st.binary(min_size=16, max_size=16)
TEXT = st.text(max_size=20)
SCALAR = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | TEXT
ENTRY = st.one_of(
    st.builds(ChangeEntry, SHORT, st.binary(max_size=50)),
    st.builds(BlobEntry, HASH, INTEGER, TEXT, TEXT),
    st.builds(CondemnEntry, HASH, PLACE),
    st.builds(OperationEntry, st.binary(max_size=50)),
    st.builds(
        UnknownEntry, st.integers(5, 2**53 - 1), st.builds(msgspec.msgpack.encode, st.dictionaries(TEXT, SCALAR))
    ),
    st.builds(UnknownEntry, st.just(0), st.just(b"\xc0")),
)
TIP = st.builds(Tip, SHORT, PLACE, st.binary(min_size=8, max_size=8))
PARAMS = st.dictionaries(TEXT, SCALAR | st.lists(SCALAR, max_size=3), max_size=4)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    seq = draw(PLACE)
    return encode(
        workspace=draw(HASH),
        device=draw(HASH),
        incarnation=draw(SHORT),
        run=draw(SHORT),
        seq=seq,
        prev=draw(HASH) if seq > 1 else b"",
        deps=draw(st.lists(TIP, max_size=4)),
        auth=draw(st.lists(HASH, max_size=3)),
        clock=draw(INTEGER),
        time=draw(st.integers(-(2**53) + 1, 2**53 - 1)),
        action=draw(SHORT),
        intent=draw(TEXT),
        params=draw(PARAMS),
        entries=draw(st.lists(ENTRY, max_size=4)),
        sign=lambda message: bytes(64),
    )


@given(segments())
def test_segment_reads_as_it_was_made(segment: Segment) -> None:
    again = decode(segment.raw)
    assert again == segment
    assert again.understood
    assert list(again.deps) == sorted(set(again.deps))
    assert list(again.auth) == sorted(set(again.auth))
    assert again.actor == actor_of(segment.device, segment.incarnation, segment.run)
    assert signed_part(again) == signed_part(again.raw) == b"gesso segment 1\0" + again.raw[:-64]
    assert again.tip == Tip(again.incarnation, again.seq, again.hash[:8])


@given(segments(), st.data())
def test_segment_with_bytes_changed_lost_or_added_is_refused_or_has_another_hash(
    segment: Segment, data: st.DataObject
) -> None:
    raw = bytearray(segment.raw)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 65))
        raw[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        read = decode(bytes(raw))
    except SegmentRefused:
        return
    assert read.raw == bytes(raw)
    assert (read.hash == segment.hash) == (read.raw[:-64] == segment.raw[:-64])


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_or_read(raw: bytes) -> None:
    try:
        decode(raw)
    except SegmentRefused:
        pass


@given(st.recursive(SCALAR | st.binary(max_size=40), lambda inner: st.lists(inner, max_size=16), max_leaves=40))
def test_any_messagepack_is_refused_or_read(value: object) -> None:
    try:
        decode(msgspec.msgpack.encode(value) + bytes(64))
    except SegmentRefused:
        pass


def test_segment_no_device_would_hold_cannot_be_made() -> None:
    with pytest.raises(SegmentRefused, match=str(MAX_SEGMENT)):
        encode(
            workspace=bytes(32),
            device=bytes(32),
            incarnation=bytes(16),
            run=bytes(16),
            seq=1,
            prev=b"",
            deps=[],
            auth=[],
            clock=0,
            time=0,
            action=bytes(16),
            intent="asset.import",
            params={},
            entries=[ChangeEntry(bytes(16), bytes(MAX_SEGMENT))],
            sign=lambda message: bytes(64),
        )
