"""ComfyUI: the API graph in `prompt`, walked back from the sampler; also when `workflow` is missing.

WebP and JPEG carry the same in EXIF as `prompt:{…}` in Make, Model or ImageDescription.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, plain, seed, words

MOST_STEPS = 200  # of a walk: a graph may be hostile
TEXTS = ("text", "text_g", "text_l", "t5xxl", "clip_l", "prompt", "string", "value", "wildcard_text", "positive")
MODELS = ("ckpt_name", "unet_name", "model_name", "base_ckpt_name", "gguf_name")


def read(texts: Mapping[str, str]) -> Facts | None:
    graph = _graph(texts)
    if graph is None:
        return None
    sampler = next(iter(_samplers(graph)), None)
    if sampler is None:
        return Facts(tool="comfyui")
    inputs = sampler["inputs"]
    size = _size(graph)
    settings = {key: inputs.get(key) for key in ("steps", "cfg", "sampler_name", "scheduler", "denoise")}
    return Facts(
        prompt=_follow(graph, inputs.get("positive", inputs.get("guider", inputs.get("conditioning")))),
        negative=_follow(graph, inputs.get("negative")),
        seed=seed(
            _value(
                graph,
                inputs.get("seed", inputs.get("noise_seed", inputs.get("noise"))),
                ("seed", "noise_seed", "value"),
            )
        ),
        model=_model(graph),
        tool="comfyui",
        parameters=plain({**settings, **size}),
    )


def _graph(texts: Mapping[str, str]) -> dict[str, dict[str, Any]] | None:
    candidates = [texts.get("prompt")]
    for key in ("Make", "Model", "ImageDescription", "UserComment"):
        name, _, rest = texts.get(key, "").partition(":")
        if name.strip().lower() == "prompt":
            candidates.append(rest)
    for text in candidates:
        loaded = load_object(text)
        nodes = {
            str(id): node
            for id, node in (loaded or {}).items()
            if isinstance(node, dict) and "class_type" in node and isinstance(node.get("inputs"), dict)
        }
        if nodes:
            return nodes
    return None


def _samplers(graph: Mapping[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Sampler nodes, the ones that have a positive input first."""
    nodes = [
        node
        for node in graph.values()
        if "Sampler" in str(node["class_type"]) and "Select" not in str(node["class_type"])
    ]
    yield from sorted(nodes, key=lambda node: not ({"positive", "guider"} & node["inputs"].keys()))


def _node(graph: Mapping[str, dict[str, Any]], link: Any) -> dict[str, Any] | None:
    return graph.get(str(link[0])) if isinstance(link, list) and link else None


def _follow(graph: Mapping[str, dict[str, Any]], link: Any) -> str | None:
    """The text that a conditioning link leads to, through whatever combines or changes it."""
    queue, seen = [link], set[int]()
    while queue and len(seen) < MOST_STEPS:
        link = queue.pop(0)
        node = _node(graph, link)
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        for key in TEXTS:
            value = node["inputs"].get(key)
            if isinstance(value, str) and value.strip():
                return value.strip()
        queue += [
            value
            for key, value in node["inputs"].items()
            if isinstance(value, list) and key not in ("clip", "model", "vae")
        ]
    return None


def _value(graph: Mapping[str, dict[str, Any]], value: Any, keys: tuple[str, ...]) -> Any:
    """A value, or what the node it is linked to holds under one of the keys."""
    node = _node(graph, value)
    if node is None:
        return None if isinstance(value, list) else value
    return next((node["inputs"][key] for key in keys if not isinstance(node["inputs"].get(key, []), list)), None)


def _model(graph: Mapping[str, dict[str, Any]]) -> str | None:
    for node in graph.values():
        for key in MODELS:
            if name := words(node["inputs"].get(key)):
                return name.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".safetensors").removesuffix(".ckpt")
    return None


def _size(graph: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    for node in graph.values():
        if "Latent" in str(node["class_type"]) and isinstance(node["inputs"].get("width"), int):
            return {"width": node["inputs"]["width"], "height": node["inputs"].get("height")}
    return {}
