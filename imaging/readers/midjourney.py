"""Midjourney: PNG's Description (or XMP's, IPTC's) is the prompt with its switches and `Job ID: …`.

Downloads are named `user_prompt_job-id.png`: the prompt is cut there, and used when nothing else is known.
"""

from __future__ import annotations

import re

from imaging.inspection import Facts
from imaging.readers.parsing import plain
from imaging.readers.xmp import properties
from imaging.written import Written

JOB = re.compile(r"Job ID:\s*([0-9a-f-]{36})\s*")
MAX_PROMPT = 65_536
SWITCH = re.compile(r"\s--([a-z]+)(?:[ \t]+([^\s-][^\s]*|-?\d\S*))?")
NAME = re.compile(
    r"(?P<user>[^_]{1,64})_(?P<prompt>.{1,200})_"
    r"(?P<job>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:_\d)?(?: \(\d+\))?\.\w+"
)


def read(written: Written) -> Facts | None:
    candidates = [written.text.get("Description"), written.exif_text("ImageDescription")]
    candidates.append(written.iptc.get("Caption-Abstract"))
    if "Job ID:" in written.xmp:
        candidates.append(properties(written.xmp).get("dc:description"))
    for text in candidates:
        prompt, sign, rest = (text or "").rpartition("Job ID:")
        job = JOB.fullmatch(sign + rest)
        if job:
            return _facts(prompt[-MAX_PROMPT:].strip(), job[1])
    return None


def _facts(text: str, job: str) -> Facts:
    """The prompt keeps its switches, as Midjourney shows it; negative, seed and version are read from them."""
    switches = dict(SWITCH.findall(f" {text}"))
    version = switches.get("v") or switches.get("version")
    niji = switches.get("niji")
    model = f"niji {niji}" if niji else f"v{version}" if version else None
    return Facts(
        prompt=text or None,
        negative=_unwanted(text),
        seed=switches.get("seed"),
        model=f"midjourney {model}" if model else None,
        tool="midjourney",
        parameters=plain({**switches, "job": job}, "seed", "v", "version", "niji", "no"),
    )


def _unwanted(text: str) -> str | None:
    """What follows `--no`, up to the next switch."""
    match = re.search(r"\s--no\s+(.*?)(?=\s--[a-z]|$)", f" {text}", re.DOTALL)
    return match[1].strip() or None if match else None


def read_name(name: str) -> Facts | None:
    match = NAME.fullmatch(name)
    if match is None:
        return None
    prompt = match["prompt"].replace("_", " ").strip()
    return Facts(prompt=prompt or None, tool="midjourney", parameters={"job": match["job"]})
