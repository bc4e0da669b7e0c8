"""Jobs as they travel to a worker. Paths are bytes: a file's name need not be text."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from imaging.inspection import CompareJob, InspectJob, SketchJob

Job = InspectJob | CompareJob | SketchJob


class WireInspect(msgspec.Struct, array_like=True, tag="inspect"):
    path: bytes
    copy_to: bytes | None
    sidecar: bytes | None
    fsync: bool


class WireCompare(msgspec.Struct, array_like=True, tag="compare"):
    one: bytes
    others: list[bytes]


class WireSketch(msgspec.Struct, array_like=True, tag="sketch"):
    small: bytes
    original: bytes | None


Wire = WireInspect | WireCompare | WireSketch


def packed(job: Job) -> Wire:
    if isinstance(job, InspectJob):
        return WireInspect(os.fsencode(job.path), _path(job.copy_to), _path(job.sidecar), job.fsync)
    if isinstance(job, CompareJob):
        return WireCompare(job.one, [os.fsencode(other) for other in job.others])
    return WireSketch(os.fsencode(job.small), _path(job.original))


def unpacked(wire: Wire) -> Job:
    if isinstance(wire, WireInspect):
        return InspectJob(Path(os.fsdecode(wire.path)), _place(wire.copy_to), _place(wire.sidecar), wire.fsync)
    if isinstance(wire, WireCompare):
        return CompareJob(wire.one, tuple(Path(os.fsdecode(other)) for other in wire.others))
    return SketchJob(Path(os.fsdecode(wire.small)), _place(wire.original))


def _path(path: Path | None) -> bytes | None:
    return os.fsencode(path) if path else None


def _place(path: bytes | None) -> Path | None:
    return Path(os.fsdecode(path)) if path else None
