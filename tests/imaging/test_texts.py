"""Texts as they come in the wild: odd, partial, several in one file, written by people and by cameras."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imaging.readers import a1111
from tests.imaging.dialects import GRAPH, INFOTEXT, MODELNAME, NEGATIVE, NOVEL_4, PROMPT, SEED, WORKFLOW, novel
from tests.imaging.files import (
    DESCRIPTION,
    MAKE,
    MODEL,
    USER_COMMENT,
    alternative,
    canvas,
    chunk,
    facts,
    png,
    raw,
    unicode,
    with_chunks,
    with_exif,
    xmp,
)

SETTINGS = "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 5"


@pytest.mark.parametrize(
    ("text", "prompt", "negative"),
    [
        (f"a cat\n{SETTINGS}", "a cat", None),
        (f"\nNegative prompt: dog\n{SETTINGS}", None, "dog"),
        (f"a\nb\nNegative prompt: c\nd\n{SETTINGS}", "a\nb", "c\nd"),
        (f"{SETTINGS}", None, None),
        (f"Steps: to heaven, stairs: many\n{SETTINGS}", "Steps: to heaven, stairs: many", None),
        (f"a cat\r\nNegative prompt: dog\r\n{SETTINGS}", "a cat", "dog"),
        (
            f'a "quoted, cat": here\n{SETTINGS}\nTemplate: a {{x}} cat\nNegative Template: dog',
            'a "quoted, cat": here',
            None,
        ),
    ],
)
def test_prompts_of_a1111_are_split_where_its_words_say(text: str, prompt: str | None, negative: str | None) -> None:
    found = a1111.parse(text)
    assert found is not None
    assert (found.prompt, found.negative, found.seed) == (prompt, negative, "5")


def test_quoted_values_keep_their_commas_and_quotes() -> None:
    found = a1111.parse(rf'a cat{chr(10)}{SETTINGS}, ADetailer prompt: "face, \"nice\", Steps: 9", Version: v1.10.1')
    assert found is not None
    assert found.parameters["ADetailer prompt"] == 'face, "nice", Steps: 9'
    assert found.parameters["steps"] == 20


def test_hashes_and_what_civitai_adds_are_one_value_each() -> None:
    used = [
        {"type": "lora", "weight": 0.8, "modelVersionId": 2, "modelName": "Detail"},
        {"type": "checkpoint", "modelVersionId": 1, "modelName": "Dreamscape XL", "modelVersionName": "v1, final"},
    ]
    hashes = {"model": "7a4dbba12f", "lora:detail": "0123456789"}
    line = f"{SETTINGS}, Hashes: {json.dumps(hashes)}, Civitai resources: {json.dumps(used)}, Civitai metadata: {{}}"
    found = a1111.parse(f"a cat\n{line}")
    assert found is not None
    assert found.model == "Dreamscape XL"
    assert json.loads(str(found.parameters["Hashes"])) == hashes
    assert set(found.parameters) == {
        "steps",
        "sampler",
        "cfg",
        "Hashes",
        "Civitai resources",
        "Civitai metadata",
    }


@pytest.mark.parametrize("text", ["just words", "Steps: 20", "a: b, c: d, e: f", "", "Negative prompt: dog"])
def test_text_without_settings_is_not_of_a1111(text: str) -> None:
    assert a1111.parse(text) is None


def graph(**changed: Any) -> dict[str, Any]:
    """The usual graph with other nodes; None takes one away."""
    nodes = {**GRAPH, **{key.removeprefix("n"): node for key, node in changed.items()}}
    return {key: node for key, node in nodes.items() if node is not None}


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


LINKED = graph(
    n6=node("CLIPTextEncode", text=["20", 0], clip=["4", 1]),
    n20=node("StringConcatenate", string_a=["21", 0], string_b="in the rain", delimiter="\n"),
    n21=node("ShowText|pysssss", text=["22", 0]),
    n22=node("PrimitiveStringMultiline", value="a cat (neon:1.2), 貓咪"),
)
COMBINED = graph(
    n3=node("KSampler", **{**GRAPH["3"]["inputs"], "positive": ["20", 0]}),
    n20=node("ConditioningCombine", conditioning_1=["21", 0], conditioning_2=["22", 0]),
    n21=node("CLIPTextEncode", text="a cat (neon:1.2), 貓咪", clip=["4", 1]),
    n22=node("ControlNetApply", conditioning=["23", 0], control_net=["24", 0], image=["25", 0], strength=1),
    n23=node("CLIPTextEncode", text="in the rain", clip=["4", 1]),
)
ADVANCED = graph(
    n3=node(
        "KSamplerAdvanced", add_noise="enable", noise_seed=SEED, steps=28, cfg=7.5, sampler_name="euler",
        scheduler="karras", start_at_step=0, end_at_step=20, model=["30", 0], positive=["6", 0], negative=["7", 0],
    ),
    n30=node("LoraLoader", model=["4", 0], clip=["4", 1], lora_name="detail.safetensors", strength_model=1.0),
)  # fmt: skip
GUIDED = graph(
    n3=node("SamplerCustomAdvanced", noise=["30", 0], guider=["31", 0], sampler=["32", 0], sigmas=["33", 0]),
    n30=node("RandomNoise", noise_seed=["34", 0]),
    n31=node("CFGGuider", model=["35", 0], positive=["36", 0], negative=["7", 0], cfg=7.5),
    n32=node("KSamplerSelect", sampler_name="euler"),
    n33=node("BasicScheduler", scheduler="karras", steps=28, denoise=1.0, model=["35", 0]),
    n34=node("Seed (rgthree)", seed=SEED),
    n35=node("UNETLoader", unet_name=f"{MODELNAME}.safetensors", weight_dtype="default"),
    n36=node("FluxGuidance", guidance=3.5, conditioning=["6", 0]),
    n4=None,
)
EFFICIENT = {
    "1": node(
        "Efficient Loader", ckpt_name=f"{MODELNAME}.safetensors", positive=PROMPT, negative=NEGATIVE,
        empty_latent_width=832,
    ),
    "2": node(
        "KSampler (Efficient)", seed=SEED, steps=28, cfg=7.5, sampler_name="euler", scheduler="karras",
        model=["1", 0], positive=["1", 1], negative=["1", 2],
    ),
}  # fmt: skip
VIDEO = {
    "1": node("WanVideoModelLoader", model=f"{MODELNAME}.safetensors", model_name=f"{MODELNAME}.safetensors"),
    "2": node("WanVideoTextEncode", positive_prompt=PROMPT, negative_prompt=NEGATIVE, t5=["9", 0]),
    "3": node("WanVideoSampler", model=["1", 0], text_embeds=["2", 0], seed=SEED, steps=28, cfg=7.5, scheduler="unipc"),
}
# No sampler by its name: this one is read by sd-parsers, which goes by inputs.
TILED = {key: node("UltimateSDUpscale", **each["inputs"]) if key == "3" else each for key, each in GRAPH.items()}
UPSCALED = {
    "0": node("LatentUpscale", samples=["3", 0], width=1664, height=2432, upscale_method="nearest-exact"),
    **GRAPH,
    "99": node("KSampler", **{**GRAPH["3"]["inputs"], "seed": 1, "latent_image": ["0", 0], "denoise": 0.5}),
}
SUBGRAPH = {
    f"57:{key}": {**each, "inputs": {name: [f"57:{value[0]}", value[1]] if isinstance(value, list) else value
    for name, value in each["inputs"].items()}} for key, each in GRAPH.items()
}  # fmt: skip
NAN = json.dumps(graph(n9=node("SaveImage", images=["8", 0], is_changed=float("nan"))))


@pytest.mark.parametrize(
    "written",
    [LINKED, COMBINED, ADVANCED, GUIDED, EFFICIENT, VIDEO, TILED, UPSCALED, SUBGRAPH],
    ids=["linked", "combined", "advanced", "guided", "efficient", "video", "tiled", "upscaled", "subgraph"],
)
def test_prompt_is_found_behind_any_usual_arrangement_of_nodes(tmp_path: Path, written: dict[str, Any]) -> None:
    found = facts(png(tmp_path / "p.png", {"prompt": json.dumps(written)}))
    assert (found.prompt, found.negative) == (PROMPT, NEGATIVE)
    assert (found.seed, found.model, found.tool) == (str(SEED), MODELNAME, "comfyui")
    assert (found.parameters["steps"], found.parameters["cfg"]) == (28, 7.5)
    assert found.parameters.get("width", 832) == 832


def test_graph_with_a_number_that_is_none_is_read(tmp_path: Path) -> None:
    assert facts(png(tmp_path / "p.png", {"prompt": NAN})).prompt == PROMPT


def test_silenced_negative_is_none(tmp_path: Path) -> None:
    written = graph(n7=node("ConditioningZeroOut", conditioning=["6", 0]))
    assert facts(png(tmp_path / "p.png", {"prompt": json.dumps(written)})).negative is None


def page(*nodes: dict[str, Any], links: list[list[Any]]) -> str:
    return json.dumps({"nodes": nodes, "links": links})


def test_page_of_comfyui_is_read_through_reroutes_primitives_and_what_is_bypassed(tmp_path: Path) -> None:
    text = page(
        {"id": 1, "type": "PrimitiveNode", "widgets_values": [77, "fixed"], "inputs": []},
        {"id": 2, "type": "CheckpointLoaderSimple", "widgets_values": ["sd/model a.safetensors"]},
        {"id": 3, "type": "LoraLoader", "mode": 4, "inputs": [{"name": "model", "type": "MODEL", "link": 1}]},
        {"id": 4, "type": "Reroute", "inputs": [{"name": "", "type": "*", "link": 2}]},
        {"id": 5, "type": "Multiline", "widgets_values": ["a cat"], "outputs": [{"type": "STRING"}]},
        {"id": 6, "type": "CLIPTextEncode", "widgets_values": ["old"], "inputs": [{"name": "text", "link": 4}]},
        {"id": 7, "type": "CLIPTextEncode", "mode": 2, "widgets_values": ["muted"]},
        {
            "id": 8, "type": "KSampler", "widgets_values": [1, "randomize", 20, 7, "euler", "karras", 1],
            "inputs": [
                {"name": "model", "type": "MODEL", "link": 3}, {"name": "positive", "type": "X", "link": 5},
                {"name": "negative", "type": "X", "link": 6}, {"name": "seed", "type": "INT", "link": 7},
            ],
        },
        links=[[1, 2, 0, 3, 0], [2, 3, 0, 4, 0], [3, 4, 0, 8, 0], [4, 5, 0, 6, 0], [5, 6, 0, 8, 1], [6, 7, 0, 8, 2],
               [7, 1, 0, 8, 3]],
    )  # fmt: skip
    found = facts(png(tmp_path / "p.png", {"workflow": text}))
    assert (found.prompt, found.negative, found.seed, found.model) == ("a cat", None, "77", "model a")
    assert found.parameters == {"steps": 20, "cfg": 7, "sampler": "euler", "scheduler": "karras", "denoise": 1}


@pytest.mark.parametrize(
    "text",
    [
        page({"id": 1, "type": "Reroute", "inputs": [{"link": 1}]}, {"id": 2, "type": "KSampler", "widgets_values": 3,
              "inputs": [{"name": "model", "link": 1}]}, links=[[1, 1, 0, 1, 0]]),
        page({"id": [1], "type": {}, "inputs": "x", "widgets_values": [[]]}, links=[[1], {}, "x"]),  # type: ignore[list-item]
        page({"id": 1, "type": "KSampler", "inputs": [{"name": [], "link": {}}], "widgets_values": [{}, []]}, links=[]),
    ],
)  # fmt: skip
def test_page_of_comfyui_that_makes_no_sense_names_the_tool(tmp_path: Path, text: str) -> None:
    found = facts(png(tmp_path / "p.png", {"workflow": text}))
    assert (found.tool, found.prompt) == ("comfyui", None)


def test_page_of_comfyui_without_its_graph_names_the_tool(tmp_path: Path) -> None:
    assert facts(png(tmp_path / "p.png", {"workflow": json.dumps(WORKFLOW)})).tool == "comfyui"


def test_seed_beyond_what_numbers_hold_stays_text(tmp_path: Path) -> None:
    written = graph(n3=node("KSampler", **{**GRAPH["3"]["inputs"], "seed": 2**64 - 1}))
    assert facts(png(tmp_path / "p.png", {"prompt": json.dumps(written)})).seed == "18446744073709551615"


def test_file_of_several_dialects_is_read_by_the_most_telling(tmp_path: Path) -> None:
    both = {"prompt": json.dumps(GRAPH), "parameters": INFOTEXT.replace(PROMPT, "another prompt")}
    assert (facts(png(tmp_path / "a.png", both)).prompt, facts(tmp_path / "a.png").tool) == (PROMPT, "comfyui")
    # Unknown nodes hold no words, the other text does: the words from there, the tool from here.
    both["prompt"] = json.dumps({"1": node("Mystery", wish="?")})
    found = facts(png(tmp_path / "b.png", both))
    assert (found.prompt, found.tool) == ("another prompt", "comfyui")
    assert raw(tmp_path / "b.png")["text"] == both


def test_characters_of_novelai_stand_beside_the_prompt(tmp_path: Path) -> None:
    assert facts(png(tmp_path / "p.png", novel(NOVEL_4))).parameters["characters"] == "girl, red hair"


MIDJOURNEY = "a cat, 貓咪 --no dog, blurry --ar 2:3 --seed 1234567890 --v 6.1 --stylize 250"
JOB = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f"


@pytest.mark.parametrize("place", ["png", "xmp", "iptc"])
def test_midjourneys_description_is_read(tmp_path: Path, place: str) -> None:
    text = f"{MIDJOURNEY} Job ID: {JOB}"
    if place == "png":
        path = png(tmp_path / "p.png", {"Description": text, "Author": "alice", "Creation Time": "x"})
    elif place == "xmp":
        path = png(tmp_path / "p.png", {}, xmp=xmp(alternative("dc:description", text)))
    else:
        body = text.encode()
        record = b"\x1c\x02\x78" + len(body).to_bytes(2, "big") + body
        block = b"8BIM\x04\x04\0\0" + len(record).to_bytes(4, "big") + record + b"\0" * (len(record) % 2)
        data = b"Photoshop 3.0\0" + block
        path = tmp_path / "p.jpg"
        canvas().save(path)
        plain = path.read_bytes()
        path.write_bytes(plain[:2] + b"\xff\xed" + (len(data) + 2).to_bytes(2, "big") + data + plain[2:])
    found = facts(path)
    assert (found.prompt, found.negative) == (MIDJOURNEY, "dog, blurry")
    assert (found.seed, found.model, found.tool) == (str(SEED), "midjourney v6.1", "midjourney")
    assert (found.parameters["ar"], found.parameters["job"]) == ("2:3", JOB)


@pytest.mark.parametrize(
    ("name", "prompt"),
    [
        (f"alice_a_cat_in_the_rain_{JOB}.png", "a cat in the rain"),
        (f"alice_a_cat_in_the_rain_{JOB}_2.png", "a cat in the rain"),
        (f"alice_a_cat_in_the_rain_{JOB} (1).png", "a cat in the rain"),
        (f"{JOB}.png", None),
        ("alice_a_cat.png", None),
    ],
)
def test_midjourneys_file_names_tell_the_prompt(tmp_path: Path, name: str, prompt: str | None) -> None:
    found = facts(png(tmp_path / name, {}))
    assert (found.prompt, found.tool) == (prompt, "midjourney" if prompt else None)


def test_photograph_has_a_caption_and_a_camera_and_no_prompt(tmp_path: Path) -> None:
    fields = {DESCRIPTION: "祖母的生日".encode(), MAKE: "Canon", MODEL: "Canon EOS R5"}
    found = facts(with_exif(tmp_path / "p.jpg", fields, {0xA434: "RF50mm", 0x9003: "2025:01:02 03:04:05"}))
    assert (found.prompt, found.tool) == (None, None)
    assert found.parameters == {
        "camera": "Canon EOS R5",
        "lens": "RF50mm",
        "taken": "2025:01:02 03:04:05",
        "description": "祖母的生日",
    }


def test_description_of_a_picture_made_by_machine_is_its_prompt(tmp_path: Path) -> None:
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    body = alternative("dc:description", "a cat")
    packet = xmp(body, f'xmp:CreatorTool="Adobe Firefly" Iptc4xmpExt:DigitalSourceType="{source}"')
    found = facts(png(tmp_path / "p.png", {}, xmp=packet))
    assert (found.prompt, found.tool) == ("a cat", "firefly")
    assert found.parameters["digital_source_type"] == "trainedAlgorithmicMedia"


def test_content_credentials_name_the_maker(tmp_path: Path) -> None:
    manifest = b"jumb c2pa " + b"c2pa.created trainedAlgorithmicMedia softwareAgent GPT-4o"
    found = facts(with_chunks(tmp_path / "p.png", chunk(b"caBX", manifest)))
    assert (found.prompt, found.tool) == (None, "openai")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize(("text", "prompt"), [(INFOTEXT, PROMPT), ("a cat, 貓咪", "a cat, 貓咪")])
def test_text_beside_a_picture_is_read(tmp_path: Path, encoding: str, text: str, prompt: str) -> None:
    sidecar = tmp_path / "p.txt"
    sidecar.write_text(text, encoding)
    assert facts(png(tmp_path / "p.png", {}), sidecar).prompt == prompt
    # What stands in the picture counts more than what lies beside it.
    assert facts(png(tmp_path / "q.png", {"prompt": json.dumps(GRAPH)}), sidecar).prompt == PROMPT


def test_words_in_utf8_are_read_where_the_format_says_latin_1(tmp_path: Path) -> None:
    body = b"parameters\0" + f"貓咪\n{SETTINGS}".encode()
    assert facts(with_chunks(tmp_path / "p.png", chunk(b"tEXt", body))).prompt == "貓咪"
    body = b"parameters\0" + f"caf\xe9\n{SETTINGS}".encode("latin-1")
    assert facts(with_chunks(tmp_path / "q.png", chunk(b"tEXt", body))).prompt == "café"


def test_comment_without_a_prefix_and_with_ascii_is_read(tmp_path: Path) -> None:
    for number, prefix in enumerate((b"ASCII\0\0\0", b"\0\0\0\0\0\0\0\0")):
        path = with_exif(tmp_path / f"{number}.jpg", {}, {USER_COMMENT: prefix + f"貓咪\n{SETTINGS}".encode()})
        assert facts(path).prompt == "貓咪"
    path = with_exif(tmp_path / "mark.jpg", {}, {USER_COMMENT: unicode(f"\ufeff貓咪\n{SETTINGS}", "le")})
    assert facts(path).prompt == "貓咪"
