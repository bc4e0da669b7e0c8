"""Puts the daemon together: the only place where all objects meet, in the order in which they need each other."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from daemon import attention, credentials, homes, launching, lock, logs, providing
from daemon.api import openapi
from daemon.api.access import Access
from daemon.api.call import House
from daemon.api.routes import ROUTES
from daemon.api.server import Server, serving
from daemon.api.sockets import bind
from daemon.api.static import Page
from daemon.api.table import Table
from daemon.doctor import examine
from daemon.errors import DaemonError
from daemon.exchanging import Exchanging, exchanging
from daemon.metrics import Metrics
from daemon.paths import Paths
from daemon.processes import Processes
from daemon.service import readiness
from daemon.settings import config
from daemon.settings.reload import Reload
from daemon.settings.sections import ImportSettings, Settings
from daemon.supervisor import Service, Supervisor
from imaging.inspection import Limits
from imaging.pool import Pool
from library.errors import DiskFull, LibraryError
from library.events import Bus
from library.home.offline import Offline
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspace import translated
from library.workspaces import Workspaces
from providers.registry import Providers
from providers.runner import Runner
from store.errors import StoreError
from store.files import FULL
from store.room import Room

log = logging.getLogger("gesso.app")
VERSION = metadata.version("gesso")
MOST_WORKERS = 4
Ready = Callable[[str], None]


def up(home: Path | None, *, port: int | None = None, open_page: bool = False, offline: bool = False) -> int:
    """`gesso up`: run in the foreground until a signal or `gesso stop`; the exit code. Problems go to stderr.

    `offline`: in this run nothing is reached over a network, until somebody says otherwise.
    """
    paths = Paths.of(home, os.environ)

    def ready(url: str) -> None:
        print(f"gesso is ready at {url}", flush=True)

    try:
        run(paths, os.environ, port=port, ready=ready, open_page=open_page, offline=offline)
    except (DaemonError, LibraryError) as error:
        print(f"gesso: {error}", file=sys.stderr)
        return 1
    return 0


def run(
    paths: Paths,
    environ: Mapping[str, str],
    *,
    port: int | None = None,
    ready: Ready = lambda url: None,
    open_page: bool = False,
    offline: bool = False,
) -> None:
    """As `up`, raising DaemonError or LibraryError when it cannot start or go on."""
    with ExitStack() as stack:
        stack.enter_context(_told_apart(paths))
        settings = config.load(paths, environ)
        homes.ensure_fit(homes.unfit(paths, homes.holds_library), settings.daemon.accept_unsafe_home)
        credentials.keep_private(paths)
        stack.enter_context(lock.held(paths))
        stack.enter_context(logs.written(paths, settings.log))
        log.info("Gesso %s starts%s", VERSION, ", offline" if offline else "")
        asyncio.run(_serve(paths, environ, settings, port, ready, open_page, offline))


@contextmanager
def _told_apart(paths: Paths) -> Iterator[None]:
    """A disk that is full or fails, before anything can answer, as an error that says so."""
    try:
        yield
    except StoreError as error:
        raise translated(error) from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise DiskFull(f"The disk is full: Gesso cannot start in {paths.home or paths.data}.") from error


async def _serve(
    paths: Paths,
    environ: Mapping[str, str],
    settings: Settings,
    port: int | None,
    ready: Ready,
    open_page: bool,
    offline: bool,
) -> None:
    """Open everything in order, answer until asked to stop, close in the opposite order."""
    processes, bus = Processes(), Bus()
    surroundings = Surroundings(in_process=processes.call)
    room = Room(paths.data, surroundings.files, settings.daemon.ballast_bytes)
    room.prepare()  # before anything is written: on a full disk its place is needed to start at all
    async with AsyncExitStack() as stack:
        secrets, tasks = credentials.ensure(paths, surroundings.random), Tasks(bus, surroundings.random)
        await stack.enter_async_context(processes)
        opened = await _opened(stack, paths, environ, settings, surroundings, tasks, room, offline)
        workspaces, providers = opened.workspaces, opened.providers
        runner = providing.runner(providers, workspaces, surroundings, lambda: reload, opened.pool.shrink)
        renewal = providing.renewal(providers, workspaces, runner, environ, surroundings)
        reload = Reload(paths, environ, settings, surroundings.clock, lambda fresh: _apply(fresh, renewal, others))
        others = exchanging(workspaces, paths.data, lambda: reload.settings, surroundings, opened.offline)
        services = [*_services(tasks, opened, runner, processes, reload, renewal), *others.services()]
        supervisor = Supervisor(services, surroundings.clock.elapsed, surroundings.clock.sleep)
        bound, sockets = bind(settings.daemon.port if port is None else port)
        table = Table(ROUTES)
        stop = Stop(bus, supervisor, partial(readiness.tell, environ, readiness.STOPPING), runner.settle)
        house = House(
            version=VERSION,
            run=surroundings.random.randbytes(4).hex(),
            home=str(paths.home or paths.data),
            url=f"http://127.0.0.1:{bound}",
            port=bound,
            proof_secret=secrets.proof_secret,
            page=Page.beside_the_program(),
            description=openapi.rendered(table, VERSION),
            settings=lambda: reload.settings,
            reread=partial(_reread, reload, renewal),
            access=Access(secrets, paths.sessions, surroundings.clock, surroundings.random, settings.api.session_days),
            metrics=_metrics(surroundings, supervisor, tasks),
            bus=bus,
            tasks=tasks,
            workspaces=workspaces,
            providers=providers,
            runner=runner,
            others=others,
            random=surroundings.random,
            lists=paths.lists,
            offline=opened.offline,
            attention=partial(attention.gathered, reload, supervisor, workspaces, providers, runner.network),
            examine=lambda: asyncio.to_thread(examine, paths, environ),
            stop=stop,
            stopping=stop.asked,
        )
        stack.enter_context(_signals(stop))
        await stack.enter_async_context(serving(Server(house, table), sockets))
        _announce(paths, environ, house, secrets.instance, surroundings, ready, open_page)
        await supervisor.run()
        stop()


class Opened(NamedTuple):
    """What is opened before anything answers, and closed last."""

    pool: Pool
    workspaces: Workspaces
    providers: Providers
    offline: Offline


async def _opened(
    stack: AsyncExitStack,
    paths: Paths,
    environ: Mapping[str, str],
    settings: Settings,
    surroundings: Surroundings,
    tasks: Tasks,
    room: Room,
    offline: bool,
) -> Opened:
    pool = await stack.enter_async_context(_pool(settings.imports))
    name = platform.node()
    workspaces = Workspaces(paths.data, surroundings, pool.inspect, tasks.bus, tasks, name, room, pool, pool)
    await stack.enter_async_context(workspaces)
    homes.remember(paths, len(workspaces.list()) + len(workspaces.closed()))
    switch = Offline.remembered(workspaces.preferences, for_this_run=offline)
    switch.follow(lambda on: tasks.bus.publish("settings.changed", "*", workspaces.key.public.hex()))
    providers = providing.providers(settings, paths.plugins, environ, surroundings, switch)
    return Opened(pool, workspaces, await stack.enter_async_context(providers), switch)


def _services(
    tasks: Tasks,
    opened: Opened,
    runner: Runner,
    processes: Processes,
    reload: Reload,
    renewal: providing.Renewal,
) -> list[Service]:
    """What runs beside the answering."""
    return [
        Service("tasks", tasks.run),
        Service("workspaces", opened.workspaces.run),
        Service("disk", opened.workspaces.look_after),
        Service("pool", opened.pool.run),
        Service("jobs", runner.run),
        Service("processes", processes.run),
        Service("settings", reload.run),
        Service("providers", renewal.run),
    ]


class Stop:
    """Asks everything to end, once `settle` is through; a second time at once. `told` is called the first time."""

    def __init__(
        self,
        bus: Bus,
        supervisor: Supervisor,
        told: Callable[[], None],
        settle: Callable[[], Coroutine[object, object, None]],
    ) -> None:
        self.asked = asyncio.Event()
        self._bus = bus
        self._supervisor = supervisor
        self._told = told
        self._settle = settle
        self._ending: asyncio.Task[None] | None = None

    def __call__(self) -> None:
        if self._ending is not None:  # somebody is in a hurry, or everything has ended
            self._ending.cancel()
            self._supervisor.stop()
            return
        self._told()
        self.asked.set()
        self._bus.publish("stopping", "*", "")  # wakes the event streams, which end then
        self._ending = asyncio.create_task(self._end(), name="ending")

    async def _end(self) -> None:
        await self._settle()
        self._supervisor.stop()


def _announce(
    paths: Paths,
    environ: Mapping[str, str],
    house: House,
    instance: str,
    surroundings: Surroundings,
    ready: Ready,
    open_page: bool,
) -> None:
    """From here on the daemon answers: say so, and where."""
    note = lock.Running(os.getpid(), house.port, house.url, instance, surroundings.clock.now(), VERSION)
    lock.write_runtime(paths, note)
    ready(house.url)
    if open_page:
        launching.open_page(paths, f"{house.url}/#code={house.access.mint_code()}")
    readiness.tell(environ, readiness.READY)


def _pool(settings: ImportSettings) -> Pool:
    limits = Limits(
        pixels=settings.pixels,
        cpu_seconds=int(settings.seconds),
        wall_seconds=settings.seconds * 1.5,
        memory=settings.memory_bytes,
    )
    return Pool(_workers(settings), limits, idle_seconds=settings.idle_seconds)


def _workers(settings: ImportSettings) -> int:
    return settings.workers or min(os.cpu_count() or 1, MOST_WORKERS)


def _apply(settings: Settings, renewal: providing.Renewal, others: Exchanging) -> None:
    """The settings that may change under a running daemon."""
    logs.set_level(settings.log.level)
    renewal.ask(settings)
    others.apply(settings)


async def _reread(reload: Reload, renewal: providing.Renewal) -> None:
    """Take up what config.toml says now, to the last provider."""
    reload.look()
    await renewal.settled()


def _metrics(surroundings: Surroundings, supervisor: Supervisor, tasks: Tasks) -> Metrics:
    metrics = Metrics(surroundings.clock.elapsed)
    metrics.source("gesso_service_restarts", "service", lambda: supervisor.restarts, "Services started again.")

    def running() -> dict[str, float]:
        return {"": float(sum(task.state == "running" for task in tasks.list()))}

    metrics.source("gesso_tasks_running", "", running, "Long work under way.")
    return metrics


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT stop cleanly; a second one has its usual meaning, for whoever is in a hurry."""
    loop = asyncio.get_running_loop()
    caught = (signal.SIGTERM, signal.SIGINT)

    def once() -> None:
        for each in caught:
            loop.remove_signal_handler(each)
        stop()

    if sys.platform == "win32":
        signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(stop))
        yield
        return
    for each in caught:
        loop.add_signal_handler(each, once)
    try:
        yield
    finally:
        for each in caught:
            loop.remove_signal_handler(each)
