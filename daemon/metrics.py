"""Numbers about the daemon as Prometheus text. Nothing is sent anywhere: whoever has the token may read them."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

if sys.platform != "win32":
    import resource

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Numbers = Mapping[str, float]


class Metrics:
    """Counts requests; reads everything else when asked."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._began = elapsed()
        self.requests: Counter[tuple[str, int]] = Counter()
        self.seconds: Counter[str] = Counter()
        self._sources: dict[str, tuple[str, str, Callable[[], Numbers]]] = {}

    def count(self, kind: str, status: int, seconds: float) -> None:
        """One answered request of a route class."""
        self.requests[kind, status] += 1
        self.seconds[kind] += seconds  # type: ignore[assignment]

    def source(self, name: str, label: str, read: Callable[[], Numbers], meaning: str) -> None:
        """A family of gauges read on demand: label value → number; an empty label means one number."""
        self._sources[name] = (label, meaning, read)

    def text(self) -> str:
        """The exposition format, version 0.0.4."""
        lines = list(self._family("gesso_uptime_seconds", "gauge", "Seconds since the start.", {"": self._uptime()}))
        lines += self._family("gesso_memory_bytes", "gauge", "Resident memory.", {"": resident_bytes()})
        lines += self._family("gesso_open_files", "gauge", "Open file handles.", {"": open_files()})
        requests = {f'class="{kind}",status="{status}"': float(n) for (kind, status), n in self.requests.items()}
        lines += self._family("gesso_requests_total", "counter", "Requests answered.", requests)
        seconds = {f'class="{kind}"': float(n) for kind, n in self.seconds.items()}
        lines += self._family("gesso_request_seconds_total", "counter", "Time spent answering.", seconds)
        for name, (label, meaning, read) in self._sources.items():
            values = {f'{label}="{_escaped(key)}"' if label else "": value for key, value in read().items()}
            lines += self._family(name, "gauge", meaning, values)
        return "\n".join(lines) + "\n"

    def _uptime(self) -> float:
        return self._elapsed() - self._began

    def _family(self, name: str, kind: str, meaning: str, values: Numbers) -> list[str]:
        lines = [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
        return lines + [
            f"{name}{{{labels}}} {value:g}" if labels else f"{name} {value:g}"
            for labels, value in sorted(values.items())
        ]


def resident_bytes() -> float:
    """Memory of this process; where the system tells only the peak, the peak; NaN where nothing."""
    if sys.platform == "win32":
        return float("nan")
    try:
        return float(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return float(peak if sys.platform == "darwin" else peak * 1024)


def open_files() -> float:
    """Handles of this process; NaN where the system does not tell."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            return float(len(os.listdir(folder)))  # noqa: PTH208 - names, not paths
        except OSError:
            continue
    return float("nan")


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
