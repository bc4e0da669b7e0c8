"""How a device that is no member yet comes in by the workspace's recovery key: after a restore, or with a new key."""

from __future__ import annotations

import logging
from pathlib import Path

from identity.membership import Role, heads_to_name
from identity.operations import encode_operation
from identity.recovery import RecoveryKey
from library.replica.members import Members
from store.files import Files, write_durably

RECOVERY = "recovery.key"  # the seed in hexadecimal digits
log = logging.getLogger("gesso.recovery")


def read_recovery(folder: Path, files: Files) -> RecoveryKey | None:
    """The key in a workspace's folder; None when there is none that can be read."""
    try:
        return None if files.facts(folder / RECOVERY) is None else decode_recovery(files.read(folder / RECOVERY))
    except (OSError, ValueError) as error:
        log.warning("the recovery key cannot be read: %s", type(error).__name__)
        return None


def encode_recovery(key: RecoveryKey) -> bytes:
    """What the file holds."""
    return key.to_bytes().hex().encode() + b"\n"


def decode_recovery(data: bytes) -> RecoveryKey:
    """Raises ValueError for what is no recovery key."""
    return RecoveryKey(bytes.fromhex(data.decode("ascii").strip()))


def keep_recovery(folder: Path, files: Files, key: RecoveryKey) -> None:
    """Lay the key into a workspace's folder, durably."""
    write_durably(files, folder / RECOVERY, encode_recovery(key))


def recovered_role(key: RecoveryKey, members: Members) -> Role | None:
    """The role that a device let in by this key would have."""
    standing = members.rule.decision.standing
    claim = standing.recovery.get(key.public)
    return None if claim is None or key.public in standing.revoked else standing.roles.get(claim.member)


def admission(key: RecoveryKey, members: Members, device: bytes) -> bytes:
    """The signed operation that makes the device one of the member's that the key belongs to."""
    decision = members.rule.decision
    return encode_operation(
        workspace=members.workspace,
        kind="add-device",
        subject=device,
        argument=decision.standing.recovery[key.public].member,
        prev=heads_to_name(decision),
        author=key.public,
        sign=key.sign,
    ).raw
