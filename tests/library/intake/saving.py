"""Pictures as people's programs save them again, and pictures that only nearly are the same."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageOps

from bench.parts.pictures import scene

SIZES = ((640, 480), (480, 640), (512, 512), (720, 400), (400, 600))


def drawn(number: int, seed: int = 11) -> Image.Image:
    """A picture with something to see, the same from the same number."""
    chance = random.Random(seed * 1_000_003 + number)
    image = scene(SIZES[number % len(SIZES)], chance)
    pen = ImageDraw.Draw(image)
    for _ in range(20):
        x, y, reach = chance.randrange(image.width), chance.randrange(image.height), chance.randrange(6, 60)
        color = tuple(chance.randrange(256) for _ in range(3))
        if chance.random() < 0.5:
            pen.rectangle((x, y, x + reach, y + reach // 2), fill=color)
        else:
            pen.line((x, y, chance.randrange(image.width), chance.randrange(image.height)), fill=color, width=3)
    return image


def save_first(image: Image.Image, path: Path, number: int) -> None:
    """As it came into the library: JPEG of high quality, or PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if number % 2:
        image.save(path, "PNG", compress_level=1)
    else:
        image.save(path, "JPEG", quality=95)


def save_again(old: Path, new: Path, number: int) -> Path:
    """As another program leaves it: a third as WebP, a third of lower quality, a third smaller. Its facts are gone."""
    new.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(old) as image:
        image.load()
        kind = number % 3
        if kind == 0:
            target = new.with_suffix(".webp")
            image.save(target, "WEBP", quality=80)
        else:
            target = new.with_suffix(".jpg")
            small = image if kind == 1 else image.resize((image.width * 3 // 4, image.height * 3 // 4))
            small.save(target, "JPEG", quality=70 if kind == 1 else 85)
    return target


def nearly(image: Image.Image, chance: random.Random) -> Iterator[tuple[str, Image.Image]]:
    """Other pictures of the same batch: something moved, painted over, coloured or lit otherwise, turned round."""
    width, height = image.size
    reach = min(width, height) // 8
    x, y = chance.randrange(width // 2), chance.randrange(height // 2)
    color = tuple(255 - value for value in image.resize((1, 1)).getpixel((0, 0)))  # type: ignore[union-attr]
    for name, at in (("moved", (x, y)), ("moved further", (x + reach, y + reach // 2))):
        moved = image.copy()
        ImageDraw.Draw(moved).ellipse((*at, at[0] + reach, at[1] + reach), fill=color)
        yield name, moved
    small = image.copy()
    ImageDraw.Draw(small).rectangle((x, y, x + reach // 3, y + reach // 3), fill=color)
    yield "a spot", small
    for step in (3, 6, 12):
        yield f"brighter by {step}", image.point(lambda value, step=step: min(255, value + step))  # type: ignore[misc]
    yield "more contrast", ImageEnhance.Contrast(image).enhance(1.15)
    yield "more colour", ImageEnhance.Color(image).enhance(1.3)
    yield "less colour", ImageEnhance.Color(image).enhance(0.7)
    yield "grey", image.convert("L").convert("RGB")
    yield "mirrored", ImageOps.mirror(image)
    yield "upside down", ImageOps.flip(image)
    yield "inverted", ImageOps.invert(image)
    yield "shifted", ImageChops.offset(image, width // 40, 0)
    yield (
        "cropped",
        image.crop((width // 40, height // 40, width - width // 40, height - height // 40)).resize(image.size),
    )
    red, green, blue = image.split()
    yield "other colours", Image.merge("RGB", (blue, red, green))


def encoded(image: Image.Image, format: str = "JPEG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **how)
    return file.getvalue()
