"""The cases of wrapping.json: a key's id, the X25519 half of a device, what a rotation says, and who opens it."""

from __future__ import annotations

import random
from typing import Any

from identity.keys import DeviceKey
from identity.recovery import CodeRefused, RecoveryKey, key_of_code, read_code, write_code
from identity.wrapping import (
    MOST_EPOCH,
    Copy,
    Rotation,
    WorkspaceKey,
    decode_rotation,
    encode_rotation,
    key_id,
    open_earlier,
    seal_earlier,
    unwrap,
    wrap,
    wrapping_public,
)
from tests.vectors.coding import enhex

WORKSPACE = b"\x57" * 32
DEVICE, OTHER, RECOVERY = DeviceKey(bytes(range(32))), DeviceKey(bytes(range(1, 33))), RecoveryKey(bytes(range(2, 34)))
SECRETS = {"device": DeviceKey, "recovery": RecoveryKey}


def key_of(epoch: int) -> WorkspaceKey:
    key = bytes([epoch]) * 32
    return WorkspaceKey(epoch, key_id(WORKSPACE, epoch, key), key)


def half_of(secret: DeviceKey) -> bytes:
    half = secret.wrapping_public if isinstance(secret, RecoveryKey) else wrapping_public(secret.public)
    assert half is not None
    return half


def copy_for(secret: DeviceKey, epoch: int, chance: random.Random) -> Copy:
    copy = wrap(key_of(epoch), WORKSPACE, secret.public, half_of(secret), chance)
    assert copy is not None
    return copy


def opened(case: dict[str, Any], argument: bytes) -> str | None:
    """The key that a case's secret opens of an argument; of an earlier one, with the key so opened."""
    rotation, secret = decode_rotation(argument), SECRETS[case["of"]](bytes.fromhex(case["seed"]))
    workspace, id = bytes.fromhex(case["workspace"]), bytes.fromhex(case["id"])
    for copy in rotation.copies if rotation else ():
        if rotation and copy.recipient == secret.public:
            key = unwrap(copy, workspace, rotation.epoch, id, secret)
            if key is not None and "earlier" in case:
                before = bytes.fromhex(case["earlier"])
                key = open_earlier(key, workspace, case["epoch"], before, rotation.earlier.get(before, b""))
            return None if key is None else key.key.hex()
    return None


def wrapping_cases() -> list[dict[str, Any]]:
    return [*_ids(), *_halves(), *_arguments(), *_openings(), *_codes()]


def _ids() -> list[dict[str, Any]]:
    return [
        {
            "name": f"id of a key of epoch {epoch}",
            "workspace": WORKSPACE.hex(),
            "epoch": epoch,
            "key": key.hex(),
            "id": key_id(WORKSPACE, epoch, key).hex(),
        }
        for epoch, key in ((1, bytes(32)), (2, bytes(32)), (MOST_EPOCH, b"\xff" * 32))
    ]


def _halves() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []
    for name, secret in (("device", DEVICE), ("device", OTHER), ("recovery", RECOVERY)):
        facts = {"of": name, "seed": secret.to_bytes().hex(), "public": secret.public.hex()}
        cases.append({"name": f"X25519 half of a {name} {len(cases)}", **facts, "half": half_of(secret).hex()})
    for name, public in (("of small order", bytes(32)), ("that is no point", b"\x02" + bytes(31)), ("too short", b"x")):
        half = wrapping_public(public)
        cases.append({"name": f"key {name}", "public": public.hex(), "half": half.hex() if half else None})
    return cases


def _arguments() -> list[dict[str, Any]]:
    chance = random.Random(1)
    copies = tuple(copy_for(each, 2, chance) for each in (DEVICE, RECOVERY))
    earlier = {key_of(1).id: seal_earlier(key_of(2), WORKSPACE, key_of(1))}
    good = encode_rotation(Rotation(2, copies, earlier))
    arguments = {
        "two copies and an earlier key": good,
        "one copy": encode_rotation(Rotation(1, copies[:1])),
        "no copy": encode_rotation(Rotation(1)),
        "greatest epoch": encode_rotation(Rotation(MOST_EPOCH, copies[:1])),
        "epoch 0": bytes(8) + good[8:],
        "epoch beyond 2^53 - 1": (MOST_EPOCH + 1).to_bytes(8) + good[8:],
        "an epoch alone": good[:8],
        "nothing": b"",
        "one byte too few": good[:-1],
        "one byte too many": good + b"\0",
        "more copies said than there are": good[:8] + b"\xff\xff" + good[10:],
    }
    return [
        {"name": f"argument: {name}", "argument": enhex(argument), "says": says(argument)}
        for name, argument in arguments.items()
    ]


def says(argument: bytes) -> dict[str, Any] | None:
    rotation = decode_rotation(argument)
    return rotation and {
        "epoch": rotation.epoch,
        "recipients": [copy.recipient.hex() for copy in rotation.copies],
        "earlier": [id.hex() for id in rotation.earlier],
    }


def _openings() -> list[dict[str, Any]]:
    chance, key, first = random.Random(2), key_of(2), key_of(1)
    copies = (copy_for(DEVICE, 2, chance), copy_for(RECOVERY, 2, chance))
    rotation = Rotation(2, copies, {first.id: seal_earlier(key, WORKSPACE, first)})
    swapped = Rotation(2, (Copy(copies[1].recipient, copies[0].sealed), Copy(copies[0].recipient, copies[1].sealed)))
    good = {"of": "device", "seed": DEVICE.to_bytes().hex(), "workspace": WORKSPACE.hex(), "id": key.id.hex()}
    recovery = {"of": "recovery", "seed": RECOVERY.to_bytes().hex()}
    other_first = {first.id: bytes(48)}
    cases: list[tuple[str, dict[str, Any], Rotation]] = [
        ("device", {}, rotation),
        ("recovery key", recovery, rotation),
        ("an earlier key", {"earlier": first.id.hex(), "epoch": 1}, rotation),
        ("an earlier key by the recovery key", {**recovery, "earlier": first.id.hex(), "epoch": 1}, rotation),
        ("a device that has no copy", {"seed": OTHER.to_bytes().hex()}, rotation),
        ("another workspace", {"workspace": "58" * 32}, rotation),
        ("another key's id", {"id": first.id.hex()}, rotation),
        ("another epoch", {}, rotation._replace(epoch=3)),
        ("copies swapped", {}, swapped),
        ("an earlier key of another epoch", {"earlier": first.id.hex(), "epoch": 2}, rotation),
        (
            "an earlier key that is none",
            {"earlier": first.id.hex(), "epoch": 1},
            rotation._replace(earlier=other_first),
        ),
    ]
    return [
        {"name": f"opened by {name}", **(case := {**good, **changed}), "argument": (raw := encode_rotation(each)).hex(),
         "opens": opened(case, raw)}
        for name, changed, each in cases
    ]  # fmt: skip


def _codes() -> list[dict[str, Any]]:
    good = write_code(bytes(range(20)))
    codes = {
        "recovery code": good,
        "recovery code of zeros": write_code(bytes(20)),
        "recovery code as it may be typed": good.lower().replace("-", " ").replace("0", "o").replace("1", "l"),
        "recovery code with a wrong letter": good[:-1] + ("0" if good[-1] != "0" else "1"),
        "recovery code with two letters swapped": good[1] + good[0] + good[2:],
        "recovery code that is cut": good[:-1],
        "recovery code with a letter that there is not": "U" + good[1:],
    }
    return [{"name": name, "code": code, **of_code(code)} for name, code in codes.items()]


def of_code(code: str) -> dict[str, Any]:
    """What a code stands for, and the public key of its recovery key in one workspace."""
    try:
        secret = read_code(code)
    except CodeRefused:
        return {"secret": None}
    key = key_of_code(secret, WORKSPACE)
    return {
        "secret": secret.hex(),
        "workspace": WORKSPACE.hex(),
        "public": key.public.hex(),
        "half": key.wrapping_public.hex(),
    }
