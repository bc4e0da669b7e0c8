"""The same picture as each tool would have written it: one fixture per dialect and place.

Layouts: each tool's public source and documents. `PICTURES` maps a name to what writes a file into a folder; all of
them tell the prompt, what is unwanted, the seed, the model, the size and the steps below.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.imaging.files import (
    DESCRIPTION,
    MAKE,
    MAKER_NOTE,
    MODEL,
    SOFTWARE,
    USER_COMMENT,
    alternative,
    canvas,
    png,
    stealth,
    unicode,
    with_exif,
    xmp,
)

PROMPT, NEGATIVE = "a cat (neon:1.2), 貓咪\nin the rain", "dog, blurry"
SEED, MODELNAME, WIDTH, HEIGHT, STEPS = 1234567890, "dreamscape-xl", 832, 1216, 28

INFOTEXT = (
    f"{PROMPT}\nNegative prompt: {NEGATIVE}\nSteps: {STEPS}, Sampler: Euler a, Schedule type: Karras, CFG scale: 7.5,"
    f" Seed: {SEED}, Size: {WIDTH}x{HEIGHT}, Model hash: 7a4dbba12f, Model: {MODELNAME}, Denoising strength: 0.4,"
    ' Clip skip: 2, Lora hashes: "detail: 0123456789ab, light: ba9876543210", Version: '
)
FORGE = (
    f'{INFOTEXT}f2.0.1v1.10.1-previous-636-gb835f24a, Diffusion in Low Bits: Automatic (fp16 LoRA), Module 1: "a, b"'
)
GRAPH: dict[str, dict[str, Any]] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": SEED, "steps": STEPS, "cfg": 7.5, "sampler_name": "euler", "scheduler": "karras", "denoise": 1.0,
            "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": f"sdxl\\{MODELNAME}.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": WIDTH, "height": HEIGHT, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": PROMPT, "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": NEGATIVE, "clip": ["4", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "ComfyUI"}},
}  # fmt: skip
LINKS = [
    (value, id, key) for id, node in GRAPH.items() for key, value in node["inputs"].items() if isinstance(value, list)
]
WORKFLOW = {
    "last_node_id": 9,
    "nodes": [{"id": int(id), "type": node["class_type"], "widgets_values": []} for id, node in GRAPH.items()],
    "links": [[at, int(value[0]), value[1], int(id), 0, key.upper()] for at, (value, id, key) in enumerate(LINKS)],
    "version": 0.4,
}


def page_of(graph: dict[str, dict[str, Any]], newer: bool) -> dict[str, Any]:
    """What the page would write for an API graph: links by number, fields by their place."""
    links: list[Any] = []
    nodes = []
    for id, node in graph.items():
        inputs: list[dict[str, Any]] = []
        fields: list[Any] = []
        for key, value in node["inputs"].items():
            if isinstance(value, list):
                number = len(links) + 1
                link = {"id": number, "origin_id": int(value[0]), "origin_slot": value[1], "target_id": int(id)}
                links.append(link if newer else [number, int(value[0]), value[1], int(id), len(inputs), key.upper()])
                inputs.append({"name": key, "type": key.upper(), "link": number})
                continue
            if newer:
                inputs.append({"name": key, "type": "*", "widget": {"name": key}, "link": None})
            fields += [value, "randomize"] if key == "seed" else [value]
        nodes.append({"id": int(id), "type": node["class_type"], "inputs": inputs, "widgets_values": fields, "mode": 0})
    return {"last_node_id": 9, "nodes": nodes, "links": links, "version": 1.0 if newer else 0.4}


INVOKE = {
    "generation_mode": "sdxl_txt2img", "positive_prompt": PROMPT, "negative_prompt": NEGATIVE, "seed": SEED,
    "width": WIDTH, "height": HEIGHT, "steps": STEPS, "cfg_scale": 7.5, "scheduler": "euler", "app_version": "5.4.2",
    "model": {"key": "8b6", "hash": "blake3:7a", "name": MODELNAME, "base": "sdxl", "type": "main"},
    "loras": [{"model": {"name": "detail"}, "weight": 0.7}],
}  # fmt: skip
INVOKE_2 = {
    "model": "stable diffusion", "model_weights": MODELNAME, "model_hash": "7a4d", "app_id": "invoke-ai/InvokeAI",
    "app_version": "2.3.5",
    "image": {
        "prompt": [{"prompt": f"{PROMPT} [{NEGATIVE}]", "weight": 1.0}], "steps": STEPS, "cfg_scale": 7.5,
        "height": HEIGHT, "width": WIDTH, "seed": SEED, "type": "txt2img", "sampler": "k_euler", "variations": [],
    },
}  # fmt: skip
DREAM = f'"{PROMPT} [{NEGATIVE}]" -s {STEPS} -S {SEED} -W {WIDTH} -H {HEIGHT} -C 7.5 -A k_euler'
NOVEL = {
    "prompt": PROMPT, "uc": NEGATIVE, "seed": SEED, "steps": STEPS, "width": WIDTH, "height": HEIGHT, "scale": 7.5,
    "sampler": "k_euler", "noise_schedule": "karras", "request_type": "PromptGenerateRequest", "signed_hash": "x",
}  # fmt: skip
NOVEL_4 = {key: value for key, value in NOVEL.items() if key not in ("prompt", "uc")} | {
    "v4_prompt": {"caption": {"base_caption": PROMPT, "char_captions": [{"char_caption": "girl, red hair"}]}},
    "v4_negative_prompt": {"caption": {"base_caption": NEGATIVE, "char_captions": []}},
}
SWARM = {
    "sui_image_params": {
        "prompt": PROMPT, "negativeprompt": NEGATIVE, "model": f"OfficialModels/{MODELNAME}.safetensors",
        "seed": SEED, "steps": STEPS, "cfgscale": 7.5, "width": WIDTH, "height": HEIGHT, "sampler": "euler",
        "scheduler": "karras", "swarm_version": "0.9.6.1",
    },
    "sui_extra_data": {"date": "2025-01-01", "generation_time": "0.1 (prep) and 2.0 (gen) seconds"},
    "sui_models": [{"name": f"{MODELNAME}.safetensors", "param": "model", "hash": "0x7a4d"}],
}  # fmt: skip
FOOOCUS = {
    "prompt": PROMPT, "negative_prompt": NEGATIVE, "styles": "['Fooocus V2']", "performance": "Speed", "steps": STEPS,
    "resolution": f"({WIDTH}, {HEIGHT})", "guidance_scale": 7.5, "sharpness": 2.0, "base_model": MODELNAME,
    "base_model_hash": "7a4d", "sampler": "euler", "scheduler": "karras", "seed": str(SEED),
    "metadata_scheme": "fooocus", "version": "Fooocus v2.5.5",
}  # fmt: skip
RUINED = {
    "Prompt": PROMPT, "Negative": NEGATIVE, "steps": STEPS, "cfg": 7.5, "width": WIDTH, "height": HEIGHT, "seed": SEED,
    "sampler_name": "euler", "scheduler": "karras", "base_model_name": f"{MODELNAME}.safetensors",
    "software": "RuinedFooocus",
}  # fmt: skip
EASY = {
    "prompt": PROMPT, "negative_prompt": NEGATIVE, "seed": str(SEED), "width": str(WIDTH), "height": str(HEIGHT),
    "use_stable_diffusion_model": f"/models/{MODELNAME}.safetensors", "num_inference_steps": str(STEPS),
    "guidance_scale": "7.5", "sampler_name": "euler_a",
}  # fmt: skip
EASY_SIDECAR = (
    f"Prompt: {PROMPT.replace(chr(10), ' ')}\nSeed: {SEED}\nStable Diffusion model: {MODELNAME}\n"
    f"Width: {WIDTH}\nHeight: {HEIGHT}\nSteps: {STEPS}\nNegative Prompt: {NEGATIVE}\nSampler: euler_a\n"
)
DRAW = {
    "c": PROMPT, "uc": NEGATIVE, "seed": SEED, "steps": STEPS, "sampler": "Euler A", "scale": 7.5, "strength": 1,
    "size": f"{WIDTH}x{HEIGHT}", "model": f"{MODELNAME}.ckpt", "seed_mode": "Scale Alike", "v2": {"steps": STEPS},
}  # fmt: skip


def novel(comment: dict[str, Any]) -> dict[str, str]:
    return {
        "Title": "AI generated image",
        "Description": PROMPT,
        "Software": "NovelAI",
        "Source": f"{MODELNAME} 7BCCAA2C",
        "Comment": json.dumps(comment),
    }


def sidecar(folder: Path) -> Path:
    (folder / "p.txt").write_text(EASY_SIDECAR, "utf-8")
    return png(folder / "p.png", {})


def told(**texts: Any) -> Callable[[Path], Path]:
    """A PNG with these text chunks."""
    written = {key: value if isinstance(value, str) else json.dumps(value) for key, value in texts.items()}
    return lambda folder: png(folder / "p.png", written)


def commented(name: str, comment: Any, order: str = "be", **more: Any) -> Callable[[Path], Path]:
    """A picture with EXIF's UserComment in Unicode."""
    text = comment if isinstance(comment, str) else json.dumps(comment)
    return lambda folder: with_exif(folder / name, more.get("fields", {}), {USER_COMMENT: unicode(text, order)})


def gif(folder: Path) -> Path:
    canvas(mode="P").save(folder / "p.gif", comment=f"{INFOTEXT}v1.10.1".encode())
    return folder / "p.gif"


def fooocus_in_exif(folder: Path) -> Path:
    fields = {SOFTWARE: "Fooocus v2.5.5", USER_COMMENT: json.dumps(FOOOCUS), MAKER_NOTE: "fooocus"}
    return with_exif(folder / "p.webp", fields)


def graphs_in(workflow: int, prompt: int, name: str = "p.webp") -> Callable[[Path], Path]:
    fields = {prompt: f"prompt:{json.dumps(GRAPH)}", workflow: f"workflow:{json.dumps(WORKFLOW)}"}
    return lambda folder: with_exif(folder / name, fields)


COMMENT_IN_XMP = xmp(alternative("exif:UserComment", json.dumps(DRAW)), 'xmp:CreatorTool="Draw Things"')
# Name (the tool, then the place) → a file in a folder.
PICTURES: dict[str, Callable[[Path], Path]] = {
    "a1111 png": told(parameters=f"{INFOTEXT}v1.10.1"),
    "a1111 jpeg": commented("p.jpg", f"{INFOTEXT}v1.10.1"),
    "a1111 jpeg little-endian": commented("p.jpg", f"{INFOTEXT}v1.10.1", "le"),
    "a1111 webp": commented("p.webp", f"{INFOTEXT}v1.10.1"),
    "a1111 gif": gif,
    "a1111 tiff": lambda folder: with_exif(folder / "p.tif", {DESCRIPTION: f"{INFOTEXT}v1.10.1".encode()}),
    "a1111 hidden": lambda folder: stealth(folder / "p.png", f"{INFOTEXT}v1.10.1"),
    "a1111 hidden in colours": lambda folder: stealth(folder / "p.png", f"{INFOTEXT}v1.10.1", "stealth_rgbcomp"),
    "forge png": told(parameters=FORGE),
    "sdnext png": told(parameters=f"{INFOTEXT}0d8a7e1, App: SD.Next"),
    "comfyui png": told(prompt=GRAPH, workflow=WORKFLOW),
    "comfyui png prompt only": told(prompt=GRAPH),
    "comfyui png wrapped": told(prompt={"prompt": GRAPH, "client_id": "1"}),
    "comfyui png workflow only": told(workflow=page_of(GRAPH, newer=False)),
    "comfyui png workflow of a newer page": told(workflow=page_of(GRAPH, newer=True)),
    "comfyui jpeg workflow only": commented("p.jpg", {"workflow": page_of(GRAPH, newer=False)}),
    "comfyui webp": graphs_in(MAKE, MODEL),
    "comfyui webp other order": graphs_in(DESCRIPTION, MAKE),
    "comfyui jpeg": commented("p.jpg", {"prompt": GRAPH, "workflow": WORKFLOW}),
    "invokeai png": told(invokeai_metadata=INVOKE, invokeai_graph={"nodes": {}}),
    "invokeai png version 2": told(**{"sd-metadata": INVOKE_2, "Dream": DREAM}),
    "novelai png": told(**novel(NOVEL)),
    "novelai png version 4": told(**novel(NOVEL_4)),
    "novelai webp": commented("p.webp", novel(NOVEL), fields={SOFTWARE: "NovelAI"}),
    "novelai hidden": lambda folder: stealth(folder / "p.png", novel(NOVEL)),
    "novelai hidden in webp": lambda folder: stealth(folder / "p.webp", novel(NOVEL)),
    "novelai hidden plainly": lambda folder: stealth(folder / "p.png", novel(NOVEL), "stealth_pnginfo", (128, 96)),
    "swarmui png": told(parameters=SWARM),
    "swarmui jpeg": commented("p.jpg", SWARM),
    "fooocus png": told(parameters=FOOOCUS, fooocus_scheme="fooocus"),
    "fooocus webp": fooocus_in_exif,
    "fooocus png a1111 scheme": told(parameters=f"{INFOTEXT}Fooocus v2.5.5", fooocus_scheme="a1111"),
    "fooocus png ruined": told(parameters=RUINED),
    "easydiffusion png": told(**EASY),
    "easydiffusion jpeg": commented("p.jpg", EASY),
    "easydiffusion txt": sidecar,
    "drawthings png": lambda folder: png(folder / "p.png", {}, xmp=COMMENT_IN_XMP),
    "drawthings jpeg": lambda folder: with_exif(folder / "p.jpg", {}, {USER_COMMENT: unicode(json.dumps(DRAW))}),
}
