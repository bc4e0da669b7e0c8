"""A worker process: takes jobs on stdin, answers each on stdout, lives within limits. `python -m imaging.worker`.

Frames are a 4-byte big-endian length and MessagePack. One answer per job, so that the parent knows whom a crash hit.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from pathlib import Path
from typing import BinaryIO

import msgspec

from imaging.examine import inspect
from imaging.inspection import Inspection, InspectJob, Limits

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG = 1


class WireJob(msgspec.Struct, array_like=True):
    """A job as it travels: paths are bytes, for a file's name need not be text."""

    path: bytes
    copy_to: bytes | None
    sidecar: bytes | None
    fsync: bool


def main() -> None:
    limits = msgspec.json.decode(sys.argv[1], type=Limits)
    confine(limits)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    # Whatever a library prints must not land among the answers.
    sys.stdout = sys.stderr
    while (frame := read_frame(source)) is not None:
        for wire in msgspec.msgpack.decode(frame, type=list[WireJob]):
            write_frame(target, msgspec.msgpack.encode(_answer(wire, limits)))


def _answer(wire: WireJob, limits: Limits) -> dict[str, object]:
    job = InspectJob(
        path=Path(os.fsdecode(wire.path)),
        copy_to=Path(os.fsdecode(wire.copy_to)) if wire.copy_to else None,
        sidecar=Path(os.fsdecode(wire.sidecar)) if wire.sidecar else None,
        fsync=wire.fsync,
    )
    spent = resource.getrusage(resource.RUSAGE_SELF)
    used = int(spent.ru_utime + spent.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + limits.cpu_seconds, hard))
    answer = inspect(job, limits)
    if isinstance(answer, Inspection):
        return {"inspection": answer}
    return {"rejection": answer}


def confine(limits: Limits) -> None:
    """Memory, file size and network: a picture that breaks the decoder finds little to work with."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 30, 2 << 30))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        # Its own, empty network. Where the system forbids this the worker still has no reason to use one.
        libc.unshare(CLONE_NEWNET) and libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def read_frame(source: BinaryIO) -> bytes | None:
    head = source.read(4)
    if len(head) < 4:
        return None
    return source.read(struct.unpack(">I", head)[0])


def write_frame(target: BinaryIO, data: bytes) -> None:
    target.write(struct.pack(">I", len(data)) + data)
    target.flush()


if __name__ == "__main__":
    main()
