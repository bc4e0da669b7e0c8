"""Facts as A1111 writes them, for every tool that reads that. Less than the record: what has no place is left out."""

from __future__ import annotations

import json
import re

from imaging.inspection import Facts
from imaging.readers.a1111 import MARK, NEGATIVE, STRUCTURED_KEYS
from imaging.readers.parsing import load

NAMES = {
    "steps": "Steps",
    "sampler": "Sampler",
    "scheduler": "Schedule type",
    "cfg": "CFG scale",
    "model_hash": "Model hash",
    "denoise": "Denoising strength",
    "clip_skip": "Clip skip",
}
FIRST = ("steps", "sampler", "scheduler", "cfg")  # as A1111 orders them
KEY = re.compile(r"\w[\w \-/]{0,60}")
OWN = {"Seed", "Size", "Model", "Tool", "Prompt", "Steps", "Sampler", MARK.partition(":")[0]}
PLAIN = re.compile(r'[^,:"\n\r]*')
AS_A1111 = ("a1111", "forge", "sdnext")  # tools whose own text this is


def infotext(facts: Facts) -> str:
    """Prompt, what is unwanted, and a line of settings that ends with our mark."""
    lines = [facts.prompt] if facts.prompt else [] if facts.negative is None else [""]
    if facts.negative:
        lines.append(f"{NEGATIVE} {facts.negative}")
    lines.append(", ".join((*_pairs(facts), MARK)))
    return "\n".join(lines)


def _pairs(facts: Facts) -> list[str]:
    told = dict(facts.parameters)
    width, height = told.pop("width", None), told.pop("height", None)
    pairs = [f"{NAMES[key]}: {_value(told.pop(key))}" for key in FIRST if key in told]
    pairs += [f"Seed: {_value(facts.seed)}"] if facts.seed else []
    pairs += [f"Size: {width}x{height}"] if isinstance(width, int) and isinstance(height, int) else []
    pairs += [f"Model: {_value(facts.model)}"] if facts.model else []
    pairs += [f"Tool: {_value(facts.tool)}"] if facts.tool and facts.tool not in AS_A1111 else []
    for key, value in told.items():
        name = NAMES.get(key, key)
        if name in STRUCTURED_KEYS and load(str(value)) is not None and "\n" not in str(value):
            pairs.append(f"{name}: {value}")
        elif KEY.fullmatch(name) and name == name.strip() and name not in OWN:
            pairs.append(f"{name}: {_value(value)}")
    return pairs


def _value(value: str | float) -> str:
    text = str(value)
    return text if PLAIN.fullmatch(text) and text == text.strip() else json.dumps(text, ensure_ascii=False)
