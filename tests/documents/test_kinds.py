"""The schema is final: genesis bytes, objects and derived ids."""

from __future__ import annotations

import hashlib

import pytest
from automerge import core

from documents.change import ZERO_ACTOR
from documents.kinds import (
    GENESIS,
    GENESIS_HEAD,
    SCHEMA,
    SPARE_TEXTS,
    Kind,
    Merge,
    derived_id,
    genesis_objects,
    kind_of,
)


@pytest.mark.parametrize("kind", list(Kind))
def test_genesis_made_again_from_the_schema_is_the_frozen_one(kind: Kind) -> None:
    document = core.Document(ZERO_ACTOR)
    with document.transaction() as transaction:
        for name, text in genesis_objects(kind):
            transaction.put_object(core.ROOT, name, core.ObjType.Text if text else core.ObjType.Map)
    (made,) = document.get_changes([])
    assert made.raw_bytes == GENESIS[kind]
    assert made.hash == GENESIS_HEAD[kind] == hashlib.sha256(GENESIS[kind][8:]).digest()


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_room_for_what_is_not_known_yet(kind: Kind) -> None:
    objects = dict(genesis_objects(kind))
    assert objects["more"] is False
    assert all(objects[name] for name in SPARE_TEXTS)
    assert len(objects) == len(genesis_objects(kind)), "no name twice"


def test_image_has_the_fields_the_design_names() -> None:
    image = SCHEMA[Kind.IMAGE]
    for name in ("current", "title", "rating", "flag", "label", "deleted"):
        assert image[name] is Merge.CONFLICT
    for name in ("prompt", "negative", "model", "seed", "tool", "parameters"):
        assert image[name] is Merge.SCALAR
    for name in ("tags", "sources"):
        assert image[name] is Merge.SET
    for name in ("versions", "projects", "collections"):
        assert image[name] is Merge.ENTRIES
    assert image["note"] is Merge.TEXT


def test_derived_id_keeps_its_parts_apart() -> None:
    assert derived_id(Kind.IMAGE, b"ab", b"c") != derived_id(Kind.IMAGE, b"a", b"bc")
    assert derived_id(Kind.IMAGE, b"ab", b"") != derived_id(Kind.IMAGE, b"ab")
    assert derived_id(Kind.IMAGE, b"a")[1:] != derived_id(Kind.THREAD, b"a")[1:]
    assert len(derived_id(Kind.THREAD, b"a" * 100_000)) == 16


def test_kind_is_the_first_byte_of_an_id() -> None:
    assert kind_of(derived_id(Kind.SETTINGS, b"w")) is Kind.SETTINGS
    assert kind_of(bytes([77]) * 16) is None
    assert kind_of(b"") is None
