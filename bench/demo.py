"""`make demo`: the whole spine on a temporary home, through the public commands, each step checked.

Prints a short table of what happened, and shows the batch that it made: on one sheet, whose path it prints, and in a
terminal with colours at once. Exits 0 when every step did what it should. KEEP=1 leaves the daemon running.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image, ImageOps
from rich.console import Console
from rich.table import Table

from bench.parts import pictures
from bench.parts.devices import ALONE
from bench.parts.sheet import contact_sheet, show

PATIENCE = 60.0  # seconds that a watched folder may take
PARTLY = 5


class StepFailed(Exception):
    """A step did something else than it should; the message says what."""


class Demo:
    """One run: a home, a daemon, pictures and the table of what happened."""

    def __init__(self, folder: Path, given: Path | None) -> None:
        self.home = folder / "home"
        self.folder = folder
        self.made = given is None
        self.pictures = given or folder / "pictures"
        self.rows: list[tuple[str, str, float]] = []
        self.sheet: Image.Image | None = None
        self.total = 0
        self.asset = ""

    def gesso(self, *words: str, fine: tuple[int, ...] = (0,)) -> Any:
        """The JSON of one command."""
        command = [sys.executable, "-P", "-m", "cli", "--home", str(self.home), "--json", *words]
        environ = {**os.environ, **ALONE}
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=environ)
        if done.returncode not in fine:
            raise StepFailed(f"`gesso {' '.join(words)}` ended with {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    @contextmanager
    def step(self, name: str) -> Iterator[list[str]]:
        """Time one step; what it puts into the list is shown beside it."""
        begun, found = time.perf_counter(), list[str]()
        yield found
        self.rows.append((name, "; ".join(found), time.perf_counter() - begun))

    def run(self) -> None:
        """Every step in order; raises StepFailed at the first that goes wrong."""
        if self.made:
            with self.step("make pictures") as found:
                found.append(f"{pictures.make(self.pictures)} pictures, 2 files that are none")
        steps = (self.start, self.bring_in, self.bring_in_again, self.edit, self.search, self.make_version)
        two = (self.pair, self.edit_on_both, self.make, self.exchange)
        later = (self.restore, self.undo, self.name_moment, *two, self.rebuild, self.verify, self.back_up)
        for step in (*steps, *later):
            step()

    def start(self) -> None:
        with self.step("start the daemon") as found:
            self.url = self.gesso("start", "--port", "0")["url"]
            found.append(self.url)

    def bring_in(self) -> None:
        with self.step("import") as found:
            report = self.gesso("import", str(self.pictures), fine=(0, PARTLY))
            self.total = report["imported"]
            expect(self.total > 0, f"no picture was imported from {self.pictures}")
            if self.made:
                expect(len(report["failed"]) == 2, f"two files are no pictures, refused: {report['failed']}")
            each = self.total / max(report["seconds"], 0.001)
            found.append(f"{self.total} new, {report['duplicates']} already here, {len(report['failed'])} refused")
            found.append(f"{each:.0f} a second")
        self.refused = len(report["failed"])
        self.asset = self.one_of(report["assets"])

    def one_of(self, assets: list[str]) -> str:
        """A picture whose file can be found again by its name."""
        for asset in assets:
            for file in map(self.find_file, self.gesso("show", asset)["sources"]):
                if file is not None:
                    self.file = file
                    return asset
        raise StepFailed("no imported picture's file can be found by its name")

    def find_file(self, name: str) -> Path | None:
        if self.pictures.is_file():
            return self.pictures
        return next((path for path in self.pictures.rglob("*") if path.name == name and path.is_file()), None)

    def bring_in_again(self) -> None:
        with self.step("import the same again") as found:
            report = self.gesso("import", str(self.pictures), fine=(0, PARTLY))
            expect(report["imported"] == 0, f"{report['imported']} pictures came in twice")
            found.append(f"0 new, {report['duplicates']} already here")

    def edit(self) -> None:
        with self.step("edit one: rating, tags, title, note") as found:
            self.gesso("rate", self.asset, "5")
            self.gesso("tag", self.asset, "+demo", "+貓咪")
            self.gesso("title", self.asset, "霓虹貓咪海報 Neon cat poster")
            self.gesso("note", self.asset, "給客戶看的版本 — for the client")
            shown = self.gesso("show", self.asset)
            expect(shown["rating"] == 5 and set(shown["tags"]) >= {"demo", "貓咪"}, f"the edits are not there: {shown}")
            found.append(f"{shown['name']}, {shown['rating']} stars")

    def search(self) -> None:
        for words in (("neon", "cat"), ("貓咪", "海報"), ("rating:>=5", "tag:demo")):
            with self.step(f"search {' '.join(words)}") as found:
                page = self.gesso("search", *words)
                ids = [item["id"] for item in page["items"]]
                expect(self.asset in ids, f"{' '.join(words)} does not find the edited picture")
                found.append(f"{page['total']} of {self.total}")

    def make_version(self) -> None:
        watched = self.folder / "watched"
        watched.mkdir()
        copy = watched / self.file.name
        shutil.copy(self.file, copy)
        with self.step("watch a folder, edit a picture in it") as found:
            self.gesso("watch", "add", str(watched))
            self.wait(
                lambda: any(each["assets"] for each in self.gesso("watch", "ls")["watched"]), "the folder's picture"
            )
            with Image.open(copy) as picture:
                edited, kind = ImageOps.mirror(picture.convert("RGB")), picture.format
            edited.save(copy, format="JPEG" if kind == "MPO" else kind)  # MPO: JPEG with a preview beside it
            self.wait(lambda: len(self.gesso("show", self.asset)["versions"]) == 2, "the second version")
            found.append("2 versions; the second is shown")

    def wait(self, settled: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while not settled():
            expect(time.monotonic() < until, f"{what} did not come within {PATIENCE:.0f} s")
            time.sleep(0.3)

    def restore(self) -> None:
        with self.step("restore the first version") as found:
            first, second = (version["id"] for version in self.gesso("show", self.asset)["versions"])
            self.gesso("restore", self.asset, "--version", first)
            shown = self.gesso("show", self.asset)
            current = [version["id"] for version in shown["versions"] if version["current"]]
            expect(shown["sha256"] == first, f"{shown['sha256']} is shown, not {first}")
            expect([first, second, *current] == [version["id"] for version in shown["versions"]], "a version is gone")
            found.append(f"version 3 is as version 1; {len(shown['history'])} actions, nothing lost")

    def undo(self) -> None:
        with self.step("put all in the bin, undo") as found:
            everything = [item["id"] for item in self.gesso("search", "--limit", "100000")["items"]]
            binned = self.gesso("rm", "--yes", *everything[:200])["changed"]
            self.gesso("undo", "--yes")
            back = self.gesso("search", "--limit", "1")["total"]
            expect(back == len(everything), f"{back} of {len(everything)} came back")
            found.append(f"{binned} binned, {binned} back by one action")

    def name_moment(self) -> None:
        with self.step("checkpoint, change, look back") as found:
            self.gesso("checkpoint", "delivered")
            self.gesso("rate", self.asset, "1")
            then = self.gesso("at", "delivered", "tag:demo")["items"]
            now = self.gesso("show", self.asset)
            expect([item["rating"] for item in then] == [5] and now["rating"] == 1, f"then {then}, now {now['rating']}")
            found.append("rated 5 then, 1 now")

    @contextmanager
    def on_the_other(self) -> Iterator[None]:
        """Commands within the block are given to the second device."""
        here, self.home = self.home, self.folder / "second"
        try:
            yield
        finally:
            self.home = here

    def equal(self, what: str) -> str:
        """Until both devices hold the same and have every byte; the digest of both."""

        def settled() -> bool:
            mine, counts = self.gesso("digest")["digest"], self.gesso("status")["library"]
            with self.on_the_other():
                theirs, others = self.gesso("digest")["digest"], self.gesso("status")["library"]
            return bool(mine == theirs and counts["blobs"] == others["blobs"])

        self.wait(settled, what)
        return str(self.gesso("digest")["digest"])

    def pair(self) -> None:
        with self.step("let a second device in by six digits") as found:
            with self.on_the_other():
                self.gesso("start", "--port", "0")
            shown = self.gesso("pair")
            with self.on_the_other():
                joined = self.gesso("pair", shown["code"], shown["address"])
            digest = self.equal("the library on the second device")
            found.append(f"fingerprint {joined['fingerprint']} on both; everything is there, digest {digest[:12]}…")

    def edit_on_both(self) -> None:
        with self.step("edit on each device") as found:
            self.gesso("title", self.asset, "finished here")
            with self.on_the_other():
                self.wait(lambda: self.gesso("show", self.asset)["title"] == "finished here", "the title")
                self.gesso("rate", self.asset, "4")
            self.wait(lambda: self.gesso("show", self.asset)["rating"] == 4, "the rating")
            found.append("a title went there, a rating came back")

    def exchange(self) -> None:
        with self.step("what both made is on both") as found:
            own = self.folder / "own"
            own.mkdir()
            Image.effect_noise((320, 240), 80).save(own / "from the second device.png")
            with self.on_the_other():
                self.gesso("import", str(own))
            digest = self.equal("what both made")
            with self.on_the_other():
                total = self.gesso("search", "tool:sketch", "state:here")["total"]
                expect(total == 12, f"{total} of the 12 pictures that were made are on the second device")
                check = self.gesso("verify", "--read-data")
                expect(check["problems"] == [], f"problems on the second device: {check['problems']}")
                self.gesso("stop")
            expect(
                self.gesso("search", "from the second device")["total"] == 1, "the second device's picture is missing"
            )
            found.append(f"digest {digest[:12]}… on both; both verify")

    def make(self) -> None:
        with self.step("make 12 pictures with the built-in provider") as found:
            prompts = (
                "a red fox in a snowy forest at night",
                "海上的滿月，水墨",
                "towers in the rain, neon, {gold|teal}",
            )
            begun = self.gesso("gen", "--count", "3", "--wait", *prompts)
            jobs = begun["jobs"]
            expect([job["state"] for job in jobs] == ["done"] * 12, f"not all are done: {jobs}")
            expect(len({asset for job in jobs for asset in job["assets"]}) == 12, "pictures are missing")
            shown = self.gesso("show", jobs[0]["assets"][0])
            expect(shown["prompt"] == prompts[0] and shown["seed"] == jobs[0]["seed"], f"made otherwise: {shown}")
            total = self.gesso("search", "滿月", "tool:sketch")["total"]
            expect(total == 3, f"{total} pictures of the moon are found, not 3")
            found.append(f"{len(jobs)} jobs of 4 prompts, free; 3 found by 滿月")
        made = [asset for job in jobs for asset in job["assets"]]
        self.gesso("export", str(self.folder / "made"), *made)
        files = sorted(file for file in (self.folder / "made").rglob("*") if file.suffix == ".png")
        expect(len(files) == 12, f"{len(files)} files were exported, not 12")
        self.sheet = contact_sheet(files)

    def rebuild(self) -> None:
        with self.step("rebuild every list from the log") as found:
            before = self.gesso("digest")["digest"]
            self.gesso("rebuild")
            after = self.gesso("digest")["digest"]
            expect(before == after, f"the digest was {before} and is {after}")
            found.append(f"digest {after[:12]}… before and after")

    def verify(self) -> None:
        with self.step("verify, reading every byte") as found:
            check = self.gesso("verify", "--read-data")
            expect(check["problems"] == [], f"problems: {check['problems']}")
            found.append(f"{check['checked']} things checked, 0 problems")

    def back_up(self) -> None:
        with self.step("back up, restore on another device") as found:
            self.gesso("backup", str(self.folder / "backup"))
            digest, here = self.gesso("digest")["digest"], self.home
            self.home = self.folder / "another home"
            try:
                self.gesso("start", "--port", "0")
                brought = self.gesso("restore", "--backup", str(self.folder / "backup"))
                expect(self.gesso("--workspace", brought["id"], "digest")["digest"] == digest, "its digest differs")
            finally:
                self.gesso("stop", fine=(0, 1, 3))
                self.home = here
            found.append(f"{brought['name']}: the same digest")

    def show(self) -> None:
        """The table."""
        table = Table(title="Gesso, from end to end", title_style="bold")
        for name, justify in (("step", "left"), ("what happened", "left"), ("seconds", "right")):
            table.add_column(name, justify=justify)  # type: ignore[arg-type]
        for name, found, seconds in self.rows:
            table.add_row(name, found, f"{seconds:.2f}")
        console = Console(width=None if sys.stdout.isatty() else 120)
        console.print(table)
        if self.sheet is not None:
            with tempfile.NamedTemporaryFile(prefix="gesso-demo-", suffix=".png", delete=False) as file:
                self.sheet.save(file, "PNG")
            show(self.sheet, console)
            console.print(f"The 12 pictures that were made, on one sheet: {file.name}", soft_wrap=True)


def expect(fact: bool, otherwise: str) -> None:
    if not fact:
        raise StepFailed(otherwise)


def where(demo: Demo, keep: bool) -> None:
    """The page's address, and whether it still answers."""
    if keep:
        print(f"The page: {demo.gesso('ui', '--print')['url']}")
        print(f"Left running; stop it with: gesso --home {demo.home} stop")
    else:
        print(f"The page was at {demo.url}, until the demo ended. KEEP=1 make demo leaves it running to look at.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pictures", nargs="?", type=Path, help="a folder of real pictures; without it some are made")
    given = parser.parse_args().pictures
    if given is not None and not given.exists():
        parser.error(f"there is nothing at {given}")
    keep = bool(os.environ.get("KEEP"))
    folder = Path(tempfile.mkdtemp(prefix="gesso-demo-"))
    demo = Demo(folder, given.absolute() if given else None)
    try:
        demo.run()
    except StepFailed as error:
        demo.show()
        print(f"The demo failed: {error}", file=sys.stderr)
        return 1
    else:
        demo.show()
        where(demo, keep)
        return 0
    finally:
        with demo.on_the_other():
            demo.gesso("stop", fine=(0, 1, 3))
        if not keep:
            demo.gesso("stop", fine=(0, 1, 3))
            shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
