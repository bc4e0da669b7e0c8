"""The library's files, read only: databases, blobs, watched folders."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from daemon.checks import inside
from daemon.checks.scene import Finding, Scene
from library.care.glancing import glance
from library.catalog import missing_in
from library.gathering import readable
from library.people.removals import day_of, removed_in
from library.schema import STEPS
from library.surroundings import Surroundings
from library.workspace import DATABASE, DOUBT, MARK
from store.blobs import Blobs
from store.database import connect
from store.migrations import version_of
from store.room import LEAST

WAL_TOO_LARGE = 256 * 1024 * 1024
PUT_BACK = (
    "Put the files back where they were. Otherwise start Gesso and run `gesso restore --backup DIR`, which puts back "
    "what is missing; `gesso verify` names it. Delete nothing before."
)
SKIPPED = ("workspace.unmarked", "workspace.unfinished")  # of folders that no start opens
RESTORE = (
    "Stop Gesso, move the folder {folder} away without deleting it, start Gesso and bring the workspace back: "
    "`gesso restore --backup DIR`."
)


def workspaces(scene: Scene) -> Iterator[Finding]:
    for folder in inside.workspaces(scene):
        if not (folder / MARK).exists() and (id := _held(folder / DATABASE)):
            place = folder / MARK
            yield Finding(
                "workspace.unmarked", "A workspace is not opened: the file that says it was made to its end is gone.",
                str(place), f"Put it back: echo {id} > {shlex.quote(str(place))}", {"id": id},
            )  # fmt: skip
        elif _is_cut_off(folder):
            yield Finding(
                "workspace.unfinished", "A workspace was not made to its end.", str(folder),
                "If no restore is running, it was cut off: delete the folder and run the restore again.",
            )  # fmt: skip
        elif not (folder / DATABASE).exists():
            yield _lost("database.missing", "The database of a workspace is gone.", folder / DATABASE)
        elif (folder / DATABASE).is_dir():
            what = "A folder stands where the database of a workspace should be."
            yield _lost("database.folder", what, folder / DATABASE)
        elif not (folder / "blobs").is_dir():
            what = "The pictures of a workspace are gone."
            yield Finding("blobs.missing", what, str(folder / "blobs"), PUT_BACK)
        elif (seen := inside.asked(folder, partial(glance, has=_blobs(folder).has))) and seen.missing:
            looked, missing = str(seen.looked), str(seen.missing)
            yield Finding(
                "blobs.lost", f"Pictures' files are gone: {missing} of {looked} that were looked for.",
                str(folder / "blobs"), PUT_BACK, {"looked": looked, "missing": missing},
            )  # fmt: skip


def _blobs(folder: Path) -> Blobs:
    around = Surroundings()
    return Blobs(folder / "blobs", around.files, around.random)


def _lost(code: str, what: str, where: Path) -> Finding:
    """What only a restore in the place of the workspace's folder brings back."""
    folder = readable(where.parent)
    return Finding(code, what, str(where), RESTORE.format(folder=folder), {"folder": folder})


def doubts(scene: Scene) -> Iterator[Finding]:
    """What the engine wrote down when the disk failed a write; it takes the note away once all was found whole."""
    for folder in inside.workspaces(scene):
        if (folder / DOUBT).exists():
            yield Finding(
                "library.suspect",
                "The disk failed a write: nothing is written to this workspace until it was checked.",
                str(folder),
                "Check the disk and its cable. Gesso checks by itself while it runs; `gesso verify` names the damage.",
            )


def is_begun(folder: Path) -> bool:
    """Whether a workspace was made here that can be checked, opened at a start or not."""
    return (folder / MARK).exists() or bool(_held(folder / DATABASE))


def _is_cut_off(folder: Path) -> bool:
    """Whether a workspace was begun here and has no log yet: there is nothing in it to be brought back."""
    return not (folder / MARK).exists() and (not (folder / DATABASE).exists() or _held(folder / DATABASE) == "")


def _held(database: Path) -> str | None:
    """The id of the workspace whose log a database holds; empty when it holds none, None when it cannot be read."""
    try:
        with contextlib.closing(connect(database, read_only=True)) as connection:
            (segments,) = connection.execute("SELECT count(*) FROM segment").fetchone()
            row = connection.execute("SELECT value FROM meta WHERE key='workspace'").fetchone()
            return bytes(row[0]).hex() if segments and row else ""
    except Exception:  # whatever a damaged file makes SQLite raise; the database's own check names that
        return None


def databases(scene: Scene) -> Iterator[Finding]:
    for folder in inside.workspaces(scene):
        if (folder / DATABASE).is_file() and not _is_cut_off(folder):
            yield from _database(scene, folder / DATABASE)
        wal = folder / f"{DATABASE}-wal"
        if wal.exists() and wal.stat().st_size > WAL_TOO_LARGE:
            yield Finding(
                "database.wal", "The database's log has grown very large.", str(wal),
                "Restart Gesso: it is folded in at the start. Does another program hold the database open?",
            )  # fmt: skip


def _database(scene: Scene, path: Path) -> Iterator[Finding]:
    try:
        connection = connect(path, read_only=True)
        try:
            version = version_of(connection)
            if version > len(STEPS):
                yield Finding(
                    "database.new", f"The library was written by a newer Gesso (format {version}).", str(path),
                    "Upgrade Gesso; this one leaves it alone.", {"format": str(version)},
                )  # fmt: skip
                return
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                yield _lost("database.damaged", f"The database is damaged: {verdict}", path)
                return
            inside.load(connection)
            for (watched,) in connection.execute("SELECT path FROM watched"):
                folder = Path(bytes(watched).decode("utf-8", "surrogateescape"))
                if not folder.is_dir():
                    yield Finding(
                        "watched.gone", "A watched folder is not there.", str(folder),
                        "Connect its drive, or stop watching it with `gesso watch rm`.",
                    )  # fmt: skip
        finally:
            connection.close()
    except Exception as error:  # whatever a damaged file makes SQLite raise, it is this finding
        if scene.room(path.parent).free < LEAST:
            return  # SQLite cannot open a file where there is no place for its index: that says nothing of the file
        yield _lost("database.damaged", f"The database cannot be read: {error}", path)


def removals(scene: Scene) -> Iterator[Finding]:
    """Workspaces from which this device was removed, as it was told."""
    for folder in inside.workspaces(scene):
        if (note := inside.asked(folder, removed_in)) is not None:
            date = day_of(note.at)
            yield Finding(
                "workspace.removed", f"This device was removed from this workspace on {date} and exchanges nothing.",
                str(folder), "What is here can be looked at and exported. Ask an admin of the workspace for a new "
                "invitation; `gesso sync now` asks whether it is still so.",
                {"date": date},
            )  # fmt: skip


def originals(scene: Scene) -> Iterator[Finding]:
    """Originals that were kept in place and are gone, as the library knows: it looks for them while Gesso runs."""
    for folder in inside.workspaces(scene):
        if count := inside.asked(folder, missing_in):
            yield Finding(
                "originals.missing", f"Originals of pictures are gone from where they lay: {count}.", str(folder),
                "`gesso search state:missing` lists the pictures; what is written about them stays. Put the files back "
                "or import them from where they lie now; a picture that is gone for good can go to the bin.",
                {"count": str(count)},
            )  # fmt: skip


CHECKS = (workspaces, doubts, databases, removals, originals)
