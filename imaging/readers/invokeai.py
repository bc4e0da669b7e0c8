"""InvokeAI: `invokeai_metadata`; older ones wrote `sd-metadata`, the oldest a command line in `Dream`."""

from __future__ import annotations

import re
from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, model_name, plain, seed, words
from imaging.written import Written

NEGATIVE = re.compile(r"\[([^\[\]]*)\]")  # old prompts hold what is unwanted in brackets
DREAM = re.compile(r'\s*"((?:\\.|[^\\"])*)"(.*)', re.DOTALL)
OPTION = re.compile(r"-([a-zA-Z])\s*(\S+)")
OPTIONS = {"s": "steps", "W": "width", "H": "height", "C": "cfg", "A": "sampler"}


def read(written: Written) -> Facts | None:
    found = load_object(written.text.get("invokeai_metadata"))
    if found is not None:
        return Facts(
            prompt=words(found.get("positive_prompt")),
            negative=words(found.get("negative_prompt")),
            seed=seed(found.get("seed")),
            model=_model(found.get("model")),
            tool="invokeai",
            parameters=plain(found, "positive_prompt", "negative_prompt", "seed", "model"),
        )
    old = load_object(written.text.get("sd-metadata"))
    if old is not None:
        return _read_old(old)
    dream = DREAM.fullmatch(written.text.get("Dream", "")[:65_536])
    return _read_dream(dream[1], dream[2]) if dream else None


def _model(model: Any) -> str | None:
    if isinstance(model, dict):
        return words(model.get("name") or model.get("model_name"))
    return model_name(model)


def _read_old(old: dict[str, Any]) -> Facts:
    image = old.get("image")
    image = image if isinstance(image, dict) else {}
    prompt: Any = image.get("prompt")
    if isinstance(prompt, list) and prompt and isinstance(prompt[0], dict):
        prompt = prompt[0].get("prompt")
    positive, negative = _parted(words(prompt) or "")
    return Facts(
        prompt=positive,
        negative=negative,
        seed=seed(image.get("seed")),
        model=model_name(old.get("model_weights")),
        tool="invokeai",
        parameters=plain(image, "prompt", "seed"),
    )


def _read_dream(prompt: str, options: str) -> Facts:
    positive, negative = _parted(re.sub(r"\\(.)", r"\1", prompt))
    values = dict(OPTION.findall(options))
    return Facts(
        prompt=positive,
        negative=negative,
        seed=words(values.get("S")),
        tool="invokeai",
        parameters=plain({name: values[key] for key, name in OPTIONS.items() if key in values}),
    )


def _parted(prompt: str) -> tuple[str | None, str | None]:
    unwanted = ", ".join(each.strip() for each in NEGATIVE.findall(prompt) if each.strip())
    return NEGATIVE.sub("", prompt).strip(" ,") or None, unwanted or None
