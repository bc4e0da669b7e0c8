"""What the system says of the network: asked of real programs that answer, fail, babble or hang."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.networks.metered import MOST, QUESTIONS, ask, printed, understood
from sync.allowance.rules import Metered

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs stand in for those of Linux")
Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Writes a program of this name; no other is on the path but what a shell needs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def write(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.mark.parametrize(("said", "meaning"), [
    ("u 0\n", "unknown"), ("u 1\n", "yes"), ("u 2\n", "no"), ("u 3", "yes"), ("u 4", "no"), ("u 5", "unknown"),
    ("   variant       uint32 4\n", "no"), ("   variant       uint32 1\n", "yes"), ("u 41", "unknown"),
    ("Unrestricted\r\n", "no"), ("Fixed\r\n", "yes"), ("Variable", "yes"), ("Unknown\r\n", "unknown"), ("", "unknown"),
    ("u 1\nu 2", "unknown"), ("\x00\xff", "unknown"), ("yes", "unknown"),
])  # fmt: skip
def test_answers_are_understood_or_unknown(said: str, meaning: Metered) -> None:
    assert understood(said) == meaning


def test_no_platform_is_asked_that_cannot_say() -> None:
    assert asyncio.run(ask("darwin")) == "unknown"


@pytest.mark.process
@pytest.mark.parametrize(("answer", "meaning"), [("u 1", "yes"), ("u 3", "yes"), ("u 4", "no"), ("u 0", "unknown")])
def test_networkmanager_is_asked(program: Program, answer: str, meaning: Metered) -> None:
    program("busctl", f'[ "$*" = "{" ".join(QUESTIONS["linux"][0][1:])}" ] && [ "$LC_ALL" = C ] && echo "{answer}"')
    assert asyncio.run(ask("linux")) == meaning


@pytest.mark.process
@pytest.mark.parametrize("first", ["", "exit 1", "echo Failed to connect to bus; exit 1", "echo u 9"])
def test_another_program_is_asked_where_one_says_nothing(program: Program, first: str) -> None:
    if first:
        program("busctl", first)
    program("dbus-send", 'echo "   variant       uint32 3"')
    assert asyncio.run(ask("linux")) == "yes"


def test_nobody_to_ask_is_not_known(program: Program) -> None:
    assert asyncio.run(ask("linux")) == "unknown"


def test_what_is_no_program_is_not_known(program: Program) -> None:
    program("busctl", "echo u 1").chmod(0o644)
    (program("dbus-send", "").parent / "dbus-send").write_bytes(b"\x00\x01")
    assert asyncio.run(ask("linux")) == "unknown"


@pytest.mark.process
@pytest.mark.parametrize("script", [
    r"printf '\377\376\000u 1'", "echo u 1; exit 3", "kill -9 $$", f"printf 'u 1%0{MOST}d' 0",
    "while :; do echo u 1; done",
])  # fmt: skip
def test_garbage_is_not_known(program: Program, script: str) -> None:
    program("busctl", script)
    assert asyncio.run(ask("linux", seconds=20)) == "unknown"


@pytest.mark.process
def test_who_hangs_is_given_up_with_what_it_began_and_nothing_waits_for_it(program: Program, tmp_path: Path) -> None:
    program("busctl", f"trap '' TERM; /bin/sleep 600 & echo $! > {tmp_path}/child; echo u 1; wait")
    program("dbus-send", "exec /bin/sleep 600")
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)

    async def main() -> Metered:
        ticking = asyncio.create_task(tick())
        answer = await ask("linux", seconds=0.5)
        ticking.cancel()
        return answer

    begun = time.monotonic()
    assert asyncio.run(main()) == "unknown"
    assert time.monotonic() - begun < 10 and ticks > 20
    child = int((tmp_path / "child").read_text())
    assert _is_gone(child)


@pytest.mark.process
def test_who_stops_waiting_leaves_no_program_behind(program: Program, tmp_path: Path) -> None:
    program("busctl", f"echo $$ > {tmp_path}/own; exec /bin/sleep 600")

    async def main() -> None:
        asking = asyncio.create_task(printed(["busctl"], 600))
        while not (tmp_path / "own").exists() or not (tmp_path / "own").read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    asyncio.run(main())
    assert _is_gone(int((tmp_path / "own").read_text()))


def _is_gone(pid: int) -> bool:
    """Whether it is over, or waits only for somebody to take note of that."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    return state in "ZX"
