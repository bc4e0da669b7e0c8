"""What checks find: what is wrong, where, and what to do. Something found wants attention: exit code 4."""

from __future__ import annotations

from typing import Any, TextIO

from commands.errors import Exit
from commands.session import Session
from commands.terminal.output import safe
from commands.terminal.texts import knows, say, translated


def as_dict(check: Any) -> dict[str, Any]:
    """What a check found, as the API would send it."""
    names = ("code", "what", "where", "remedy", "params")
    problems = [{name: getattr(each, name) for name in names if hasattr(each, name)} for each in check.problems]
    return {"checked": check.checked, "problems": problems}


def judged(session: Session, check: dict[str, Any]) -> int:
    """Print what was found; something found wants attention."""

    def show() -> None:
        for problem in check["problems"]:
            print_finding(problem)
        key = "check.found" if check["problems"] else "check.well"
        if check["problems"] or not session.quiet:
            print(say(key, count=len(check["problems"]), checked=check["checked"]))

    session.answer(check, show)
    return Exit.ATTENTION if check["problems"] else Exit.DONE


def print_finding(problem: dict[str, Any], stream: TextIO | None = None) -> None:
    """What is wrong, where, and what to do, in the person's language when the finding has a code."""
    code, params = problem.get("code", ""), dict(problem.get("params") or {})
    if knows(f"word.{params.get('role')}"):
        params["role"] = say(f"word.{params['role']}")
    what = translated("finding", code, params, problem["what"])
    remedy = translated("finding", code, params, problem["remedy"], ".remedy")
    print(f"{safe(problem['where'])}: {safe(what)}\n  → {safe(remedy)}", file=stream)
