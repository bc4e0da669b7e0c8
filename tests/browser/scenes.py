"""Pictures worth looking at, the same from the same number: hills, night windows, waves, still lifes."""

from __future__ import annotations

import colorsys
import random
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, PngImagePlugin

PROMPTS = (
    "貓咪海報，霓虹燈，雨夜街道，電影感光線",
    "misty hills at dawn, layered mountains, soft light, film grain",
    "台北夜市，熱鬧的攤位，廣角，暖色調",
    "long exposure of the sea, minimal, pastel sky",
    "一隻貓咪睡在老書店的窗邊，午後陽光，膠片質感",
    "still life with three oranges, rembrandt lighting, oil on canvas",
    "isometric city block at night, glowing windows, rain",
    "紅色燈籠與老街，水彩風格，留白",
)
NEGATIVE = "blurry, low quality, 浮水印"
MODELS = ("dreamscape-xl", "墨韻-v2", "photon-realis")
SIZES = ((960, 640), (640, 960), (768, 768), (1216, 640), (512, 768), (900, 600), (420, 1180), (1024, 1024))
Draw = Callable[[Image.Image, random.Random, float], Image.Image]


def colour(hue: float, light: float, strength: float = 0.5) -> tuple[int, int, int]:
    red, green, blue = colorsys.hls_to_rgb(hue % 1, light, strength)
    return round(red * 255), round(green * 255), round(blue * 255)


def sky(size: tuple[int, int], top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), ramp)


def hills(picture: Image.Image, chance: random.Random, hue: float) -> Image.Image:
    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    x, y, reach = chance.randrange(width), height // 4, min(width, height) // 9
    draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colour(hue + 0.08, 0.9, 0.8))
    picture = picture.filter(ImageFilter.GaussianBlur(reach / 12))
    for layer in range(6):
        draw = ImageDraw.Draw(picture)
        base, height_of = height * (0.42 + layer * 0.1), height * 0.13
        points = [(0.0, base)]
        for step in range(1, 13):
            points.append((width * step / 12, base + chance.uniform(-height_of, height_of) * (1 - layer / 9)))
        draw.polygon([(0, height), *points, (width, height)], fill=colour(hue + 0.5, 0.62 - layer * 0.09, 0.28))
        picture = picture.filter(ImageFilter.GaussianBlur(1.6 if layer < 4 else 0.6))
    return picture


def windows(picture: Image.Image, chance: random.Random, hue: float) -> Image.Image:
    width, height = picture.size
    draw, glow = ImageDraw.Draw(picture), Image.new("RGB", picture.size)
    shine, left = ImageDraw.Draw(glow), 0
    while left < width:
        across, top = chance.randrange(width // 14, width // 6), chance.randrange(height // 5, height * 3 // 4)
        draw.rectangle((left, top, left + across, height), fill=colour(hue, chance.uniform(0.05, 0.14), 0.35))
        for row in range(top + 10, height - 12, 18):
            for column in range(left + 7, left + across - 9, 14):
                if chance.random() < 0.4:
                    light = colour(chance.choice((0.1, 0.13, hue + 0.45)), chance.uniform(0.5, 0.78), 0.9)
                    shine.rectangle((column, row, column + 6, row + 9), fill=light)
        left += across + chance.randrange(3, 9)
    lit = Image.composite(glow, picture, glow.convert("L").point(lambda value: 255 if value else 0))
    halo = glow.filter(ImageFilter.GaussianBlur(9)).point(lambda value: min(255, value * 2))
    return Image.blend(lit, Image.composite(halo, lit, halo.convert("L")), 0.45)


def waves(picture: Image.Image, chance: random.Random, hue: float) -> Image.Image:
    width, height = picture.size
    for band in range(11):
        draw = ImageDraw.Draw(picture, "RGBA")
        top, swing = height * (0.35 + band * 0.06), height * 0.03
        points = [(width * step / 9, top + chance.uniform(-swing, swing)) for step in range(10)]
        draw.polygon(
            [(0, height), *points, (width, height)], fill=(*colour(hue + band * 0.012, 0.62 - band * 0.04), 90)
        )
        picture = picture.filter(ImageFilter.GaussianBlur(2.4))
    return picture


def still(picture: Image.Image, chance: random.Random, hue: float) -> Image.Image:
    width, height = picture.size
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, height * 0.66, width, height), fill=colour(hue + 0.05, 0.16, 0.3))
    for number in range(3):
        reach = round(min(width, height) * chance.uniform(0.12, 0.2))
        x, y = round(width * (0.25 + number * 0.25)), round(height * chance.uniform(0.6, 0.68))
        tone = hue + 0.45 + number * 0.03
        for step in range(reach, 0, -2):
            off = (reach - step) // 3
            fill = colour(tone, 0.14 + 0.5 * (1 - step / reach), 0.75)
            draw.ellipse((x - step - off, y - step - off, x + step - off, y + step - off), fill=fill)
    return picture.filter(ImageFilter.GaussianBlur(1.2))


KINDS: tuple[tuple[Draw, float, float], ...] = (
    (windows, 0.1, 0.22), (hills, 0.78, 0.9), (windows, 0.06, 0.3), (waves, 0.8, 0.92),
    (hills, 0.45, 0.8), (still, 0.1, 0.32), (windows, 0.04, 0.16), (waves, 0.5, 0.86),
)  # fmt: skip


def scene(number: int, size: tuple[int, int] | None = None) -> Image.Image:
    chance = random.Random(number)
    size = size or SIZES[number * 5 % len(SIZES)]
    kind, dark, light = KINDS[number % len(KINDS)]
    hue = chance.random()
    return kind(sky(size, colour(hue, dark), colour(hue + 0.1, light)), chance, hue)


def parameters(number: int, prompt: str, size: tuple[int, int]) -> str:
    """As A1111 writes it."""
    settings = {
        "Steps": 20 + number % 3 * 8, "Sampler": ("Euler a", "DPM++ 2M Karras")[number % 2],
        "CFG scale": 5 + number % 4,
        "Seed": 1_000_003 * (number + 1), "Size": f"{size[0]}x{size[1]}", "Model": MODELS[number % len(MODELS)],
    }  # fmt: skip
    return f"{prompt}\nNegative prompt: {NEGATIVE}\n" + ", ".join(
        f"{name}: {value}" for name, value in settings.items()
    )


def paint(path: Path, number: int, prompt: str | None = None, size: tuple[int, int] | None = None) -> Path:
    """A picture with its prompt, as a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture, info = scene(number, size), PngImagePlugin.PngInfo()
    words = PROMPTS[number % len(PROMPTS)] if prompt is None else prompt
    info.add_itxt("parameters", parameters(number, words, picture.size))
    picture.save(path, pnginfo=info, compress_level=1)
    return path


def gallery(folder: Path, count: int, share: int = 1) -> list[Path]:
    """`count` pictures, numbered, in both languages; each side `share` times smaller, for tests in a hurry."""
    found = []
    for number in range(count):
        width, height = SIZES[number * 5 % len(SIZES)]
        name = f"{number:02}-{('夜景', 'dawn', '習作', 'study')[number % 4]}.png"
        found.append(paint(folder / name, number, size=(width // share, height // share)))
    return found
