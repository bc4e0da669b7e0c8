"""The service: what would start the daemon at log-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from daemon.checks.scene import Finding, Scene
from daemon.service import here
from daemon.service.service import Service


def service(scene: Scene) -> Iterator[Finding]:
    mine = Service(scene.paths, here.machine(scene.environ))
    program = mine.starts()
    if program is not None and not Path(program).is_file():
        yield Finding(
            "service.gone", f"The service {mine.name} starts a program that is not there any more.", program,
            "`gesso service install` points it to this program; `gesso service uninstall` takes it away.",
            {"name": mine.name},
        )  # fmt: skip


CHECKS = (service,)
