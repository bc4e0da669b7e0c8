"""Speaking to the program as people do, within this process: a hundred commands in a second or two."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from cli import run
from tests.daemonhouse import Done, environ

PROMPTS = ("neon cat on a street", "貓咪海報，霓虹燈", "a quiet harbour", "紅色燈籠與老街")


def speak(home: Path | None, *words: str, **variables: str) -> Done:
    """One command and how it ended."""
    out, err = io.StringIO(), io.StringIO()
    with variables_set(environ(home, **variables)), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(list(words))
    return Done(code, out.getvalue(), err.getvalue())


@contextmanager
def variables_set(wanted: dict[str, str]) -> Iterator[None]:
    """The environment as wanted, for a while."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class House:
    """A home with its running daemon."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url

    def speak(self, *words: str, **variables: str) -> Done:
        return speak(self.home, *words, **variables)


class Studio:
    """One workspace, as people speak to it."""

    def __init__(self, house: House, name: str) -> None:
        self.house = house
        self.name = name

    def speak(self, *words: str, **variables: str) -> Done:
        return self.house.speak(*words, **{"GESSO_WORKSPACE": self.name, **variables})

    def told(self, *words: str) -> Any:
        """The JSON of a command that must succeed."""
        done = self.speak("--json", *words)
        assert done.code == 0, f"{words}: {done.code}\n{done.out}{done.err}"
        return json.loads(done.out)

    def said(self, *words: str) -> str:
        """What people read when a command succeeds."""
        done = self.speak(*words)
        assert done.code == 0, f"{words}: {done.code}\n{done.out}{done.err}"
        return done.out


class Library(Studio):
    """One workspace with four pictures in it."""

    def __init__(self, house: House, name: str, folder: Path) -> None:
        super().__init__(house, name)
        self.folder = folder
        for number, prompt in enumerate(PROMPTS):
            paint(folder / f"{number}.png", number, prompt)
        self.assets: list[str] = self.told("import", str(folder))["assets"]


def paint(path: Path, number: int, prompt: str = "") -> Path:
    """A small picture unlike those of other numbers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    info = PngImagePlugin.PngInfo()
    if prompt:
        info.add_itxt("parameters", f"{prompt}\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: {number}, Size: 32x24")
    red, green, blue = number * 37 % 256, number * 91 % 256, 128
    Image.new("RGB", (32 + number % 7, 24), (red, green, blue)).save(path, pnginfo=info)
    return path
