"""Jobs followed by a browser and the command line; the browser's line breaks in the middle of what is said."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.house import Studio, visiting
from tests.daemonhouse import environ, running_daemon, until
from tests.flows.house import home_with
from tests.flows.test_following import PLUGIN, in_order, stage

EVENTS = b"GET /api/v1/events"
# What the page hears, as it hears it, and what it shows of each job, whenever that changes.
LISTENING = """
window.heard = []; window.resumed = []; window.shown = {};
const fetched = window.fetch;
window.fetch = async (to, how) => {
  const answer = await fetched(to, how);
  if (String(to.url ?? to).includes("/events") && answer.ok) {
    const last = new Headers(how?.headers).get("Last-Event-ID");
    if (last) window.resumed.push(last);
    void (async () => {
      const reader = answer.clone().body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        const frames = (rest + value).split("\\n\\n");
        rest = frames.pop();
        for (const frame of frames) {
          const data = frame.split("\\n").find((line) => line.startsWith("data:"));
          if (data) window.heard.push(JSON.parse(data.slice(5)).seq);
        }
      }
    })().catch(() => undefined);
  }
  return answer;
};
new MutationObserver(() => {
  for (const row of document.querySelectorAll("li[data-job]")) {
    const state = row.className.split(" ")[1], far = /(25|50|75)\\s*%/.exec(row.textContent);
    const stage = state === "running" && far ? `running ${far[1]}` : state;
    const seen = (window.shown[row.dataset.job] ??= []);
    if (seen.at(-1) !== stage) seen.push(stage);
  }
}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
"""


class Cutting:
    """A way to the daemon on which the stream of events breaks again and again; all else comes through."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._chance = random.Random(11)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.cuts = 0

    @contextmanager
    def open(self) -> Iterator[Cutting]:
        threading.Thread(target=self._serve, daemon=True).start()
        try:
            yield self
        finally:
            self._server.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._server.accept()
                threading.Thread(target=self._carry, args=(line,), daemon=True).start()

    def _carry(self, line: socket.socket) -> None:
        with line, socket.create_connection(("127.0.0.1", self._to)) as onward:
            left: list[int] = []  # bytes of events until the next cut
            threading.Thread(target=self._ask, args=(line, onward, left), daemon=True).start()
            with contextlib.suppress(OSError):
                while data := onward.recv(200):
                    line.sendall(data)
                    if left:
                        left[0] -= len(data)
                        if left[0] <= 0:
                            self.cuts += 1
                            line.shutdown(socket.SHUT_RDWR)
                            return

    def _ask(self, line: socket.socket, onward: socket.socket, left: list[int]) -> None:
        with contextlib.suppress(OSError):
            while data := line.recv(65_536):
                if EVENTS in data:
                    left[:] = [self._chance.randrange(1000, 1800)]
                # The daemon answers only to its own name.
                onward.sendall(data.replace(b":%d" % self.port, b":%d" % self._to))
            onward.shutdown(socket.SHUT_WR)


class Elsewhere(Studio):
    """Reached by a browser at another port, `by`."""

    by = 0

    def launch_address(self) -> str:
        return super().launch_address().replace(self.url, f"http://127.0.0.1:{self.by}")


def shown(page: Page) -> dict[str, list[str]]:
    found: dict[str, list[str]] = page.evaluate("window.shown")
    return found


def test_browser_and_command_line_see_every_stage_in_order_over_a_line_that_breaks(
    browser: Browser, tmp_path: Path
) -> None:
    home = home_with(tmp_path, '[providers.slow]\nadapter = "followed_painter.Painter"\n')
    (home / "plugins").mkdir()
    (home / "plugins" / "followed_painter.py").write_text(PLUGIN.replace("/ 4, 0.1)", "/ 4, 1.5)"))
    with running_daemon(home) as url, Cutting(int(url.rpartition(":")[2])).open() as cutting:
        place = Elsewhere(home, url)
        place.by = cutting.port
        with visiting(browser, place) as visit:
            page = visit.page
            page.add_init_script(LISTENING)
            page.reload()
            place.ask("POST", "/w/-/jobs/pause", {"paused": True})
            order = {"prompts": ["a fox"], "count": 6, "targets": [{"provider": "slow"}]}
            ids = [each["id"] for each in place.ask("POST", "/w/-/jobs", order)["jobs"]]
            visit.go("queue")
            expect(page.locator("li[data-job]")).to_have_count(6)
            watching = subprocess.Popen(
                [sys.executable, "-P", "-m", "cli", "--json", "queue", "watch"],
                env=environ(home), stdout=subprocess.PIPE, text=True, encoding="utf-8",
            )  # fmt: skip
            assert watching.stdout is not None
            told = [json.loads(watching.stdout.readline()) for _ in ids]
            place.ask("POST", "/w/-/jobs/pause", {"paused": False})
            out, _ = watching.communicate(timeout=90)
            told += [json.loads(line) for line in out.splitlines()]
            until(lambda: all(shown(page).get(id, [""])[-1] == "done" for id in ids))
            for seen in ([shown(page)[id] for id in ids], [stages_of(told, id) for id in ids]):
                for stages in seen:
                    assert in_order(stages) and (stages[0], stages[-1]) == ("queued", "done"), stages
                    assert any(each.startswith("running ") for each in stages), stages
            heard, resumed = page.evaluate("window.heard"), page.evaluate("window.resumed")
            assert cutting.cuts >= 3 and len(resumed) >= 3, (cutting.cuts, resumed)
            assert heard == list(range(heard[0], heard[-1] + 1)), "each once, and none left out"


def stages_of(told: list[Any], id: str) -> list[str]:
    return [stage(each) for each in told if each["id"] == id]
