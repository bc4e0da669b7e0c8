"""Makes the home that a release leaves to the tests of all later ones: `python -m tests.make_home` (docs/releasing.md).

It is written by the real daemon and holds a bit of everything. Its keys are of no other use.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
import tarfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.commands.house import House, Library, paint
from tests.daemonhouse import running_daemon

HOMES = Path(__file__).parent / "fixtures" / "homes"
WORK = Path("/tmp/gesso-release-home")  # the same on every machine: it stands in the rows of imported files
MOST_BYTES = 200_000


def main() -> None:
    version = metadata.version("gesso")
    shutil.rmtree(WORK, ignore_errors=True)
    home = WORK / "home"
    with running_daemon(home) as url:
        told = fill(Library(House(home, url), "Studio", WORK / "pictures"))
    packed = pack(home / "data")
    if len(packed) > MOST_BYTES:
        sys.exit(f"{len(packed)} bytes are too many for the repository; {MOST_BYTES} are allowed.")
    HOMES.mkdir(parents=True, exist_ok=True)
    (HOMES / f"{version}.tar.xz").write_bytes(packed)
    (HOMES / f"{version}.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")
    shutil.rmtree(WORK)
    print(f"{version}: {len(packed)} bytes, digest {told['digest']}")


def fill(library: Library) -> dict[str, Any]:
    """Do a bit of everything; what must be so for ever after."""
    one, two, _, four = library.assets
    library.told("title", one, "霓虹貓")
    library.told("rate", one, "5")
    library.told("tag", one, "+neon", "+夜市")
    library.told("flag", two, "pick")
    library.told("label", two, "red")
    library.told("note", two, "Ask the client about the lettering.")
    library.told("project", "create", "Poster 海報")
    library.told("project", "add", "Poster 海報", one, two)
    library.told("checkpoint", "create", "before")
    paint(library.folder / "2.png", 40, "the harbour again")
    library.told("import", str(library.folder / "2.png"))
    library.told("rate", one, "4")
    library.told("undo")
    library.told("rm", four, "--yes")
    kept = WORK / "kept"
    paint(kept / "in place.png", 50)
    library.told("import", "--reference", str(kept))
    library.told("watch", "add", str(kept))
    return state(library.told)


def state(told: Callable[..., Any]) -> dict[str, Any]:
    """What a later Gesso must find."""
    found = told("search", "", "--limit", "100")["items"] + told("search", "is:binned")["items"]
    pictures = {}
    for each in sorted(found, key=lambda item: str(item["id"])):
        shown = told("show", each["id"])
        versions = {version["sha256"]: version["state"] for version in shown["versions"]}
        names = ("name", "rating", "flag", "label", "tags")
        pictures[each["id"]] = {**{name: each[name] for name in names}, "versions": versions, "note": shown["note"]}
    return {
        "digest": told("digest")["digest"],
        "pictures": pictures,
        "projects": [each["name"] for each in told("project", "ls")["projects"]],
        "intents": [entry["intent"] for entry in told("log", "--limit", "100")["entries"]],
        "before": len(told("at", "before")["items"]),
    }


def pack(data: Path) -> bytes:
    """The folder as an archive that is the same for the same content."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:xz") as archive:
        for path in sorted(data.rglob("*")):
            if path.name.endswith(("-wal", "-shm")) and not path.stat().st_size:
                continue
            member = archive.gettarinfo(str(path), str(path.relative_to(data)))
            member.uid = member.gid = 0
            member.uname = member.gname = ""
            member.mtime = 0
            with path.open("rb") if path.is_file() else io.BytesIO() as content:
                archive.addfile(member, content if path.is_file() else None)
    return file.getvalue()


def unpack(archive: Path, data: Path) -> None:
    data.mkdir(parents=True)
    with tarfile.open(archive) as packed:
        packed.extractall(data, filter="data")


if __name__ == "__main__":
    main()
