"""The custom logo: what is taken, what becomes of it, and what is refused before it is unpacked (SPEC 4)."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from admin_api import Browser, Office
from postroom.extras.logo import HEIGHT, MAX_OCTETS, WIDTH, prepare
from postroom.model.errors import Malformed, OverLimit


def picture(size: tuple[int, int], kind: str = "PNG", **words: object) -> bytes:
    target = io.BytesIO()
    mode = "RGB" if kind == "JPEG" else "RGBA"
    Image.new(mode, size, (10, 120, 200) if mode == "RGB" else (10, 120, 200, 128)).save(target, kind, **words)
    return target.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """A header that promises so many pixels; nothing behind it."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")

    def chunk(body: bytes) -> bytes:
        return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))

    return b"\x89PNG\r\n\x1a\n" + chunk(head) + chunk(data) + chunk(b"IEND")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
@pytest.mark.parametrize(
    ("size", "small", "large"),
    [
        ((1280, 400), (128, 40), (256, 80)),
        ((1000, 1000), (40, 40), (80, 80)),
        ((2000, 20), (128, 1), (256, 3)),
        ((20, 10), (20, 10), (20, 10)),
        ((200, 40), (128, 26), (200, 40)),
        ((1, 1), (1, 1), (1, 1)),
        ((1, 3000), (1, 40), (1, 80)),
    ],
)
def test_it_is_made_smaller_in_proportion_and_never_larger(
    kind: str, size: tuple[int, int], small: tuple[int, int], large: tuple[int, int]
) -> None:
    logo = prepare(picture(size, kind))
    for data, expected in ((logo.png, small), (logo.png_2x, large)):
        found = Image.open(io.BytesIO(data))
        assert (found.format, found.size) == ("PNG", expected)
    assert (logo.width, logo.height) == small
    assert logo.width <= WIDTH and logo.height <= HEIGHT


def test_only_the_pixels_are_kept() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "taken at home, hidden text")
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "hidden text"
    turned = prepare(picture((400, 100), "JPEG", exif=exif))
    assert (turned.width, turned.height) == (10, 40)
    for data in (turned.png, prepare(picture((50, 20), pnginfo=info) + b"hidden text").png):
        assert b"hidden" not in data and not Image.open(io.BytesIO(data)).info.get("exif")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"%PDF-1.7",
        b"BM" + bytes(60),
        picture((30, 30))[:60],
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"GIF89a" + b"\xff" * 20,
        b"RIFF\x10\x00\x00\x00WEBPVP8 ",
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        prepare(data)


@pytest.mark.parametrize("size", [(4001, 4000), (60_000, 60_000), (2**31 - 1, 1)])
def test_a_picture_that_unpacks_to_too_much_is_refused_unread(size: tuple[int, int]) -> None:
    with pytest.raises((OverLimit, Malformed)) as refused:
        prepare(png_of_size(*size))
    assert "4001" not in str(size) or isinstance(refused.value, OverLimit)


def test_a_megabyte_is_the_most() -> None:
    data = picture((50, 20))
    assert prepare(data + bytes(MAX_OCTETS - len(data))).width == 50
    with pytest.raises(OverLimit):
        prepare(data + bytes(MAX_OCTETS - len(data) + 1))


async def test_it_is_set_shown_to_everybody_and_reset(desk: Office, admin: Browser) -> None:
    stranger = desk.browser()
    assert (await stranger.ask("GET", "/branding/logo")).status == 404
    shown = await admin.ask("POST", "/branding/logo/preview", picture((640, 200)), content_type="image/png")
    assert (shown.json["width"], shown.json["height"]) == (128, 40)
    assert shown.json["preview"].startswith("data:image/png;base64,")
    assert (await stranger.ask("GET", "/service")).json["logo"] is None, "a preview is not set"
    done = await admin.ask("PUT", "/branding/logo", picture((640, 200)), content_type="image/png")
    assert done.status == 200
    assert (await stranger.ask("GET", "/service")).json["logo"] == {
        "version": done.json["version"], "width": 128, "height": 40,
    }  # fmt: skip
    for name, width in (("logo", 128), ("logo@2x", 256)):
        answer = await stranger.ask("GET", f"/branding/{name}")
        assert answer.headers["content-type"] == "image/png"
        assert Image.open(io.BytesIO(answer.body)).width == width
    assert (await admin.ask("PUT", "/branding/logo", b"<svg/>", content_type="image/png")).status == 422
    assert (await stranger.ask("GET", "/branding/logo")).status == 200, "what was there stays"
    assert (await stranger.ask("PUT", "/branding/logo", picture((1, 1)))).status == 401
    assert (await admin.ask("DELETE", "/branding/logo")).status == 204
    assert (await stranger.ask("GET", "/branding/logo")).status == 404
