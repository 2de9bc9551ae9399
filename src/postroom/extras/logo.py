"""The custom logo (SPEC 4): a picture by its content, scaled down in proportion to fit 128 x 40, with a copy of twice that for sharp screens.

The picture is drawn anew as PNG, so that nothing but its pixels is kept: no metadata, no second frame, nothing hidden behind the end.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from postroom.model.errors import Malformed, Meaning, OverLimit

MAX_OCTETS = 1_048_576
WIDTH, HEIGHT = 128, 40
MAX_PIXELS = 16_000_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


@dataclass(frozen=True, slots=True)
class Logo:
    """PNG in both sizes; `width` and `height` are of the small one, in pixels."""

    png: bytes
    png_2x: bytes
    width: int
    height: int


def prepare(data: bytes) -> Logo:
    """Raises Malformed (no such picture), OverLimit (TOO_BIG: octets or pixels). Some tens of milliseconds: to be called in a thread."""
    if len(data) > MAX_OCTETS:
        raise OverLimit(f"a logo has at most {MAX_OCTETS} octets", meaning=Meaning.TOO_BIG)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures and odd files; both are judged here
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _check_size(image.size)
            image.draft("RGB", (WIDTH * 2, HEIGHT * 2))
            image.load()
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise _no_picture() from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, OverflowError, MemoryError) as error:
        raise Malformed("this picture is damaged", detail=repr(error)) from None
    small, large = _fitted(upright, WIDTH, HEIGHT), _fitted(upright, WIDTH * 2, HEIGHT * 2)
    return Logo(_png(small), _png(large), *small.size)


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise OverLimit(
            f"a logo unpacks to at most {MAX_PIXELS // 1_000_000} megapixels; this one is {size[0]} x {size[1]}",
            meaning=Meaning.TOO_BIG,
        )


def _fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    """Never larger than it is."""
    scale = min(width / image.width, height / image.height, 1.0)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _png(image: Image.Image) -> bytes:
    target = io.BytesIO()
    clean = Image.new("RGBA", image.size)
    clean.paste(image)
    clean.save(target, "PNG", optimize=True)
    return target.getvalue()


def _no_picture() -> Malformed:
    return Malformed("a logo is a PNG, JPEG, GIF or WebP picture; SVG is not taken, since it can hold scripts")
