"""AUTOMATIC1111, Forge and what writes like them: prompt, `Negative prompt:`, last line of `Key: value` pairs.

Source: the format of A1111's infotext; the pair pattern is its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from imaging.inspection import Facts

PAIR = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
FEWEST_PAIRS = 3
NEGATIVE = "Negative prompt:"


def read(texts: Mapping[str, str]) -> Facts | None:
    for key in ("parameters", "UserComment", "comment", "sidecar"):
        text = texts.get(key, "").strip()
        if text and (facts := parse(text)) is not None:
            return facts
    sidecar = texts.get("sidecar", "").strip()
    return Facts(prompt=sidecar) if sidecar else None


def parse(text: str) -> Facts | None:
    """The facts of one infotext; None when its last line is not at least three pairs."""
    lines = text.splitlines()
    pairs = PAIR.findall(lines[-1])
    if len(pairs) < FEWEST_PAIRS:
        return None
    values = {key.strip(): _unquoted(value) for key, value in pairs}
    prompt, negative = _split(lines[:-1])
    model = values.pop("Model", None)
    seed = values.pop("Seed", None)
    version = values.get("Version", "")
    tool = "forge" if version.startswith("f") or "Forge" in version else "a1111"
    return Facts(
        prompt=prompt or None, negative=negative or None, seed=seed, model=model, tool=tool, parameters=_typed(values)
    )


def _split(lines: list[str]) -> tuple[str, str]:
    for index, line in enumerate(lines):
        if line.startswith(NEGATIVE):
            rest = [line.removeprefix(NEGATIVE).strip(), *lines[index + 1 :]]
            return "\n".join(lines[:index]).strip(), "\n".join(rest).strip()
    return "\n".join(lines).strip(), ""


def _unquoted(value: str) -> str:
    value = value.strip()
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') and value.endswith('"') else value


def _typed(values: Mapping[str, str]) -> dict[str, str | int | float]:
    typed: dict[str, str | int | float] = {}
    for key, value in values.items():
        if re.fullmatch(r"\d{1,9}", value):
            typed[key] = int(value)
        elif re.fullmatch(r"\d{1,9}\.\d{1,9}", value):
            typed[key] = float(value)
        else:
            typed[key] = value
    return typed
