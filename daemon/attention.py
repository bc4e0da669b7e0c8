"""What the user should know: gathered from everything that can go wrong without anybody asking."""

from __future__ import annotations

from collections.abc import Iterator

from daemon.api.handlers.system import Attention
from daemon.checks.home import finding
from daemon.settings.reload import Reload
from daemon.supervisor import Supervisor
from library.gathering import readable
from library.intake.watch import Trouble
from library.people.removals import day_of
from library.workspaces import Workspaces
from providers.network import Network
from providers.registry import Providers
from store.room import MIB


def gathered(
    reload: Reload, supervisor: Supervisor, workspaces: Workspaces, providers: Providers, network: Network
) -> list[Attention]:
    """What the user should know, worst first."""
    found = [
        Attention("workspace.closed", each.what, {"folder": each.folder, "why": each.why, **each.params})
        for each in workspaces.closed()
    ]
    if gone := workspaces.default_gone():
        found.append(Attention(gone.code, str(gone), {"id": gone.params["id"]}))
    found += _removed(workspaces)
    found += [
        Attention("store.suspect", f"Nothing is written to {name}: {why}", {"name": name, "why": why})
        for name, why in workspaces.suspects().items()
    ]
    for id, (name, seen) in workspaces.lost().items():
        params = {"id": id, "name": name, "looked": str(seen.looked), "missing": str(seen.missing)}
        text = (
            f"Pictures' files of {name} are gone: {seen.missing} of {seen.looked} that were looked for. "
            "`gesso verify` names them and says what to do."
        )
        found.append(Attention("blobs.lost", text, params))
    for name, count in workspaces.damaged().items():
        text = f"A check, a backup or an export of {name} found damage: {count}. `gesso verify --read-data` names it."
        found.append(Attention("verify.found", text, {"name": name, "count": str(count)}))
    for id, (name, count) in workspaces.missing().items():
        text = f"Originals of pictures in {name} are gone: {count}. `gesso search state:missing` lists the pictures."
        found.append(Attention("originals.missing", text, {"id": id, "name": name, "count": str(count)}))
    found += _stopped(workspaces)
    if workspaces.room.short:
        left = {"mib": str(workspaces.room.free() // MIB), **(workspaces.room.refusal() or {})}
        but = f"what was refused last needs {left['needed']} MiB" if "needed" in left else "nothing new is taken in"
        text = f"The disk is nearly full, {left['mib']} MiB are left: {but}. Free some space."
        found.append(Attention("disk.full", text, left))
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
    for name in network.away:
        text = f"The provider {name} cannot be reached: its jobs wait, and go on by themselves once it can."
        found.append(Attention("provider.away", text, {"name": name}))
    found += _of_jobs(workspaces)
    found += [*_quarantined(workspaces), *_held(workspaces, providers)]
    found += map(_of_folder, workspaces.watched())
    found += _asked(workspaces)
    return found


def _removed(workspaces: Workspaces) -> Iterator[Attention]:
    """Workspaces from which this device was removed: only an admin of them can change that."""
    for library in workspaces.libraries():
        removed = library.removals.own()
        if removed is not None:
            date = day_of(removed.at)
            params = {"id": library.id, "name": library.name(), "person": removed.by_name, "date": date}
            who = "You were" if removed.kind == "member" else "This device was"
            text = (
                f"{who} removed from {params['name']} by {removed.by_name} on {date}. What is here stays and can be "
                "exported; nothing is exchanged any more. Ask an admin for a new invitation."
            )
            code = "workspace.removed" if removed.kind == "member" else "workspace.device_removed"
            yield Attention(code, text, params)


def _stopped(workspaces: Workspaces) -> Iterator[Attention]:
    """Devices about which a person is asked, for they deleted or replaced too much at once."""
    for library in workspaces.libraries():
        for device, count in library.stops.waiting():
            params = {"id": library.id, "name": library.name(), "device": device, "count": str(count)}
            text = (
                f"{device} deleted or replaced {count} pictures of {params['name']} within an hour. What it wrote from"
                " there on is put aside: `gesso stopped ls` shows it."
            )
            yield Attention("pictures.stopped", text, params)


def _of_jobs(workspaces: Workspaces) -> Iterator[Attention]:
    """Jobs that somebody has to decide or mend."""
    for id, (name, count) in workspaces.undecided().items():
        text = f"Jobs and answers in {name} of which nobody knows if they were paid: {count}. See `gesso queue ls`."
        yield Attention("jobs.unknown", text, {"id": id, "name": name, "count": str(count)})
    for id, (name, count) in workspaces.damaged_jobs().items():
        text = f"Jobs in {name} whose rows are damaged, and which are left as they are: {count}. See `gesso verify`."
        yield Attention("jobs.damaged", text, {"id": id, "name": name, "count": str(count)})


def _asked(workspaces: Workspaces) -> Iterator[Attention]:
    """What waits for somebody's word."""
    for id, (name, count) in workspaces.conflicts().items():
        text = f"What several devices set differently at once in {name}: {count}. See `gesso conflicts ls`."
        yield Attention("conflicts.open", text, {"id": id, "name": name, "count": str(count)})
    for id, (name, count) in workspaces.alike().items():
        text = f"Pictures in {name} that look like ones which are here already: {count}. See `gesso alike ls`."
        yield Attention("pictures.alike", text, {"id": id, "name": name, "count": str(count)})


def _quarantined(workspaces: Workspaces) -> Iterator[Attention]:
    """What waits for this person's word, who is an admin."""
    for id, (name, count) in workspaces.quarantined().items():
        text = f"Changes in {name} that somebody had no right to make: {count}. `gesso quarantine ls` shows them."
        yield Attention("changes.quarantined", text, {"id": id, "name": name, "count": str(count)})


def _held(workspaces: Workspaces, providers: Providers) -> Iterator[Attention]:
    """Jobs that do not begin until somebody does something about it."""
    for id, (name, count) in workspaces.waiting(lambda each: providers.get(each) is None).items():
        text = f"Jobs in {name} wait for a provider that is not set up: {count}. `gesso queue ls` names it."
        yield Attention("jobs.no_provider", text, {"id": id, "name": name, "count": str(count)})
    if providers.asking.offline:
        away = {each.name for each in providers.all() if each.leaves_machine}
        for id, (name, count) in workspaces.waiting(away.__contains__).items():
            text = f"Jobs in {name} wait, for Gesso is offline: {count}. `gesso offline off` begins them."
            yield Attention("jobs.offline", text, {"id": id, "name": name, "count": str(count)})


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
