"""Jobs as they travel to a worker. Paths are bytes: a file's name need not be text."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from imaging.inspection import (
    CompareJob,
    ConvertJob,
    EmbedJob,
    Facts,
    InspectJob,
    Lineage,
    ShrinkJob,
    SketchJob,
    Target,
    Words,
)

Job = InspectJob | CompareJob | SketchJob | ShrinkJob | ConvertJob | EmbedJob


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


class WireShrink(msgspec.Struct, array_like=True, tag="shrink"):
    data: bytes
    pixels: int


class WireConvert(msgspec.Struct, array_like=True, tag="convert"):
    path: bytes
    to: bytes
    target: Target
    facts: Facts | None
    fsync: bool
    words: Words
    lineage: Lineage | None


class WireEmbed(msgspec.Struct, array_like=True, tag="embed"):
    path: bytes
    to: bytes
    facts: Facts
    fsync: bool
    words: Words
    lineage: Lineage | None


Wire = WireInspect | WireCompare | WireSketch | WireShrink | WireConvert | WireEmbed


def packed(job: Job) -> Wire:
    if isinstance(job, InspectJob):
        return WireInspect(os.fsencode(job.path), _path(job.copy_to), _path(job.sidecar), job.fsync)
    if isinstance(job, ShrinkJob):
        return WireShrink(job.data, job.pixels)
    if isinstance(job, CompareJob):
        return WireCompare(job.one, [os.fsencode(other) for other in job.others])
    if isinstance(job, ConvertJob):
        rest = job.facts, job.fsync, job.words, job.lineage
        return WireConvert(os.fsencode(job.path), os.fsencode(job.to), job.target, *rest)
    if isinstance(job, EmbedJob):
        told = job.facts, job.fsync, job.words, job.lineage
        return WireEmbed(os.fsencode(job.path), os.fsencode(job.to), *told)
    return WireSketch(os.fsencode(job.small), _path(job.original))


def unpacked(wire: Wire) -> Job:
    if isinstance(wire, WireInspect):
        return InspectJob(Path(os.fsdecode(wire.path)), _place(wire.copy_to), _place(wire.sidecar), wire.fsync)
    if isinstance(wire, WireCompare):
        return CompareJob(wire.one, tuple(Path(os.fsdecode(other)) for other in wire.others))
    if isinstance(wire, WireShrink):
        return ShrinkJob(wire.data, wire.pixels)
    if isinstance(wire, WireConvert | WireEmbed):
        path, to = Path(os.fsdecode(wire.path)), Path(os.fsdecode(wire.to))
        if isinstance(wire, WireEmbed):
            return EmbedJob(path, to, wire.facts, wire.fsync, wire.words, wire.lineage)
        return ConvertJob(path, to, wire.target, wire.facts, wire.fsync, wire.words, wire.lineage)
    return SketchJob(Path(os.fsdecode(wire.small)), _place(wire.original))


def _path(path: Path | None) -> bytes | None:
    return os.fsencode(path) if path else None


def _place(path: bytes | None) -> Path | None:
    return Path(os.fsdecode(path)) if path else None
