"""Which role a route takes, beside its class in routes.py: one line for every route that changes a workspace.

A kindness to who asks, for it says no at once and in words. What counts is the log: no replica applies what a role does
not allow, whatever a daemon let through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from daemon.api.call import Call
from documents.kinds import Kind
from identity.membership import Role, allows
from library.errors import ReadOnly

# anyone: it stays on this device · member: of any role · write: what editors do · admin
Need = Literal["anyone", "member", "write", "admin"]
WORKSPACE = "/api/v1/w/{workspace}"
NEEDS: Mapping[str, Need] = {
    "PATCH /assets/{id}": "write",
    "POST /assets/edit": "write",
    "POST /assets/bin": "write",
    "POST /assets/unbin": "write",
    "POST /assets/{id}/restore": "write",
    "POST /alike/same": "write",
    "POST /alike/other": "write",
    "POST /assets/{id}/apart": "write",
    "POST /undo": "write",
    "POST /redo": "write",
    "POST /checkpoints": "write",
    "POST /imports": "write",
    "POST /uploads": "write",
    "POST /watched": "write",
    "DELETE /watched/{id}": "anyone",
    "POST /projects": "write",
    "PATCH /projects/{id}": "write",
    "POST /projects/{id}/duplicate": "write",
    "POST /projects/{id}/restore": "write",
    "POST /searches": "write",
    "PATCH /searches/{id}": "write",
    "DELETE /searches/{id}": "write",
    "POST /albums": "write",
    "PATCH /albums/{id}": "write",
    "DELETE /albums/{id}": "write",
    "POST /albums/{id}/add": "write",
    "POST /albums/{id}/remove": "write",
    "POST /albums/{id}/move": "write",
    "POST /prompts": "write",
    "PATCH /prompts/{id}": "write",
    "DELETE /prompts/{id}": "write",
    "POST /prompts/{id}/duplicate": "write",
    "POST /presets": "write",
    "POST /presets/try": "anyone",
    "PATCH /presets/{id}": "write",
    "DELETE /presets/{id}": "write",
    "POST /parcels": "anyone",
    "DELETE /parcels/{id}": "anyone",
    "PUT /drafts/{tab}": "anyone",
    "POST /estimate": "anyone",
    "POST /jobs": "write",
    "POST /jobs/cancel": "anyone",
    "POST /jobs/retry/estimate": "anyone",
    "POST /jobs/retry": "write",
    "POST /jobs/pause": "anyone",
    "POST /jobs/{id}/move": "anyone",
    "POST /jobs/{id}/resolve": "anyone",
    "POST /jobs/resolve": "anyone",
    "POST /ask": "anyone",
    "POST /ask/estimate": "anyone",
    "POST /ask/stream": "anyone",
    "POST /calls/{id}/resolve": "anyone",
    "POST /calls/resolve": "anyone",
    "PATCH /members/{id}": "write",  # oneself; anybody else takes an admin
    "DELETE /members/{id}": "admin",
    "POST /invitations": "admin",
    "DELETE /invitations/{id}": "anyone",
    "POST /recovery": "member",
    "POST /recovery/check": "anyone",
    "POST /recovery/use": "anyone",
    "POST /quarantine": "admin",
    "PATCH /devices/{id}": "write",  # one's own; anybody else's takes an admin
    "DELETE /devices/{id}": "admin",
    "POST /pairing": "member",  # for a device of one's own; a new person takes an admin
    "DELETE /pairing": "anyone",
    "POST /conflicts/resolve": "write",
    "POST /conflicts/resolve-many": "write",
    "POST /texts": "write",
    "PUT /copies/policy": "anyone",
    "POST /copies/pin": "anyone",
    "POST /copies/unpin": "anyone",
    "POST /copies/evict": "anyone",
    "POST /copies/want": "anyone",
    "POST /stopped": "anyone",
    "POST /sync/plan": "anyone",
    "POST /sync/now": "anyone",
    "POST /verify": "anyone",
    "POST /rebuild": "anyone",
    "POST /backup": "anyone",
    "POST /export": "anyone",
}


def need_of(method: str, path: str) -> Need:
    """What a route takes: reading, and what is not of one workspace, takes no role."""
    if method in ("GET", "HEAD") or not path.startswith(WORKSPACE):
        return "anyone"
    return NEEDS.get(f"{method} {path.removeprefix(WORKSPACE)}", "write")


def may(role: Role | None, need: Need) -> bool:
    match need:
        case "anyone":
            return True
        case "member":
            return role is not None
        case "write":
            return allows(role, Kind.IMAGE)
        case "admin":
            return role == "admin"


def check_right(call: Call, need: Need) -> None:
    """ReadOnly where this device's role in the workspace does not do."""
    if need == "anyone":
        return
    role = call.library.workspace.role
    if not may(role, need):
        word = role or "none"
        hint = "Ask an admin of the workspace."
        raise ReadOnly(f"With the role {word} this cannot be done here.", code="no_right", hint=hint, role=word)
