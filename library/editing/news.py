"""News of what changed: published after the commit, by the kind of document, so that readers fetch the right thing."""

from __future__ import annotations

from collections.abc import Collection

from documents.kinds import Kind
from library.models import Changed
from library.workspace import Appended, Workspace

KINDS = (
    (Kind.IMAGE, "asset.changed"),
    (Kind.PROJECT, "project.changed"),
    (Kind.COLLECTION, "search.changed"),
)


def told(workspace: Workspace, appended: Appended) -> Changed:
    """Publish what an action changed, many of a kind as one piece of news, and answer it."""
    tell(workspace, appended.heads, workspace.device.hex())
    return Changed(changed=len(appended.heads), action=appended.action.hex() if appended.action else None)


def tell(workspace: Workspace, changed: Collection[bytes], origin: str, singly: int = 1) -> None:
    """Publish that documents changed: up to `singly` of a kind each by its id, more as one piece of news."""
    for kind, words in KINDS:
        ids = [id for id in changed if id[0] == kind]
        subjects = [id.hex() for id in ids] if len(ids) <= singly else ["*"]
        for subject in subjects:
            workspace.bus.publish(words, subject, origin)
    # The settings hold the workspace's name and its checkpoints; whoever reads news knows it by its own id.
    if any(id[0] == Kind.SETTINGS for id in changed):
        workspace.bus.publish("workspace.changed", workspace.id.hex(), origin)
