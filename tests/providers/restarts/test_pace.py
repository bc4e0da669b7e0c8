"""What a service takes within a minute holds for what is sent again, and over a restart."""

from __future__ import annotations

from pathlib import Path

from providers.base import Traits
from providers.errors import ServerBusy
from tests.providers.scripted import Painter
from tests.providers.shop import shop


async def test_repeats_wait_for_their_minute_as_well(tmp_path: Path) -> None:
    painter = Painter(at_once=5, per_minute=2, faults=["drop"] * 6, traits=Traits(idempotent=True))
    async with shop(tmp_path, painter, speed=60.0) as here:
        await here.order("x", "y")
        assert {job.state for job in await here.until_quiet()} == {"done"}
        assert painter.bill.total() == 2
    begun = [moment for moment, _, _ in painter.submits]
    assert len(begun) == 8 and all(later - earlier > 59.0 for earlier, later in zip(begun, begun[2:], strict=False))


async def test_job_that_waits_for_its_minute_can_be_called_off(tmp_path: Path) -> None:
    painter = Painter(per_minute=1, faults=["drop", ServerBusy("no")], traits=Traits(idempotent=True))
    async with shop(tmp_path, painter, speed=20.0) as here:
        (job,) = await here.order("x")
        await here.until(lambda: bool(painter.bill))
        await here.library.queue.cancel([job.id.hex()])
        begun = here.clock.elapsed()
        await here.until_quiet()
        assert here.clock.elapsed() - begun < 50.0 and len(painter.submits) == 2


async def test_what_was_begun_before_a_restart_counts_in_its_minute(tmp_path: Path) -> None:
    painter = Painter(per_minute=2)
    async with shop(tmp_path, painter) as here:
        await here.order("x", "y")
        await here.until_quiet()
        last = here.clock.now()
    async with shop(tmp_path, painter, seed=2) as here:
        here.clock.set_by = (last - here.clock.now()) / 1000
        await here.order("z")
        await here.until(lambda: len(painter.submits) == 3)
        assert here.clock.now() - last > 30_000, "a second of a busy machine is a hundred"
