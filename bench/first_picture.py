"""`make first-picture`: how long a stranger waits for the first picture, from the clone on.

Clones what is committed here into an empty folder and runs there the commands of README.md, one after the other, up to
the one that makes pictures; on a home of its own, with no browser. Prints what took how long. Exits 1 when a command
fails, when there is no picture, or when it took more than three minutes. Needs nothing but Python and git.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent
MOST_SECONDS = 180.0
MAKES = "gesso gen"
PNG = b"\x89PNG\r\n\x1a\n"
# What the one who runs this has set must not help, and must not be touched.
OURS = ("GESSO_", "MAKE", "MFLAGS", "PYTHON", "VIRTUAL_ENV", "PICTURES", "KEEP")


def commands(readme: Path) -> list[str]:
    """What a page says to do first: the lines of its first block of commands, without what is said beside them."""
    block = re.search(r"^```sh\n(.*?)^```", readme.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    if block is None:
        raise SystemExit(f"{readme.name} has no commands")
    return [re.split(r"\s+#\s", line)[0].strip() for line in block[1].splitlines()]


def environ(home: Path) -> dict[str, str]:
    """On a home of its own, on any free port, and with a browser that opens nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "GESSO_HOME": str(home), "GESSO_DAEMON_PORT": "0", "BROWSER": "true"}


class FirstPicture:
    """One clone, and what has happened in it so far."""

    def __init__(self, folder: Path) -> None:
        self.clone, self.home = folder / "gesso", folder / "home"
        self.environ = environ(self.home)
        self.took: list[tuple[str, float]] = []

    def do(self, said: str, *command: str, within: Path | None = None) -> None:
        """Run a command to its end, with what it prints; it must succeed."""
        begun = time.perf_counter()
        print(f"$ {said}", flush=True)
        done = subprocess.run(command, cwd=within or self.clone, env=self.environ, check=False)
        if done.returncode:
            raise SystemExit(f"`{said}` ended with {done.returncode}")
        self.took.append((said, time.perf_counter() - begun))

    def run(self) -> None:
        self.do(f"git clone {HERE} gesso", "git", "clone", "--quiet", str(HERE), "gesso", within=self.clone.parent)
        for command in commands(self.clone / "README.md"):
            self.do(command, "bash", "-c", command)
            if MAKES in command:
                return
        raise SystemExit(f"README.md does not say `{MAKES}` among its first commands")

    def gesso(self, *words: str) -> Any:
        command = [str(self.clone / ".venv" / "bin" / "gesso"), "--json", *words]
        return json.loads(subprocess.run(command, env=self.environ, capture_output=True, check=True).stdout or "null")

    def pictures(self) -> int:
        """How many it has made that are pictures."""
        found = [self.gesso("show", each["id"])["sha256"] for each in self.gesso("search", "tool:sketch")["items"]]
        files = [next(self.home.glob(f"data/workspaces/*/blobs/{name[:2]}/{name[2:]}")) for name in found]
        return sum(file.read_bytes().startswith(PNG) for file in files)

    def tell(self) -> float:
        """A line for each command, and the sum."""
        total = sum(seconds for _, seconds in self.took)
        print()
        for said, seconds in self.took:
            print(f"{seconds:7.1f} s  {said}")
        print(f"{total:7.1f} s  from the clone to the first pictures; {MOST_SECONDS:.0f} s at most")
        return total


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="gesso-first-"))
    first = FirstPicture(folder)
    try:
        first.run()
        total = first.tell()
        made = first.pictures()
        print(f"{made:7}    pictures in the library")
        return 0 if made and total <= MOST_SECONDS else 1
    finally:
        if (first.clone / ".venv" / "bin" / "gesso").exists():
            subprocess.run(
                [first.clone / ".venv" / "bin" / "gesso", "stop"], env=first.environ, capture_output=True, check=False
            )
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
