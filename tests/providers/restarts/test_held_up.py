"""Pictures that are made and paid for, and that the library does not take: they are kept, named, and stored later."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from identity.keys import DeviceKey
from identity.operations import encode_operation
from library.errors import Damaged, LibraryError
from library.jobs.models import Attempt, Job, Request
from library.jobs.queue import Wanted
from library.workspace import Plan
from tests.library.members import let_in, operate
from tests.providers.scripted import CENT, Painter, Service
from tests.providers.shop import PRICED, Shop, shop

BOB = DeviceKey.generate(random.Random(7))
OWNER = b"m" * 16  # who made the library


async def step_down(here: Shop) -> None:
    """The owner makes bob an admin, and herself a viewer."""
    await let_in(here.library.workspace, "bob", BOB.public, "admin")
    await operate(here.library.workspace, "role", OWNER, "viewer")


async def be_raised(here: Shop) -> None:
    """Bob makes her an editor."""
    workspace = here.library.workspace
    raw = encode_operation(
        workspace=workspace.id, kind="role", subject=OWNER, argument="editor", prev=workspace.members.heads,
        author=BOB.public, sign=BOB.sign,
    ).raw  # fmt: skip
    await workspace.append(Plan("member.change", operations=[raw]))


async def until_failed(here: Shop) -> Job:
    await here.until(lambda: here.jobs()[-1].state == "failed")
    return here.jobs()[-1]


async def ordered(here: Shop, painter: Painter) -> None:
    """A job that is being made, of which nothing came yet."""
    painter.seconds = 100.0
    await here.order("x")
    await here.until(lambda: bool(painter.submits))


async def test_a_device_that_may_not_write_any_more_keeps_the_picture_and_stores_it_when_it_may(
    tmp_path: Path,
) -> None:
    painter = Painter()
    async with shop(tmp_path, painter) as here:
        await ordered(here, painter)
        await step_down(here)
        job = await until_failed(here)
        assert job.failure is not None and job.failure.code == "job.not_stored.no_right"
        assert job.failure.params["role"] == "viewer" and "0" in {
            each.name for each in Path(job.failure.params["path"]).iterdir()
        }
        assert job.cost is not None and (here.spent(), here.open()) == ({"USD": 4 * CENT}, 0)
        found = await here.library.queue.retryable([job.id.hex()])
        assert found.kept == {job.id}
        await be_raised(here)
        assert await here.library.queue.retry({job.id: None}) == 1
        (job,) = await here.until_quiet()
        assert (job.state, len(job.assets), job.failure, here.jobs()[0].cost) == ("done", 1, None, job.cost)
        assert (painter.bill.total(), here.spent(), here.open()) == (1, {"USD": 4 * CENT}, 0)
        place = here.library.storing.folder(here.library.queue.attempts(job.id)[-1].id)
        await here.until(lambda: not place.exists())


async def test_copies_that_a_kill_left_are_removed_at_the_next_start(tmp_path: Path) -> None:
    painter, making = Painter(), tmp_path / "library" / "making"
    async with shop(tmp_path, painter) as here:
        await here.order("x", "y")
        jobs = await here.until_quiet()
        await here.until(lambda: not any(making.iterdir()))
        whole, part = ([each.id for each in here.library.queue.attempts(job.id)][-1].hex() for job in jobs)
    for folder, *names in ((whole, "0"), (part, "0", "1"), ("f" * 32, "0"), ("nobody's", "0")):
        (making / folder).mkdir()
        for name in names:
            (making / folder / name).write_bytes(b"a picture")
    async with shop(tmp_path, painter, seed=2) as here:
        await here.until(lambda: not (making / whole).exists() and not (making / part).exists())
        assert {each.name for each in making.iterdir()} == {"f" * 32, "nobody's"}


async def test_folder_that_cannot_be_looked_at_holds_up_no_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painter = Painter()
    async with shop(tmp_path, painter) as here:
        files = here.library.workspace.surroundings.files
        names = files.names

        def refused(folder: Path) -> list[str]:
            if folder.name == "making":
                raise PermissionError("not yours")
            return names(folder)

        monkeypatch.setattr(files, "names", refused)
        await here.order("x")
        assert [job.state for job in await here.until_quiet()] == ["done"]


async def test_row_whose_picture_lies_ready_is_not_asked_for_again(tmp_path: Path) -> None:
    """Of a batch file that is sent once more."""
    painter = Painter(seconds=100.0)
    row = Wanted("painter", Request("oil", "a fox", width=64, height=64), PRICED, row="1")
    async with shop(tmp_path, painter) as here:
        await here.library.queue.enqueue([row], once=True)
        await here.until(lambda: bool(painter.submits))
        await step_down(here)
        await until_failed(here)
        await be_raised(here)
        assert await here.library.queue.begun(["1", "2"]) == {"1"}
        assert (await here.library.queue.enqueue([row], once=True)).count == 0
    async with shop(tmp_path, painter, seed=1) as here:
        await here.until(lambda: [each.state for each in here.jobs()] == ["done"])
        assert (painter.bill.total(), here.spent()) == (1, {"USD": 4 * CENT})


async def test_what_is_held_up_is_stored_at_the_next_start_and_said_again_where_it_cannot_be(tmp_path: Path) -> None:
    painter = Painter()
    async with shop(tmp_path, painter) as here:
        await ordered(here, painter)
        await step_down(here)
        first = await until_failed(here)
    async with shop(tmp_path, painter, seed=2) as here:
        await here.until(lambda: not here.runner.carrier.carries(first.id))
        assert here.jobs()[0] == first
        await be_raised(here)
    async with shop(tmp_path, painter, seed=3) as here:
        await here.until(lambda: here.jobs()[0].state == "done")
        assert (painter.bill.total(), here.spent(), here.open()) == (1, {"USD": 4 * CENT}, 0)


async def test_a_damaged_picture_in_its_place_keeps_no_job_running_for_ever(tmp_path: Path) -> None:
    painter = Painter()
    async with shop(tmp_path, painter) as here:
        await here.order("x")
        (made,) = await here.until_quiet()
    with sqlite3.connect(tmp_path / "library" / "library.sqlite") as connection:
        (saved,) = connection.execute("SELECT saved FROM document WHERE id=?", made.assets).fetchone()
        connection.execute("UPDATE document SET saved=? WHERE id=?", (b"no document", *made.assets))
    async with shop(tmp_path, painter, seed=2) as here:
        await here.order("x")  # the same picture
        job = await until_failed(here)
        assert job.failure is not None and job.failure.code.startswith("job.not_stored")
        assert "0" in {each.name for each in Path(job.failure.params["path"]).iterdir()}
        assert (here.spent(), here.open()) == ({"USD": 8 * CENT}, 0)
    connection.execute("UPDATE document SET saved=? WHERE id=?", (saved, *made.assets))
    connection.commit()
    connection.close()
    async with shop(tmp_path, painter, seed=3) as here:
        await here.until(lambda: [each.state for each in here.jobs()] == ["done", "done"])
        assert (painter.bill.total(), here.spent()) == (2, {"USD": 8 * CENT})


async def test_what_may_pass_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painter = Painter()
    async with shop(tmp_path, painter) as here:
        await ordered(here, painter)
        stepped, tries = here.library.carrying.stepped, list[str]()

        async def full(attempt: Attempt) -> None:
            tries.append(attempt.state)
            if tries.count("fetched") < 4:
                raise LibraryError("another program holds it", code="store")
            await stepped(attempt)

        monkeypatch.setattr(here.library.carrying, "stepped", full)
        (job,) = await here.until_quiet()
        assert (job.state, tries.count("fetched")) == ("done", 4)


async def test_a_handle_that_no_row_takes_still_brings_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter = Painter(traits=Service(delivery="job"))
    async with shop(tmp_path, painter) as here:
        stepped = here.library.carrying.stepped

        async def damaged(attempt: object) -> None:
            if getattr(attempt, "state", "") in ("accepted", "fetched"):
                raise Damaged("a page is damaged")
            await stepped(attempt)  # type: ignore[arg-type]

        monkeypatch.setattr(here.library.carrying, "stepped", damaged)
        await here.order("x")
        (job,) = await here.until_quiet()
        assert (job.state, painter.bill.total(), here.spent()) == ("done", 1, {"USD": 4 * CENT})
