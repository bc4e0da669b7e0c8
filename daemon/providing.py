"""From the providers of the settings to providers that work: their profiles, their keys, and what runs their jobs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from daemon.settings.money import limits_of
from daemon.settings.reload import Reload
from daemon.settings.sections import ProviderSettings, Settings
from library.home.offline import Offline
from library.jobs.budget import Budget
from library.surroundings import Surroundings
from library.workspaces import Workspaces
from providers.registry import Profile, Providers, Secret, Tools
from providers.runner import Runner, Work
from providers.showing import Shrink

MOST_KEY = 16_384  # bytes of a file that holds a key
SETTLE_SECONDS = 10.0  # that whoever asks for something waits for providers that are being set up
log = logging.getLogger("gesso.providing")


def providers(
    settings: Settings, plugins: Path, environ: Mapping[str, str], surroundings: Surroundings, offline: Offline
) -> Providers:
    """All that are set up; open them with `async with`."""
    profiles = _profiles(settings.providers, environ, surroundings)
    return Providers(profiles, plugins, elapsed=surroundings.clock.elapsed, offline=offline)


class Renewal:
    """Takes up the tables of providers that changed while the daemon runs. `told`: others are set up from now on."""

    def __init__(
        self,
        opened: Providers,
        environ: Mapping[str, str],
        surroundings: Surroundings,
        told: Callable[[], None],
    ) -> None:
        self._opened = opened
        self._environ = environ
        self._surroundings = surroundings
        self._told = told
        self._wanted: tuple[ProviderSettings, ...] | None = None
        self._asked = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()

    def ask(self, settings: Settings) -> None:
        self._wanted = settings.providers
        self._asked.set()
        self._settled.clear()

    async def settled(self) -> None:
        """Until those that were asked for last are set up; not for ever, for an adapter's import may hang."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                await self._settled.wait()

    async def run(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            try:
                if self._wanted is not None:
                    await self._opened.renew(_profiles(self._wanted, self._environ, self._surroundings))
                    self._told()
            finally:
                if not self._asked.is_set():
                    self._settled.set()


def renewal(
    opened: Providers, workspaces: Workspaces, runner: Runner, environ: Mapping[str, str], surroundings: Surroundings
) -> Renewal:
    """What takes changes up, and tells whoever waits for a provider or shows them."""

    def told() -> None:
        runner.wake()
        workspaces.bus.publish("settings.changed", "*", workspaces.key.public.hex())

    return Renewal(opened, environ, surroundings, told)


def runner(
    opened: Providers,
    workspaces: Workspaces,
    surroundings: Surroundings,
    reload: Callable[[], Reload],
    shrink: Shrink,
) -> Runner:
    """What carries out the jobs of every workspace, also of those that are opened later; all of them share what a month
    may cost, as the settings have it at every moment, read anew before a decision. `shrink`: makes previews small, in a
    worker.
    """

    def works() -> list[Work]:
        libraries = workspaces.libraries()
        return [Work(library.queue, library.carrying, library.storing) for library in libraries]

    budget = Budget(
        lambda: limits_of(reload().settings.jobs.month_limit) or {},
        lambda: [each.workspace for each in workspaces.libraries()],
        surroundings.clock.now,
        lambda: reload().look(),
    )
    made = Runner(opened, works, surroundings, budget=budget, shrink=shrink)
    workspaces.opened = made.wake
    made.network.told = lambda: workspaces.bus.publish("provider.changed", "*", workspaces.key.public.hex())
    return made


def _profiles(
    some: tuple[ProviderSettings, ...], environ: Mapping[str, str], surroundings: Surroundings
) -> Iterator[tuple[Profile, Tools]]:
    for each in some:
        profile = Profile(
            name=each.name,
            adapter=each.adapter,
            base_url=each.base_url,
            headers=dict(each.headers),
            proxy=each.proxy,
            models=each.models,
            at_once=each.at_once,
            per_minute=each.per_minute,
            options=each.options,
        )
        yield profile, Tools(surroundings, KeyPlace(each.key_env, each.key_file, environ))


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a key is; looked at when it is needed: a file may be written, or changed, while the daemon runs."""

    variable: str
    file: str
    environ: Mapping[str, str]

    def __call__(self) -> Secret | None:
        if self.file:
            return _from_file(Path(self.file).expanduser())
        text = self.environ.get(self.variable, "").strip() if self.variable else ""
        return Secret(text) if text else None


def _from_file(path: Path) -> Secret | None:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_KEY).decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        log.warning("the key in %s cannot be read: %s", path, type(error).__name__)
        return None
    return Secret(text) if text else None
