"""The Node process that holds documents in the JavaScript Automerge."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


class JavaScript:
    """Use as a context manager; `ask` sends a batch of commands of peer.mjs and gives the answers."""

    def __init__(self, folder: Path = FOLDER) -> None:
        node = shutil.which("node")
        if node is None:
            raise AssertionError(
                "Node 20 is needed to compare with the JavaScript Automerge: install it, or run make setup"
            )
        if not (folder / "node_modules" / "@automerge" / "automerge" / "package.json").exists():
            raise AssertionError(
                f"the JavaScript Automerge is not installed: run `make setup`, or `npm ci` in {folder}"
            )
        self._process = subprocess.Popen(
            [node, "peer.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __enter__(self) -> JavaScript:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=10)

    def ask(self, commands: list[dict[str, Any]]) -> list[Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(commands) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, f"Node ended with {self._process.wait(5)}; its message is above"
        answers: list[Any] = json.loads(answer)
        return answers
