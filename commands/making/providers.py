"""Who makes pictures: the providers that are set up, whether they can be used, and what their models take and cost."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from commands.errors import CommandError, Exit
from commands.making.words import can_of, day_of, option_line, paints, price_of, range_of, sizes_of
from commands.session import Session
from commands.terminal.output import listed, safe, show_facts, show_table
from commands.terminal.texts import say, translated
from commands.verbs import Noun, argument

provider = Noun("provider")
models = Noun("models")


@provider.verb("ls")
def ls(session: Session) -> None:
    answer = session.daemon.get("/api/v1/providers")

    def show() -> None:
        rows = [
            (each["name"], where(each), len(each["models"]), each["problem"] or listed(settings(each)) or what(each))
            for each in answer["providers"]
        ]
        columns = ("column.provider", "column.where", "column.models", "column.settings")
        show_table(columns, rows, right=(2,))

    session.answer(answer, show)


def what(found: dict[str, Any]) -> str:
    """The service; of the one that is built in also that it is no AI model. The name itself stands before it."""
    return say("provider.sketch") if found["adapter"] == "sketch" else str(found["service"])


def where(found: dict[str, Any]) -> str:
    """Where prompts go; of one that cannot be used, that."""
    if found["problem"]:
        return say("provider.broken")
    return say("provider.away" if found["leaves_machine"] else "provider.here")


def settings(found: dict[str, Any]) -> list[str]:
    """What is set of it, each in some words; never a key."""
    options = found["options"]
    said = [
        found["base_url"],
        say("provider.proxy", proxy=found["proxy"]) if found["proxy"] else "",
        say("provider.headers", names=listed(found["headers"])) if found["headers"] else "",
        say("provider.timeout", seconds=f"{options['timeout']:g}") if "timeout" in options else "",
        say("provider.idempotent") if options.get("idempotent") else "",
        say("provider.free") if options.get("free") else "",
        say("provider.response_format", format=options["response_format"]) if "response_format" in options else "",
        say("provider.seconds", seconds=f"{options['seconds']:g}") if "seconds" in options else "",
        say("provider.previews", count=options["previews"]) if "previews" in options else "",
    ]
    return [each for each in said if each]


@provider.verb("test", argument("provider"))
def test(session: Session, provider: str) -> int:
    found = find_provider(session, provider)
    named = found["name"]
    health = session.daemon.post(f"/api/v1/providers/{quote(named, safe='')}/check")
    why = translated("problem", health["code"], {"detail": health["message"]}, health["message"])
    key = "provider.well" if health["ok"] else "provider.ill"

    def show() -> None:
        if session.quiet and health["ok"]:
            return
        print(say(key, name=safe(named), why=safe(why)))
        for each in health["answers"]:
            print(f"  {safe(answer_line(each))}")
        show_facts(
            [
                ("fact.adapter", found["adapter"]),
                ("fact.settings", listed(settings(found))),
                ("fact.at_once", found["at_once"]),
            ]
        )

    session.answer(health, show)
    return Exit.DONE if health["ok"] else Exit.FAILED


def answer_line(probe: dict[str, Any]) -> str:
    """Whether a provider does one thing, and how that is known."""
    what, model = say(f"can.{probe['what']}"), probe["model"]
    why = translated("problem", probe["code"], {"detail": probe["message"]}, probe["message"]) if probe["code"] else ""
    if probe["answers"]:
        return say("answers.yes" if probe["tried"] else "answers.listed", what=what, model=model)
    if why:
        return say("answers.no" if probe["answers"] is False else "answers.unknown", what=what, why=why)
    return say("answers.none" if probe["answers"] is False else "answers.untried", what=what)


def find_provider(session: Session, name: str) -> dict[str, Any]:
    known: list[dict[str, Any]] = session.daemon.get("/api/v1/providers")["providers"]
    found = next((each for each in known if each["name"] == name), None)
    if found is None:
        names = listed(safe(each["name"]) for each in known)
        raise CommandError(say("provider.unknown", name=safe(name), names=names), code="no_provider")
    return found


@models.verb("ls", argument("provider", required=False))
def models_ls(session: Session, provider: str | None) -> None:
    known = [find_provider(session, provider)] if provider else session.daemon.get("/api/v1/providers")["providers"]
    found = [
        {"provider": each["name"], "adapter": each["adapter"], **model} for each in known for model in each["models"]
    ]

    def show() -> None:
        if not found:
            session.hint("models.none")
        elif provider:
            for number, model in enumerate(found):
                if number:
                    print()
                show_model(model)
        else:
            show_models(found)

    session.answer({"models": found}, show)


def show_models(found: list[dict[str, Any]]) -> None:
    columns = ("column.provider", "column.model", "column.can", "column.price", "column.as_of", "column.sizes")
    rows = [
        (
            each["provider"],
            each["id"],
            can_of(each),
            price_of(each),
            day_of(each),
            life(each) or (sizes_of(each) if paints(each) else ""),
        )
        for each in found
    ]
    show_table(columns, rows, right=(3,), flexible=(-1, 1))


def show_model(model: dict[str, Any]) -> None:
    price, as_of, makes = price_of(model), day_of(model), paints(model)
    day = say("models.as_of", price=price, day=as_of) if as_of else price
    takes = [say(f"models.takes.{name}") for name in ("seed", "negative") if model[name]]
    show_facts(
        [
            ("fact.model", model["id"]),
            ("fact.name", say("provider.sketch") if model.get("adapter") == "sketch" else model["title"]),
            ("fact.can", can_of(model)),
            ("fact.price", day),
            ("fact.life", life(model)),
            ("fact.sizes", sizes_of(model) if makes else ""),
            ("fact.usual", "{}x{}".format(*model["usual"]) if makes else ""),
            ("fact.formats", listed(model["formats"]) if makes else ""),
            ("fact.takes", listed(takes)),
            ("fact.previews", previews_of(model)),
        ]
    )
    for option in model["options"]:
        print(f"  {safe(option_line(option))}")


def previews_of(model: dict[str, Any]) -> str:
    """How many a model shows of a picture while it makes it, and what each adds."""
    found = model["previews"]
    if found is None:
        return ""
    price = found["price"]
    most = price["most"] if price else 0
    if not most:
        return say("models.previews", count=found["most"])
    return say("models.previews.cost", count=found["most"], price=range_of(price))


def life(model: dict[str, Any]) -> str:
    """That a model is gone, or when it goes, and what to take instead."""
    if not (model["retired"] or model["retires_on"]):
        return ""
    text = say("models.retired") if model["retired"] else say("models.retires", day=model["retires_on"])
    instead = model["replacement"]
    return say("models.instead", text=text, model=instead) if instead else text
