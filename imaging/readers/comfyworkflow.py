"""ComfyUI's page graph (`workflow`) as the API graph that the reader walks: for files that hold nothing else.

A node's widgets stand there by place and not by name, so what they are called is known by the node's type, or by the
list of inputs that newer pages write. What is neither is left out. Source: ComfyUI's node definitions and the page's
workflow schema 0.4 and 1.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Node = dict[str, Any]
MOST_NODES = 5_000
MOST_HOPS = 50  # through nodes that only pass on
MUTED, BYPASSED = 2, 4  # of a node's `mode`
CONTROL = ("fixed", "increment", "decrement", "randomize")  # what the page writes behind every seed
SEEDED = ("seed", "noise_seed")
SAMPLING = ("steps", "cfg", "sampler_name", "scheduler")
WIDGETS: dict[str, tuple[str, ...]] = {
    "KSampler": ("seed", *SAMPLING, "denoise"),
    "KSamplerAdvanced": ("add_noise", "noise_seed", *SAMPLING, "start_at_step", "end_at_step"),
    "SamplerCustom": ("add_noise", "noise_seed", "cfg"),
    "RandomNoise": ("noise_seed",),
    "KSamplerSelect": ("sampler_name",),
    "BasicScheduler": ("scheduler", "steps", "denoise"),
    "KarrasScheduler": ("steps",),
    "AlignYourStepsScheduler": ("model_type", "steps", "denoise"),
    "CFGGuider": ("cfg",),
    "FluxGuidance": ("guidance",),
    "CheckpointLoaderSimple": ("ckpt_name",),
    "CheckpointLoader": ("config_name", "ckpt_name"),
    "unCLIPCheckpointLoader": ("ckpt_name",),
    "UNETLoader": ("unet_name",),
    "UnetLoaderGGUF": ("unet_name",),
    "CLIPTextEncode": ("text",),
    "CLIPTextEncodeSDXL": (
        *("width", "height", "crop_w", "crop_h", "target_width", "target_height", "text_g", "text_l"),
    ),
    "CLIPTextEncodeSDXLRefiner": ("ascore", "width", "height", "text"),
    "CLIPTextEncodeFlux": ("clip_l", "t5xxl", "guidance"),
    "CLIPTextEncodeSD3": ("clip_l", "clip_g", "t5xxl"),
    "EmptyLatentImage": ("width", "height"),
    "EmptySD3LatentImage": ("width", "height"),
    "EmptyHunyuanLatentVideo": ("width", "height"),
    "PrimitiveNode": ("value",),
}


def api_graph(page: Mapping[str, Any]) -> dict[str, Node]:
    """Nodes by id with `class_type` and `inputs`, whose links are [id, output]; empty for what is no page's graph."""
    nodes = {str(node["id"]): node for node in _dicts(page.get("nodes")) if "id" in node and "type" in node}
    links = dict(_links(page.get("links")))
    return {
        id: {"class_type": str(node["type"]), "inputs": {**_widgets(node), **_linked(node, nodes, links)}}
        for id, node in list(nodes.items())[:MOST_NODES]
        if not _passes_on(node) and node.get("mode") != MUTED
    }


def _dicts(value: Any) -> list[Node]:
    return [each for each in value[:MOST_NODES] if isinstance(each, dict)] if isinstance(value, list) else []


def _links(value: Any) -> Iterator[tuple[str, tuple[str, Any]]]:
    """Link → (node, output) that it comes from; older pages write lists, newer ones objects."""
    for each in value[: MOST_NODES * 4] if isinstance(value, list) else ():
        if isinstance(each, list) and len(each) >= 3:
            yield str(each[0]), (str(each[1]), each[2])
        elif isinstance(each, dict):
            yield str(each.get("id")), (str(each.get("origin_id")), each.get("origin_slot"))


def _passes_on(node: Node) -> bool:
    return node["type"] == "Reroute" or node.get("mode") == BYPASSED


def _linked(node: Node, nodes: Mapping[str, Node], links: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """Inputs that come from other nodes."""
    found = {}
    for each in _dicts(node.get("inputs")):
        source = _source(each, nodes, links)
        if source is not None:
            found[str(each.get("name"))] = [*source]
    return found


def _source(
    socket: Node, nodes: Mapping[str, Node], links: Mapping[str, tuple[str, Any]], hops: int = MOST_HOPS
) -> tuple[str, Any] | None:
    """Where an input comes from, through what only passes on: a bypassed node passes on what is of the same type."""
    source = links.get(str(socket.get("link")))
    node = nodes.get(source[0]) if source else None
    if source is None or node is None or node.get("mode") == MUTED or hops == 0:
        return None
    if not _passes_on(node):
        return source
    inputs = _dicts(node.get("inputs"))
    fitting = (
        inputs if node["type"] == "Reroute" else [each for each in inputs if each.get("type") == socket.get("type")]
    )
    return _source({**fitting[0], "type": socket.get("type")}, nodes, links, hops - 1) if fitting else None


def _widgets(node: Node) -> dict[str, Any]:
    """What stands in a node's fields, by their names as far as these are known."""
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return dict(values)
    if not isinstance(values, list):
        return {}
    names = WIDGETS.get(str(node["type"])) or _written_names(node)
    if not names:
        return _only_text(node, values)
    found, rest = {}, list(values)
    for name in names:
        if rest:
            found[name] = rest.pop(0)
        if rest and (name in SEEDED or node["type"] == "PrimitiveNode") and rest[0] in CONTROL:
            rest.pop(0)
    return found


def _written_names(node: Node) -> tuple[str, ...]:
    """Newer pages write an input for every widget, in their order."""
    widgets = [each["widget"] for each in _dicts(node.get("inputs")) if isinstance(each.get("widget"), dict)]
    return tuple(str(widget.get("name")) for widget in widgets)


def _only_text(node: Node, values: list[Any]) -> dict[str, Any]:
    """The one field of a node that gives a text."""
    outputs = _dicts(node.get("outputs"))
    gives_text = bool(outputs) and outputs[0].get("type") == "STRING"
    return {"text": values[0]} if gives_text and len(values) == 1 and isinstance(values[0], str) else {}
