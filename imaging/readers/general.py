"""What any program may write: XMP, IPTC and EXIF descriptions, software, camera and the digital source type.

A description is a prompt only where the picture says that a machine made it: on a photograph it is a caption.
"""

from __future__ import annotations

import msgspec

from imaging.inspection import Facts
from imaging.readers.xmp import properties
from imaging.written import Written

MADE_BY_MACHINE = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia")
MAX_DESCRIPTION = 2_000
# What a camera or a person says besides: no part of how a picture was generated.
BESIDES = ("camera", "lens", "taken", "keywords", "description")
TOOLS = (
    ("Midjourney", "midjourney"),
    ("Adobe Firefly", "firefly"),
    ("Firefly", "firefly"),
    ("OpenAI", "openai"),
    ("DALL", "openai"),
    ("Draw Things", "drawthings"),
    ("InvokeAI", "invokeai"),
    ("ComfyUI", "comfyui"),
    ("Google AI", "google"),
    ("Made with Google", "google"),
    ("Stability", "stability"),
)


def completed(facts: Facts, written: Written) -> Facts:
    """The facts, and what the picture says of itself besides."""
    if not (written.exif or written.iptc or written.xmp):
        return facts
    xmp = properties(written.xmp) if written.xmp else {}
    description = _description(xmp, written)
    kind = xmp.get("ext:DigitalSourceType", "").rstrip("/").rsplit("/", 1)[-1]
    software = xmp.get("xmp:CreatorTool") or written.exif_text("Software")
    maker = f"{software} {xmp.get('photoshop:Credit', '')} {written.iptc.get('Credit', '')}"
    tool = facts.tool or next((name for sign, name in TOOLS if sign in maker), None)
    found = _besides(written, software, kind)
    if description and description not in (facts.prompt, f"prompt:{facts.prompt}"):
        if facts.prompt is None and (kind in MADE_BY_MACHINE or tool is not None):
            facts = msgspec.structs.replace(facts, prompt=description)
        elif facts.tool is None:
            found["description"] = description[:MAX_DESCRIPTION]
    # Tools that are known wrote their own settings: those come first and stay.
    return msgspec.structs.replace(facts, tool=tool, parameters={**found, **facts.parameters})


def _description(xmp: dict[str, str], written: Written) -> str:
    return (
        xmp.get("dc:description")
        or written.iptc.get("Caption-Abstract")
        or written.exif_text("ImageDescription")
        or xmp.get("dc:title")
        or ""
    ).strip()


def _besides(written: Written, software: str, kind: str) -> dict[str, str | int | float]:
    make, model = written.exif_text("Make"), written.exif_text("Model")
    # ComfyUI keeps its graphs in these two.
    camera = "" if "{" in f"{make}{model}" else model if model.startswith(make) else f"{make} {model}".strip()
    found = {
        "camera": camera,
        "lens": written.exif_text("LensModel"),
        "taken": written.exif_text("DateTimeOriginal"),
        "software": software,
        "keywords": written.iptc.get("Keywords", ""),
        "digital_source_type": kind,
    }
    return {key: value[:MAX_DESCRIPTION] for key, value in found.items() if value}
