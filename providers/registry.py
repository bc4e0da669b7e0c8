"""Which adapters there are, by name, and the providers that are set up: each a profile of one adapter.

An adapter is named by a dotted path and imported when a profile first needs it. One outside the tree lies in the plugin
folder and is named by its own path in the settings: `adapter = "studio.Painter"`.
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from library.surroundings import Surroundings
from providers.base import Provider

log = logging.getLogger("gesso.providers")
ADAPTERS: Mapping[str, str] = {
    "sketch": "providers.local.sketch.Sketch",
    "openai": "providers.openai.OpenAI",
    "openai-compatible": "providers.openai.OpenAI",
}


class Secret:
    """A key that no log, error or answer shows."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """One provider as the settings describe it. `adapter`: a name of ADAPTERS or a dotted path."""

    name: str
    adapter: str
    base_url: str = ""
    headers: dict[str, str] = {}
    proxy: str = ""
    models: tuple[str, ...] = ()
    at_once: int = 0  # 0: as the adapter thinks fit
    options: dict[str, Any] = {}

    def __repr__(self) -> str:
        """Without its headers and its proxy, which may hold keys."""
        return f"Profile({self.name!r}, {self.adapter!r})"


class Tools(NamedTuple):
    """What adapters take from the daemon. `key()`: the profile's key now, None where it has none."""

    surroundings: Surroundings
    key: Callable[[], Secret | None]


class Broken(NamedTuple):
    """A profile whose adapter cannot be used, and why."""

    profile: Profile
    why: str


class Providers:
    """All providers that are set up. An async context manager: it closes what was opened."""

    def __init__(self, profiles: Iterable[tuple[Profile, Tools]], plugins: Path | None = None) -> None:
        self._profiles = list(profiles)
        self._plugins = plugins
        self._open: dict[str, Provider] = {}
        self.broken: list[Broken] = []

    async def __aenter__(self) -> Providers:
        for profile, tools in self._profiles:
            try:
                self._open[profile.name] = adapter_of(profile, self._plugins)(profile, tools)
            except (
                Exception,
                SystemExit,
            ) as error:  # a plugin may raise anything, and end the program for all it knows
                log.exception("the provider %s cannot be used", profile.name)
                self.broken.append(Broken(profile, f"{type(error).__name__}: {error}"))
        return self

    async def __aexit__(self, *_: object) -> None:
        for name, each in self._open.items():
            try:
                await each.aclose()
            except Exception:  # so may its end; the others are closed all the same
                log.exception("the provider %s could not be closed", name)
        self._open.clear()

    def all(self) -> Sequence[Provider]:
        return list(self._open.values())

    def get(self, name: str) -> Provider | None:
        return self._open.get(name)


Adapter = Callable[[Profile, Tools], Provider]
Close = Callable[[], Awaitable[None]]


def adapter_of(profile: Profile, plugins: Path | None) -> Adapter:
    """The adapter's class. Raises whatever importing it raises."""
    path = ADAPTERS.get(profile.adapter, profile.adapter)
    module, _, name = path.rpartition(".")
    if not module:
        known = ", ".join(sorted(ADAPTERS))
        raise LookupError(f"there is no adapter {profile.adapter!r}; there are {known}, or a dotted path")
    with _reachable(plugins if path == profile.adapter else None):
        found: Adapter = getattr(importlib.import_module(module), name)
    return found


@contextmanager
def _reachable(folder: Path | None) -> Iterator[None]:
    """Modules of a folder can be imported within the block; behind everything else, so that none hides ours."""
    if folder is None:
        yield
        return
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
