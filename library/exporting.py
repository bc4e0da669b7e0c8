"""Pictures as ordinary files in a folder, with what is known about each beside it. Originals stay byte-identical."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from library.models import Asset
from library.tasks import Progress
from library.workspace import Workspace
from store.errors import StoreError

# What Windows forbids in names, and control characters; its reserved names get a leading underscore.
FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif", "image/tiff": ".tif"}
LONGEST = 120  # characters of a name, before its number and suffix


def write_files(workspace: Workspace, path: Path, assets: Sequence[Asset], progress: Progress) -> dict[str, Any]:
    """Write each picture under a name that every system takes; never over a file that is there. Blocking."""
    files = workspace.surroundings.files
    files.make_folder(path)
    taken = {name.casefold() for name in files.names(path)}
    failed: list[dict[str, str]] = []
    written = 0
    for number, asset in enumerate(assets):
        name = free_name(safe_name(asset.name), SUFFIXES.get(asset.media_type, ""), taken)
        try:
            data = workspace.blobs.read(bytes.fromhex(asset.sha256))
        except StoreError as error:
            failed.append({"asset": asset.id, "reason": str(error)})
            continue
        files.write(path / name, data)
        files.write(path / f"{name}.json", msgspec.json.format(msgspec.json.encode(asset), indent=2))
        files.sync([path / name, path / f"{name}.json"])
        written += 1
        progress(number + 1, len(assets), name)
    files.sync_folders([path])
    return {"path": str(path), "written": written, "failed": failed}


def safe_name(name: str) -> str:
    """The name without its suffix, as every file system takes it."""
    stem = re.sub(r"\.(png|jpe?g|webp|gif|tiff?)$", "", name, flags=re.IGNORECASE)
    clean = FORBIDDEN.sub("_", stem).strip(" .")[:LONGEST] or "picture"
    return f"_{clean}" if RESERVED.fullmatch(clean) else clean


def free_name(stem: str, suffix: str, taken: set[str]) -> str:
    """The first of `stem`, `stem (2)`, … that differs from every taken name also where case does not count."""
    number = 1
    name = f"{stem}{suffix}"
    while name.casefold() in taken or f"{name}.json".casefold() in taken:
        number += 1
        name = f"{stem} ({number}){suffix}"
    taken.add(name.casefold())
    return name
