"""Puts the daemon together: the only place where all objects meet, in the order in which they need each other."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from importlib import metadata
from pathlib import Path

from daemon import config, credentials, homes, launching, lock, logs, providing
from daemon.api import openapi
from daemon.api.access import Access
from daemon.api.call import House
from daemon.api.handlers.system import Attention
from daemon.api.routes import ROUTES
from daemon.api.server import Server, serving
from daemon.api.sockets import bind
from daemon.api.static import Page
from daemon.api.table import Table
from daemon.checks.home import finding
from daemon.doctor import examine
from daemon.errors import DaemonError
from daemon.metrics import Metrics
from daemon.paths import Paths
from daemon.processes import Processes
from daemon.reload import Reload
from daemon.service import readiness
from daemon.settings import ImportSettings, Settings
from daemon.supervisor import Service, Supervisor
from imaging.inspection import Limits
from imaging.pool import Pool
from library.errors import DiskFull, LibraryError
from library.events import Bus
from library.gathering import readable
from library.intake.watch import Trouble
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspace import translated
from library.workspaces import Workspaces
from providers.registry import Providers
from store.errors import StoreError
from store.files import FULL
from store.room import MIB, Room

log = logging.getLogger("gesso.app")
VERSION = metadata.version("gesso")
MOST_WORKERS = 4
Ready = Callable[[str], None]


def up(home: Path | None, *, port: int | None = None, open_page: bool = False, offline: bool = False) -> int:
    """`gesso up`: run in the foreground until a signal or `gesso stop`; the exit code. Problems go to stderr.

    `offline` promises that nothing is reached over a network: jobs of providers elsewhere wait.
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
    processes = Processes()
    surroundings, bus = Surroundings(in_process=processes.call), Bus()
    room = Room(paths.data, surroundings.files, settings.daemon.ballast_bytes)
    room.prepare()  # before anything is written: on a full disk its place is needed to start at all
    async with AsyncExitStack() as stack:
        secrets = credentials.ensure(paths, surroundings.random)
        tasks = Tasks(bus, surroundings.random)
        await stack.enter_async_context(processes)
        pool = await stack.enter_async_context(_pool(settings.imports))
        workspaces = await stack.enter_async_context(
            Workspaces(paths.data, surroundings, pool.inspect, bus, tasks, platform.node(), room, pool)
        )
        providers = await stack.enter_async_context(providing.providers(settings, paths.plugins, environ, surroundings))
        runner = providing.runner(providers, workspaces, surroundings, offline)
        homes.remember(paths, len(workspaces.list()) + len(workspaces.closed()))
        reload = Reload(paths, environ, settings, surroundings.clock, _apply)
        services = [
            Service("tasks", tasks.run),
            Service("workspaces", workspaces.run),
            Service("disk", workspaces.look_after),
            Service("pool", pool.run),
            Service("jobs", runner.run),
            Service("processes", processes.run),
            Service("settings", reload.run),
        ]
        supervisor = Supervisor(services, surroundings.clock.elapsed, surroundings.clock.sleep)
        bound, sockets = bind(settings.daemon.port if port is None else port)
        table = Table(ROUTES)
        stop = Stop(bus, supervisor, lambda: readiness.tell(environ, readiness.STOPPING))
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
            access=Access(secrets, paths.sessions, surroundings.clock, surroundings.random, settings.api.session_days),
            metrics=_metrics(surroundings, supervisor, tasks),
            bus=bus,
            tasks=tasks,
            workspaces=workspaces,
            providers=providers,
            runner=runner,
            random=surroundings.random,
            lists=paths.lists,
            offline=offline,
            attention=lambda: _attention(reload, supervisor, workspaces, providers),
            examine=lambda: asyncio.to_thread(examine, paths, environ),
            stop=stop,
            stopping=stop.asked,
        )
        stack.enter_context(_signals(stop))
        await stack.enter_async_context(serving(Server(house, table), sockets))
        _announce(paths, house, secrets.instance, surroundings, ready, open_page)
        readiness.tell(environ, readiness.READY)
        await supervisor.run()
        stop()


class Stop:
    """Asks everything to end; `told` is called the first time."""

    def __init__(self, bus: Bus, supervisor: Supervisor, told: Callable[[], None]) -> None:
        self.asked = asyncio.Event()
        self._bus = bus
        self._supervisor = supervisor
        self._told = told

    def __call__(self) -> None:
        if not self.asked.is_set():
            self._told()
        self.asked.set()
        self._bus.publish("stopping", "*", "")  # wakes the event streams, which end then
        self._supervisor.stop()


def _announce(
    paths: Paths, house: House, instance: str, surroundings: Surroundings, ready: Ready, open_page: bool
) -> None:
    """From here on the daemon answers: say so, and where."""
    note = lock.Running(os.getpid(), house.port, house.url, instance, surroundings.clock.now(), VERSION)
    lock.write_runtime(paths, note)
    ready(house.url)
    if open_page:
        launching.open_page(paths, f"{house.url}/#code={house.access.mint_code()}")


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


def _apply(settings: Settings) -> None:
    """The settings that may change under a running daemon."""
    logs.set_level(settings.log.level)


def _metrics(surroundings: Surroundings, supervisor: Supervisor, tasks: Tasks) -> Metrics:
    metrics = Metrics(surroundings.clock.elapsed)
    metrics.source("gesso_service_restarts", "service", lambda: supervisor.restarts, "Services started again.")

    def running() -> dict[str, float]:
        return {"": float(sum(task.state == "running" for task in tasks.list()))}

    metrics.source("gesso_tasks_running", "", running, "Long work under way.")
    return metrics


def _attention(reload: Reload, supervisor: Supervisor, workspaces: Workspaces, providers: Providers) -> list[Attention]:
    """What the user should know, worst first."""
    found = [
        Attention("workspace.closed", each.what, {"folder": each.folder, "why": each.why})
        for each in workspaces.closed()
    ]
    if gone := workspaces.default_gone():
        found.append(Attention(gone.code, str(gone), {"id": gone.params["id"]}))
    found += [
        Attention("store.suspect", f"Nothing is written to {name}: {why}", {"name": name, "why": why})
        for name, why in workspaces.suspects().items()
    ]
    for name, count in workspaces.damaged().items():
        text = f"The last check of {name} found damage: {count}. `gesso verify --read-data` names it."
        found.append(Attention("verify.found", text, {"name": name, "count": str(count)}))
    for id, (name, count) in workspaces.missing().items():
        text = f"Originals of pictures in {name} are gone: {count}. `gesso search state:missing` lists the pictures."
        found.append(Attention("originals.missing", text, {"id": id, "name": name, "count": str(count)}))
    if workspaces.room.short:
        mib = str(workspaces.room.free() // MIB)
        text = f"The disk is nearly full, {mib} MiB are left: nothing new is taken in. Free some space."
        found.append(Attention("disk.full", text, {"mib": mib}))
    found += [
        Attention("service.ailing", f"{name} failed and starts again: {why}", {"service": name, "why": why})
        for name, why in supervisor.ailing.items()
    ]
    if reload.problems:
        text = "config.toml was changed and has mistakes, so nothing of it was taken up."
        found.append(Attention("config.wrong", text, problems=[*map(finding, reload.problems)]))
    if reload.waiting:
        names = ", ".join(reload.waiting)
        found.append(Attention("config.restart", f"These settings wait for a restart: {names}", {"settings": names}))
    for each in providers.broken:
        text = f"The provider {each.profile.name} cannot be used: {each.why}"
        found.append(Attention("provider.broken", text, {"name": each.profile.name, "why": each.why}))
    for id, (name, count) in workspaces.undecided().items():
        text = f"Jobs in {name} of which it is not known whether they were paid: {count}. `gesso queue ls` lists them."
        found.append(Attention("jobs.unknown", text, {"id": id, "name": name, "count": str(count)}))
    found += map(_of_folder, workspaces.watched())
    for id, (name, count) in workspaces.alike().items():
        message = f"Pictures in {name} that look like ones which are here already: {count}. See `gesso alike ls`."
        found.append(Attention("pictures.alike", message, {"id": id, "name": name, "count": str(count)}))
    return found


def _of_folder(trouble: Trouble) -> Attention:
    path = readable(trouble.path)
    params = {"path": path, "count": str(trouble.number)}
    if trouble.kind == "offline":
        text = f"{path} is out of reach; pictures that came from there: {trouble.number}. `gesso watch ls` says why."
        return Attention("watched.offline", text, params)
    if trouble.kind == "failed":
        text = f"Files in {path} that could not be imported: {trouble.number}. `gesso watch ls` names them."
        return Attention("watched.failed", text, params)
    text = f"{path} is looked through now and then: the system tells of no changes there."
    return Attention("watched.polling", text, {"path": path})


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
