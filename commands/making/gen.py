"""Asking for pictures: prompts or a sheet of them, what they would cost, and following them to their end."""

from __future__ import annotations

import base64
import json
import re
import secrets
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from commands.collected.prompts import filled
from commands.errors import CommandError, Exit, WrongUsage
from commands.finding import find_project, find_prompt
from commands.making.following import changes, goes_on, of_batch
from commands.making.words import agreed, costs, fault_lines, month_lines, reason_of, span_of, state_of
from commands.session import Session
from commands.terminal.output import listed, safe, short, show_table
from commands.terminal.progress import Bar
from commands.terminal.texts import reason, say
from commands.verbs import Number, argument, option, verb

SIZE = re.compile(r"([0-9]{1,5})[xX×*]([0-9]{1,5})")
STDIN = "-"
MOST_SIDE = 16_384  # pixels, as of a row of a sheet
LOST = ("gone", "timeout")  # whether the daemon took the order is not known
SHOWN = 20  # jobs of a batch that are listed


def wishes() -> list[click.Parameter]:
    """What is wanted of whom."""
    return [
        argument("prompt", nargs=-1),
        option("--prompt", "saved", metavar="NAME"),
        option("--var", "variables", multiple=True, metavar="NAME=VALUE"),
        option("--language", metavar="LANGUAGE"),
        option("--provider", "providers", multiple=True, metavar="NAME"),
        option("--model", metavar="MODEL"),
        option("--count", metavar="N", type=Number(1, 1000), default=1),
        option("--size", metavar="WxH"),
        option("--seed", metavar="S", type=Number(0, 2**63 - 1)),
        option("--negative", metavar="TEXT", default=""),
        option("--format", metavar="FORMAT", default=""),
        option("--option", "options", multiple=True, metavar="NAME=VALUE"),
        option("--from", "source", metavar="FILE"),
        option("--project", metavar="PROJECT"),
        option("--tag", "tags", multiple=True, metavar="TAG"),
        option("--priority", metavar="N", type=Number(-100, 100), default=0),
        option("--again", is_flag=True),
    ]


@verb(
    "gen",
    *wishes(),
    option("--dry-run", is_flag=True),
    option("--wait", is_flag=True),
    option("--yes", is_flag=True),
)
def gen(session: Session, dry_run: bool, wait: bool, yes: bool, **given: Any) -> int:
    order, file = wanted(session, **given), given["source"] or ""
    quote = session.daemon.post(session.within("estimate"), order)
    show_faults(session, quote, file)
    if dry_run or not begins(quote, file):
        session.answer({"batch": None, "jobs": [], "quote": quote}, lambda: show_quote(session, quote))
        return ending(quote, file)
    if quote["sums"] or quote["unknown"]:
        show_months(session, quote)
        session.ask(say("gen.ask", count=quote["jobs"], costs=costs(quote)), yes=yes)
    begun = begin(session.daemon, session.within("jobs"), order if yes else {**order, **agreed(quote)})
    if not wait or begun["batch"] is None:
        session.answer(begun, lambda: show_begun(session, begun))
        return ending(begun["quote"], file)
    ended = {**begun, "jobs": followed(session, begun)}
    session.answer(ended, lambda: show_ended(session, ended["jobs"]))
    return outcome(ended["jobs"], ended["quote"])


@verb("estimate", *wishes())
def estimate(session: Session, **given: Any) -> int:
    order, file = wanted(session, **given), given["source"] or ""
    quote = session.daemon.post(session.within("estimate"), order)
    show_faults(session, quote, file)
    session.answer(quote, lambda: show_quote(session, quote))
    return ending(quote, file)


def wanted(
    session: Session,
    *,
    prompt: tuple[str, ...],
    saved: str | None,
    variables: tuple[str, ...],
    language: str | None,
    providers: tuple[str, ...],
    model: str | None,
    size: str | None,
    seed: int | None,
    options: tuple[str, ...],
    source: str | None,
    project: str | None,
    tags: tuple[str, ...],
    **plain: Any,
) -> dict[str, Any]:
    """The order as the daemon takes it. Its key is its own: sent twice, it is begun once."""
    if not prompt and source is None and saved is None:
        raise WrongUsage(say("gen.no_prompt"))
    if prompt and saved is not None:
        raise WrongUsage(say("gen.two_prompts"))
    if language and saved is None:
        raise WrongUsage(say("gen.whose_language", language=safe(language)))
    if source is not None and len(prompt) > 1:
        raise WrongUsage(say("gen.one_prompt"))
    if model and not providers:
        raise WrongUsage(say("gen.whose_model", model=safe(model)), hint=say("gen.whose_model.hint"))
    width, height = sides(size)
    return {
        "prompts": list(prompt),
        **(found_prompt(session, saved, language) if saved is not None else {}),
        "variables": dict(map(filled, variables)),
        "file": None if source is None else base64.b64encode(content(source)).decode(),
        "targets": [{"provider": each, "model": model or ""} for each in providers],
        "width": width,
        "height": height,
        "seed": None if seed is None else str(seed),
        "options": dict(map(named, options)),
        "project": find_project(session, project)["id"] if project else None,
        "tags": list(tags),
        "key": secrets.token_hex(16),
        **plain,
    }


def found_prompt(session: Session, given: str, language: str | None) -> dict[str, Any]:
    """A saved prompt as the order names it, in a language that it has."""
    found = find_prompt(session, given)
    known = {each.casefold(): each for each in found["variants"]}
    if language and language.casefold() not in known:
        names = listed(found["variants"]) or say("gen.no_other_language")
        raise WrongUsage(say("gen.no_language", name=safe(found["name"]), language=safe(language), known=names))
    return {"prompt": found["id"], "language": known[language.casefold()] if language else None}


def sides(size: str | None) -> tuple[int, int]:
    if not size:
        return 0, 0
    found = SIZE.fullmatch(size.strip())
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
        raise WrongUsage(say("gen.size", value=safe(size), most=MOST_SIDE))
    return width, height


def named(text: str) -> tuple[str, str | int | float | bool]:
    """`NAME=VALUE`; a number, true and false are what they look like, and text in quotes is text."""
    name, sign, written = text.partition("=")
    if not (sign and name):
        raise WrongUsage(say("gen.option", value=safe(text)))
    try:
        value = json.loads(written)
    except ValueError:
        return name, written
    return name, value if isinstance(value, str | int | float | bool) else written


def content(source: str) -> bytes:
    """The sheet's bytes as they are: the daemon knows how its text is to be read."""
    if source == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(source).expanduser().read_bytes()
    except OSError as error:
        raise CommandError(say("gen.unread", file=safe(source), reason=reason(error)), code="unread") from error


def begin(daemon: Any, path: str, order: dict[str, Any]) -> dict[str, Any]:
    """Begin the batch. Where the answer was lost it is asked for once more: by its key it is the same batch."""
    try:
        answer: dict[str, Any] = daemon.post(path, order)
    except CommandError as error:
        if error.code not in LOST:
            raise
        daemon.hang_up()
        answer = daemon.post(path, order)
    except KeyboardInterrupt:
        raise interrupted("gen.sending") from None
    return answer


def interrupted(key: str) -> CommandError:
    return CommandError(say(key), code="interrupted", hint=say("gen.look"), exit=Exit.INTERRUPTED)


def begins(quote: dict[str, Any], file: str) -> bool:
    """Bad rows of a sheet keep no other row from being begun; without a sheet it is all or nothing."""
    return bool(quote["jobs"]) and not (quote["fault_count"] and not file)


def ending(quote: dict[str, Any], file: str) -> Exit:
    if not quote["fault_count"]:
        return Exit.DONE
    if not file:
        return Exit.USAGE
    return Exit.PARTLY if quote["jobs"] or quote["passed_over"] else Exit.FAILED


def outcome(jobs: list[dict[str, Any]], quote: dict[str, Any]) -> Exit:
    """How a batch that was followed to its end came out."""
    count = Counter(job["state"] for job in jobs)
    if count["unknown"]:
        return Exit.ATTENTION
    if not count["done"]:
        return Exit.FAILED
    return Exit.PARTLY if count["done"] < len(jobs) or quote["fault_count"] else Exit.DONE


def show_faults(session: Session, quote: dict[str, Any], file: str) -> None:
    """By which projects it is made, what cannot be asked for, one by one, and what some of several models do without:
    beside the answer.
    """
    for each in quote["by_projects"]:
        by = " · ".join(filter(None, (each["provider"], each["model"])))
        session.hint("gen.by_project", name=safe(each["project"]), by=safe(by))
    for line in fault_lines(quote["faults"], file):
        print(line, file=sys.stderr)
    if (more := quote["fault_count"] - len(quote["faults"])) > 0:
        session.hint("gen.more_faults", count=more)
    if quote["held"] and file:
        session.hint("gen.held")
    mistaken = {each["params"].get("name") for each in quote["faults"] if each["code"].startswith("prompt.braces")}
    if idle := [each for each in quote["unused"] if each not in mistaken]:
        session.hint("gen.unused", names=" · ".join(map(safe, idle)))
    for line in dict.fromkeys(fault_lines(quote["left_out"], "")):
        session.hint("gen.left_out", text=line)
    if quote["passed_over"]:
        session.hint("gen.passed_over", count=quote["passed_over"])


def show_months(session: Session, quote: dict[str, Any]) -> None:
    """What the order would leave of the month, beside the question."""
    for line in () if session.quiet else month_lines(quote):
        print(line, file=sys.stderr)


def show_quote(session: Session, quote: dict[str, Any]) -> None:
    if session.quiet:
        return
    key = "quote.none" if not quote["jobs"] else "quote.as_of" if quote["as_of"] else "quote"
    print(say(key, count=quote["jobs"], costs=costs(quote), day=quote["as_of"]))
    if took := span_of(quote["seconds"]):
        print(say("quote.span_guessed" if quote["seconds"]["guessed"] else "quote.span", span=took))
    for line in month_lines(quote):
        print(line)
    for prompt in quote["prompts"]:
        print(f"  {safe(prompt)}")


def show_begun(session: Session, begun: dict[str, Any]) -> None:
    if session.quiet:
        return
    jobs = begun["jobs"]
    print(say("gen.begun", count=len(jobs), costs=costs(begun["quote"])))
    show_table(
        ("column.id", "column.provider", "column.prompt"),
        [(short(job["id"]), job["provider"], job["prompt"]) for job in jobs[:SHOWN]],
    )
    session.hint("gen.look")


def followed(session: Session, begun: dict[str, Any]) -> list[dict[str, Any]]:
    """The jobs once none goes on any more. Ctrl-C ends the waiting, not the jobs."""
    jobs: dict[str, dict[str, Any]] = {job["id"]: job for job in begun["jobs"]}
    try:
        if session.daemon.get(session.within("jobs"), limit=1)["paused"]:
            session.hint("gen.paused")
        look = of_batch(session, begun["batch"])
        with Bar("gen.doing", visible=session.watched) as bar:
            for job in changes(session, session.news(), look, whole=True):
                jobs[job["id"]] = job
                open_ = [each for each in jobs.values() if goes_on(each)]
                first = min(open_, key=lambda each: (each["state"] != "running", each["number"]), default=job)
                bar.show(len(jobs) - len(open_), len(jobs), state_of(first))
    except KeyboardInterrupt:
        raise interrupted("gen.left") from None
    return list(jobs.values())


def show_ended(session: Session, jobs: list[dict[str, Any]]) -> None:
    """The ids of the pictures, one a line, as other verbs take them; the rest beside them."""
    for job in jobs:
        for asset in job["assets"]:
            print(asset)
        if job["state"] != "done":
            why = reason_of(job) or state_of(job)
            print(say("gen.not_made", id=short(job["id"]), prompt=safe(job["prompt"]), why=safe(why)), file=sys.stderr)
    if unknown := sum(job["state"] == "unknown" for job in jobs):
        session.hint("gen.decide", count=unknown)
