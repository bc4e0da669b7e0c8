"""Work in other processes: its answers and errors, what a killed process costs, and that none is left over."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from daemon.processes import Processes
from tests.tree import ROOT

pytestmark = pytest.mark.process


def sum_of(numbers: list[int]) -> tuple[int, int]:
    """The sum and who computed it."""
    return sum(numbers), os.getpid()


def fail(text: str) -> None:
    raise ValueError(text)


def end_unless(parent: int) -> int:
    """Dies in a worker, as if the system had killed it, and answers in the parent."""
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def gone(pid: int) -> bool:
    """Whether a process ends within a while."""
    for _ in range(400):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


async def test_another_process_answers_and_its_errors_come_back() -> None:
    async with Processes(1) as processes:
        total, pid = await processes.call(sum_of, [1, 2, 3])
        assert total == 6
        assert pid != os.getpid()
        with pytest.raises(ValueError, match="貓"):
            await processes.call(fail, "貓")
    assert await asyncio.to_thread(gone, pid)


async def test_work_of_a_killed_process_is_done_here_and_the_next_in_a_new_one() -> None:
    async with Processes(1) as processes:
        assert await processes.call(end_unless, os.getpid()) == os.getpid()
        _, pid = await processes.call(sum_of, [1])
        assert pid != os.getpid()


async def test_idle_processes_are_ended_and_started_again_when_needed() -> None:
    ticks: asyncio.Queue[None] = asyncio.Queue()

    async def sleep(_: float) -> None:
        await ticks.get()

    async with Processes(1, sleep=sleep) as processes:
        running = asyncio.create_task(processes.run())
        _, first = await processes.call(sum_of, [1])
        for _ in range(3):
            ticks.put_nowait(None)
        assert await asyncio.to_thread(gone, first)
        _, second = await processes.call(sum_of, [1])
        assert second not in (first, os.getpid())
        running.cancel()


def test_no_process_outlives_a_daemon_that_is_killed() -> None:
    program = (
        "import asyncio, os, signal\n"
        "from daemon.processes import Processes\n"
        "from tests.daemon.test_processes import sum_of\n"
        "async def main():\n"
        "    async with Processes(1) as processes:\n"
        "        print((await processes.call(sum_of, [1]))[1], flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert gone(int(ran.stdout))


def test_where_the_system_starts_no_process_the_work_is_done_here() -> None:
    program = (
        "import asyncio, os, resource\n"
        "from daemon.processes import Processes\n"
        "from tests.daemon.test_processes import sum_of\n"
        "async def main():\n"
        "    async with Processes(1) as processes:\n"
        "        await asyncio.to_thread(int)  # what it needs is imported\n"
        "        last = max(map(int, os.listdir('/proc/self/fd')))\n"
        "        resource.setrlimit(resource.RLIMIT_NOFILE, (last, last))  # nothing more can be opened\n"
        "        print(await processes.call(sum_of, [1, 2]) == (3, os.getpid()))\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.stdout == "True\n", ran.stderr
