"""The files by which this device and its workspaces prove who they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from daemon.checks.inside import asked, load, own_key, workspaces
from daemon.checks.scene import Finding, Scene
from identity.recovery import RecoveryKey
from library.errors import of_system
from library.home.key import KEY
from library.replica.members import Members
from library.replica.recovery import RECOVERY, decode_recovery, recovered_role

RENEW = "Bring the file back from a backup of the workspace (`recovery.key` in its folder), if you have one. "


def device(scene: Scene) -> Iterator[Finding]:
    key = scene.paths.data / KEY
    if not _stands(key):
        if workspaces(scene):
            yield Finding(
                "key.missing", "The key by which this device signs is gone.", str(key),
                "Bring the file back if you have it. Without it Gesso makes a new key and goes on as another device.",
            )  # fmt: skip
        return
    try:
        key.read_bytes()
    except OSError as error:
        yield Finding(
            "key.unreadable", f"The key by which this device signs cannot be read: {error.strerror}.", str(key),
            "Give yourself the right to read it. Gesso does not start without it, and makes no other in its place.",
            of_system(error),
        )  # fmt: skip
        return
    if own_key(scene) is None:
        yield Finding(
            "key.damaged", "The key by which this device signs is damaged.", str(key),
            "Bring the file back if you have it, or move it away: Gesso makes a new key and goes on as another device.",
        )  # fmt: skip


def recovery(scene: Scene) -> Iterator[Finding]:
    """The key that lets a further device in when no other can, and that this device needs where it is no member."""
    for folder in workspaces(scene):
        members = asked(folder, load)
        if members is None or not members.operations:
            continue
        place = folder / RECOVERY
        if not _stands(place):
            yield from _missing(scene, members, place)
            continue
        try:
            found = decode_recovery(place.read_bytes())
        except OSError as error:
            yield Finding(
                "recovery.unreadable", f"A workspace's recovery key cannot be read: {error.strerror}.", str(place),
                "Give yourself the right to read it. Until then nobody gets in with it.",
                of_system(error),
            )  # fmt: skip
        except ValueError:
            yield Finding(
                "recovery.damaged", "A workspace's recovery key is damaged.", str(place),
                RENEW + "All else works on; only letting a device in with it does not.",
            )  # fmt: skip
        else:
            yield from _wrong(members, found, place)


def membership(scene: Scene) -> Iterator[Finding]:
    """Whether this device's edits would count."""
    key = own_key(scene)
    for folder in workspaces(scene):
        members = asked(folder, load)
        if key is None or members is None or not members.operations:
            continue
        if members.role_of(key.public) is None and not _lets_in(members, folder):
            yield Finding(
                "member.none", "This device is no member of a workspace: it can show everything, and change nothing.",
                str(folder),
                f"Bring {RECOVERY} back into the folder and restart Gesso, or ask an admin to let this device in.",
            )  # fmt: skip


def _missing(scene: Scene, members: Members, place: Path) -> Iterator[Finding]:
    """Only the devices of the member whose key it is keep it."""
    key, standing = own_key(scene), members.rule.decision.standing
    keepers = {claim.member for public, claim in standing.recovery.items() if public not in standing.revoked}
    if key is not None and standing.member_of(key.public) in keepers:
        yield Finding(
            "recovery.missing", "A workspace's recovery key is gone.", str(place),
            RENEW + "Without it nobody can let a device in once this one is lost; keep a copy of the whole workspace.",
        )  # fmt: skip


def _wrong(members: Members, found: RecoveryKey, place: Path) -> Iterator[Finding]:
    standing = members.rule.decision.standing
    if found.public not in standing.recovery or found.public in standing.revoked:
        yield Finding(
            "recovery.wrong", "A recovery key is not of the workspace in whose folder it lies.", str(place),
            RENEW + "This one lets nobody in here; move it away, for it may be another workspace's.",
        )  # fmt: skip


def _lets_in(members: Members, folder: Path) -> bool:
    """Whether the recovery key would let this device in with its next edit."""
    try:
        found = decode_recovery((folder / RECOVERY).read_bytes())
    except (OSError, ValueError):
        return False
    return recovered_role(found, members) is not None


def _stands(path: Path) -> bool:
    """Whether anything stands there, also what cannot be read."""
    return path.exists() or path.is_symlink()


CHECKS = (device, recovery, membership)
