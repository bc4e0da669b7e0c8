"""A `.txt` beside the picture that no dialect claimed: its words are the prompt (captions for training do so)."""

from __future__ import annotations

from imaging.inspection import Facts
from imaging.readers.parsing import load, model_name, plain, seed, size, words
from imaging.written import Written

# Easy Diffusion and others write one `Label: value` a line.
LABELS = {"prompt": "prompt", "negative prompt": "negative", "seed": "seed", "model": "model"}
LABELS |= {"stable diffusion model": "model", "size": "size"}


def read(written: Written) -> Facts | None:
    text = written.sidecar
    if not text or load(text) is not None:
        return None
    fields: dict[str, str] = {}
    for line in text.splitlines()[:200]:
        label, colon, value = line.partition(":")
        if colon and value.strip():
            fields.setdefault(LABELS.get(label.strip().lower(), label.strip()), value.strip())
    if "prompt" not in fields:
        return Facts(prompt=text)
    ours = "Stable Diffusion model:" in text  # as only Easy Diffusion calls it
    taken = ("prompt", "negative", "seed", "model", "size")
    return Facts(
        prompt=fields["prompt"],
        negative=fields.get("negative"),
        seed=seed(fields.get("seed")),
        model=model_name(words(fields.get("model"))),
        tool="easydiffusion" if ours else None,
        parameters={**plain(fields, *taken), **size(fields.get("size"))},
    )
