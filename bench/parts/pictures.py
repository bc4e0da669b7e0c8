"""A varied folder of pictures as tools and cameras write them: made here, the same from the same seed."""

from __future__ import annotations

import json
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, PngImagePlugin

PROMPTS = (
    "neon cat on a rainy street, cinematic light",
    "貓咪海報，霓虹燈，雨夜街道",
    "a quiet harbour at dawn, watercolor",
    "山中小屋，晨霧，底片質感",
    "portrait of an old sailor, rembrandt lighting",
    "台北夜市，熱鬧的攤位，廣角",
    "isometric tiny library, soft shadows",
    "紅色燈籠與老街，水彩風格",
)
NEGATIVE = "blurry, low quality"
MODEL = "dreamscape-xl"
SIZES = ((640, 480), (512, 768), (1024, 1024), (1600, 900), (300, 1200), (2400, 1600))
ENDINGS = ("png", "jpg", "png", "webp", "tif", "gif", "png", "jpg")


def make(folder: Path, count: int = 24, seed: int = 7) -> int:
    """Write `count` pictures and two files that are none; returns how many pictures there are."""
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        ending = ENDINGS[number % len(ENDINGS)]
        picture = scene(SIZES[number % len(SIZES)], chance)
        write(picture, folder / f"{number:03} {'圖' if number % 3 else 'picture'}.{ending}", number, chance)
    (folder / "not a picture.png").write_text("This is text with the wrong ending.\n")
    (folder / "broken.jpg").write_bytes((folder / "001 圖.jpg").read_bytes()[:400])
    return count


def scene(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """Something like a photograph: a sky that changes, shapes, grain."""
    width, height = size
    top, bottom = (tuple(chance.randrange(256) for _ in range(3)) for _ in range(2))
    picture = Image.new("RGB", (1, height))
    for row in range(height):
        share = row / height
        picture.putpixel((0, row), tuple(round(a + (b - a) * share) for a, b in zip(top, bottom, strict=True)))
    picture = picture.resize(size)
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y, reach = chance.randrange(width), chance.randrange(height), chance.randrange(20, width // 3)
        draw.ellipse((x, y, x + reach, y + reach), fill=tuple(chance.randrange(256) for _ in range(3)))
    picture = picture.filter(ImageFilter.GaussianBlur(3))
    grain = Image.frombytes("L", (128, 128), chance.randbytes(128 * 128)).resize(size)
    return Image.blend(picture, Image.merge("RGB", (grain,) * 3), 0.08)


def write(picture: Image.Image, path: Path, number: int, chance: random.Random) -> None:
    """As different tools would save it."""
    prompt, seed = PROMPTS[number % len(PROMPTS)], chance.randrange(2**32)
    if path.suffix == ".png":
        picture.save(path, pnginfo=comfyui(prompt, seed) if number % 4 else a1111(prompt, seed, picture.size))
    elif path.suffix == ".jpg":
        exif = Image.Exif()
        exif[0x0112] = 6 if number % 2 else 1  # orientation: some cameras save lying pictures
        exif[0x010E] = "photo"
        picture.save(path, quality=88, exif=exif)
        path.with_suffix(".txt").write_text(prompt, "utf-8")
    else:
        picture.save(path)


def a1111(prompt: str, seed: int, size: tuple[int, int]) -> PngImagePlugin.PngInfo:
    """The one text that A1111 and its kin write."""
    info = PngImagePlugin.PngInfo()
    settings = f"Steps: 28, Sampler: Euler a, CFG scale: 7, Seed: {seed}, Size: {size[0]}x{size[1]}, Model: {MODEL}"
    info.add_itxt("parameters", f"{prompt}\nNegative prompt: {NEGATIVE}\n{settings}")
    return info


def comfyui(prompt: str, seed: int) -> PngImagePlugin.PngInfo:
    """The graph that ComfyUI ran."""
    graph = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": f"{MODEL}.safetensors"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": prompt, "clip": ["1", 1]}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": NEGATIVE, "clip": ["1", 1]}},
        "4": {"class_type": "EmptyLatentImage", "inputs": {"width": 1024, "height": 1024, "batch_size": 1}},
        "5": {
            "class_type": "KSampler",
            "inputs": {
                "seed": seed, "steps": 20, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
                "model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0], "latent_image": ["4", 0],
            },
        },
        "6": {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}},
        "7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "ComfyUI"}},
    }  # fmt: skip
    info = PngImagePlugin.PngInfo()
    info.add_text("prompt", json.dumps(graph))
    return info
