"""Every damage that `verify` can name: what it is, and what to do. The code is for translation."""

from __future__ import annotations

import msgspec

from library.models import Problem

FOLDER = "{folder}"  # the workspace's, which whoever finds something need not know
RESTORE = (
    f"Stop Gesso, move the folder {FOLDER} away without deleting it, start Gesso and bring the workspace back: "
    "`gesso restore --backup DIR`."
)
MEND = "Take it from a backup: `gesso restore --backup DIR`, which puts back what is missing. Delete nothing before."
REBUILD = "Run `gesso rebuild`."

LEFT_OVER = ("blob.orphan",)  # by an import that was cut off: everything is whole

FAULTS = {
    "store.unreadable": ("A part of the database cannot be read: {detail}", RESTORE),
    "store.missing": ("The database file is missing.", RESTORE),
    "store.folder": ("A folder stands where the database file should be.", RESTORE),
    "store.forbidden": (
        "You may not read this file, so nothing was checked.",
        "Give yourself the right to read it, and check again. Nothing is known to be damaged.",
    ),
    "store.damaged": ("The database is damaged: {detail}", RESTORE),
    "store.schema": ("A table, index or trigger of the database is not as Gesso makes it.", RESTORE),
    "store.version": (
        "The database has format {found}, this Gesso has {known}.",
        "Upgrade Gesso. If that does not help: " + RESTORE,
    ),
    "store.older": (
        "The database has format {found}, older than this Gesso's {known}; only its log and its blobs were checked.",
        "Start Gesso once: it keeps a copy and brings the library up to date. Then check again.",
    ),
    "store.log": (
        "The end of the database's log cannot be read ({frames} pages): what was done last is missing.",
        "Keep a copy of the folder, then bring it back from a backup, or delete the file to go on without it.",
    ),
    "store.log_end": (
        "The last pages of the database's log cannot be read: the last edit may be missing.",
        "After a power cut this is harmless: start Gesso. Otherwise keep a copy of the folder first.",
    ),
    "row.damaged": ("A row does not fit its own hash.", RESTORE),
    "rows.missing": ("Rows are missing: {count}.", RESTORE),
    "rows.extra": ("There are rows too many: {count}.", RESTORE),
    "meta.missing": ("A row that every workspace has is missing.", RESTORE),
    "meta.workspace": ("The workspace's id is not that of its first operation.", RESTORE),
    "operation.damaged": ("A membership operation is damaged: {detail}", RESTORE),
    "operation.state": ("Whether a membership operation counts is not what follows from the others.", RESTORE),
    "operation.missing": ("A membership operation that a segment carries or names is missing.", RESTORE),
    "segment.unreadable": ("A segment cannot be read: {detail}", RESTORE),
    "segment.row": ("A segment's row does not fit its bytes.", RESTORE),
    "segment.signature": ("A segment's signature is wrong.", RESTORE),
    "segment.chain": ("A segment that this one builds on is missing or stands behind it.", RESTORE),
    "segment.waiting": ("A segment waits though all it builds on is there.", RESTORE),
    "blob.row": ("A blob that the log names has no row, or its row is not what the log says.", RESTORE),
    "blob.missing": ("A blob is missing.", MEND),
    "blob.damaged": ("A blob's bytes are damaged.", MEND),
    "blob.elsewhere": (
        "A blob is missing or damaged here; other devices have it: {count}.",
        "Run `gesso verify --read-data --fetch`: it comes again from them. Delete nothing before.",
    ),
    "blob.coming": (
        "A blob was missing or damaged here. It comes again from {devices}.",
        "Leave Gesso running until `gesso verify` finds nothing.",
    ),
    "blob.copy": (
        "A blob is missing or damaged; the file it was imported from is still whole.",
        "Put it back: cp {source} {target}",
    ),
    "blob.orphan": (
        "A blob lies here that nothing refers to; an import was cut off.",
        "Nothing is lost. It is kept; delete the file if you need the room.",
    ),
    "blob.foreign": ("A file lies among the blobs that is none.", "Move it away."),
    "reference.missing": ("Where an original that is kept in place lies is not known any more.", RESTORE),
    "document.unreadable": ("A document cannot be read: {detail}", REBUILD),
    "document.wrong": ("A document is not what the log says.", REBUILD),
    "document.lost": (
        "A document holds a change that the log lacks: a segment is missing.",
        "Do not rebuild. " + RESTORE,
    ),
    "view.wrong": ("A row that is computed from the log is not what the log says.", REBUILD),
    "export.damaged": (
        "It is damaged in this library, so it is not in the export.",
        "Run `gesso verify --read-data`, mend it, then export again: only what is missing is copied.",
    ),
    "export.elsewhere": (
        "It is not in the export: its original is on {devices}.",
        "Pin the picture or open it while that device is connected, then export again: only what is missing is copied.",
    ),
    "export.offline": (
        "It is not in the export: the drive with {source} is not connected.",
        "Connect the drive, then export again: only what is missing is copied.",
    ),
    "export.gone": (
        "It is not in the export: this device does not have its bytes.",
        "Import the original again if you have it, then export again.",
    ),
    "export.kept": (
        "It was changed since the last export, so it was left alone; what was exported has a name with a number.",
        "Import it if the change matters, or delete it.",
    ),
    "export.unfinished": (
        "A later export into this folder was cut off; what counts is the one before.",
        "To bring the folder up to date, run `gesso export DIR --everything` once more where the library is.",
    ),
    "export.missing": (
        "It is missing in this folder.",
        "Put it back from another copy. To take in everything else: `gesso restore --backup DIR --incomplete`.",
    ),
    "export.changed": (
        "It is not what was exported any more.",
        "Put it back from another copy. To take in everything else: `gesso restore --backup DIR --incomplete`; a "
        "changed picture comes in as a new one with `gesso import`.",
    ),
    "export.moved": ("It was found as {place}.", "Nothing needs to be done."),
    "export.sidecar": (
        "It was changed; what stands in it is not taken in, because the signed log is what counts.",
        "Make the change in Gesso.",
    ),
    "export.extra": (
        "This picture is not part of the export and is not taken in.",
        "To have it, too: `gesso import {place}`",
    ),
    "view.words": ("The index of words is damaged: {detail}", REBUILD),
}  # fmt: skip


def fault(code: str, where: str, **params: object) -> Problem:
    """A problem of a known kind."""
    what, remedy = FAULTS[code]
    told = {name: str(value) for name, value in params.items()}
    remedy = remedy.format(**{"folder": FOLDER, **told})
    return Problem(code=code, what=what.format(**told), where=where, remedy=remedy, params=told)


def of_log(problem: Problem) -> bool:
    """Whether what is signed is damaged itself: nothing here can mend that, and a restore only in its place."""
    return RESTORE in FAULTS[problem.code][1]


def placed(problem: Problem, folder: str) -> Problem:
    """The problem with the folder that its remedy speaks of."""
    if not of_log(problem):
        return problem
    remedy = problem.remedy.replace(FOLDER, folder)
    return msgspec.structs.replace(problem, remedy=remedy, params={**problem.params, "folder": folder})
