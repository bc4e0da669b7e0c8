"""News of what changed: published after the commit, by the kind of document, so that readers fetch the right thing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from documents.kinds import Kind
from library.models import Changed
from library.workspace import Appended, Edits, Plan, Workspace
from store.database import Connection

KINDS = (
    (Kind.IMAGE, "asset.changed"),
    (Kind.PROJECT, "project.changed"),
    (Kind.PROMPT, "prompt.changed"),
)


def told(workspace: Workspace, appended: Appended) -> Changed:
    """Publish what an action changed, many of a kind as one piece of news, and answer it."""
    changed = {*appended.heads, *appended.settled}
    tell(workspace, changed, workspace.device.hex())
    return Changed(changed=len(changed), action=appended.action.hex() if appended.action else None)


async def carry_out(workspace: Workspace, intent: str, params: dict[str, Any], edits: Edits) -> Changed:
    """Write an action, and publish what it changed."""
    return told(workspace, await workspace.append(Plan(intent, params, edits)))


def tell(workspace: Workspace, changed: Collection[bytes], origin: str, singly: int = 1) -> None:
    """Publish that documents changed: up to `singly` of a kind each by its id, more as one piece of news."""
    found = [(words, [id for id in changed if id[0] == kind]) for kind, words in KINDS]
    for words, ids in (*found, *_collections(workspace, [id for id in changed if id[0] == Kind.COLLECTION])):
        subjects = [id.hex() for id in ids] if len(ids) <= singly else ["*"]
        for subject in subjects:
            workspace.bus.publish(words, subject, origin)
    # The settings hold the workspace's name and its checkpoints; whoever reads news knows it by its own id.
    if any(id[0] == Kind.SETTINGS for id in changed):
        workspace.bus.publish("workspace.changed", workspace.id.hex(), origin)
    if workspace.heard is not None:
        workspace.heard(changed, origin)


def _collections(workspace: Workspace, ids: Collection[bytes]) -> list[tuple[str, list[bytes]]]:
    """Collections as the news name them: albums and saved searches; one that is gone may have been either."""
    if not ids:
        return []

    def shown(connection: Connection, table: str) -> set[bytes]:
        found = (connection.execute(f"SELECT id FROM {table} WHERE id=?", (id,)).fetchone() for id in ids)
        return {row[0] for row in found if row is not None}

    albums, searches = workspace.database.read_now(lambda c: (shown(c, "album"), shown(c, "search")))
    return [
        ("search.changed", [id for id in ids if id not in albums]),
        ("album.changed", [id for id in ids if id not in searches]),
    ]
