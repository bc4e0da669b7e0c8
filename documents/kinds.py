"""The schema of every document kind: which fields there are, how each merges, and the frozen first change.

Final for ever: fields invented later are flattened keys in `more` (`palette/<writer>`), long texts use the spare texts.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum, StrEnum
from types import MappingProxyType


class Kind(IntEnum):
    """First byte of a document's id."""

    IMAGE = 1
    THREAD = 2
    PROJECT = 3
    COLLECTION = 4
    PROMPT = 5
    BRAND = 6
    TEMPLATE = 7
    RECIPE = 8
    SETTINGS = 9


class Merge(StrEnum):
    """What happens when two devices write one field at once."""

    CONFLICT = "conflict"  # map {writer: value}: both stay and are shown until one write resolves them
    SCALAR = "scalar"  # root value: one wins, the same one everywhere
    SET = "set"  # map {member: true}: an add survives a concurrent removal
    TEXT = "text"  # both people's letters stay
    ENTRIES = "entries"  # map of flattened keys `<id>/<field>`: each key like a scalar


_CONFLICT: dict[Kind, str] = {
    Kind.IMAGE: "current title rating flag label deleted",
    Kind.THREAD: "title state assignee due deleted",
    Kind.PROJECT: "name color archived cover state client due brand template policy sort deleted",
    Kind.COLLECTION: "name color archived cover parent query sort deleted",
    Kind.PROMPT: "name purpose archived deleted",
    Kind.BRAND: "name logo archived deleted",
    Kind.TEMPLATE: "name purpose archived deleted",
    Kind.RECIPE: "name base archived deleted",
    Kind.SETTINGS: "name copies",
}
_SCALAR: dict[Kind, str] = {
    Kind.IMAGE: "prompt negative model seed tool parameters",
    Kind.THREAD: "subject",
    Kind.PROJECT: "at",
    Kind.COLLECTION: "at",
    Kind.PROMPT: "at original",
    Kind.BRAND: "at",
    Kind.TEMPLATE: "at",
    Kind.RECIPE: "at asset",
    Kind.SETTINGS: "",
}
_SET: dict[Kind, str] = {
    Kind.IMAGE: "tags sources",
    Kind.THREAD: "",
    Kind.PROJECT: "tags",
    Kind.COLLECTION: "tags",
    Kind.PROMPT: "tags",
    Kind.BRAND: "tags",
    Kind.TEMPLATE: "tags",
    Kind.RECIPE: "tags",
    Kind.SETTINGS: "",
}
_ENTRIES: dict[Kind, str] = {
    Kind.IMAGE: "versions projects collections links",
    Kind.THREAD: "comments pins rounds approvals reactions",
    Kind.PROJECT: "settings stages links",
    Kind.COLLECTION: "settings",
    Kind.PROMPT: "variables variants settings projects",
    Kind.BRAND: "palette fonts logos rules settings projects",
    Kind.TEMPLATE: "stages sizes slots prompts settings",
    Kind.RECIPE: "operations parameters settings",
    Kind.SETTINGS: "defaults checkpoints policies labels",
}
_TEXT: dict[Kind, str] = {
    Kind.IMAGE: "note",
    Kind.THREAD: "summary",
    Kind.PROJECT: "brief notes",
    Kind.COLLECTION: "notes",
    Kind.PROMPT: "text negative notes",
    Kind.BRAND: "guidelines notes",
    Kind.TEMPLATE: "brief notes",
    Kind.RECIPE: "notes",
    Kind.SETTINGS: "about",
}

SCHEMA_VERSION = 1  # a document without the scalar `schema` has 1
SPARE_TEXTS = ("spare1", "spare2", "spare3", "spare4")
BASE_NAMES = frozenset({"sources"})  # sets whose members are file names and must never be paths


def _fields(kind: Kind) -> dict[str, Merge]:
    by_merge = (
        (Merge.CONFLICT, _CONFLICT),
        (Merge.SET, _SET),
        (Merge.ENTRIES, _ENTRIES),
        (Merge.TEXT, _TEXT),
        (Merge.SCALAR, _SCALAR),
    )
    found = {name: merge for merge, table in by_merge for name in table[kind].split()}
    return found | {"schema": Merge.SCALAR, "more": Merge.ENTRIES}


SCHEMA: MappingProxyType[Kind, MappingProxyType[str, Merge]] = MappingProxyType(
    {kind: MappingProxyType(_fields(kind)) for kind in Kind}
)
"""field → how it merges, per kind."""


def genesis_objects(kind: Kind) -> list[tuple[str, bool]]:
    """The objects the genesis of a kind creates, in order, as (name, is a text). Later come only scalars."""
    fields = SCHEMA[kind]
    maps = [name for name, merge in fields.items() if merge not in (Merge.SCALAR, Merge.TEXT)]
    texts = [name for name, merge in fields.items() if merge is Merge.TEXT]
    return [(name, False) for name in maps] + [(name, True) for name in (*texts, *SPARE_TEXTS)]


def derived_id(kind: Kind, *parts: bytes) -> bytes:
    """The id of a document that several devices may make independently: kind byte and 15 bytes of a hash.

    image: (workspace, SHA-256 of the first original); thread: (subject document); settings: (workspace).
    """
    hasher = hashlib.sha256(b"gesso document 1\0" + bytes([kind]))
    for part in parts:
        hasher.update(len(part).to_bytes(4, "big") + part)
    return bytes([kind]) + hasher.digest()[:15]


def restored_id(parent: str, restored: str) -> str:
    """The id of the version that a restore adds: of the version that was current and of the one brought back. Devices
    that restore the same on top of the same make the same version.
    """
    return hashlib.sha256(b"gesso version 1\0" + parent.encode() + b"\0" + restored.encode()).hexdigest()


def kind_of(document: bytes) -> Kind | None:
    """The kind a document id claims by its first byte; None for one this program does not know."""
    return _KINDS.get(document[0]) if document else None


_KINDS = {int(kind): kind for kind in Kind}

# Frozen: zero actor, time 0, never sent. tests/documents/test_kinds.py makes them again and compares.
GENESIS: dict[Kind, bytes] = {
    Kind.IMAGE: bytes.fromhex(
        "856f4a83f1aa969f01ac0100100000000000000000000000000000000001010000000515800134014204560270026e0763757272"
        "656e74057469746c6506726174696e6704666c6167056c6162656c0764656c65746564047461677307736f757263657308766572"
        "73696f6e730870726f6a656374730b636f6c6c656374696f6e73056c696e6b73046d6f7265046e6f746506737061726531067370"
        "617265320673706172653306737061726534120d00050412001200"
    ),
    Kind.THREAD: bytes.fromhex(
        "856f4a83fd76cdaf019f010010000000000000000000000000000000000101000000051574340142045602700270057469746c65"
        "0573746174650861737369676e6565036475650764656c6574656408636f6d6d656e74730470696e7306726f756e647309617070"
        "726f76616c73097265616374696f6e73046d6f72650773756d6d6172790673706172653106737061726532067370617265330673"
        "7061726534100b00050410001000"
    ),
    Kind.PROJECT: bytes.fromhex(
        "856f4a833403366601c301001000000000000000000000000000000000010100000005159701340142045602700269046e616d65"
        "05636f6c6f7208617263686976656405636f76657205737461746506636c69656e7403647565056272616e640874656d706c6174"
        "6506706f6c69637904736f72740764656c6574656404746167730873657474696e677306737461676573056c696e6b73046d6f72"
        "65056272696566056e6f74657306737061726531067370617265320673706172653306737061726534171100060417001700"
    ),
    Kind.COLLECTION: bytes.fromhex(
        "856f4a833ad2b420019501001000000000000000000000000000000000010100000005156a340142045602700270046e616d6505"
        "636f6c6f7208617263686976656405636f76657206706172656e7405717565727904736f72740764656c65746564047461677308"
        "73657474696e6773046d6f7265056e6f74657306737061726531067370617265320673706172653306737061726534100b000504"
        "10001000"
    ),
    Kind.PROMPT: bytes.fromhex(
        "856f4a833891643401a901001000000000000000000000000000000000010100000005157e34014204560270026f046e616d6507"
        "707572706f73650861726368697665640764656c657465640474616773097661726961626c65730876617269616e747308736574"
        "74696e67730870726f6a65637473046d6f72650474657874086e65676174697665056e6f74657306737061726531067370617265"
        "320673706172653306737061726534110a00070411001100"
    ),
    Kind.BRAND: bytes.fromhex(
        "856f4a83cd13348b01aa01001000000000000000000000000000000000010100000005157f34014204560270026e046e616d6504"
        "6c6f676f0861726368697665640764656c6574656404746167730770616c6574746505666f6e7473056c6f676f730572756c6573"
        "0873657474696e67730870726f6a65637473046d6f72650a67756964656c696e6573056e6f746573067370617265310673706172"
        "65320673706172653306737061726534120c00060412001200"
    ),
    Kind.TEMPLATE: bytes.fromhex(
        "856f4a83407b7e0e01a001001000000000000000000000000000000000010100000005157534014204560270026f046e616d6507"
        "707572706f73650861726368697665640764656c657465640474616773067374616765730573697a657305736c6f74730770726f"
        "6d7074730873657474696e6773046d6f7265056272696566056e6f74657306737061726531067370617265320673706172653306"
        "737061726534110b00060411001100"
    ),
    Kind.RECIPE: bytes.fromhex(
        "856f4a833cca15f50192010010000000000000000000000000000000000101000000051567340142045602700272046e616d6504"
        "626173650861726368697665640764656c6574656404746167730a6f7065726174696f6e730a706172616d657465727308736574"
        "74696e6773046d6f7265056e6f746573067370617265310673706172653206737061726533067370617265340e090005040e000e"
        "00"
    ),
    Kind.SETTINGS: bytes.fromhex(
        "856f4a8372a9830c0184010010000000000000000000000000000000000101000000051559340142045602700274046e616d6506"
        "636f706965730864656661756c74730b636865636b706f696e747308706f6c6963696573066c6162656c73046d6f72650561626f"
        "7574067370617265310673706172653206737061726533067370617265340c070005040c000c00"
    ),
}

GENESIS_HEAD: dict[Kind, bytes] = {kind: hashlib.sha256(chunk[8:]).digest() for kind, chunk in GENESIS.items()}
"""Hash of each genesis: the only head of a document nobody has written to."""
