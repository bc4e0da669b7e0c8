"""A daemon with pictures, and browsers that look at it: what they say, ask for and fail at is kept."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator, Page, Request, Route, expect

from tests.daemonhouse import gesso, until

CHROMIUM = os.environ.get("GESSO_CHROMIUM", "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
# How many times slower a page computes than it could, and waits for what it asks for, so that what a test
# takes for granted of the order of things comes to light.
SLOWER = float(os.environ.get("GESSO_SLOWER", "1"))
PATIENCE_MS = int(10_000 * SLOWER)
AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


def launch(chromium: BrowserType, *flags: str) -> Browser:
    return chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])


def answered(request: urllib.request.Request) -> bytes:
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{request.method} {request.full_url}: {error.read().decode()}") from error


@dataclass
class Studio:
    """A home with its running daemon, spoken to by the API as programs do."""

    home: Path
    url: str
    token: str = ""

    def __post_init__(self) -> None:
        paths = json.loads(gesso(self.home, "--json", "paths").out)
        self.token = Path(paths["token"]).read_text("utf-8").strip()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(self.url + "/api/v1" + path, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        return json.loads(answered(request) or b"null")

    def upload(self, file: Path, name: str | None = None) -> str:
        """Bring one picture in; gives its id."""
        address = f"{self.url}/api/v1/w/-/uploads?name={quote(name or file.name, safe='')}"
        request = urllib.request.Request(address, data=file.read_bytes(), method="POST")
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/octet-stream")
        return str(json.loads(answered(request))["asset"])

    def bring_in(self, *paths: Path, reference: bool = False) -> list[str]:
        """Import from paths and wait for the end; gives the ids in the order of the files' names."""
        task = self.ask("POST", "/w/-/imports", {"paths": [str(path) for path in paths], "reference": reference})
        done = until(lambda: self._ended(task["id"]))
        assert done["state"] == "done" and not done["result"]["failed"], done
        return [str(asset) for asset in done["result"]["assets"]]

    def _ended(self, task: str) -> Any:
        now = self.ask("GET", f"/tasks/{task}")
        return now if now["state"] != "running" else None

    def edit(self, asset: str, **change: Any) -> Any:
        return self.ask("PATCH", f"/w/-/assets/{asset}", change)

    def show(self, asset: str) -> Any:
        return self.ask("GET", f"/w/-/assets/{asset}")

    def find(self, query: str = "") -> Any:
        return self.ask("GET", f"/w/-/assets?q={quote(query)}&limit=200")

    def prefer(self, **chosen: Any) -> None:
        self.ask("PATCH", "/settings", chosen)

    def forget_drafts(self) -> None:
        """What was written in Create and not asked for: a browser that is new begins with the newest of it."""
        for kept in self.home.rglob("drafts/*.json"):
            kept.unlink()

    def launch_address(self) -> str:
        return str(self.ask("POST", "/launch", {})["url"])


@dataclass
class Visit:
    """One person's browser, let in, and everything it complained about."""

    studio: Studio
    context: BrowserContext
    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def go(self, place: str = "") -> None:
        """To a view, as a link would: without loading the page anew."""
        self.page.evaluate("place => { location.hash = place }", f"#/{place}")

    def tiles(self) -> Locator:
        return self.page.locator("[role=gridcell]:has(.picture)")

    def tile(self, name: str) -> Locator:
        """The tile of the picture whose name begins so."""
        return self.page.locator(f'[role=gridcell][aria-label^="{name}"]')

    def see(self, count: int) -> None:
        """Wait until so many pictures are found."""
        expect(self.page.locator(".total")).to_have_text("" if count == 0 else re.compile(rf"^{count}\D"))

    def select(self, *names: str) -> None:
        """These in the library, by their names, and no others."""
        self.go("pictures?sort=name")
        for name in names:
            self.tile(name).focus()
            self.press("Control+Space")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def between(self, asked: str, answer: Callable[[Route], Any]) -> None:
        """Stand between the page and what it asks for, until `page.unroute(asked)`.

        The browser says so a moment before the page's own process knows: what the
        page asked for in that moment went through. Ask, until the answer is ours.
        """
        probe, told = "/favicon.svg?between", "fetch(%r, {cache: 'no-store'}).then(answer => answer.text())"
        self.page.route(asked, answer)
        self.page.route(f"**{probe}", lambda route: route.fulfill(body="ours"))
        until(lambda: self.page.evaluate(told % probe) == "ours")
        self.page.unroute(f"**{probe}")

    def was_refused(self, status: int, times: int | None = None) -> None:
        """The browser complained of such answers, and of nothing else; from here on of nothing."""
        assert self.said and all(str(status) in each for each in self.said)
        assert times in (None, len(self.said))
        self.said.clear()

    def dress(self, language: str | None = None, theme: str | None = None) -> None:
        """Another language or theme, until the page has followed and nothing changes its colour any more."""
        self.studio.prefer(**{name: value for name, value in (("language", language), ("theme", theme)) if value})
        html = self.page.locator("html")
        if language:
            expect(html).to_have_attribute("lang", language)
        if theme:
            expect(html).to_have_attribute("data-theme", theme)
        still(self.page)

    def notice(self, text: str) -> None:
        expect(self.page.locator(".notice").last).to_contain_text(text)

    def strangers(self) -> list[str]:
        """Requests that left our origin."""
        home = urlsplit(self.studio.url).netloc
        kinds = ("data:", "blob:")
        return [url for url in self.asked if not url.startswith(kinds) and urlsplit(url).netloc != home]


def watch(visit: Visit, page: Page) -> None:
    """Keep what a page says and asks for."""

    def asked(request: Request) -> None:
        visit.asked.append(request.url)

    if SLOWER > 1:
        talk = page.context.new_cdp_session(page)
        talk.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        talk.send("Network.enable")
        slow = {"offline": False, "latency": 15 * SLOWER, "downloadThroughput": -1, "uploadThroughput": -1}
        talk.send("Network.emulateNetworkConditions", slow)
    page.on("console", lambda line: visit.said.append(f"{line.type}: {line.text}") if line.type in BAD else None)
    page.on("pageerror", lambda error: visit.said.append(f"error: {error}"))
    page.on("request", asked)


BAD = ("error", "warning")


@contextmanager
def visiting(browser: Browser, studio: Studio, at: str = "", wait: str = "#main", **options: Any) -> Iterator[Visit]:
    """A browser of its own, opened by a launch code, until the block ends. Nobody wrote anything before."""
    studio.forget_drafts()
    settings: dict[str, Any] = {"locale": "en-US", "viewport": {"width": 1366, "height": 768}, **options}
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE_MS)
    try:
        page = context.new_page()
        visit = Visit(studio, context, page)
        watch(visit, page)
        page.goto(studio.launch_address())
        page.wait_for_selector(wait)
        if at:
            visit.go(at)
        yield visit
    finally:
        context.close()


# Two frames and a rest, in which what was asked for begins, and the end of all that moves and comes to an end.
STILL = """async () => {
    for (const _ of [1, 2]) await new Promise(requestAnimationFrame);
    await new Promise((then) => requestIdleCallback(then, { timeout: 300 }));
    const ends = (each) => each.playState === "running" && each.effect.getComputedTiming().endTime !== Infinity;
    await Promise.allSettled(document.getAnimations().filter(ends).map((each) => each.finished));
}"""


def still(page: Page) -> None:
    page.evaluate(STILL)


def fits_at_every_width(page: Page, picture: str) -> None:
    """On a phone, a laptop and a wide screen nothing runs off, and axe finds nothing. GESSO_SHOTS: where to keep what
    was seen.
    """
    for width in (390, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        still(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert axe(page) == []
        if folder := os.environ.get("GESSO_SHOTS"):
            page.screenshot(path=f"{folder}/{picture}-{width}.png")


def axe(page: Page, leave_out: Iterable[str] = ()) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA and its own best practices."""
    still(page)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        """async (leaveOut) => {
            const rules = Object.fromEntries(leaveOut.map((id) => [id, { enabled: false }]));
            rules["label-content-name-mismatch"] ??= { enabled: true };  // experimental to axe, and level A
            rules["target-size"] ??= { enabled: true };  // off in axe unless asked for, and level AA of WCAG 2.2
            const { violations } = await axe.run(document, { rules, resultTypes: ["violations"] });
            const why = (node) => node.any.concat(node.all).map((one) => one.message).join(" ").slice(0, 200);
            const told = (fault, node) => `${fault.id}: ${node.html.slice(0, 160)} ${why(node)}`;
            return violations.flatMap((fault) => fault.nodes.map((node) => told(fault, node)));
        }""",
        list(leave_out),
    )
    return [str(each) for each in found]


def named(studio: Studio, name: str) -> str:
    """The id of the picture whose file name begins so."""
    return next(str(item["id"]) for item in studio.find()["items"] if item["name"].startswith(name))


def open_picture(visit: Visit, asset: str) -> None:
    visit.go(f"picture/{asset}")
    visit.page.wait_for_selector(".panel")
