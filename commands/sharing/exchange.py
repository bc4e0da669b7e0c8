"""What goes between this device and the others: how it stands, what it would do, and holding it."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import quote

from commands.errors import Exit, WrongUsage
from commands.session import Session
from commands.sharing.devices import PEERS, tell_networks, tell_removed
from commands.sharing.limits import holding_line, limit_lines, why_held
from commands.terminal.output import listed, safe, short, show_facts, size, when
from commands.terminal.texts import say
from commands.verbs import Noun, Number, option

SHOWN = 12  # pictures of a kind that are named
LOOK_SECONDS = 0.5
PATIENCE = 600  # seconds

sync = Noun("sync")


@sync.verb("status")
def status(session: Session) -> None:
    peers = session.daemon.get(PEERS)

    def show() -> None:
        for each in peers["connected"]:
            show_facts(
                [
                    ("fact.device", f"{each['name']} ({short(each['device'])})"),
                    ("fact.address", each["address"]),
                    ("fact.since", when(each["since"])),
                    ("fact.sent", say("sync.bytes", bytes=each["sent"])),
                    ("fact.received", say("sync.bytes", bytes=each["received"])),
                ]
            )
            if line := holding_line(each):
                print(line)
        if not peers["connected"]:
            print(say("sync.nobody"))
        for line in limit_lines(peers["limits"]):
            print(line)
        tell_networks(session, peers, True)

    session.answer(peers, show)


@sync.verb("pause")
def pause(session: Session) -> None:
    session.confirm_line(session.daemon.patch(PEERS, {"paused": True}), "sync.paused")


@sync.verb("resume")
def resume(session: Session) -> None:
    session.confirm_line(session.daemon.patch(PEERS, {"paused": False}), "sync.resumed")


@sync.verb("plan")
def plan(session: Session) -> None:
    show_plan(session)


@sync.verb(
    "now",
    option("--plan", "only_plan", is_flag=True),
    option("--receipt", metavar="PLAN"),
    option("--seconds", type=Number(1, 86_400), default=PATIENCE, metavar="N"),
)
def now(session: Session, only_plan: bool, receipt: str | None, seconds: int) -> int | None:
    if only_plan and receipt is not None:
        raise WrongUsage(say("sync.plan_or_receipt"))
    if only_plan:
        show_plan(session)
        return None
    if receipt is not None:
        session.daemon.get(receipt_of(session, receipt))  # before anything is asked of others
    begun = session.daemon.post(session.within("sync/now"), {})
    if receipt is not None:
        return show_receipt(session, wait(session, receipt, seconds))

    def show() -> None:
        if begun["removed"]:
            tell_removed(session, begun["removed"])
            return
        print(
            say("sync.now", names=listed(safe(each) for each in begun["connected"]))
            if begun["connected"]
            else say("sync.nobody")
        )
        if begun["away"]:
            session.hint("sync.now_away", names=listed(safe(each) for each in begun["away"]))

    session.answer(begun, show)
    return None


def show_plan(session: Session) -> None:
    made = session.daemon.post(session.within("sync/plan"), {})

    def show() -> None:
        for each in made["devices"]:
            tell_device(each)
        if not made["devices"]:
            session.hint("sync.alone")
            return
        if any(each["state"] == "asked" for each in made["devices"]):
            tell_pictures(made)
            tell_rest(session, made)
            session.hint("sync.plan_id", id=made["id"])
        for key in ("offline", "paused"):
            if made[key]:
                session.hint(f"peer.all_{key}")
                return

    session.answer(made, show)


def tell_device(told: dict[str, Any]) -> None:
    """What a device would give and get, or why it was not asked."""
    name = safe(told["name"])
    if told["state"] != "asked":
        print(say(f"sync.plan.{told['state']}", name=name))
        return
    print(say("sync.plan.comes", name=name, count=told["segments"], size=size(told["bytes"])))
    print(say("sync.plan.goes", name=name, count=told["lacks"], size=size(told["lacks_bytes"])))


def tell_pictures(made: dict[str, Any]) -> None:
    for what in ("added", "changed", "binned", "restored", "gone"):
        if made[what]:
            named = [safe(each["name"]) for each in made["pictures"] if each["what"] == what]
            print(say(f"sync.plan.{what}", count=made[what]))
            print("  " + listed(named[:SHOWN]) + (" …" if made[what] > len(named[:SHOWN]) else ""))
    if made["others"]:
        print(say("sync.plan.others", count=made["others"]))
    if not any(made[what] for what in ("added", "changed", "binned", "restored", "gone", "others")):
        print(say("sync.plan.nothing"))


def tell_rest(session: Session, made: dict[str, Any]) -> None:
    """Bytes, and what would not count."""
    for what in ("thumbnails", "originals", "evictions"):
        if made[what]["count"]:
            print(say(f"sync.plan.{what}", count=made[what]["count"], size=size(made[what]["bytes"])))
    for what in ("waiting", "quarantined", "refused"):
        if made[what]:
            print(say(f"sync.plan.{what}", count=made[what]))
    for each in made["stopped"]:
        print(say("sync.plan.stopped", name=safe(each["name"]), count=each["segments"]))
    if made["more"]:
        session.hint("sync.plan.more")


def receipt_of(session: Session, id: str) -> str:
    """Where it stands how a plan compares with what came."""
    return session.within(f"sync/plans/{quote(id, safe='')}")


def wait(session: Session, id: str, seconds: int) -> dict[str, Any]:
    """Until what was planned is here, or will not come by waiting."""
    until = time.monotonic() + seconds
    while True:
        told: dict[str, Any] = session.daemon.get(receipt_of(session, id))
        if told["done"] or time.monotonic() > until:
            return told
        time.sleep(LOOK_SECONDS)


def show_receipt(session: Session, told: dict[str, Any]) -> int:
    def show() -> None:
        key = "sync.receipt.differs" if told["different"] else "sync.receipt.equal"
        print(say(key, count=told["different"], planned=told["planned"], done=told["as_planned"]))
        for each in told["held"]:
            print("  " + say("sync.receipt.held", count=each["count"], size=size(each["bytes"]), why=why_held(each)))
        for each in (one for one in told["differences"] if one["why"] != "held"):
            name = safe(each["name"]) or short(each["id"])
            print("  " + say(f"sync.why.{each['why']}", name=name))
        if told["beyond"]:
            session.hint("sync.receipt.beyond", count=told["beyond"])

    session.answer(told, show)
    return Exit.ATTENTION if told["different"] else Exit.DONE
