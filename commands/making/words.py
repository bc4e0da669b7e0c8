"""Jobs, money and what is wrong with a prompt or a row, as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from commands.terminal.output import listed, safe, when
from commands.terminal.texts import knows, say, translated

OPEN = ("queued", "waiting", "running", "unknown")
MICROS = 1_000_000
FOR_SOMEBODY = ("no_provider", "offline", "elsewhere")  # reasons to wait that no time ends
LEVELS = {"near": "status.month.near", "reached": "status.month.reached"}  # of a month's limit
ENDED = ("done", "failed", "cancelled")


def state_of(job: dict[str, Any]) -> str:
    """Its state; of what waits also why and until when, of what runs how far it is."""
    state = say(f"job.state.{job['state']}") if knows(f"job.state.{job['state']}") else str(job["state"])
    if job["state"] == "running" and job["progress"] is not None:
        return say("job.progress", state=state, percent=int(job["progress"] * 100))
    if job["reason"] == "budget":
        return say("job.held", state=say("job.state.waiting"), why=say("job.why.budget"))
    if job["state"] not in OPEN[:2] or not job["reason"]:
        return state
    key = f"job.why.{job['reason']}"
    why = say(key, provider=job["provider"]) if knows(key) else str(job["reason"])
    if job["reason"] in FOR_SOMEBODY or not job["not_before"]:
        return say("job.held", state=state, why=why)
    return say("job.waiting", state=state, why=why, when=when(job["not_before"])[-5:])


def reason_of(job: dict[str, Any]) -> str:
    """Why it did not end well, in the person's language."""
    error = job["error"]
    return "" if error is None else translated("problem", error["code"], error["params"], error["message"])


def told_of(job: dict[str, Any]) -> dict[str, Any] | None:
    """What it cost; of one whose outcome nobody knows, what its provider told before its answer was lost."""
    cost: dict[str, Any] | None = job["cost"]
    counts: dict[str, Any] | None = job["counts"]
    return cost if cost or counts is None or counts["basis"] == "decided" else counts


def cost_of(job: dict[str, Any]) -> str:
    """What it cost; before that, what it may cost."""
    cost, estimate = told_of(job), job["estimate"]
    if cost is not None:
        known = cost["amount"] is not None
        text = money(cost["amount"], cost["currency"]) if known else say("money.unknown")
        return with_credits(text, cost["credits"])
    return "" if estimate is None or job["state"] in ENDED else range_of(estimate)


def basis_of(job: dict[str, Any]) -> str:
    """How its cost was come by; before that, that it is an estimate. Empty of what is free, or has no cost."""
    cost = told_of(job)
    if cost is not None:
        key = f"basis.{cost['basis']}"
        return say(key) if knows(key) else ""
    estimate = job["estimate"]
    estimated = estimate is not None and estimate["basis"] == "price_table" and job["state"] not in ENDED
    return say("basis.estimate") if estimated else ""


def cost_line(job: dict[str, Any]) -> str:
    """What it cost, and how that was come by."""
    amount, how = cost_of(job), basis_of(job)
    cost = told_of(job)
    known = cost is None or cost["amount"] is not None
    return say("money.how", amount=amount, how=how) if amount and how and known else amount


def range_of(price: dict[str, Any]) -> str:
    """What something may cost, without the day."""
    if price["basis"] == "free":
        return say("money.free")
    if price["least"] is None or price["most"] is None:
        return with_credits(say("money.unknown"), price["credits"])
    return with_credits(between(price["least"], price["most"], price["currency"]), price["credits"])


def with_credits(text: str, credits: float | None) -> str:
    """Money with the credits that it is for."""
    return (
        text if credits is None else say("money.credits", text=text, number=f"{credits:,.6f}".rstrip("0").rstrip("."))
    )


def between(least: float, most: float, currency: str) -> str:
    if least == most:
        return money(most, currency)
    return say("money.range", least=digits(least), most=digits(most), currency=currency)


def money(amount: float, currency: str) -> str:
    return f"{digits(amount)} {currency}" if currency else say("money.free") if not amount else digits(amount)


def digits(amount: float) -> str:
    """At least two behind the point, and all that are needed."""
    text = f"{amount:,.6f}".rstrip("0")
    return text + "0" * max(0, 2 - len(text.rpartition(".")[2]))


def open_lines(spend: dict[str, Any]) -> list[str]:
    """What is not settled yet, and may be charged besides."""
    lines = [say("spend.open", cost=money(each["most"], each["currency"])) for each in spend["open"]]
    return lines + ([say("spend.open_unknown", count=spend["open_unknown"])] if spend["open_unknown"] else [])


def costs(quote: dict[str, Any]) -> str:
    """What an order comes to, each currency by itself, and what nobody knows."""
    parts = [between(each["least"], each["most"], each["currency"]) for each in quote["sums"]]
    if quote["unknown"]:
        parts.append(say("quote.unknown", count=quote["unknown"]))
    if not parts:
        return say("money.free")
    return listed(parts)


def agreed(quote: dict[str, Any]) -> dict[str, Any]:
    """What a person was told, as the daemon holds it against what it costs when it begins."""
    most = {each["currency"]: round(each["most"] * MICROS) for each in quote["sums"]}
    return {"most": most, "unknown": quote["unknown"]}


def month_line(month: dict[str, Any]) -> str:
    """What of a month's limit is taken, and whether that is most or all of it."""
    told = {name: money(month[name], month["currency"]) for name in ("limit", "spent", "open", "waiting")}
    taken = month["spent"] + month["open"]
    line = say("status.month", taken=money(taken, month["currency"]), **told)
    percent = int(100 * taken / month["limit"] + 1e-6) if month["limit"] else 100
    return say(LEVELS[month["level"]], line=line, percent=percent) if month["level"] in LEVELS else line


def month_lines(quote: dict[str, Any]) -> list[str]:
    """What an order would leave of the month, where a limit is set."""
    most = {each["currency"]: each["most"] for each in quote["sums"]}
    lines = []
    for month in quote["months"]:
        left, limit = round(month["left"] - most.get(month["currency"], 0), 6), money(month["limit"], month["currency"])
        if month["currency"] in most and left < 0:
            lines.append(say("quote.month.over", limit=limit, over=money(-left, month["currency"])))
        elif month["currency"] in most:
            lines.append(say("quote.month", limit=limit, left=money(left, month["currency"])))
    if quote["unknown"] and quote["months"]:
        limits = listed(money(each["limit"], each["currency"]) for each in quote["months"])
        lines.append(say("quote.month.unknown", limit=limits))
    return lines


def span_of(seconds: dict[str, float] | None) -> str:
    """How long it takes; empty where nobody knows."""
    if seconds is None:
        return ""
    least, most = _time(seconds["least"]), _time(seconds["most"])
    return least if least == most else say("span.range", least=least, most=most)


def _time(seconds: float) -> str:
    """In the unit that is read most easily; never nothing."""
    if seconds < 90:
        return say("span.seconds", number=max(1, round(seconds)))
    if seconds < 90 * 60:
        return say("span.minutes", number=round(seconds / 60))
    return say("span.hours", number=round(seconds / 3600))


def fault_lines(faults: Iterable[dict[str, Any]], file: str) -> list[str]:
    """One line for each; of a file as `FILE:LINE: …`, with the row where a spreadsheet counts otherwise."""
    return [f"{_place(fault, file)}{safe(_said(fault))}" for fault in faults]


def _place(fault: dict[str, Any], file: str) -> str:
    if not file:
        return ""
    line, row = fault["line"], fault["row"]
    place = f"{safe(file)}:{line}: " if line else f"{safe(file)}: "
    return place + say("fault.row", number=row) if row and row != line else place


def _said(fault: dict[str, Any]) -> str:
    text = translated("problem", fault["code"], fault["params"], fault["message"])
    return text if fault["at"] is None else say("fault.at", text=text, number=fault["at"] + 1)


def can_of(model: dict[str, Any]) -> str:
    """What a model does, as far as anybody tells."""
    if model["can"] is None:
        return say("can.untold")
    return listed(say(f"can.{each}") for each in model["can"])


def price_of(model: dict[str, Any]) -> str:
    """What it costs: a picture of it, or a million tokens of text."""
    text = model["token_price"]
    if text is None:
        return range_of(model["price"])
    return say("money.tokens", taken=digits(text["taken"]), given=money(text["given"], text["currency"]))


def day_of(model: dict[str, Any]) -> str:
    """The day of its price."""
    return str((model["token_price"] or model["price"])["as_of"])


def paints(model: dict[str, Any]) -> bool:
    return model["can"] is None or "paint" in model["can"]


def sizes_of(model: dict[str, Any]) -> str:
    """Which sizes a model makes."""
    if model["sizes"]:
        return listed(f"{width}x{height}" for width, height in model["sizes"])
    return f"{model['least']}–{model['most']}"


def option_line(option: dict[str, Any]) -> str:
    """An option as `--option` takes it, with what it may be and what it usually is."""
    usual = option["usual"]
    shown = str(usual).lower() if isinstance(usual, bool) else usual
    return say("models.option", name=option["name"], allowed=_allowed(option), usual=shown)


def _allowed(option: dict[str, Any]) -> str:
    choices: Sequence[str] = option.get("choices") or ()
    if option["kind"] == "choice":
        return listed(choices)
    if option["kind"] == "yes_no":
        return listed(("true", "false"))
    least, most = option.get("least"), option.get("most")
    return f"{'' if least is None else f'{least:g}'}…{'' if most is None else f'{most:g}'}"
