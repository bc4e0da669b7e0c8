"""Devices that ask each other what an exchange would do, in the middle of everything: it changes nothing."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from library.errors import LibraryError
from store.errors import StoreError
from sync.planning import plan, scene
from tests.simulation.machine import Machine
from tests.simulation.studio import Studio
from tests.simulation.test_simulation import BRIEF, folder
from tests.simulation.world import run_virtual

__all__ = ["folder"]
SEEDS = range(12)
GROUP = 4


class Foreseeing(Studio):
    """Whoever works at a machine wants to know now and then what would come."""

    asked = answered = 0

    async def _look_after(self, machine: Machine) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(super()._look_after(machine))
                group.create_task(self._foresee(machine))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors

    async def _foresee(self, machine: Machine) -> None:
        while True:
            await self.world.pause(40)
            try:
                made = await plan(machine.sync, machine.library)
                told = await machine.library.plans.receipt(made.id, scene(machine.sync))
            except (LibraryError, StoreError) as error:
                self.world.note(machine.name, "foresees nothing", type(error).__name__)
                continue
            Foreseeing.asked += len(made.devices)
            Foreseeing.answered += sum(each.state == "asked" for each in made.devices)
            counts = (made.added, made.changed, made.binned, made.others, made.quarantined, len(made.stopped))
            self.world.note(machine.name, "foresees", counts, told.planned, told.different)


def run(folder: Path, seed: int) -> str:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        return run_virtual(Foreseeing(Path(place), seed, BRIEF).run)


@pytest.mark.parametrize("first", range(SEEDS.start, SEEDS.stop, GROUP))
def test_devices_that_ask_come_to_the_same_state(folder: Path, first: int) -> None:
    Foreseeing.asked = Foreseeing.answered = 0
    for seed in range(first, first + GROUP):
        run(folder, seed)
    print(f"{Foreseeing.answered} of {Foreseeing.asked} devices that were asked answered")
    assert Foreseeing.answered > 5


def test_the_same_seed_foresees_the_same(folder: Path) -> None:
    assert run(folder, 3) == run(folder, 3)
