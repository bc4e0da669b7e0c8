"""InvokeAI: `invokeai_metadata`; older ones wrote `sd-metadata`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, plain, seed, words


def read(texts: Mapping[str, str]) -> Facts | None:
    found = load_object(texts.get("invokeai_metadata"))
    if found is not None:
        model = found.get("model")
        return Facts(
            prompt=words(found.get("positive_prompt")),
            negative=words(found.get("negative_prompt")),
            seed=seed(found.get("seed")),
            model=_model_name(model),
            tool="invokeai",
            parameters=plain(found, "positive_prompt", "negative_prompt", "seed"),
        )
    old = load_object(texts.get("sd-metadata"))
    return None if old is None else _read_old(old)


def _model_name(model: Any) -> str | None:
    if isinstance(model, dict):
        return words(model.get("name") or model.get("model_name"))
    return words(model)


def _read_old(old: Mapping[str, Any]) -> Facts:
    image = old.get("image")
    image = image if isinstance(image, dict) else {}
    prompt: Any = image.get("prompt")
    if isinstance(prompt, list) and prompt and isinstance(prompt[0], dict):
        prompt = prompt[0].get("prompt")
    return Facts(
        prompt=words(prompt),
        seed=seed(image.get("seed")),
        model=words(old.get("model_weights")),
        tool="invokeai",
        parameters=plain(image, "prompt", "seed"),
    )
