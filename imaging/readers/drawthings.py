"""Draw Things: a JSON object in XMP's or EXIF's UserComment: `c` the prompt, `uc` what is unwanted."""

from __future__ import annotations

from imaging.inspection import Facts
from imaging.readers.parsing import load_object, model_name, plain, seed, size, words
from imaging.readers.xmp import properties
from imaging.written import Written


def read(written: Written) -> Facts | None:
    texts = [written.exif_text("UserComment")]
    if "UserComment" in written.xmp:
        texts.append(properties(written.xmp).get("exif:UserComment", ""))
    for text in texts:
        found = load_object(text)
        if found is not None and "c" in found and {"seed", "steps", "sampler"} & found.keys():
            return Facts(
                prompt=words(found.get("c")),
                negative=words(found.get("uc")),
                seed=seed(found.get("seed")),
                model=model_name(found.get("model")),
                tool="drawthings",
                parameters={**plain(found, "c", "uc", "seed", "model", "size"), **size(found.get("size"))},
            )
    return None
