"""What the page's own script does between one frame and the next, by Chromium's trace, and what the page holds.

A frame's script is the time in which the renderer's main thread ran script or its garbage collection: calls, timers,
events, animation frames, microtasks, evaluation. The drawing of the browser itself is not counted. Told by the clock,
which counts what other processes of the machine take away, and by the processor's time of that thread. Frames are
parted by `console.timeStamp(TICK)`, which whoever drives the page calls once in each. A second witness is the browser's
own `long-animation-frame`: the scripts' durations in frames that took longer than 50 ms.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page

from bench.parts.filling import percentile

TICK = "frame"
LIMIT = 50.0  # ms
CATEGORIES = ["devtools.timeline", "v8"]
SCRIPT = {
    "FunctionCall", "EvaluateScript", "RunMicrotasks", "TimerFire", "FireAnimationFrame", "FireIdleCallback",
    "EventDispatch", "v8.compile", "MinorGC", "MajorGC", "XHRReadyStateChange", "XHRLoad",
}  # fmt: skip
# Told by the page: how long scripts ran in each frame of more than 50 ms.
WITNESS = """() => {
    window.longFrames = [];
    new PerformanceObserver((list) => {
        for (const frame of list.getEntries()) {
            window.longFrames.push(frame.scripts.reduce((sum, each) => sum + each.duration, 0));
        }
    }).observe({ type: "long-animation-frame" });
}"""


@dataclass
class Frames:
    """Milliseconds of script in each frame, by the clock and of the processor; what took longest where it was over."""

    clock: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    over: Counter[str] = field(default_factory=Counter)
    witnessed: list[float] = field(default_factory=list)

    def add(self, other: Frames) -> None:
        self.clock += other.clock
        self.work += other.work
        self.over += other.over
        self.witnessed += other.witnessed

    def said(self) -> str:
        if not self.clock:
            return "no frame was seen"
        told = "".join(
            f"{percentile(each, 0.5):8.1f}{percentile(each, 0.99):7.1f}{max(each):7.1f}"
            f"{sum(ms > LIMIT for ms in each):5}"
            for each in (self.clock, self.work)
        )
        long = f"{len(self.witnessed):5}{max(self.witnessed, default=0):7.0f}"
        return f"{len(self.clock):7,}{told}{long}   {', '.join(f'{name} {count}' for name, count in self.over.items())}"


class Recording:
    """While it is open Chromium notes what its threads do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames = Frames()

    def __enter__(self) -> Recording:
        browser = self.page.context.browser
        assert browser is not None
        self._browser = browser
        browser.start_tracing(page=self.page, categories=CATEGORIES)
        self.page.evaluate("window.longFrames.length = 0")
        return self

    def __exit__(self, *_: object) -> None:
        witnessed = [float(ms) for ms in self.page.evaluate("window.longFrames")]
        self.frames = frames_of(json.loads(self._browser.stop_tracing())["traceEvents"])
        self.frames.witnessed = witnessed


def frames_of(events: Iterable[dict[str, Any]]) -> Frames:
    """The script of each frame of the thread that told of frames."""
    told = [each for each in events if each.get("name") in SCRIPT or each.get("name") == "TimeStamp"]
    ticks = [each for each in told if each["name"] == "TimeStamp" and each["args"]["data"].get("message") == TICK]
    if not ticks:
        return Frames()
    thread = ticks[0]["pid"], ticks[0]["tid"]
    begins = sorted(each["ts"] for each in ticks)
    frames = [Frame() for _ in begins[1:]]
    ours = [each for each in told if (each["pid"], each["tid"]) == thread and "dur" in each]
    for each in outermost(ours):
        at = bisect_right(begins, each["ts"]) - 1
        if 0 <= at < len(frames):
            frames[at].add(each)
    over = Counter(each.longest for each in frames if each.clock > LIMIT)
    return Frames([each.clock for each in frames], [each.work for each in frames], over)


def outermost(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those that lie in no other."""
    reached = 0
    for each in sorted(events, key=lambda one: (one["ts"], -one["dur"])):
        if each["ts"] >= reached:
            reached = each["ts"] + each["dur"]
            yield each


@dataclass
class Frame:
    """One frame's milliseconds of script, and the kind of its longest piece."""

    clock: float = 0.0
    work: float = 0.0
    longest: str = ""
    _most: float = 0.0

    def add(self, event: dict[str, Any]) -> None:
        self.clock += event["dur"] / 1000
        self.work += event.get("tdur", event["dur"]) / 1000
        if event["dur"] > self._most:
            self._most, self.longest = event["dur"], event["name"]


@dataclass(frozen=True)
class Held:
    """What a page holds once its garbage is collected."""

    heap: float  # MB
    nodes: int
    listeners: int

    @classmethod
    def of(cls, session: CDPSession) -> Held:
        for _ in range(2):
            session.send("HeapProfiler.collectGarbage")
        found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
        return cls(found["JSHeapUsedSize"] / 1e6, int(found["Nodes"]), int(found["JSEventListeners"]))

    def said(self) -> str:
        return f"{self.heap:8.1f}{self.nodes:9,}{self.listeners:11,}"
