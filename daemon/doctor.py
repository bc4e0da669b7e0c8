"""Looks for trouble on this device and says what to do. Needs no daemon; changes nothing unless asked to mend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from daemon import lock
from daemon.checks import home, inside, keys, library, machine, received, service
from daemon.checks.scene import Check, Finding, Scene
from daemon.errors import NoLibrary
from daemon.homes import LOST, holds_library, unfit
from daemon.paths import Paths
from daemon.settings import config
from identity.keys import verify as check_signature
from library.care.care import verify_folder
from library.models import Check as Verified
from library.models import Problem
from library.surroundings import Surroundings

CHECKS: tuple[Check, ...] = (
    *machine.CHECKS,
    *home.CHECKS,
    *keys.CHECKS,
    *library.CHECKS,
    *received.CHECKS,
    *service.CHECKS,
)


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
    """Check every workspace of a home whose daemon does not run; raises AlreadyRunning when one does, and NoLibrary
    where none was ever begun.

    Nothing is opened for writing: what a damaged library is like stays as it is.
    """
    config.load(paths, environ)  # a wrong file may mean another place
    scene = Scene(paths, environ)
    found = Verified(checked=0, problems=[*map(_told, _unverified(scene))])
    folders = [folder for folder in inside.workspaces(scene) if library.is_begun(folder)]
    if not folders and not found.problems:
        raise NoLibrary(str(paths.data))
    if not folders:
        return found
    around = Surroundings()
    with lock.held(paths):
        for folder in folders:
            one = verify_folder(folder, around, check_signature, False, read_data)
            found = Verified(checked=found.checked + one.checked, problems=[*found.problems, *one.problems])
    return found


def _unverified(scene: Scene) -> Iterator[Finding]:
    """What should be there to be checked and is not, or is not opened."""
    yield from (home.finding(each) for each in unfit(scene.paths, holds_library) if each.code in LOST)
    yield from (each for each in library.workspaces(scene) if each.code in library.SKIPPED)


def _told(finding: Finding) -> Problem:
    return Problem(
        code=finding.code, what=finding.what, where=finding.where, remedy=finding.remedy, params=finding.params
    )
