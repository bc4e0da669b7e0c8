"""The page in Chromium: from "done" to the picture, the first load, and scrolling through COUNT pictures (100,000).

No time is asserted. From "done" counts from the moment that the job was written with, before its commit, to the
picture loaded, decoded and painted (target: p95 300 ms); MADE pictures (72) with each page. The first load begins with
the navigation of a browser that never ran before and ends when all in sight is painted and a task of the page's own
runs (target: 1 s). Scrolling: script in each frame by the trace, see `frames.py` (target: never above 50 ms), in FRAMES
steps (3,600) from end to end, by jumps to dates, by flings, by the wheel, by End, Home and PageDown held, and with the
dates dragged; what the page holds must stay flat from way to way.
Words choose the parts: done, load, scroll.
"""

from __future__ import annotations

import gzip
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from bench.bench_import_reference import photographs
from bench.bench_scrub import places, prepare, result, timed
from bench.parts.filling import percentile
from bench.parts.frames import TICK, WITNESS, Frames, Held, Recording
from tests.browser.house import CHROMIUM, FLAGS, Studio, Visit, launch, until, visiting
from tests.daemonhouse import running_daemon

COUNT = int(os.environ.get("COUNT", "100000"))
MADE = int(os.environ.get("MADE", "72"))
FRAMES = int(os.environ.get("FRAMES", "3600"))
ROUNDS = int(os.environ.get("ROUNDS", "7"))
SEEN = 600  # real pictures, more than a browser keeps decoded
BATCH = 12
JUMPS, FLINGS, TURNS = 40, 12, 30
LAPTOP, WIDE = {"width": 1366, "height": 768}, {"width": 1920, "height": 1080}
DIST = Path(__file__).resolve().parent.parent / "web" / "dist"
# When each picture was first there to be seen, by the hash of its bytes, ms since 1970.
PAINTED = """
window.painted = {};
const look = (image) => {
    const sha256 = /[0-9a-f]{64}$/.exec(image.src)?.[0];
    if (!sha256 || sha256 in painted) return;
    const told = new MessageChannel();
    told.port1.onmessage = () => { painted[sha256] ??= performance.timeOrigin + performance.now(); };
    image.decode().then(() => requestAnimationFrame(() => told.port2.postMessage(0)), () => undefined);
};
new MutationObserver((all) => {
    for (const each of all) {
        if (each.target instanceof HTMLImageElement) look(each.target);
        for (const node of each.addedNodes) {
            if (node instanceof HTMLImageElement) look(node);
            else if (node instanceof Element) node.querySelectorAll("img").forEach(look);
        }
    }
}).observe(document, { subtree: true, childList: true, attributeFilter: ["src"] });
"""
# Milliseconds from the navigation until the page can be used.
USABLE = """
window.usable = new Promise((done) => {
    const told = new MessageChannel();
    told.port1.onmessage = () => done(performance.now());
    const look = () => {
        const sight = [...document.querySelectorAll("[role=gridcell]")].filter((each) => each.getBoundingClientRect().top < innerHeight);
        const filled = sight.length > 3 && sight.every((each) => each.querySelector("img")?.naturalWidth);
        const invited = document.querySelector(".invite button") !== null;
        if ((filled || invited) && document.querySelector("[data-search]")) told.port2.postMessage(0);
        else requestAnimationFrame(look);
    };
    look();
});
"""  # noqa: E501
# Few real pictures stand for many: each tile asks for an address of its own, so that nothing is there already; also
# where the same is set twice, as attribute and then as property.
EACH_ITS_OWN = """
let number = 0;
const image = HTMLImageElement.prototype, put = image.setAttribute, own = Object.getOwnPropertyDescriptor(image, "src");
const apart = (each, value) => {
    if (!/[0-9a-f]{64}$/.test(value)) return value;
    const before = each.getAttribute("src");
    return before?.startsWith(`${value}?`) ? before : `${value}?download=${number++}`;
};
image.setAttribute = function (name, value) { put.call(this, name, name === "src" ? apart(this, value) : value); };
Object.defineProperty(image, "src", { ...own, set(value) { own.set.call(this, apart(this, value)); } });
"""
# From one place of the list to another in so many frames, as shares of the whole.
STEPS = """([from, to, frames]) => new Promise((done) => {
    const box = document.querySelector(".grid-scroll"), most = box.scrollHeight - box.clientHeight;
    let at = 0;
    const step = () => {
        console.timeStamp("frame");
        at += 1;
        box.scrollTop = most * (from + (to - from) * (at / frames));
        if (at < frames) requestAnimationFrame(step); else done();
    };
    requestAnimationFrame(step);
})"""
# As a finger throws a list: fast at first, then slower and slower.
FLING = """(speed) => new Promise((done) => {
    const box = document.querySelector(".grid-scroll");
    const step = () => {
        console.timeStamp("frame");
        box.scrollTop += speed;
        speed *= 0.965;
        if (Math.abs(speed) > 1) requestAnimationFrame(step); else done();
    };
    requestAnimationFrame(step);
})"""
TICKING = """(on) => {
    window.ticking = on;
    const step = () => { console.timeStamp("frame"); if (window.ticking) requestAnimationFrame(step); };
    if (on) requestAnimationFrame(step);
}"""
# Whether every tile in sight shows its picture.
FILLED = """() => {
    const tiles = [...document.querySelectorAll("[role=gridcell]")].filter((each) => {
        const box = each.getBoundingClientRect();
        return box.bottom > 130 && box.top < innerHeight;
    });
    return tiles.length > 3 && tiles.every((each) => each.querySelector("img")?.naturalWidth);
}"""
assert all(f'timeStamp("{TICK}")' in each for each in (STEPS, FLING, TICKING))


def picture_of(studio: Studio, job: dict[str, Any]) -> str:
    """The small picture of what a job made."""
    return str(studio.show(job["assets"][0])["asset"]["thumbnail"])


def waited(visit: Visit, begin: Callable[[str], str]) -> list[float]:
    """Milliseconds from each job's end to its picture; `begin` asks for a batch and gives its name."""
    found = []
    for number in range(-(-MADE // BATCH)):
        batch = begin(f"a harbour at dawn, {number} {os.urandom(3).hex()}")
        jobs = until(lambda batch=batch: ended(visit.studio, batch), 120)
        for job in jobs:
            sha256 = picture_of(visit.studio, job)
            seen = until(lambda sha256=sha256: visit.page.evaluate("each => painted[each] ?? 0", sha256))
            found.append(float(seen) - job["ended_at"])
    return found


def ended(studio: Studio, batch: str) -> list[dict[str, Any]] | None:
    jobs: list[dict[str, Any]] = studio.ask("GET", f"/w/-/batches/{batch}")["jobs"]
    return jobs if jobs and all(each["state"] == "done" for each in jobs) else None


def done_to_painted(chromium: Browser, studio: Studio) -> None:
    """With the library open, pictures asked for elsewhere; where one creates, asked for there."""

    def elsewhere(prompt: str) -> str:
        wanted = {"prompts": [prompt], "targets": [{"provider": "sketch"}], "count": BATCH}
        return str(studio.ask("POST", "/w/-/jobs", wanted)["batch"])

    def here(prompt: str) -> str:
        page.locator("#create-prompt").fill(prompt)
        with page.expect_response(
            lambda answer: answer.request.method == "POST" and answer.url.endswith("/jobs")
        ) as answer:
            page.locator("#create-prompt").press("Control+Enter")
        return str(answer.value.json()["batch"])

    print(f"{'from done to the picture, ms (target p95 300)':50}{'p50':>8}{'p95':>8}{'most':>8}   load {load()}")
    for name, at, begin in (("library", "pictures", elsewhere), ("where one creates", "create", here)):
        with visiting(chromium, studio, viewport=LAPTOP) as visit:
            page = visit.page
            page.add_init_script(PAINTED)
            visit.go(at)
            page.reload()
            page.wait_for_selector("[role=gridcell] img" if at == "pictures" else "#create-prompt")
            if at == "create":
                page.get_by_role("textbox", name="Pictures").fill(str(BATCH))
                page.get_by_role("textbox", name="Pictures").press("Tab")
            say(name, waited(visit, begin))


def first_loads(playwright: Playwright, studio: Studio, name: str) -> None:
    spent = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as profile:
            context = playwright.chromium.launch_persistent_context(
                profile, executable_path=CHROMIUM, args=list(FLAGS), locale="en-US", viewport=LAPTOP
            )
            context.add_init_script(USABLE)
            page = context.pages[0]
            page.goto(studio.launch_address())
            spent.append(float(page.evaluate("window.usable")))
            context.close()
    say(f"first load, {name} (target 1,000)", spent)


def script_size() -> None:
    sizes = [len(gzip.compress(file.read_bytes())) for file in sorted((DIST / "assets").glob("*.js"))]
    print(f"scripts, compressed: {sum(sizes) / 1024:.0f} KB in {len(sizes)} files (target 350)")


def scrolled(visit: Visit) -> Iterator[tuple[str, Frames]]:
    """Each way through the list, with its frames; at its end all in sight has come."""
    page, chance = visit.page, random.Random(3)
    for name, start, end in (("steps, first half", 0, 0.5), ("steps, second half", 0.5, 1)):
        with Recording(page) as recording:
            page.evaluate(STEPS, [start, end, FRAMES // 2])
            come(visit)
        yield name, recording.frames
    box = page.locator(".scrubber").bounding_box()
    assert box is not None
    with ticking(page) as recording:
        for place in [each for _ in range(JUMPS // 20) for each in places(chance, box["height"] - 40)][:JUMPS]:
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20 + place)
            come(visit)
    yield "jumps to dates", recording.frames
    flung = Frames()
    for number in range(FLINGS):
        with Recording(page) as recording:
            page.evaluate(FLING, 700 if number % 3 else -900)
            come(visit)
        flung.add(recording.frames)
    yield "flings", flung
    for name, does in (("wheel", wheeled), ("End, Home and PageDown held", by_keys), ("dates dragged", dragged)):
        with ticking(page) as recording:
            does(visit)
        yield name, recording.frames


@contextmanager
def ticking(page: Page) -> Iterator[Recording]:
    """Frames are told of by the page itself, while somebody else moves it."""
    with Recording(page) as recording:
        page.evaluate(TICKING, True)
        yield recording
        page.evaluate(TICKING, False)


def wheeled(visit: Visit) -> None:
    """Turned as fast as it goes, then slowly, back and forth."""
    box = visit.page.locator(".grid-scroll").bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for way in (1, -1, 1):
        for notches, far in ((TURNS, 1200), (TURNS, 120)):
            for _ in range(notches):
                visit.page.mouse.wheel(0, way * far)
        rest(visit)


def by_keys(visit: Visit) -> None:
    visit.tiles().first.focus()
    for _ in range(3):
        for key in ("End", "Home"):
            visit.press(key)
            rest(visit)
    for key in ("PageDown", "PageUp"):
        visit.page.keyboard.down(key)
        for _ in range(TURNS):
            visit.page.keyboard.down(key)  # again while it is down: what a held key does
            visit.page.wait_for_timeout(30)
        visit.page.keyboard.up(key)
        rest(visit)


def dragged(visit: Visit) -> None:
    """The whole scale and back, and a part of it by small steps."""
    box = visit.page.locator(".scrubber").bounding_box()
    assert box is not None
    across, top, tall = box["x"] + box["width"] / 2, box["y"] + 20, box["height"] - 40
    visit.page.mouse.move(across, top)
    visit.page.mouse.down()
    for share in (1, 0, 0.5):
        visit.page.mouse.move(across, top + share * tall, steps=TURNS)
        rest(visit)
    visit.page.mouse.up()


def rest(visit: Visit) -> None:
    """Until all in sight has come, looked for seldom: to look is script too."""
    visit.page.wait_for_function(f"() => ({FILLED})()", polling=250)


def come(visit: Visit) -> None:
    """Until every tile in sight shows its picture."""
    timed(visit.page, "", None)
    result(visit.page)


def scrolling(chromium: Browser, studio: Studio, name: str, viewport: dict[str, int], tile: int) -> None:
    with visiting(chromium, studio, viewport=viewport) as visit:
        page = visit.page
        visit.context.set_default_timeout(600_000)
        page.evaluate("size => localStorage.setItem('gesso.tile', size)", str(tile))
        page.add_init_script(EACH_ITS_OWN)
        page.reload()
        session = visit.context.new_cdp_session(page)
        session.send("Performance.enable")
        come(visit)
        page.evaluate(f"({WITNESS})()")
        print(f"{name + ', ms of script a frame (target 50)':52}{'by the clock':27}{'of the processor':27}long frames")
        columns = f"{'p50':>8}{'p99':>7}{'most':>7}{'> 50':>5}"
        print(f"  load {load():35}{'frames':>7}{columns}{columns}{'':>5}{'most':>7}   longest in those above")
        held = [("at first", Held.of(session))]
        for way, frames in scrolled(visit):
            print(f"  {way:40}{frames.said()}")
            held.append((way, Held.of(session)))
        print(f"{'  held after collecting garbage':48}{'heap MB':>8}{'nodes':>9}{'listeners':>11}")
        for when, each in held:
            print(f"  {when:46}{each.said()}")


def say(name: str, values: list[float]) -> None:
    told = f"{percentile(values, 0.5):8.0f}{percentile(values):8.0f}{max(values):8.0f}"
    print(f"{name:50}{told}   {len(values)} times")


def load() -> str:
    return " ".join(f"{each:.1f}" for each in os.getloadavg())


def main() -> None:
    parts = set(sys.argv[1:]) or {"done", "load", "scroll"}
    with ExitStack() as stack:
        empty, full = (Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2))
        prepare(full, COUNT, lambda folder: photographs(folder, SEEN, (640, 480), 80))
        chromium = (playwright := stack.enter_context(sync_playwright())).chromium
        browser = launch(chromium)
        stack.callback(browser.close)
        studio = Studio(full, stack.enter_context(running_daemon(full)))
        print(f"{COUNT:,} pictures")
        if "load" in parts:
            script_size()
            print(f"{'ms':50}{'p50':>8}{'p95':>8}{'most':>8}   load {load()}")
            with running_daemon(empty) as url:
                first_loads(playwright, Studio(empty, url), "empty library")
            first_loads(playwright, studio, f"library of {COUNT:,}")
        if "scroll" in parts:
            scrolling(browser, studio, "laptop", LAPTOP, 200)
            scrolling(browser, studio, "wide, small tiles", WIDE, 96)
        if "done" in parts:
            done_to_painted(browser, studio)


if __name__ == "__main__":
    main()
