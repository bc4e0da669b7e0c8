"""Looks for trouble on this device and says what to do. Needs no daemon; changes nothing unless asked to mend."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from daemon import config, lock
from daemon.checks import home, library, machine
from daemon.checks.scene import Check, Finding, Scene
from daemon.homes import holds_library
from daemon.paths import Paths
from imaging.inspection import Inspection, InspectJob, Rejection
from library.events import Bus
from library.models import Check as Verified
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspaces import Workspaces

CHECKS: tuple[Check, ...] = (*machine.CHECKS, *home.CHECKS, *library.CHECKS)


class Examination(msgspec.Struct, frozen=True):
    """What `doctor` answers."""

    checked: int
    problems: list[Finding]


def examine(paths: Paths, environ: Mapping[str, str], scene: Scene | None = None) -> Examination:
    """Every check; one that fails itself is a finding too."""
    scene = scene or Scene(paths, environ)
    found: list[Finding] = []
    for check in CHECKS:
        try:
            found += check(scene)
        except OSError as error:
            name = check.__name__
            found.append(
                Finding(
                    "check.failed",
                    f"The check of {name.replace('_', ' ')} failed: {error.strerror or error}.",
                    str(error.filename or name),
                    "Give yourself the right to read there, and look again.",
                    {"check": name},
                )
            )
    return Examination(checked=len(CHECKS), problems=found)


def mend(paths: Paths, environ: Mapping[str, str], scene: Scene | None = None) -> Examination:
    """Carry out the remedies that can hurt nothing; what is left, as `examine` answers it."""
    for finding in examine(paths, environ, scene).problems:
        if finding.mendable:
            home.mend(finding)
    return examine(paths, environ, scene)


def verify(paths: Paths, environ: Mapping[str, str], read_data: bool = False) -> Verified:
    """Check every workspace of a home whose daemon does not run; raises AlreadyRunning when one does."""
    with lock.held(paths):
        config.load(paths, environ)  # a wrong file may mean another place
        return asyncio.run(_verify(paths, read_data))


async def _verify(paths: Paths, read_data: bool) -> Verified:
    if not holds_library(paths.data):
        return Verified(checked=0, problems=[])
    surroundings, bus = Surroundings(), Bus()
    found = Verified(checked=0, problems=[])
    async with Workspaces(paths.data, surroundings, _no_import, bus, Tasks(bus, surroundings.random)) as workspaces:
        for each in workspaces.list():
            one = await workspaces.get(each.id).care.verify(read_data)
            found = Verified(checked=found.checked + one.checked, problems=[*found.problems, *one.problems])
    return found


async def _no_import(jobs: Sequence[InspectJob]) -> list[Inspection | Rejection]:
    return [Rejection("unreadable", "Nothing is imported while a library is checked.") for _ in jobs]
