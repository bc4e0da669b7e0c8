"""Other devices: letting them in, where they are, how they stand."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from commands.errors import CommandError, Exit, WrongUsage
from commands.session import Session
from commands.terminal.output import safe, short, show_table, when
from commands.terminal.texts import say
from commands.verbs import Noun, OneOf, argument, option, verb
from commands.work import follow

ROLES = ("admin", "editor", "reviewer", "viewer")
PEERS = "/api/v1/peers"
LOOK_SECONDS = 0.5

peer = Noun("peer")


@verb(
    "pair",
    argument("code", required=False),
    argument("address", required=False),
    option("--person", metavar="NAME"),
    option("--role", type=OneOf(ROLES)),
    option("--no-wait", "at_once", is_flag=True),
    option("--bring-in", "bring_in", is_flag=True),
)
def pair(
    session: Session,
    code: str | None,
    address: str | None,
    person: str | None,
    role: str | None,
    at_once: bool,
    bring_in: bool,
) -> int | None:
    if code is not None:
        if person or role:
            raise WrongUsage(say("pair.both"))
        join(session, code, address, bring_in)
        return None
    if bring_in:
        raise WrongUsage(say("pair.where"))
    if role and not person:
        raise WrongUsage(say("pair.whose"))
    return show_code(session, person, role or "editor", at_once)


def show_code(session: Session, person: str | None, role: str, at_once: bool) -> int | None:
    wish = {"person": {"name": person, "role": role}} if person else {}
    shown = session.daemon.post(session.within("pairing"), wish)
    address = shown["addresses"][0] if shown["addresses"] else None
    told = {**shown, "address": address, "expires": shown["expires_at"]}

    def show() -> None:
        code = f"{shown['code'][:3]} {shown['code'][3:]}"
        print(say("pair.code", code=code))
        session.hint("pair.type_it", code=code, address=address or "–")

    session.answer(told, show)
    return None if at_once or session.json else wait(session)


def wait(session: Session) -> int:
    """Until somebody came in, or the code is good no longer."""
    tries = None
    try:
        while (now := session.daemon.get(session.within("pairing")))["state"] == "open":
            if tries is not None and now["tries_left"] < tries:
                session.hint("pair.wrong", left=now["tries_left"])
            tries = now["tries_left"]
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        session.daemon.delete(session.within("pairing"))
        raise
    if now["state"] == "done":
        print(say("pair.done", name=safe(now["device_name"]), fingerprint=now["fingerprint"]))
        session.hint("pair.compare")
        return Exit.DONE
    raise CommandError(say(f"pair.{now['state']}"), code=f"pairing_{now['state']}")


def join(session: Session, code: str, address: str | None, bring_in: bool) -> None:
    kind = "invitation" if code.startswith("gesso-invite:") else "code"
    wish = {kind: code, "address": address, "bring_in": session.workspace if bring_in else None}
    joined = session.daemon.post("/api/v1/pair", {name: value for name, value in wish.items() if value is not None})
    if joined["task"]:
        joined = {
            **joined,
            "moved": follow(session, session.daemon.get(f"/api/v1/tasks/{joined['task']}"), "work.move"),
        }

    def show() -> None:
        names = {"name": safe(joined["name"]), "device": safe(joined["device_name"])}
        print(say("pair.joined", **names, fingerprint=joined["fingerprint"]))
        session.hint("pair.compare")
        if "moved" in joined:
            print(say("pair.moved", count=joined["moved"]["pictures"]))
            if joined["moved"]["missing"]:
                session.hint("pair.missing", count=joined["moved"]["missing"])

    session.answer(joined, show)


@peer.verb("ls")
def ls(session: Session) -> None:
    told = session.daemon.get(session.within("devices"))
    devices, peers = told["devices"], session.daemon.get(PEERS)

    def show() -> None:
        rows = [
            (short(each["id"]), each["name"], each["person"], say(f"word.{each['role']}"), state_of(each))
            for each in devices
        ]
        show_table([f"column.{name}" for name in ("id", "device", "who", "role", "state")], rows, flexible=(1, 2))
        if told["removed"]:
            tell_removed(session, told["removed"])
            return
        for way in peers["ways"]:
            if way["added"] and way["problem"]:
                session.hint(f"peer.{way['problem']}", address=way["address"])
        tell_networks(session, peers, len(devices) > 1)

    session.answer({**told, "peers": peers}, show)


def tell_removed(session: Session, removed: dict[str, Any]) -> None:
    """That this device was removed, by whom and when, and what can be done."""
    named = {"person": safe(removed["by_name"]), "date": when(removed["at"]) if removed["at"] else "–"}
    print(say(f"peer.removed.{removed['kind']}", **named))
    session.hint(f"peer.removed.{removed['kind']}.how")


def tell_networks(session: Session, peers: dict[str, Any], others: bool) -> None:
    """What one may want to know when somebody is missing."""
    for key in ("offline", "paused"):
        if peers[key]:
            session.hint(f"peer.all_{key}")
            return
    if peers["addresses"]:
        session.hint("peer.own", addresses=", ".join(peers["addresses"]))
    if peers["problem"]:
        session.hint("peer.no_port", problem=safe(peers["problem"]))
    if others and not peers["connected"] and not any(not way["added"] for way in peers["ways"]):
        session.hint("peer.nobody")


def state_of(device: dict[str, Any]) -> str:
    """How a device stands, in words."""
    if device["own"]:
        return say("peer.here")
    if device["role"] == "none":
        return say("peer.gone")
    if device["connected"]:
        return say("peer.behind", count=device["behind"]) if device["behind"] else say("peer.connected")
    return say("peer.seen", when=when(device["last_seen"])) if device["last_seen"] else say("peer.never")


@peer.verb("add", argument("address"))
def add(session: Session, address: str) -> None:
    session.confirm_line(session.daemon.post(PEERS, {"address": address}), "peer.added", address=safe(address))


@peer.verb("rm", argument("what"), option("--yes", is_flag=True))
def rm(session: Session, what: str, yes: bool) -> None:
    if ":" in what:
        gone = session.daemon.delete(f"{PEERS}/{quote(what, safe='')}")
        session.confirm_line(gone, "peer.address_removed", address=safe(what))
        return
    device = find(session, what)
    only = session.daemon.get(session.within(f"devices/{device['id']}/only"))["originals"]
    warning = [say("peer.only_sure", count=only)] if only else []
    session.ask("\n".join([*warning, say("peer.revoke_sure", name=safe(device["name"]))]), yes=yes)
    done = session.daemon.delete(session.within(f"devices/{device['id']}"))
    session.confirm_line(done, "peer.revoked", name=safe(device["name"]))
    lost = done["only_there"]
    if lost["originals"]:
        session.hint("peer.only_there", count=lost["originals"], names=", ".join(map(safe, lost["pictures"])))


@peer.verb("rename", argument("device"), argument("name"))
def rename(session: Session, device: str, name: str) -> None:
    found = find(session, device)
    done = session.daemon.patch(session.within(f"devices/{found['id']}"), {"name": name})
    session.confirm_line(done, "peer.renamed", name=safe(name))


def find(session: Session, what: str) -> dict[str, Any]:
    """The device that is meant by a name, an id or the beginning of one."""
    devices = session.daemon.get(session.within("devices"))["devices"]
    found = [each for each in devices if each["name"] == what or (len(what) >= 4 and each["id"].startswith(what))]
    if len(found) != 1:
        raise CommandError(say("peer.which" if found else "peer.no_device", what=safe(what)), code="no_device")
    chosen: dict[str, Any] = found[0]
    return chosen
