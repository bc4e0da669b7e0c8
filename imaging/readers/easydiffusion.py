"""Easy Diffusion: one PNG chunk per field, or a JSON object of the fields in EXIF's UserComment.

Its `prompt` is words, where ComfyUI's is a graph; so there must be another of its fields beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, model_name, plain, seed, words
from imaging.written import Written

SIGNS = ("use_stable_diffusion_model", "stable_diffusion_model", "num_inference_steps", "guidance_scale")
MODELS = ("use_stable_diffusion_model", "stable_diffusion_model")


def read(written: Written) -> Facts | None:
    for found in (written.text, load_object(written.exif_text("UserComment")) or {}):
        # Some versions write the labels of its page: "Negative Prompt", "Stable Diffusion model".
        fields = {str(key).strip().lower().replace(" ", "_"): value for key, value in found.items()}
        prompt = words(fields.get("prompt"))
        if prompt and "seed" in fields and any(sign in fields for sign in SIGNS):
            return _facts(prompt, fields)
    return None


def _facts(prompt: str, fields: Mapping[str, Any]) -> Facts:
    return Facts(
        prompt=prompt,
        negative=words(fields.get("negative_prompt")),
        seed=seed(fields.get("seed")),
        model=next((name for key in MODELS if (name := model_name(fields.get(key)))), None),
        tool="easydiffusion",
        parameters=plain(fields, "prompt", "negative_prompt", "seed", *MODELS),
    )
