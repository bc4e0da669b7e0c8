"""AUTOMATIC1111, Forge, SD.Next and what writes like them: prompt, `Negative prompt:`, a line of `Key: value` pairs.

PNG keeps it in `parameters`, JPEG and WebP in EXIF's UserComment, GIF in its comment. Source: A1111's infotext; the
pair pattern is its own, bounded so that no line of words or blanks takes quadratic time.
"""

from __future__ import annotations

import json
import re
from typing import Any

from imaging.inspection import Facts
from imaging.readers.parsing import model_name, ours, size, typed, words
from imaging.written import Written

PAIR = re.compile(r'(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')
# Values that are JSON, with commas of their own: A1111's and what Civitai adds.
STRUCTURED_KEYS = ("Hashes", "Civitai resources", "Civitai metadata")
STRUCTURED = re.compile(rf"(?:^|,)\s*({'|'.join(STRUCTURED_KEYS)}): (?=[\[{{])")
MARK = "Saved by: Gesso"  # ends the line where we wrote it
FEWEST_PAIRS = 3
MAX_LINE = 32_768
NEGATIVE = "Negative prompt:"


def read(written: Written) -> Facts | None:
    for text in (
        written.text.get("parameters", ""),
        written.exif_text("UserComment"),
        written.text.get("comment", ""),
        written.exif_text("ImageDescription"),
        written.sidecar,
    ):
        if text and (facts := parse(text)) is not None:
            return facts
    return None


def parse(text: str) -> Facts | None:
    """The facts of one infotext; None when no line of it is at least three pairs with the steps among them."""
    lines = text.strip().splitlines()
    # Extensions write more lines behind the one with the settings.
    for index in range(len(lines) - 1, max(-1, len(lines) - 12), -1):
        # Services tell of no steps.
        marked = lines[index].endswith(MARK)
        if ("Steps:" not in lines[index] and not marked) or len(lines[index]) > MAX_LINE:
            continue
        line, structured = _structured(lines[index])
        values = {key.strip(): _unquoted(value) for key, value in PAIR.findall(line)}
        if marked or (len(values) >= FEWEST_PAIRS and "Steps" in values):
            return _facts(lines[:index], values, structured)
    return None


def _structured(line: str) -> tuple[str, dict[str, Any]]:
    """The line without its values in JSON, and these."""
    found: dict[str, Any] = {}
    while len(found) < 3 and (match := STRUCTURED.search(line)):
        try:
            found[match[1]], end = json.JSONDecoder().raw_decode(line, match.end())
        except (ValueError, RecursionError):
            break
        line = line[: match.start()] + line[end:]
    return line, found


def _facts(lines: list[str], values: dict[str, str], structured: dict[str, Any]) -> Facts:
    prompt, negative = _split(lines)
    tool = _tool(values)
    if values.pop("Saved by", None) == "Gesso":
        tool = values.pop("Tool", "") or tool
    model = model_name(values.pop("Model", None)) or _checkpoint(structured.get("Civitai resources"))
    seed = values.pop("Seed", None)
    shape = size(values.pop("Size", None))
    settings: dict[str, str | int | float] = {}
    for key, value in values.items():
        settings.setdefault(ours(key), typed(value))
    return Facts(
        prompt=prompt or None,
        negative=negative or None,
        seed=seed or None,
        model=model,
        tool=tool,
        parameters={**settings, **shape, **{key: json.dumps(value) for key, value in structured.items()}},
    )


def _checkpoint(resources: Any) -> str | None:
    """The model that Civitai's own generator names among what it used."""
    for each in resources if isinstance(resources, list) else []:
        if isinstance(each, dict) and each.get("type") == "checkpoint":
            return words(each.get("modelName"))
    return None


def _tool(values: dict[str, str]) -> str:
    version, app = values.get("Version", ""), values.get("App", "")
    if "Fooocus" in version:
        return "fooocus"
    if version == "ComfyUI":
        return "comfyui"
    if app.startswith("SD.Next"):
        return "sdnext"
    # Forge's versions begin with f, as in f2.0.1v1.10.1; A1111's with v.
    return "forge" if re.match(r"f\d", version) or "forge" in version.lower() else "a1111"


def _split(lines: list[str]) -> tuple[str, str]:
    for index, line in enumerate(lines):
        if line.startswith(NEGATIVE):
            rest = [line.removeprefix(NEGATIVE).strip(), *lines[index + 1 :]]
            return "\n".join(lines[:index]).strip(), "\n".join(rest).strip()
    return "\n".join(lines).strip(), ""


def _unquoted(value: str) -> str:
    value = value.strip()
    if not (value.startswith('"') and value.endswith('"')):
        return value
    try:
        return str(json.loads(value))  # as A1111 writes it
    except ValueError:
        return re.sub(r"\\(.)", r"\1", value[1:-1])
