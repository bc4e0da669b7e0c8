"""Which adapters there are, by name, and the providers that are set up: each a profile of one adapter.

An adapter is named by a dotted path and imported when a profile first needs it. One outside the tree lies in the plugin
folder and is named by its own path in the settings: `adapter = "studio.Painter"`.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from library.home.offline import Offline
from library.surroundings import Surroundings
from providers.asking import Asking
from providers.base import ModelInfo, Provider
from providers.fitting import day_of, on

log = logging.getLogger("gesso.providers")
Held = TypeVar("Held", bound=Provider | None)
ADAPTERS: Mapping[str, str] = {
    "sketch": "providers.local.sketch.Sketch",
    "openai": "providers.openai.adapter.OpenAI",
    "openai-compatible": "providers.openai.adapter.OpenAI",
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
    per_minute: int = 0  # 0: as the adapter knows
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

    def __init__(
        self,
        profiles: Iterable[tuple[Profile, Tools]],
        plugins: Path | None = None,
        *,
        elapsed: Callable[[], float] = time.monotonic,
        offline: Offline | None = None,
    ) -> None:
        self.asking = Asking(elapsed, offline)
        self._profiles = {profile.name: (profile, tools) for profile, tools in profiles}
        self._plugins = plugins
        self._open: dict[str, Provider] = {}
        self._put_aside: list[Provider] = []  # replaced while they may have been in use
        self._cut: set[int] = set()  # of those put aside, which are closed already
        self._renewing = asyncio.Lock()
        self._made_of: dict[int, tuple[Profile, Tools]] = {}  # of those that are open, and of those put aside
        self._held: Counter[int] = Counter()
        self.broken: list[Broken] = []

    async def __aenter__(self) -> Providers:
        self._open, self.broken = await self._opened({})
        return self

    async def __aexit__(self, *_: object) -> None:
        for each in [*self._open.values(), *self._put_aside]:
            await self._close(each)
        self._open.clear()
        self._put_aside.clear()
        self._made_of.clear()

    async def renew(self, profiles: Iterable[tuple[Profile, Tools]]) -> None:
        """Other profiles from now on. One that did not change keeps its adapter. One that did gets a new one; the old
        one is closed at a later renewal, or the end, when no job holds it: what it has in flight goes on.
        """
        async with self._renewing:
            await self._renew(profiles)

    async def _renew(self, profiles: Iterable[tuple[Profile, Tools]]) -> None:
        unused = [each for each in self._put_aside if not self._held[id(each)]]
        before, self._profiles = self._profiles, {profile.name: (profile, tools) for profile, tools in profiles}
        same = {name: each for name, each in self._open.items() if before[name] == self._profiles.get(name)}
        was = self._open
        self._open, self.broken = await self._opened(same)
        self._put_aside += [each for name, each in was.items() if name not in same]
        for name in was.keys() - same.keys():
            self.asking.forget(name)
        for each in unused:
            self._put_aside.remove(each)
            del self._made_of[id(each)]
            await self._close(each)

    async def cut_off(self) -> None:
        """Close what is open to other machines, whoever still holds it; the adapters begin anew, with nothing open."""
        async with self._renewing:
            leaving = [each for name, each in self._open.items() if each.leaves_machine and name in self._profiles]
            staying = {name: each for name, each in self._open.items() if each not in leaving}
            self._put_aside += leaving
            self._open, self.broken = await self._opened(staying)
            for each in [each for each in self._put_aside if each.leaves_machine and id(each) not in self._cut]:
                if not self.asking.offline:  # somebody may have taken it since, and be at work with it
                    break
                self._cut.add(id(each))
                await self._shut(each)

    async def again(self, provider: Provider) -> Provider:
        """Another adapter like this one, which was closed, whatever the settings say of its name by now. It is closed
        at a later renewal, or the end, when no job holds it. Raises whatever making it raises.
        """
        profile, tools = self._made_of[id(provider)]
        found = (await asyncio.to_thread(adapter_of, profile, self._plugins))(profile, tools)
        self._made_of[id(found)] = profile, tools
        self._put_aside.append(found)
        return found

    async def _close(self, provider: Provider) -> None:
        if id(provider) in self._cut:
            self._cut.remove(id(provider))
            return
        await self._shut(provider)

    async def _shut(self, provider: Provider) -> None:
        try:
            await provider.aclose()
        except (Exception, SystemExit):  # a plugin may raise anything; the others are closed all the same
            log.exception("the provider %s could not be closed", provider.name)

    async def _opened(self, kept: Mapping[str, Provider]) -> tuple[dict[str, Provider], list[Broken]]:
        """In the order of the settings. What importing them takes, the loop is not kept for."""
        found, broken = dict[str, Provider](), list[Broken]()
        for name, (profile, tools) in self._profiles.items():
            try:
                found[name] = kept.get(name) or (await asyncio.to_thread(adapter_of, profile, self._plugins))(
                    profile, tools
                )
                self._made_of[id(found[name])] = profile, tools
            except (
                Exception,
                SystemExit,
            ) as error:  # a plugin may raise anything, and end the program for all it knows
                log.exception("the provider %s cannot be used", name)
                broken.append(Broken(profile, f"{type(error).__name__}: {error}"))
        return found, broken

    def all(self) -> Sequence[Provider]:
        return list(self._open.values())

    def get(self, name: str) -> Provider | None:
        return self._open.get(name)

    def profile(self, name: str) -> Profile | None:
        """As the settings describe it."""
        found = self._profiles.get(name)
        return None if found is None else found[0]

    async def offered(self, provider: Provider) -> Sequence[ModelInfo]:
        """Its models as they are today."""
        models, found = await self.asking.models(provider), self._profiles.get(provider.name)
        return models if found is None else on(day_of(found[1].surroundings.clock.now()), models)

    def place(self, provider: Provider, salt: bytes) -> str:
        """A digest of where its requests go and by whose account, whatever the settings say of its name by now: what
        stands there later is the same if it is. How it is asked, as for how long, says nothing of that.
        """
        return self._place(provider, salt, ())

    def is_at(self, provider: Provider, salt: bytes, place: str) -> bool:
        """Whether it is there. Earlier versions told apart how it was asked, too."""
        return place == self.place(provider, salt) or place == self._former_place(provider, salt)

    def _former_place(self, provider: Provider, salt: bytes) -> str:
        profile, _ = self._made_of[id(provider)]
        return self._place(provider, salt, (profile.options,))

    def _place(self, provider: Provider, salt: bytes, more: Sequence[object]) -> str:
        profile, tools = self._made_of[id(provider)]
        key = tools.key()
        account = ("" if key is None else key.reveal(), profile.headers)
        said = (profile.adapter, profile.base_url, *more, account)
        return hashlib.sha256(salt + msgspec.json.encode(said, order="sorted")).hexdigest()[:32]

    @contextmanager
    def held(self, name: str) -> Iterator[Provider | None]:
        """One that is not closed within the block, whatever the settings say by then."""
        with self.holding(self.get(name)) as found:
            yield found

    @contextmanager
    def holding(self, found: Held) -> Iterator[Held]:
        """The same of one that somebody has."""
        self._held[id(found)] += 1
        try:
            yield found
        finally:
            self._held[id(found)] -= 1


Adapter = Callable[[Profile, Tools], Provider]


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
