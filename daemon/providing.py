"""From the providers of the settings to providers that work: their profiles, their keys, and what runs their jobs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from daemon.settings.sections import ProviderSettings, Settings
from library.surroundings import Surroundings
from library.workspaces import Workspaces
from providers.registry import Profile, Providers, Secret, Tools
from providers.runner import Runner, Work

MOST_KEY = 16_384  # bytes of a file that holds a key
log = logging.getLogger("gesso.providing")


def providers(settings: Settings, plugins: Path, environ: Mapping[str, str], surroundings: Surroundings) -> Providers:
    """All that are set up; open them with `async with`."""
    return Providers(_profiles(settings.providers, environ, surroundings), plugins)


def runner(opened: Providers, workspaces: Workspaces, surroundings: Surroundings, offline: bool) -> Runner:
    """What carries out the jobs of every workspace, also of those that are opened later."""

    def works() -> list[Work]:
        libraries = workspaces.libraries()
        return [Work(library.queue, library.carrying, library.storing) for library in libraries]

    made = Runner(opened, works, surroundings, offline=offline)
    workspaces.opened = made.wake
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
        )
        yield profile, Tools(surroundings, _key(each, environ))


def _key(settings: ProviderSettings, environ: Mapping[str, str]) -> Callable[[], Secret | None]:
    """Looks a key up when it is needed: a file may be written, or changed, while the daemon runs."""

    def look() -> Secret | None:
        if settings.key_file:
            return _from_file(Path(settings.key_file).expanduser())
        text = environ.get(settings.key_env, "").strip() if settings.key_env else ""
        return Secret(text) if text else None

    return look


def _from_file(path: Path) -> Secret | None:
    try:
        with path.open("rb") as file:
            text = file.read(MOST_KEY).decode("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        log.warning("the key in %s cannot be read: %s", path, type(error).__name__)
        return None
    return Secret(text) if text else None
