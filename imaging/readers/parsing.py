"""What the dialects share: JSON that may be hostile, values as documents hold them, and one name for each setting."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

MAX_JSON = 8 << 20
MAX_DIGITS = 400  # of a number as text
SIZE = re.compile(r"\(?\s*(\d{1,6})\s*[x×,*]\s*(\d{1,6})\s*\)?")
# Ours → what tools call it, compared in lower case with underscores for blanks.
ALIASES = {
    "steps": ("num_inference_steps", "num_steps", "inference_steps"),
    "cfg": ("cfg_scale", "cfgscale", "guidance_scale", "scale"),
    "sampler": ("sampler_name",),
    "scheduler": ("schedule_type",),
    "denoise": ("denoising_strength",),
    "model_hash": ("base_model_hash", "sd_model_hash"),
    "clip_skip": ("clipskip",),
}
OURS = {name: ours for ours, theirs in ALIASES.items() for name in (ours, *theirs)} | {
    "width": "width",
    "height": "height",
}


def load(text: str | None) -> Any:
    """JSON as it is; None for what is none. Too deep is none too; NaN, which ComfyUI writes, is taken.

    A number of more digits than any seed has stays text: making it a number would take quadratic time.
    """
    if not text or len(text) > MAX_JSON or text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits


def load_object(text: str | None) -> dict[str, Any] | None:
    value = load(text)
    return value if isinstance(value, dict) else None


def words(value: Any) -> str | None:
    """A text or a number as text; None for anything else and for nothing."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value).strip() or None


def seed(value: Any) -> str | None:
    """Seeds are text: they pass 2^53."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return words(value)


def plain(values: Mapping[str, Any], *leave_out: str) -> dict[str, str | int | float]:
    """The simple values of an object under our names, without those that have a field of their own."""
    found: dict[str, str | int | float] = {}
    for key, value in values.items():
        if key in leave_out or isinstance(value, bool) or not isinstance(value, (str, int, float)):
            continue
        if words(value) is not None:
            found.setdefault(ours(key), typed(value) if ours(key) in OURS else value)
    return found


def ours(key: str) -> str:
    """Our name of a setting, or theirs where it has none of ours."""
    return OURS.get(key.strip().lower().replace(" ", "_"), key)


def typed(value: str | int | float) -> str | int | float:
    """Numbers that stand as text as numbers."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,15}", value):
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}\.\d{1,15}", value):
        value = float(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return int(value)
    return value


def size(text: Any) -> dict[str, str | int | float]:
    """Width and height of `512x768`, `512×768` or `(512, 768)`."""
    match = SIZE.fullmatch(text.strip()) if isinstance(text, str) else None
    return {"width": int(match[1]), "height": int(match[2])} if match else {}


def model_name(value: Any) -> str | None:
    """A model without its folder and the ending of its file."""
    name = words(value)
    if name is None:
        return None
    last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return re.sub(r"\.(safetensors|ckpt|gguf|sft|pt|pth|bin)$", "", last) or None
