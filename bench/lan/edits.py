"""An edit on one device until the other tells of it: EDITS ratings, each until the other tells of it.

Beside it Syncthing with one changed file, which it looks for each second.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PIL import Image

from bench.parts import syncthing
from bench.parts.devices import Device, device, pair, wait
from bench.parts.filling import percentile

EDITS = int(os.environ.get("EDITS", "200"))
FILES = 5  # changed on Syncthing's side


class News:
    """When the last piece of news of pictures came."""

    def __init__(self, device: Device) -> None:
        self.came = 0.0
        self._device = device
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        request = urllib.request.Request(self._device.url + "/api/v1/events")
        request.add_header("Authorization", f"Bearer {self._device.token}")
        with urllib.request.urlopen(request, timeout=600) as stream:
            for line in stream:
                if b'"asset.changed"' in line:
                    self.came = time.perf_counter()


def ours(folder: Path) -> list[float]:
    (folder / "pictures").mkdir()
    Image.effect_noise((64, 48), 90).save(folder / "pictures" / "one.png")
    with device(folder / "a") as one, device(folder / "b") as other:
        pair(one, other)
        one.ask("POST", "/w/-/imports", {"paths": [str(folder / "pictures")]})
        wait(lambda: other.total("state:here") == 1)
        asset = other.ask("GET", "/w/-/assets")["items"][0]["id"]
        news = News(other)
        time.sleep(1)
        taken = []
        for number in range(EDITS):
            begun, news.came = time.perf_counter(), 0.0
            one.ask("PATCH", f"/w/-/assets/{asset}", {"rating": number % 5 + 1})
            wait(lambda: news.came, 10, 0.001)
            taken.append(news.came - begun)
        return taken


def theirs(folder: Path) -> list[float]:
    with syncthing.two(folder / "st") as (one, other):
        taken = []
        for number in range(FILES):
            begun = time.perf_counter()
            (one.folder / "file").write_text(str(number))
            file = other.folder / "file"
            wait(lambda file=file, number=number: file.exists() and file.read_text() == str(number), 120, 0.005)  # type: ignore[misc]
            taken.append(time.perf_counter() - begun)
        return taken


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        taken = ours(Path(name))
        print(f"{EDITS} edits: p50 {percentile(taken, 0.5) * 1000:.0f} ms, p95 {percentile(taken) * 1000:.0f} ms")
        if syncthing.installed():
            file = theirs(Path(name))
            print(f"Syncthing, one changed file: p50 {percentile(file, 0.5) * 1000:.0f} ms; ours is "
                  f"{percentile(file, 0.5) / percentile(taken):.0f} x as fast")  # fmt: skip


if __name__ == "__main__":
    main()
