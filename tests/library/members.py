"""Membership operations, written as an admin's device writes them."""

from __future__ import annotations

from identity.operations import Argument, Operation, SeenTip, encode_operation
from library.workspace import Plan, Workspace
from store.database import Connection

LOWERINGS = ("role", "remove", "revoke-device")


def member(name: str) -> bytes:
    return name.encode().ljust(16, b"\0")


async def let_in(admin: Workspace, name: str, device: bytes, role: str) -> None:
    """Make this person a member with one device."""
    await operate(admin, "grant", member(name), role)
    await operate(admin, "add-device", device, member(name))


async def operate(workspace: Workspace, kind: str, subject: bytes, argument: Argument = None) -> Operation:
    """Sign an operation at the present heads and append it; a lowering says what it has seen of the subject's work."""
    operation = encode_operation(
        workspace=workspace.id,
        kind=kind,
        subject=subject,
        argument=argument,
        prev=workspace.members.heads,
        seen=await _seen(workspace, subject) if kind in LOWERINGS else (),
        author=workspace.device,
        sign=workspace.key.sign,
    )
    await workspace.append(Plan("member.change", operations=[operation.raw]))
    return operation


async def _seen(workspace: Workspace, subject: bytes) -> list[SeenTip]:
    standing = workspace.members.rule.decision.standing

    def work(connection: Connection) -> list[SeenTip]:
        query = "SELECT device, incarnation, seq, hash FROM segment WHERE state=1 ORDER BY id"
        latest = {
            (device, incarnation): SeenTip(device, incarnation, seq, hash[:8])
            for device, incarnation, seq, hash in connection.execute(query)
            if subject in (device, standing.owner_of(device))
        }
        return list(latest.values())

    return await workspace.database.read(work)
