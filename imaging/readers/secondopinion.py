"""sd-parsers, asked where our own readers found no words: it knows ComfyUI nodes and old dialects that they do not.

Only its parsers are used, on texts that were gathered and bounded here. Its extractors keep the last picture by the
address of an object: in a process that looks at many pictures one would get the facts of another.
"""

from __future__ import annotations

from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import load, model_name, plain, seed, words
from imaging.written import Written

TRIGGERS = ("parameters", "prompt", "invokeai_metadata", "sd-metadata", "Dream", "Comment")
NAMES = {"AUTOMATIC1111": "a1111", "COMFYUI": "comfyui", "FOOOCUS": "fooocus", "INVOKEAI": "invokeai"}
NAMES |= {"NOVELAI": "novelai"}
MAX_TEXT = 2 << 20


def read(written: Written) -> Facts | None:
    texts: dict[str, Any] = {key: written.text[key] for key in written.text if len(written.text[key]) <= MAX_TEXT}
    comment = written.exif_text("UserComment")
    if comment and len(comment) <= MAX_TEXT:
        texts.setdefault("parameters", comment)
    if not any(key in texts for key in TRIGGERS):
        return None
    if load(texts.get("prompt")) is not None:
        texts.setdefault("workflow", "{}")
    # Here and not above: most pictures hold nothing for it, and a worker should be small and quick to start.
    from sd_parsers.parsers import MANAGED_PARSERS

    for parser in MANAGED_PARSERS:
        try:
            found = parser().parse(dict(texts))  # type: ignore[abstract]
        # It raises ParserError for what is not its dialect, and on hostile input anything else.
        except Exception:
            continue
        if facts := _facts(found):
            return facts
    return None


def _facts(found: Any) -> Facts | None:
    sampler = next(iter(found.samplers), None)
    if sampler is None or not found.full_prompt.strip():
        return None
    settings = dict(sampler.parameters)
    model = sampler.model.name if sampler.model else None
    return Facts(
        prompt=found.full_prompt.strip(),
        negative=words(found.full_negative_prompt),
        seed=seed(settings.pop("seed", None)),
        model=model_name(model),
        tool=NAMES.get(found.generator.name),
        parameters=plain({"sampler": sampler.name, **settings}),
    )
