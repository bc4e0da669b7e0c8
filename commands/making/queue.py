"""The queue: what was asked of providers, what became of it, and what one does about it."""

from __future__ import annotations

import json
import time
from typing import Any

from commands.errors import CommandError, Exit, WrongUsage
from commands.finding import find_job
from commands.making.following import changes, of_queue
from commands.making.words import agreed, basis_of, cost_line, cost_of, costs, range_of, reason_of, state_of
from commands.session import Session
from commands.terminal.output import ago, safe, short, show_facts, show_table, when
from commands.terminal.texts import say, translated
from commands.verbs import Noun, Number, argument, option

queue = Noun("queue")
MOST_SHOWN = 200
BEGINNING = 40  # characters of a prompt that stands before a reason
SHORT = 8  # characters of an id in a list that has much to say
AT_ONCE = 200  # jobs of one page
FOR_GOOD = ("provider.content", "provider.invalid", "provider.retired", "provider.unsupported")  # refused as it is


@queue.verb(
    "ls",
    option("--ended", is_flag=True),
    option("--all", "every", is_flag=True),
    option("-n", "--limit", "limit", metavar="N", type=Number(1, MOST_SHOWN), default=50),
)
def ls(session: Session, ended: bool, every: bool, limit: int) -> None:
    found = session.daemon.get(session.within("jobs"), ended=ended and not every, limit=limit)
    if every and len(found["jobs"]) < limit:
        more = session.daemon.get(session.within("jobs"), ended=True, limit=limit - len(found["jobs"]))
        found = {**found, "jobs": found["jobs"] + more["jobs"], "next": more["next"]}
    found["calls"] = [] if ended and not every else session.daemon.get(session.within("calls"))["calls"]
    session.answer(found, lambda: show_jobs(session, found))


def show_jobs(session: Session, found: dict[str, Any]) -> None:
    rows = [
        (job["id"][:SHORT], job["provider"], state_of(job), cost_of(job), basis_of(job), what_of(job))
        for job in found["jobs"]
    ]
    rows += [
        (each["id"][:SHORT], each["provider"], say("job.state.unknown"), range_of(each["estimate"]), "", each["about"])
        for each in found["calls"]
    ]
    if rows:
        columns = ("column.id", "column.provider", "column.state", "column.cost", "column.basis", "column.what")
        show_table(columns, rows, right=(3,), flexible=(-1, 1, 2))
    else:
        session.hint("queue.none")
    if found["next"] is not None:
        session.hint("queue.more")
    if unknown := found["counts"].get("unknown", 0) + len(found["calls"]):
        session.hint("gen.decide", count=unknown)
    if found["paused"]:
        session.hint("queue.is_paused")


def what_of(job: dict[str, Any]) -> str:
    """What it is about: the prompt, of which one that failed shows the beginning, and why there is no picture. By the
    prompt one finds on a bill what nobody knows.
    """
    why, prompt = reason_of(job) if job["state"] == "failed" else "", str(job["prompt"])
    if not why:
        return prompt
    return say(
        "queue.failed", prompt=prompt if len(prompt) <= BEGINNING else f"{prompt[:BEGINNING].rstrip()}…", why=why
    )


@queue.verb("watch")
def watch(session: Session) -> None:
    """Every change is a line; with --json a JSON document on a line of its own, as programs read them best."""
    told = False
    try:
        for job in changes(session, session.news(), of_queue(session), whole=False):
            told = True
            print(json.dumps(job, ensure_ascii=False) if session.json else change_line(job), flush=True)
    except KeyboardInterrupt:
        raise CommandError(say("queue.unwatched"), code="interrupted", exit=Exit.INTERRUPTED) from None
    if not told:
        session.hint("queue.none")


def change_line(job: dict[str, Any]) -> str:
    words = (job["id"][:SHORT], job["provider"], state_of(job), cost_line(job), what_of(job))
    return safe("  ".join(each for each in words if each))


@queue.verb("show", argument("job"))
def show(session: Session, job: str) -> None:
    found = session.daemon.get(session.within(f"jobs/{find_job(job)}"))
    session.answer(found, lambda: show_job(found))


def show_job(job: dict[str, Any]) -> None:
    show_facts(
        [
            ("fact.id", job["id"]),
            ("fact.state", state_of(job)),
            ("fact.why", reason_of(job)),
            ("fact.provider", job["provider"]),
            ("fact.model", job["model"]),
            ("fact.prompt", job["prompt"]),
            ("fact.negative", job["negative"]),
            ("fact.size", f"{job['width']}x{job['height']}"),
            ("fact.seed", job["seed"]),
            ("fact.cost", cost_line(job)),
            ("fact.priority", job["priority"] or ""),
            ("fact.tries", job["tries"]),
            ("fact.created", f"{when(job['created_at'])} ({ago(job['created_at'], time.time())})"),
            ("fact.ended", "" if job["ended_at"] is None else when(job["ended_at"])),
            ("fact.pictures", " ".join(job["assets"])),
        ]
    )


@queue.verb(
    "cancel",
    argument("job", nargs=-1),
    option("--waiting", is_flag=True),
    option("--all", "every", is_flag=True),
)
def cancel(session: Session, job: tuple[str, ...], waiting: bool, every: bool) -> int:
    if [bool(job), waiting, every].count(True) != 1:
        raise WrongUsage(say("queue.which_cancel"))
    wanted = {"ids": list(dict.fromkeys(map(find_job, job)))} if job else {"every" if every else "waiting": True}
    answer = session.daemon.post(session.within("jobs/cancel"), wanted)
    said = list(answer["outcomes"].values())

    def tell() -> None:
        keys = {
            "cancelled": "queue.cancelled",
            "asked": "queue.asked",
            "unknown": "queue.unknown",
            "ended": "queue.ended",
        }
        for kind, key in keys.items():
            if said.count(kind) and not session.quiet:
                print(say(key, count=said.count(kind)))
        if not said:
            session.hint("queue.none")

    session.answer(answer, tell)
    return partly(said.count("cancelled") + said.count("asked"), len(said))


@queue.verb(
    "retry",
    argument("job", nargs=-1),
    option("--failed", "every", is_flag=True),
    option("--yes", is_flag=True),
)
def retry(session: Session, job: tuple[str, ...], every: bool, yes: bool) -> int:
    if bool(job) == every:
        raise WrongUsage(say("queue.which", option="--failed"))
    told = failed(session) if every else []
    refused = [each for each in told if is_for_good(each)]
    ids = [each["id"] for each in told if not is_for_good(each)] if every else list(dict.fromkeys(map(find_job, job)))
    some = portions(ids)
    prices = [{"agreed": True} for _ in some] if yes else agreed_to(session, some)
    answers = [
        session.daemon.post(session.within("jobs/retry"), {"ids": each, **price})
        for each, price in zip(some, prices, strict=True)
    ]
    count = sum(each["count"] for each in answers)
    jobs = [shown for each in answers for shown in each["jobs"]]
    left = [each for answer in answers for each in answer["left"]]
    kept = [{"id": each["id"], **each["error"]} for each in refused]
    session.confirm_line({"count": count, "jobs": jobs, "left": [*left, *kept]}, "queue.retried", count=count)
    for key, some_left in (("queue.left", left), ("queue.left_out", kept)):
        for each in some_left:
            why = translated("problem", each["code"], each["params"], each["message"])
            session.hint(key, id=each["id"][:SHORT], why=safe(why))
    return partly(count, len(ids) + len(refused))


def is_for_good(job: dict[str, Any]) -> bool:
    """Whether what it asks for was refused, and would be again as it is."""
    return (job["error"] or {}).get("code") in FOR_GOOD


def agreed_to(session: Session, some: list[list[str]]) -> list[dict[str, Any]]:
    """What each portion costs now, once the person agreed to all of them."""
    quotes = [session.daemon.post(session.within("jobs/retry/estimate"), {"ids": each}) for each in some]
    unknown = sum(each["unknown"] for each in quotes)
    sums = [each for quote in quotes for each in quote["sums"]]
    if sums or unknown:
        question = {"sums": together(sums), "unknown": unknown}
        count = sum(each["jobs"] for each in quotes)
        session.ask(say("queue.ask_retry", count=count, costs=costs(question)), yes=False)
    return list(map(agreed, quotes))


def together(sums: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One for each currency."""
    found: dict[str, dict[str, Any]] = {}
    for each in sums:
        before = found.get(each["currency"], {"least": 0, "most": 0})
        added = {side: round(before[side] + each[side], 6) for side in ("least", "most")}
        found[each["currency"]] = {"currency": each["currency"], **added}
    return list(found.values())


def failed(session: Session) -> list[dict[str, Any]]:
    """All jobs that failed, in the order in which they were asked for."""
    found: dict[str, dict[str, Any]] = {}
    after = None
    while True:
        page = session.daemon.get(session.within("jobs"), ended=True, limit=AT_ONCE, after=after)
        found |= {each["id"]: each for each in page["jobs"] if each["state"] == "failed"}
        after = page["next"]
        if after is None:
            return sorted(found.values(), key=lambda each: (each["created_at"], each["batch"], each["number"]))


def portions(ids: list[str]) -> list[list[str]]:
    return [ids[at : at + 10_000] for at in range(0, len(ids), 10_000)]


def partly(done: int, asked: int) -> Exit:
    if done == asked:
        return Exit.DONE
    return Exit.PARTLY if done else Exit.FAILED


@queue.verb("pause")
def pause(session: Session) -> None:
    rest(session, True, "queue.paused")


@queue.verb("resume")
def resume(session: Session) -> None:
    rest(session, False, "queue.resumed")


def rest(session: Session, paused: bool, key: str) -> None:
    answer = session.daemon.post(session.within("jobs/pause"), {"paused": paused})
    jobs = session.daemon.get(session.within("jobs"), limit=MOST_SHOWN)["jobs"] if session.json else []
    session.confirm_line({**answer, "jobs": jobs}, key)


@queue.verb("next", argument("job"))
def run_next(session: Session, job: str) -> None:
    moved = move_to(session, job, {"first": True})
    session.confirm_line(moved, "queue.next", id=short(moved["id"]))


@queue.verb("move", argument("job"), option("--before", metavar="JOB", required=True))
def move(session: Session, job: str, before: str) -> None:
    moved = move_to(session, job, {"before": find_job(before)})
    session.confirm_line(moved, "queue.moved", id=short(moved["id"]), before=short(before))


@queue.verb("priority", argument("job"), argument("number", type=Number(-100, 100)))
def priority(session: Session, job: str, number: int) -> None:
    moved = move_to(session, job, {"priority": number})
    session.confirm_line(moved, "queue.priority", id=short(moved["id"]), number=number)


def move_to(session: Session, job: str, where: dict[str, Any]) -> dict[str, Any]:
    moved: dict[str, Any] = session.daemon.post(session.within(f"jobs/{find_job(job)}/move"), where)
    return moved


@queue.verb(
    "resolve",
    argument("job", nargs=-1, required=True),
    option("--charged", is_flag=True),
    option("--cost", metavar="AMOUNT"),
    option("--not-charged", "free", is_flag=True),
)
def resolve(session: Session, job: tuple[str, ...], charged: bool, cost: str | None, free: bool) -> None:
    charged = charged or cost is not None
    if charged == free:
        raise WrongUsage(say("queue.decide"), hint=say("queue.decide.hint"))
    decision, ids = {"charged": charged, "cost": cost or ""}, list(dict.fromkeys(map(find_job, job)))
    lost = [each["id"] for each in session.daemon.get(session.within("calls"))["calls"]]
    words = [id for id in ids if any(each.startswith(id) for each in lost)]
    if len(ids) > 1:
        resolve_all(session, [id for id in ids if id not in words], words, decision)
        return
    if words:
        call = session.daemon.post(session.within(f"calls/{ids[0]}/resolve"), decision)
        session.confirm_line(call, "call.was_charged" if charged else "call.was_free", id=short(call["id"]))
        return
    decided = session.daemon.post(session.within(f"jobs/{ids[0]}/resolve"), decision)
    key = "queue.was_charged" if charged else "queue.was_free"
    session.confirm_line({**decided, "jobs": [decided]}, key, id=short(decided["id"]), cost=cost_of(decided))


def resolve_all(session: Session, jobs: list[str], calls: list[str], decision: dict[str, Any]) -> None:
    """Jobs all of them or none, and so calls."""
    answer: dict[str, Any] = {"count": 0, "jobs": [], "calls": []}
    if jobs:
        answer |= session.daemon.post(session.within("jobs/resolve"), {"ids": jobs, **decision})
    if calls:
        answer |= session.daemon.post(session.within("calls/resolve"), {"ids": calls, **decision})
    key = "queue.were_charged" if decision["charged"] else "queue.were_free"
    session.confirm_line(answer, key, count=len(jobs) + len(calls))
