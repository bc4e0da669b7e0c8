"""The daemon itself: health, status, settings, metrics, its own description, stopping."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import msgspec
from aiohttp import web

from daemon.api.call import Call, House
from daemon.api.handlers.devices.devices import told_devices
from daemon.api.handlers.devices.limits import Limits, limits
from daemon.api.handlers.making.money import in_units
from daemon.api.handlers.making.months import MonthLimit, months
from daemon.api.handlers.making.spending import OpenIn, open_in
from daemon.api.handlers.push import place
from daemon.api.inputs import Strict
from daemon.checks.scene import Finding
from daemon.doctor import Examination
from daemon.metrics import CONTENT_TYPE
from library.catalog import Library
from library.errors import Closed, DiskFull, Suspect
from library.jobs.budget import beginnings
from library.jobs.ledger import Open, Spent
from library.people.models import Removed
from library.workspaces import Workspaces
from providers.runner import SETTLE_SECONDS
from store.errors import StoreFull, StoreSuspect

Language = Literal["en", "zh-TW"]
Theme = Literal["system", "dark", "light", "contrast"]


class Health(msgspec.Struct, frozen=True):
    """All that a stranger learns."""

    status: Literal["ok"] = "ok"


class StatusWorkspace(msgspec.Struct, frozen=True):
    """The workspace that is told of."""

    id: str
    name: str
    device: str
    role: str
    removed: Removed | None = None  # that this device was removed from it, as it was told


class StatusLibrary(msgspec.Struct, frozen=True):
    """How much it holds."""

    assets: int
    blobs: int
    bytes: int
    offline: int
    binned: int


class Queue(msgspec.Struct, frozen=True):
    """Requests to providers by state."""

    queued: int = 0
    waiting: int = 0
    running: int = 0
    unknown: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0


class SpendIn(msgspec.Struct, frozen=True):
    """Money spent this month in a further currency."""

    currency: str
    today: float
    month: float


class Spend(msgspec.Struct, frozen=True):
    """Money spent on providers from the workspace, today and this month by this machine's calendar. `others`: in other
    currencies than most of it · `unpriced`: charges this month whose amount nobody knows · `open`: what requests under
    way, or to be decided, may cost besides · `open_unknown`: such requests whose price nobody knows.
    """

    today: float = 0.0
    month: float = 0.0
    currency: str = "USD"
    others: list[SpendIn] = []
    unpriced: int = 0
    open: list[OpenIn] = []
    open_unknown: int = 0


class Attention(msgspec.Struct, frozen=True):
    """Something the user should know; `code` and `params` are for translation. `problems` says it one by one."""

    code: str
    text: str
    params: dict[str, str] = {}
    problems: list[Finding] = []


class Status(msgspec.Struct, frozen=True):
    """One screen about this device. `months`: how the month stands where a limit is set · `limits`: what may go to
    other devices now · `offline`: it speaks to no other machine · `news`: the id of the last event before, to follow
    what comes after (`/events`).
    """

    version: str
    home: str
    url: str
    workspace: StatusWorkspace
    digest: str
    library: StatusLibrary
    peers: list[Peer]
    limits: Limits
    buckets: list[dict[str, Any]]
    queue: Queue
    spend: Spend
    months: list[MonthLimit]
    attention: list[Attention]
    offline: bool
    news: str


class Peer(msgspec.Struct, frozen=True):
    """Another device of the workspace, whether it is connected, and how many segments it is known to lack."""

    device: str
    name: str
    connected: bool
    behind: int


class StatusQuery(Strict, frozen=True):
    """The workspace to tell of, by name or id; `-` is the default one."""

    workspace: str = "-"


class Preferences(msgspec.Struct, frozen=True):
    """How this person wants the page; `language` null follows the browser."""

    language: str | None
    theme: str


class OfflineState(Strict, frozen=True):
    """Whether this device speaks to no other machine."""

    on: bool


class PreferencesChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Absent means untouched."""

    language: Language | msgspec.UnsetType | None = msgspec.UNSET
    theme: Theme | msgspec.UnsetType = msgspec.UNSET


async def health(call: Call) -> Health:
    """Whether the daemon answers."""
    return Health()


async def status(call: Call, query: StatusQuery) -> Status:
    """One screen about this device; the library's part is of one workspace."""
    house = call.house
    news = place(house.run, house.bus.last)
    workspace, digest, counts = await _of_workspace(house.workspaces, query.workspace)
    budget = house.runner.budget
    queue, spend = _of_jobs(house.workspaces, query.workspace, budget.now(), budget.limits)
    return Status(
        version=house.version,
        home=house.home,
        url=house.url,
        workspace=workspace,
        digest=digest,
        library=counts,
        peers=_peers(house, query.workspace),
        limits=limits(house),
        buckets=[],
        queue=queue,
        spend=spend,
        months=await _months(house),
        attention=house.attention(),
        offline=house.offline.on,
        news=news,
    )


def _peers(house: House, name: str) -> list[Peer]:
    """The other devices of the workspace that are still let in; none of one that does not open."""
    try:
        library = house.workspaces.get(name)
    except Closed:
        return []
    return [
        Peer(each.id, each.name, each.connected, each.behind)
        for each in told_devices(house, library)
        if not each.own and each.role != "none"
    ]


def _of_jobs(workspaces: Workspaces, name: str, now: int, limited: Collection[str]) -> tuple[Queue, Spend]:
    """How the queue stands and what it cost; nothing of a workspace that does not open."""
    try:
        library = workspaces.get(name)
        jobs = library.queue
        day, month = (jobs.spent(since) for since in beginnings(now))
        return Queue(**jobs.counts()), _spend(day, month, jobs.still_open(library.calls.unknown()), limited)
    except (Closed, DiskFull, Suspect, StoreFull, StoreSuspect):
        return Queue(), Spend()


async def _months(house: House) -> list[MonthLimit]:
    """Of the currencies with a limit; none while a ledger cannot be read."""
    try:
        return await months(house)
    except (StoreFull, StoreSuspect):
        return []


def _spend(today: Spent, month: Spent, left: Open, limited: Collection[str]) -> Spend:
    """Those with a limit first, then by their names: yen are no more than dollars for being more in number."""
    ranked = sorted(month.amounts, key=lambda currency: (currency not in limited, currency))
    told = [
        SpendIn(each, in_units(today.amounts.get(each, 0)) or 0.0, in_units(month.amounts[each]) or 0.0)
        for each in ranked
    ]
    if not told:
        return Spend(unpriced=month.unpriced, open=open_in(left), open_unknown=left.unknown)
    first, *others = told
    return Spend(first.today, first.month, first.currency, others, month.unpriced, open_in(left), left.unknown)


async def _of_workspace(workspaces: Workspaces, name: str) -> tuple[StatusWorkspace, str, StatusLibrary]:
    """What is known of a workspace: of one that could not be opened, only where it lies."""
    try:
        library = workspaces.get(name)
    except Closed as problem:
        named = StatusWorkspace("", str(problem.params.get("folder", "")), workspaces.key.public.hex(), "none")
        return named, "", StatusLibrary(0, 0, 0, 0, 0)
    info, counts = library.info(), await library.counts()
    of_library = StatusLibrary(counts.assets, counts.blobs, counts.bytes, counts.offline, counts.binned)
    named = StatusWorkspace(info.id, info.name, info.device, info.role, library.removals.own())
    return named, await _digest(library), of_library


async def _digest(library: Library) -> str:
    """Empty while it cannot be had: it is kept where it was computed, and nothing may be written on a failing disk."""
    try:
        return (await library.care.digest()).digest
    except (DiskFull, Suspect, StoreFull, StoreSuspect):
        return ""


async def preferences(call: Call) -> Preferences:
    """Language and theme of the page."""
    kept = call.house.workspaces.preferences.get()
    return Preferences(kept.language, kept.theme)


async def prefer(call: Call, body: PreferencesChange) -> Preferences:
    """Choose language or theme."""
    chosen = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not msgspec.UNSET}
    call.house.workspaces.preferences.set(**chosen)
    call.house.bus.publish("settings.changed", "*", call.house.workspaces.key.public.hex())
    return await preferences(call)


async def offline(call: Call, body: OfflineState) -> OfflineState:
    """Speak to no other machine from now on, or to others again; it stays so over restarts."""
    house = call.house
    house.offline.set(body.on)
    if body.on:
        await house.providers.cut_off()
    return OfflineState(on=house.offline.on)


async def description(call: Call) -> web.Response:
    """This document."""
    return web.Response(body=call.house.description, content_type="application/json")


class Stopping(msgspec.Struct, frozen=True):
    """`awaited`: requests whose answers may be paid for, and for which the end waits `seconds` at most."""

    awaited: int
    seconds: float


async def stop(call: Call) -> Stopping:
    """Stop cleanly, once what may cost money is answered, or a while went by; asked again, at once."""
    call.house.stop()
    return Stopping(len(call.house.runner.carrier.awaited), SETTLE_SECONDS)


async def metrics(call: Call) -> web.Response:
    """Numbers for Prometheus."""
    return web.Response(body=call.house.metrics.text().encode(), headers={"Content-Type": CONTENT_TYPE})


async def doctor(call: Call) -> Examination:
    """Look for trouble around this daemon; every finding has a remedy."""
    return await call.house.examine()


def language_of(call: Call) -> str:
    """The language to show: chosen by the person, else by the settings, else by the browser, else English."""
    chosen = call.house.workspaces.preferences.get().language or call.house.settings().daemon.language
    if chosen:
        return str(chosen)
    for tag in call.request.headers.get("Accept-Language", "").split(","):
        name = tag.partition(";")[0].strip().lower()
        if name.startswith("zh"):
            return "zh-TW"
        if name.startswith("en"):
            return "en"
    return "en"
