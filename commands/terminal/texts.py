"""Every sentence that the command line says, by key, in the language of the person who reads it."""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "zh-TW"]
LANGUAGES: tuple[Language, ...] = ("en", "zh-TW")
FOLDER = Path(__file__).parent.parent / "text"
# The locale of scripts: what they read must not depend on who runs them.
NEUTRAL = {"C", "POSIX"}


def language(environ: Mapping[str, str]) -> Language:
    """GESSO_LANGUAGE decides, then LC_ALL=C, then LANGUAGE, LC_ALL, LC_MESSAGES and LANG as in gettext."""
    if environ.get("GESSO_LANGUAGE"):
        return _spoken(environ["GESSO_LANGUAGE"]) or "en"
    if environ.get("LC_ALL") in NEUTRAL:
        return "en"
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            wishes = environ[name].split(":")
            return next((spoken for wish in wishes if (spoken := _spoken(wish))), "en")
    return "en"


def say(key: str, /, **params: Any) -> str:
    """The text of a key. With `count`, `key.one` or `key.other` is taken where the language tells them apart."""
    return template(key, language(os.environ), params.get("count")).format(**params)


def translated(family: str, code: str, params: Mapping[str, Any], english: str, part: str = "") -> str:
    """What the daemon says in codes: the catalogue's sentence for a code, or for the longest beginning of it.

    `english` is the daemon's own sentence, for codes or parameters of a newer daemon. `part` is ".hint" or ".remedy".
    A reason that the system gave is told by its name (`system`), why a workspace is closed by its code (`cause`). What
    lacks room has a sentence more, with how much is `needed`, where the daemon could tell.
    """
    code = f"{code}.measured" if "needed" in params else code
    name = f"system.{params.get('system')}"
    if knows(name):
        params = {**params, "reason": say(name)}
    if family != "closed" and params.get("cause"):
        params = {**params, "why": translated("closed", str(params["cause"]), params, str(params.get("why", "")))}
    while code:
        if knows(f"{family}.{code}{part}"):
            with contextlib.suppress(KeyError):
                return say(f"{family}.{code}{part}", **{"detail": english, **params})
        code = code.rpartition(".")[0]
    return english


def reason(error: OSError) -> str:
    """What the system says of a failure."""
    name = f"system.{errno.errorcode.get(error.errno or 0)}"
    return say(name) if knows(name) else str(error.strerror or error)


def knows(key: str) -> bool:
    """Whether there is such a text: codes of a newer daemon may have none."""
    return key in catalogue("en") or f"{key}.other" in catalogue("en")


def template(key: str, spoken: Language, count: Any = None) -> str:
    texts = catalogue(spoken)
    if count is not None and key not in texts:
        singular = count == 1 and f"{key}.one" in texts
        return texts[f"{key}.one" if singular else f"{key}.other"]
    return texts[key]


@functools.cache
def catalogue(spoken: Language) -> dict[str, str]:
    """All texts of a language."""
    texts: dict[str, str] = json.loads((FOLDER / f"{spoken}.json").read_text("utf-8"))
    return texts


def _spoken(locale: str) -> Language | None:
    """The language we speak that a locale's name means. Every kind of Chinese is nearer to zh-TW than English is."""
    name = locale.replace("_", "-").split(".")[0].split("@")[0].lower()
    if name.split("-")[0] == "zh":
        return "zh-TW"
    return "en" if name.split("-")[0] in ("en", "c", "posix") else None
