"""`kill -9` of a daemon whose pictures a server over HTTP bills: nobody pays twice, and what was paid for is there."""

from __future__ import annotations

import asyncio
import io
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from library.catalog import Library
from library.events import Bus
from library.jobs.ledger import Spent, spent_since, unsettled
from library.jobs.models import Job
from library.jobs.rows import jobs_by
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspaces import Workspaces
from providers.fakes.pictures import painted
from store.database import Connection
from tests.chaos.biller import MOMENTS, Bill, Biller, Came, Moment
from tests.chaos.daemons import Daemon
from tests.daemonhouse import until
from tests.library.house import look

pytestmark = pytest.mark.process

HOMES = 50  # of each kind in the long form; each is killed once at every moment
ORDER, AT_ONCE = 5, 3  # pictures that every life is asked for; and those of them that are made side by side
LATE, SOMETIME = 0.1, 5.0  # seconds after a moment that a kill comes at most; times as long after a start
WAIT_SECONDS = 60.0
QUEUE = "/w/-/jobs?limit=200"
MODEL = "gpt-image-2.6-flare"
# The images API itself knows no keys; a gateway that does is an adapter of the person's own.
GATEWAY = """
import msgspec
from providers.openai.adapter import OpenAI

class Gateway(OpenAI):
    def __init__(self, profile, tools):
        super().__init__(msgspec.structs.replace(profile, adapter="openai", options={"idempotent": True}), tools)
"""


class Lives:
    """A daemon that dies over and over while it is asked for pictures, and the vendor that goes on."""

    def __init__(self, folder: Path, seed: int, idempotent: bool) -> None:
        self.chance = random.Random(seed)
        self.idempotent = idempotent
        self.vendor = Biller(idempotent)
        self.daemon = Daemon(folder / "home")
        self.asked = list[str]()  # prompts of all that was acknowledged
        plugins = folder / "home" / "plugins"
        plugins.mkdir(parents=True)
        (plugins / "gateway.py").write_text(GATEWAY, "utf-8")
        adapter = "gateway.Gateway" if idempotent else "openai"
        profile = f'[providers.vendor]\nadapter = "{adapter}"\nbase_url = "{self.vendor.url}"\nat_once = {AT_ONCE}\n'
        (folder / "home" / "config.toml").write_text(profile, "utf-8")

    def order(self, orders: int) -> None:
        """Until so many orders are acknowledged, or the daemon is dead. One that was not is made once more."""
        while len(self.asked) < orders * ORDER:
            number = len(self.asked) // ORDER
            prompts = [f"{number}.{each}: a fox{' in the rain' * (number + each)}" for each in range(ORDER)]
            order = {"prompts": prompts, "targets": [{"provider": "vendor", "model": MODEL}], "key": f"order {number}"}
            if self.daemon.ask("POST", "/w/-/jobs", order) is None:
                return
            self.asked += prompts

    def live_and_die(self, orders: int, moment: Moment | None) -> None:
        """One life, ended at that moment of a request; None: at any."""
        self.daemon.start()
        process = self.daemon.process
        assert process is not None
        pause = self.chance.uniform(0, LATE)
        if moment is not None:
            self.vendor.arm(process.pid, self.chance.randint(1, ORDER), moment, pause)
        self.order(orders)
        if moment is None:
            time.sleep(SOMETIME * pause)
        else:
            until(lambda: process.poll() is not None, WAIT_SECONDS)
        self.daemon.kill()

    def live_to_the_end(self, orders: int) -> None:
        """A connection breaks, and nobody dies of that until nothing is left but what only a person can decide."""
        self.daemon.start()
        self.vendor.arm(None, self.chance.randint(1, ORDER), "dropped", 0.0)
        self.order(orders)
        until(lambda: {each["state"] for each in self.daemon.ask("GET", QUEUE)["jobs"]} <= {"unknown"}, WAIT_SECONDS)
        self.daemon.kill()

    def close(self) -> None:
        if self.daemon.process is not None:
            self.daemon.kill()
        self.vendor.end()

    async def check(self) -> None:
        """Every promise about money and pictures, by what lies on the disk."""
        around, bus = Surroundings(), Bus()
        data = self.daemon.home / "data"
        async with Workspaces(data, around, look, bus, Tasks(bus, around.random)) as workspaces:
            library = workspaces.get("-")
            found = library.workspace.database.read_now(every_job)
            jobs = {job.request.prompt: job for job in found}
            came, bill = self.vendor.books()
            assert sorted(job.request.prompt for job in found) == sorted(self.asked), (
                "what was acknowledged is there, once"
            )
            assert {job.state for job in jobs.values()} <= {"done", "unknown"}
            self.check_requests(came, jobs)
            check_money(library, bill, jobs)
            await check_pictures(library, bill, jobs)
            assert (await library.care.verify(read_data=True)).problems == []

    def check_requests(self, came: Came, jobs: dict[str, Job]) -> None:
        """What reached the vendor, whether or not it was carried out."""
        keys: dict[str, list[str]] = {}
        for prompt, key in came:
            keys.setdefault(prompt, []).append(key)
        if self.idempotent:
            assert all(len(set(each)) == 1 and each[0] for each in keys.values()), "a request came under two keys"
            assert {job.state for job in jobs.values()} == {"done"}, "who can be asked leaves nothing unknown"
        else:
            assert {len(each) for each in keys.values()} == {1}, "a request was sent twice"


def every_job(connection: Connection) -> list[Job]:
    return jobs_by(connection, "1 ORDER BY number")


def check_money(library: Library, bill: Bill, jobs: dict[str, Job]) -> None:
    """One charge for a job at most; what was spent is what was billed, and what is open is reserved."""
    charges = Counter(prompt for prompt, _, _ in bill)
    assert set(charges.values()) == {1}, "a job was paid twice"
    assert charges.keys() <= jobs.keys()
    done = [prompt for prompt, job in jobs.items() if job.state == "done"]
    assert set(done) <= charges.keys()
    spent = library.workspace.database.read_now(lambda each: spent_since(each, 0))
    assert spent == Spent({"USD": sum(micros for prompt, _, micros in bill if prompt in done)}, len(done), 0)
    intents = library.workspace.database.read_now(unsettled)
    assert {each.job for each in intents} == {job.id for job in jobs.values() if job.state == "unknown"}
    reserved = {each.job: each.estimate.most for each in intents if each.estimate is not None}
    for prompt, _, micros in bill:
        assert prompt in done or micros <= (reserved[jobs[prompt].id] or 0)


async def check_pictures(library: Library, bill: Bill, jobs: dict[str, Job]) -> None:
    """Of every job that is done the very picture that was billed for it, in the library once."""
    billed = [prompt for prompt, _, _ in bill]
    done = [job for job in jobs.values() if job.state == "done"]
    for job in done:
        (asset,) = job.assets
        detail = await library.assets.show(asset.hex())
        assert detail.asset.prompt == job.request.prompt
        kept = library.blob(detail.asset.sha256).path
        assert kept is not None
        assert pixels(kept.read_bytes()) == pixels(painted(billed.index(job.request.prompt) + 1))
    (stored,) = await library.workspace.database.read(
        lambda each: each.execute("SELECT count(*) FROM asset").fetchone()
    )
    assert stored == len(done)


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


def run(folder: Path, seed: int, idempotent: bool) -> None:
    lives = Lives(folder, seed, idempotent)
    try:
        moments = [*MOMENTS, None]
        lives.chance.shuffle(moments)
        for number, moment in enumerate(moments):
            lives.live_and_die(number + 1, moment)
        lives.live_to_the_end(len(moments) + 1)
        asyncio.run(lives.check())
    finally:
        lives.close()


@pytest.mark.parametrize("idempotent", [False, True], ids=["plain", "with-keys"])
def test_nobody_pays_twice_over_http(tmp_path: Path, idempotent: bool) -> None:
    run(tmp_path, 1, idempotent)


@pytest.mark.long
@pytest.mark.parametrize("idempotent", [False, True], ids=["plain", "with-keys"])
@pytest.mark.parametrize("seed", range(100, 100 + HOMES))
def test_nobody_pays_twice_over_http_in_hundreds_of_kills(tmp_path: Path, seed: int, idempotent: bool) -> None:
    run(tmp_path, seed, idempotent)
