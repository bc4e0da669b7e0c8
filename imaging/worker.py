"""A worker process: takes jobs on stdin, answers each on stdout, lives within limits. `python -m imaging.worker`.

Frames are a 4-byte big-endian length and MessagePack. One answer per job, so that the parent knows whom a crash hit.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import struct
import sys
import warnings
from typing import BinaryIO

import msgspec
from PIL import Image

from imaging.convert import convert, embedded
from imaging.examine import inspect, shrunk
from imaging.inspection import CompareJob, ConvertJob, EmbedJob, InspectJob, Limits, Rejection, ShrinkJob, SketchJob
from imaging.likeness import compared, sketched
from imaging.wire import Job, Wire, unpacked

# Windows has no such limits: there only the parent's time limit and Pillow's own hold.
if sys.platform != "win32":
    import resource

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_PDEATHSIG = 1
MAX_FILE = 2 << 30


def main() -> None:
    parent, limits = int(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=Limits)
    confine(limits, parent)
    # What was imported lives as long as the process: nothing to look through after every picture.
    gc.freeze()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    # Whatever a library prints must not land among the answers.
    sys.stdout = sys.stderr
    while (frame := read_frame(source)) is not None:
        for wire in msgspec.msgpack.decode(frame, type=list[Wire]):
            write_frame(target, msgspec.msgpack.encode(_answer(unpacked(wire), limits)))


def _answer(job: Job, limits: Limits) -> dict[str, object]:
    _allow_seconds(limits.cpu_seconds)
    if isinstance(job, InspectJob):
        return _told("inspection", inspect(job, limits))
    if isinstance(job, ShrinkJob):
        return _told("small", shrunk(job, limits))
    if isinstance(job, ConvertJob):
        return _told("converted", convert(job, limits))
    if isinstance(job, EmbedJob):
        return _told("made", embedded(job, limits))
    return _likeness(job, limits)


def _told(name: str, answer: object) -> dict[str, object]:
    return {"rejection" if isinstance(answer, Rejection) else name: answer}


def _likeness(job: CompareJob | SketchJob, limits: Limits) -> dict[str, object]:
    """Of small pictures, which this program made; whatever is wrong with one, it is like nothing."""
    Image.MAX_IMAGE_PIXELS = limits.pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(job, CompareJob):
                return {"likenesses": compared(job)}
            return {"sketch": sketched(job, limits)}
    except Exception as error:
        return {"rejection": Rejection("unreadable", f"The small picture cannot be read: {type(error).__name__}.")}


def _allow_seconds(seconds: int) -> None:
    """CPU time from now on; what goes over it is ended by SIGXCPU."""
    if sys.platform == "win32":
        return
    spent = resource.getrusage(resource.RUSAGE_SELF)
    used = int(spent.ru_utime + spent.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


def confine(limits: Limits, parent: int) -> None:
    """Memory, file size and network: a picture that breaks the decoder finds little to work with."""
    if sys.platform == "win32":
        return
    os.umask(0o077)
    # Ctrl-C goes to the whole terminal; the parent decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE, MAX_FILE))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
        _confine_on_linux(parent)


def _confine_on_linux(parent: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have ended before that was said.
    if os.getppid() != parent:
        raise SystemExit("the parent has ended")
    # Its own, empty network. Where the system forbids both the worker still has no reason to use one.
    if libc.unshare(CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


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
