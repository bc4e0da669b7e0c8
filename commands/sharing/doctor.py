"""Why this device and others differ, in words: each reason, where it is so, and what to do."""

from __future__ import annotations

from typing import Any

from commands.errors import Exit
from commands.session import Session
from commands.terminal.output import safe, when
from commands.terminal.texts import knows, say


def compare_peers(session: Session) -> int:
    """Ask, and say; a difference wants attention."""
    answer = session.daemon.get(session.within("peers/doctor"))
    session.answer(answer, lambda: show_peers(session, answer["peers"]))
    return Exit.ATTENTION if any(each["differences"] for each in answer["peers"]) else Exit.DONE


def show_peers(session: Session, peers: list[dict[str, Any]]) -> None:
    if not peers:
        session.hint("peers.nobody")
    for peer in peers:
        name = safe(peer["name"])
        key = "peers.differs" if peer["differences"] else "peers.same" if peer["described"] else "peers.silent"
        print(say(key, name=name, heard=when(peer["heard"])))
        for each in peer["differences"]:
            print(f"  {reason(each, name)}\n    → {remedy(each, name)}")


def reason(found: dict[str, Any], peer: str) -> str:
    """What is so, and where."""
    return say(f"peers.why.{found['code']}", **_params(found, peer))


def remedy(found: dict[str, Any], peer: str) -> str:
    """What to do; another thing where the other side has not got it either."""
    key = f"peers.do.{found['code']}"
    if found["has"] is False and knows(f"{key}.gone"):
        key += ".gone"
    return say(key, **_params(found, peer))


def _params(found: dict[str, Any], peer: str) -> dict[str, Any]:
    place, other = say("peers.here"), say("peers.there", peer=peer)
    if found["side"] == "there":
        place, other = other, place
    since = "–" if found["since"] is None else when(found["since"])
    told = {name: safe(found[name]) for name in ("device", "whom", "detail")}
    return {**told, "number": found["number"], "since": since, "place": place, "other": other, "peer": peer}
