"""sd-parsers, asked where our own readers found no words: it knows ComfyUI nodes and old dialects that they do not.

Only its parsers are used, on texts that were gathered and bounded here. Its extractors keep the last picture by the
address of an object: in a process that looks at many pictures one would get the facts of another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, model_name, plain, seed, words
from imaging.written import Written

TRIGGERS = ("parameters", "prompt", "invokeai_metadata", "sd-metadata", "Dream", "Comment")
NAMES = {"AUTOMATIC1111": "a1111", "COMFYUI": "comfyui", "FOOOCUS": "fooocus", "INVOKEAI": "invokeai"}
NAMES |= {"NOVELAI": "novelai"}
MAX_TEXT = 2 << 20  # of JSON
MAX_PLAIN = 4 << 10  # of other texts: its patterns take quadratic time


def read(written: Written) -> Facts | None:
    texts: dict[str, Any] = {key: text for key, text in written.text.items() if _short(text)}
    comment = written.exif_text("UserComment")
    if comment and _short(comment):
        texts.setdefault("parameters", comment)
    if not any(key in texts for key in TRIGGERS):
        return None
    graph = load_object(texts.get("prompt"))
    if graph is not None and load_object(texts.get("workflow")) is None:
        texts["workflow"] = {"links": list(_links(graph))}
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


def _short(text: str) -> bool:
    return len(text) <= (MAX_TEXT if text.startswith("{") else MAX_PLAIN)


def _links(graph: Mapping[str, Any]) -> Iterator[list[Any]]:
    """The links of a graph as ComfyUI's page would have written them, which it needs to follow them."""
    for id, node in graph.items():
        inputs = node.get("inputs") if isinstance(node, dict) else None
        for key, value in inputs.items() if isinstance(inputs, dict) else ():
            if isinstance(value, list) and len(value) == 2:
                yield [0, str(value[0]), value[1], id, 0, key.upper()]


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
