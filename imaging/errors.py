"""Why a picture is not taken, as an exception inside a worker; it leaves as a `Rejection`, as all that goes wrong."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

from PIL import Image

from imaging.inspection import Limits, Rejection, Why

Answer = TypeVar("Answer")


class Refused(Exception):
    """The file is not taken: a code for programs, a sentence for people."""

    def __init__(self, code: Why, reason: str) -> None:
        super().__init__(reason)
        self.code: Why = code
        self.reason = reason


def answered(limits: Limits, work: Callable[[], Answer]) -> Answer | Rejection:
    """What the work gives, or why it does not, with Pillow held to the limits meanwhile."""
    Image.MAX_IMAGE_PIXELS = limits.pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Pillow only warns up to twice its limit.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return work()
    except Refused as refused:
        return Rejection(refused.code, refused.reason)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Rejection("bomb", f"The picture has more than {limits.pixels:,} pixels.")
    except MemoryError:
        return Rejection("memory", "The picture needs more memory than is allowed.")
    except Exception as error:
        # Decoders raise whatever they like on damage: OSError, SyntaxError, struct.error, IndexError, …
        return Rejection("truncated", f"The picture is cut off or damaged: {_sentence(error)}.")


def _sentence(error: Exception) -> str:
    """What a decoder says, without the addresses of objects that it likes to print."""
    text = str(error).split(" <")[0].strip().rstrip(".")
    return text[:200] or type(error).__name__
