"""A picture made small: 512 px WebP, upright, in sRGB, with its alpha.

Large pictures are made small in bands: turning them into another mode as a whole would need their memory twice.
"""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Callable

from PIL import Image, ImageCms

EDGE = 512  # of the longer side, pixels
BAND = 4_000_000  # pixels turned at a time
ORIENTATION = 0x0112
ICC_LIMIT = 4 << 20
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation(image: Image.Image) -> int:
    """How EXIF says the picture is to be turned, 1 to 8. TIFFs are turned by Pillow itself."""
    if image.format == "TIFF":
        return 1
    try:
        found = image.getexif().get(ORIENTATION, 1)
    # Pillow raises many kinds on damaged EXIF, which costs the turning, not the picture.
    except (ValueError, TypeError, SyntaxError, KeyError, OSError, struct.error):
        return 1
    return found if isinstance(found, int) and found in TURNS else 1


def made_small(image: Image.Image, turn: int) -> Image.Image:
    """A loaded picture, which is used up, as it is shown."""
    small = in_srgb(_small(image), image.info.get("icc_profile"))
    return small.transpose(TURNS[turn]) if turn in TURNS else small


def thumbnail(small: Image.Image) -> bytes:
    """WebP of a picture that was made small."""
    file = io.BytesIO()
    small.save(file, "WEBP", method=0, quality=80)
    return file.getvalue()


def _small(image: Image.Image) -> Image.Image:
    """At most EDGE wide and high, in a mode that can be resized with care."""
    width, height = image.size
    scale = max(width, height) / EDGE
    turned = workable(image)
    if scale <= 1:
        return turned(image)
    target = max(1, round(width / scale)), max(1, round(height / scale))
    factor = max(1, min(width // target[0], height // target[1]) // 2)
    if image.mode in ("RGB", "L", "CMYK") and "transparency" not in image.info:
        reduced = image.reduce(factor) if factor > 1 else image
    else:
        reduced = _reduced(image, factor, turned)
    return reduced.resize(target, Image.Resampling.BILINEAR)


def _reduced(image: Image.Image, factor: int, turned: Callable[[Image.Image], Image.Image]) -> Image.Image:
    width, height = image.size
    rows = factor * max(1, BAND // (width * factor))
    bands = []
    for top in range(0, height, rows):
        band = turned(image.crop((0, top, width, min(height, top + rows))))
        bands.append(band.reduce(factor) if factor > 1 else band)
    if len(bands) == 1:
        return bands[0]
    whole = Image.new(bands[0].mode, (bands[0].width, sum(band.height for band in bands)))
    top = 0
    for band in bands:
        whole.paste(band, (0, top))
        top += band.height
    return whole


def workable(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """How to turn the picture, or a band of it, into a mode that averages well."""
    if image.mode.startswith("I") or image.mode == "F":
        low, span = _range(image)
        return lambda part: part.convert("F").point(lambda value: value * (255 / span) - low * 255 / span).convert("L")
    mode = "RGBA" if image.has_transparency_data else "L" if image.mode == "1" else "RGB"
    if image.mode in (mode, "L", "CMYK") and mode != "RGBA":
        return lambda part: part
    return lambda part: part if part.mode == mode else part.convert(mode)


def _range(image: Image.Image) -> tuple[float, float]:
    """The value shown as black and how far it is to white: 16 bits and 0…1 by their meaning, else what is there."""
    if image.mode.startswith("I;16"):
        return 0.0, 65535.0
    low, high = (float(value) for value in image.getextrema())  # type: ignore[arg-type]
    for most in (1.0, 255.0, 65535.0):
        if low >= 0 and high <= most and (image.mode == "F" or most > 1):
            return 0.0, most
    return low, (high - low) or 1.0


def in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB or RGBA by the picture's profile; as it is where there is none or it makes no sense."""
    # Profiles are written by strangers; colours by number are better than no picture.
    return (by_profile(image, profile) if profile else None) or _by_number(image)


def _by_number(image: Image.Image) -> Image.Image:
    mode = "RGBA" if image.mode in ("RGBA", "LA", "PA") else "RGB"
    return image if image.mode == mode else image.convert(mode)


def by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    """RGB or RGBA in sRGB; None where the profile makes no sense, or none for such a picture."""
    if len(profile) > ICC_LIMIT or image.mode not in ("L", "RGB", "RGBA", "CMYK"):
        return None
    try:
        transform = _transform(profile, image.mode, "RGBA" if image.mode == "RGBA" else "RGB")
        return _by_number(image) if transform is None else transform.apply(image)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return None


@functools.lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str, target: str) -> ImageCms.ImageCmsTransform | None:
    """From a profile to sRGB, kept: pictures of one folder mostly share theirs. None when it is sRGB already."""
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if "sRGB" in ImageCms.getProfileDescription(opened):
        return None
    return ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, target)
