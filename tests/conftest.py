"""For the whole test run: nothing reaches another computer, and in CI a skipped test fails.

Unless a line below says why it may be skipped. And what is not marked `process` starts none: `make unit` runs it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from imaging.pool import Pool
from tests.shut import sitecustomize  # shuts this process in

# And every one that is started from it.
SHUT = str(Path(sitecustomize.__file__).parent)
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [SHUT, os.environ.get("PYTHONPATH")]))

# Whoever begins the run in the background has Ctrl-C passed over, also by what is started from here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Start of the test's node id → why this may be skipped where CI runs. Anything else that is skipped fails there.
MAY_BE_SKIPPED: dict[str, str] = {
    "tests/chaos/test_full_disk.py::": "mounts a small disk, which takes root; test_failing_disk.py does without",
    "tests/providers/openai/test_spec.py::": "reads a vendor's specification, which is not ours to ship",
    "tests/sync/lan/test_namespaces.py::": "makes networks, which takes root and nft; test_processes.py does without",
    "tests/daemon/test_watch_limits.py::": "lowers a kernel limit in a namespace of users; test_watch.py does without",
}

STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec"}
_alone: list[str] = []  # the test that now runs, if it may start no process


def _refuse(event: str, _: tuple[object, ...]) -> None:
    if _alone and event in STARTS:
        raise PermissionError(f"{_alone[0]} starts a process: mark it `process`, and `make unit` leaves it out")


sys.addaudithook(_refuse)


# What takes minutes comes first, so that no worker is still at it when the others have nothing left to do.
LONGEST = ("tests/simulation/", "tests/chaos/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "pool" in getattr(item, "fixturenames", ()):
            item.add_marker("process")
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    if item.get_closest_marker("process") is None:
        _alone.append(item.nodeid)
    try:
        return (yield)
    finally:
        _alone.clear()


def _forbidden(node: str, report: pytest.TestReport | pytest.CollectReport) -> bool:
    excused = any(node.startswith(start) for start in MAY_BE_SKIPPED)
    return bool(os.environ.get("CI")) and report.skipped and not excused


def _fail(report: pytest.TestReport | pytest.CollectReport, node: str) -> None:
    reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    vars(report).pop("wasxfail", None)  # pytest forgives whatever carries this mark
    report.longrepr = f"{node} did not run, which in CI is a failure: {reason}\nMend it, or list it in {Path(__file__)}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[None]:  # a generator: pytest sends the report in
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if _forbidden(item.nodeid, report):
        _fail(report, item.nodeid)
    return report  # type: ignore[return-value]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report: pytest.CollectReport = yield  # type: ignore[assignment]
    if _forbidden(collector.nodeid, report):
        _fail(report, collector.nodeid)
    return report  # type: ignore[return-value]


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    """Real workers, which look at pictures and compare them."""
    async with Pool(2) as opened:
        yield opened
