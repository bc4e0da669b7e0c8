"""ComfyUI: the API graph in `prompt`, walked back from the sampler; where it is missing, the page's in `workflow`.

WebP and JPEG carry the same in EXIF as `prompt:{…}` in Make, Model, ImageDescription or UserComment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from imaging.inspection import Facts
from imaging.readers.comfyworkflow import api_graph
from imaging.readers.parsing import load_object, model_name, plain, seed, words
from imaging.written import Written

MOST_STEPS = 500  # of a walk: a graph may be hostile
MOST_PARTS = 32
MOST_JOINTS = 50
TEXTS = ("result", "text", "text_g", "text_l", "t5xxl", "clip_l", "prompt", "string", "value", "populated_text")
POSITIVE = (*TEXTS, "wildcard_text", "positive", "positive_prompt")
NEGATIVE = ("negative", "negative_prompt", *TEXTS)
# Nodes that put several texts or conditionings together.
JOINTS = ("concat", "combine", "join", "stringfunction")
MODELS = ("ckpt_name", "unet_name", "model_name", "base_ckpt_name", "gguf_name")
SEEDS = ("seed", "noise_seed", "value", "int")
SETTINGS = ("steps", "cfg", "sampler_name", "scheduler", "denoise", "guidance")
# What a sampler is told through other nodes.
ADVISERS = ("sigmas", "guider", "sampler", "positive", "conditioning", "basic_pipe", "pipe")
Node = dict[str, Any]
Graph = Mapping[str, Node]


def read(written: Written) -> Facts | None:
    graph = _graph(written) or _page_graph(written)
    if graph is None:
        return None
    sampler = next(_samplers(graph), None)
    if sampler is None:
        return Facts(tool="comfyui", model=_model(graph, graph.values()))
    inputs = sampler["inputs"]
    guider = _node(graph, inputs.get("guider"))
    told = {**(guider["inputs"] if guider else {}), **inputs}
    both = told.get("text_embeds")  # video models take both texts from one node
    noise = told.get("seed", told.get("noise_seed", told.get("noise")))
    return Facts(
        prompt=_words(graph, told.get("positive", told.get("conditioning", both)), POSITIVE),
        negative=_words(graph, told["negative"], NEGATIVE) if "negative" in told else _words(graph, both, NEGATIVE[:2]),
        seed=seed(_value(graph, noise, SEEDS)),
        model=_model(graph, _upstream(graph, told.get("model"), ("model",))) or _model(graph, graph.values()),
        tool="comfyui",
        parameters=plain({**_settings(graph, told), **_size(graph)}),
    )


def _texts_called(written: Written, name: str) -> Iterator[str | None]:
    """What stands under a name as a text of its own, or as `name:…` in EXIF; UserComment also without it."""
    yield written.text.get(name)
    for key in ("Model", "Make", "ImageDescription", "UserComment"):
        called, _, rest = written.exif_text(key).partition(":")
        if called.strip().lower() == name:
            yield rest
    yield written.exif_text("UserComment")


def _page_graph(written: Written) -> Graph | None:
    """From what the page shows, where that is all there is; None when there is none."""
    for text in _texts_called(written, "workflow"):
        loaded = load_object(text) or {}
        for page in (loaded, loaded.get("workflow")):  # both graphs may stand in one object
            if isinstance(page, dict) and isinstance(page.get("nodes"), list):
                return api_graph(page)
    return None


def _graph(written: Written) -> dict[str, Node] | None:
    for text in _texts_called(written, "prompt"):
        loaded = load_object(text) or {}
        # Some nodes wrap both graphs into one object.
        inner = loaded.get("prompt")
        for each in (loaded, inner if isinstance(inner, dict) else {}):
            nodes = {str(id): node for id, node in each.items() if _is_node(node)}
            if nodes:
                return nodes
    return None


def _is_node(value: Any) -> bool:
    return isinstance(value, dict) and "class_type" in value and isinstance(value.get("inputs"), dict)


def _samplers(graph: Graph) -> Iterator[Node]:
    """Sampler nodes, those with a positive input first, and of these the first in the graph."""
    nodes = [
        node
        for node in graph.values()
        if "Sampler" in str(node["class_type"]) and "Select" not in str(node["class_type"])
    ]
    yield from sorted(nodes, key=lambda node: not ({"positive", "guider", "conditioning"} & node["inputs"].keys()))


def _node(graph: Graph, link: Any) -> Node | None:
    """The node that an input is linked to: links are [id, output]."""
    return graph.get(str(link[0])) if isinstance(link, list) and len(link) == 2 else None


def _upstream(graph: Graph, link: Any, by: tuple[str, ...] | None = None) -> Iterator[Node]:
    """The nodes behind a link, nearest first, each once; through the named inputs, or through all but models."""
    queue, seen = deque([link]), set[int]()
    while queue and len(seen) < MOST_STEPS:
        node = _node(graph, queue.popleft())
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        for key, value in node["inputs"].items():
            if isinstance(value, list) and (key in by if by else key not in ("clip", "model", "vae")):
                queue.append(value)


def _words(graph: Graph, link: Any, keys: tuple[str, ...]) -> str | None:
    """The text that a conditioning link leads to, or that stands in its place."""
    if isinstance(link, str):
        return link.strip() or None
    return "\n".join(dict.fromkeys(_texts(graph, link, keys, set()))) or None


def _texts(graph: Graph, link: Any, keys: tuple[str, ...], joints: set[int]) -> list[str]:
    """The nearest texts; every joint is gone through once, for a graph may go round in circles."""
    for node in _upstream(graph, link):
        kind = str(node["class_type"])
        # It silences what stands behind it: the other prompt, usually.
        if "ZeroOut" in kind:
            return []
        for key in keys:
            value = node["inputs"].get(key)
            if isinstance(value, str) and value.strip():
                return [value.strip()]
        if any(joint in kind.lower() for joint in JOINTS):
            if id(node) in joints or len(joints) >= MOST_JOINTS:
                return []
            joints.add(id(node))
            return _joined(graph, node, keys, joints)
    return []


def _joined(graph: Graph, node: Node, keys: tuple[str, ...], joints: set[int]) -> list[str]:
    """The parts of a joint: words are put together as it says, conditionings stay lines of their own."""
    parts: list[str] = []
    for key, value in list(node["inputs"].items())[:MOST_PARTS]:
        if isinstance(value, list):
            parts += _texts(graph, value, keys, joints)
        elif isinstance(value, str) and value.strip() and key.startswith(("text", "string")):
            parts.append(value.strip())
    between = node["inputs"].get("delimiter", node["inputs"].get("separator"))
    return [between.join(parts)] if isinstance(between, str) and parts else parts


def _value(graph: Graph, value: Any, keys: tuple[str, ...]) -> Any:
    """A value, or the first that stands under one of the keys behind its link."""
    if not isinstance(value, list):
        return value
    for node in _upstream(graph, value):
        for key in keys:
            if words(node["inputs"].get(key)) is not None:
                return node["inputs"][key]
    return None


def _settings(graph: Graph, told: Mapping[str, Any]) -> dict[str, Any]:
    """The sampler's own settings first, then those of the nodes that advise it."""
    found = {key: _value(graph, told[key], (key, "value")) for key in SETTINGS if key in told}
    for adviser in ADVISERS:
        for node in _upstream(graph, told.get(adviser)):
            for key in SETTINGS:
                if found.get(key) is None and words(node["inputs"].get(key)) is not None:
                    found[key] = node["inputs"][key]
    return found


def _model(graph: Graph, nodes: Iterable[Node]) -> str | None:
    for node in nodes:
        for key in MODELS:
            value, kind = node["inputs"].get(key), str(node["class_type"])
            # Upscalers and face fixers have a `model_name` too.
            other = key == "model_name" and ("Loader" not in kind or "Upscale" in kind)
            if isinstance(value, str) and not other and (name := model_name(value)):
                return name
    return None


def _size(graph: Graph) -> dict[str, Any]:
    # What is made anew before what is made larger.
    for node in sorted(graph.values(), key=lambda node: "Empty" not in str(node["class_type"])):
        inputs = node["inputs"]
        if "Latent" in str(node["class_type"]) and {"width", "height"} <= inputs.keys():
            return {key: _value(graph, inputs[key], (key, "value", "int")) for key in ("width", "height")}
    return {}
