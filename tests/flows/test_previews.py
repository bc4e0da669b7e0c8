"""Pictures that are looked at on their way: from a service through the daemon to whoever reads, and nowhere else."""

from __future__ import annotations

import io
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from providers.fakes.faults import Fault
from providers.fakes.openai import FakeOpenAI
from tests.commands.house import speak
from tests.daemon.process import Process
from tests.daemonhouse import until
from tests.flows import house
from tests.flows.house import MODEL, W, home_with, jobs_of, keyed, quiet
from tests.providers.servers import served

pytestmark = pytest.mark.process
KEY = "sk-one-0123456789"
PLUGIN = '''
import asyncio, io, struct, zlib
from pathlib import Path
from PIL import Image
from providers.base import Answer, Done, ModelInfo, Preview, Previews, Sizes

HERE = Path(__file__).parent

def picture(color, size=(640, 320)):
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue() + b"preview-canary"

def bomb():
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(6251 * 50))
    return b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")

class Painter:
    """Shows what its prompt says, until a file says that it is enough."""

    kind, at_once, leaves_machine = "local", 2, False

    def __init__(self, profile, tools):
        self.name = self.title = profile.name

    async def models(self):
        return [ModelInfo("oil", "Oil", Sizes(listed=((64, 64),), usual=(64, 64)), free=True, previews=Previews(9))]

    async def submit_shown(self, request, token, show):
        number = 0
        while not (HERE / f"enough {request.prompt}").exists():
            number += 1
            if request.prompt == "good":
                show(Preview(picture((number % 256, 90, 90))))
            elif request.prompt == "rushing":
                for _ in range(50):
                    show(Preview(picture((number % 256, 90, 90))))
            else:
                show({"bomb": Preview(bomb()), "no picture": Preview(b"<script>"), "huge": Preview(bytes(20 << 20)),
                      "nonsense": 7}[request.prompt])
            await asyncio.sleep(0.05)
        return Done((Answer(picture((9, 9, 9), (64, 64))),))

    async def aclose(self):
        pass
'''


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Process]:
    home = home_with(tmp_path, '[providers.own]\nadapter = "shown_painter.Painter"\n')
    (home / "plugins").mkdir()
    (home / "plugins" / "shown_painter.py").write_text(PLUGIN, "utf-8")
    with Process(home) as found:
        yield found
        for prompt in ("good", "rushing", "bomb", "no picture", "huge", "nonsense"):
            enough(found, prompt)


def enough(daemon: Process, prompt: str) -> None:
    (daemon.home / "plugins" / f"enough {prompt}").touch()


def begin(daemon: Process, *prompts: str, **more: Any) -> Any:
    wish = {"prompts": list(prompts), "targets": [{"provider": "own"}], **more}
    status, begun = daemon.ask("POST", f"{W}/jobs", wish)
    assert status == 202, begun
    return begun


def fetched(daemon: Process, job: str, query: str = "", *, token: str | None = None, workspace: str = "-") -> Any:
    """Status, headers and bytes of a job's preview."""
    address = f"{daemon.url}/api/v1/w/{workspace}/jobs/{job}/preview{query}"
    request = urllib.request.Request(address)
    if token != "":
        request.add_header("Authorization", f"Bearer {token or daemon.token}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def running(daemon: Process, batch: str) -> Any:
    """Its job, once there is a preview of it."""
    return until(lambda: next((each for each in jobs_of(daemon, batch) if each["preview"]), None))


def news(daemon: Process, after: str, seconds: float) -> list[tuple[str, Any]]:
    """What the stream says after a place in it, for so long: ids and events."""
    request = urllib.request.Request(f"{daemon.url}/api/v1/events", headers={"Authorization": f"Bearer {daemon.token}"})
    if after:
        request.add_header("Last-Event-ID", after)
    found, until_then, id = list[tuple[str, Any]](), time.monotonic() + seconds, ""
    with urllib.request.urlopen(request, timeout=seconds + 20) as stream:
        while time.monotonic() < until_then:
            line = stream.readline().decode().strip()
            if line.startswith("id:"):
                id = line[3:].strip()
                if not after:
                    return [(id, None)]
            elif line.startswith("data:"):
                found.append((id, json.loads(line[5:])))
    return found


def test_a_running_job_is_looked_at_and_nothing_of_it_is_left(daemon: Process) -> None:
    ((place, _),) = news(daemon, "", 1)
    begun = begin(daemon, "good")
    job = running(daemon, begun["batch"])
    status, headers, data = fetched(daemon, job["id"], f"?number={job['preview']}")
    assert status == 200 and headers["Content-Type"] == "image/webp" and headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff" and "sandbox" in headers["Content-Security-Policy"]
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size) == ("WEBP", (512, 256))
    assert b"canary" not in data
    until(lambda: running(daemon, begun["batch"])["preview"] > job["preview"])  # they go on
    assert fetched(daemon, job["id"], token="")[0] == 401 and fetched(daemon, job["id"], token="x" * 43)[0] == 401
    assert fetched(daemon, job["id"], "?number=0")[0] == 422 and fetched(daemon, job["id"], "?what=1")[0] == 422
    other = daemon.ask("POST", "/api/v1/workspaces", {"name": "Other"})[1]["id"]
    assert fetched(daemon, job["id"], workspace=other)[0] == 404
    # Whoever comes back to the stream hears of it, and whoever asks for the job sees where it stands.
    heard = [event for _, event in news(daemon, place, 1.5) if event["subject"] == job["id"]]
    kinds = [each["kind"] for each in heard]
    assert "job.preview" in kinds and kinds[0] == "job.changed"
    missed = [event["kind"] for _, event in news(daemon, "an earlier run-7", 0.5)]
    assert missed[0] == "reset" and jobs_of(daemon, begun["batch"])[0]["preview"]
    enough(daemon, "good")
    (job,) = quiet(daemon, begun["batch"])
    assert (job["state"], job["preview"]) == ("done", None)
    assert fetched(daemon, job["id"])[::2] == (204, b"")
    assert fetched(daemon, "ab" * 16)[0] == 404
    kept = [each for each in daemon.home.rglob("*") if each.is_file() and "plugins" not in each.parts]
    small = [each for each in kept if data in each.read_bytes()]
    assert small == []
    # The picture itself has the mark too: once, as the blob that it is.
    assert len([each for each in kept if b"preview-canary" in each.read_bytes()]) == 1


def test_a_thousand_a_second_are_a_few_news_and_the_daemon_answers_meanwhile(daemon: Process) -> None:
    ((place, _),) = news(daemon, "", 1)
    begun = begin(daemon, "rushing")
    job = running(daemon, begun["batch"])
    asked = time.monotonic()
    assert daemon.ask("GET", "/api/v1/status")[0] == 200 and time.monotonic() - asked < 5
    heard = [event["kind"] for _, event in news(daemon, place, 3.0) if event["subject"] == job["id"]]
    assert 2 <= heard.count("job.preview") <= 16
    enough(daemon, "rushing")
    assert quiet(daemon, begun["batch"])[0]["state"] == "done"


@pytest.mark.parametrize("prompt", ["bomb", "no picture", "huge", "nonsense"])
def test_what_is_no_preview_is_not_shown_and_costs_no_picture(daemon: Process, prompt: str) -> None:
    begun = begin(daemon, prompt)
    until(lambda: jobs_of(daemon, begun["batch"])[0]["state"] == "running")
    time.sleep(1.0)  # what is not to come has had its time
    (job,) = jobs_of(daemon, begun["batch"])
    assert (job["state"], job["preview"]) == ("running", None) and fetched(daemon, job["id"])[0] == 204
    enough(daemon, prompt)
    assert quiet(daemon, begun["batch"])[0]["state"] == "done"


def test_a_paid_stream_is_estimated_shown_and_charged_once(tmp_path: Path) -> None:
    fake = FakeOpenAI(key=KEY, seconds=3.0, faults=[None, Fault("cut")])
    with served(fake) as (url,):
        with Process(home_with(tmp_path, keyed("one", url)), KEY_OF_ONE=KEY) as daemon:
            order = ("--provider", "one", "--model", MODEL, "--option", "quality=low")
            plain, shown = (
                house.told(daemon, "estimate", "a fox", *order, *more) for more in ((), ("--option", "previews=3"))
            )
            assert round(shown["sums"][0]["most"] - plain["sums"][0]["most"], 6) == 0.009
            (model,) = [
                each
                for found in daemon.ask("GET", "/api/v1/providers")[1]["providers"]
                for each in found["models"]
                if each["id"] == MODEL
            ]
            assert model["previews"]["most"] == 3 and model["previews"]["price"]["most"] == 0.003
            said = speak(daemon.home, "models", "ls", "one").out
            assert "up to 3 while it is made, each adds 0.003 USD" in said and "--option previews=0…3" in said
            begun = house.told(daemon, "gen", "a fox", *order, "--option", "previews=3", "--yes")
            job = running(daemon, begun["batch"])
            assert fetched(daemon, job["id"])[2][8:12] == b"WEBP"
            (job,) = quiet(daemon, begun["batch"])
            assert (job["state"], job["preview"], job["options"]) == ("done", None, {"quality": "low", "previews": 3})
            assert (job["cost"]["amount"], job["cost"]["basis"]) == (pytest.approx(fake.billed / 1e6), "usage")
            facts = house.told(daemon, "show", job["assets"][0])["facts"]
            assert facts["quality"] == "low" and "previews" not in facts
            lost = house.told(daemon, "gen", "another fox", *order, "--option", "previews=1", "--yes")
            (job,) = quiet(daemon, lost["batch"])
            assert job["state"] == "unknown" and len(fake.bill) == 2
            wish = {"prompts": ["x"], "targets": [{"provider": "one"}], "options": {"previews": 4}}
            _, refused = daemon.ask("POST", f"{W}/estimate", wish)
            assert [each["field"] for each in refused["faults"]] == ["options/previews"]
