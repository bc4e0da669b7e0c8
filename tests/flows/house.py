"""A daemon as its own process, with servers of the images API that it makes pictures by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.commands.house import speak
from tests.daemon.process import Process
from tests.daemonhouse import until
from tests.providers.servers import table

W = "/api/v1/w/-"
MODEL = "gpt-image-2.6-flare"


def keyed(name: str, url: str, adapter: str = "openai", **values: Any) -> str:
    """A provider as config.toml sets it up; its key comes from a variable of its own."""
    return table(name, url, adapter, **{"key_env": f'"KEY_OF_{name.upper()}"', **values})


def home_with(folder: Path, config: str) -> Path:
    """A home with these settings."""
    home = folder / "home"
    home.mkdir()
    (home / "config.toml").write_text(config, "utf-8")
    return home


def jobs_of(daemon: Process, batch: str) -> Any:
    status, found = daemon.ask("GET", f"{W}/batches/{batch}")
    assert status == 200, found
    return found["jobs"]


def quiet(daemon: Process, batch: str, seconds: float = 60) -> Any:
    """The jobs of a batch once none goes on."""
    settled = {"done", "failed", "cancelled", "unknown"}

    def look() -> Any:
        jobs = jobs_of(daemon, batch)
        return jobs if all(each["state"] in settled for each in jobs) else None

    return until(look, seconds)


def told(daemon: Process, *words: str) -> Any:
    """The JSON of a command that must succeed."""
    done = speak(daemon.home, "--json", *words)
    assert done.code == 0, (words, done)
    return done.json
