"""Pages: built files, read once and kept: a request is a look-up by name, so that no path leads anywhere else.

Names below `assets/` carry a digest of their content and may be kept for ever by browsers; all else is asked for anew each time, by its ETag.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from postroom.servers.http.guard import Receive, Scope, Send

INDEX = "index.html"
_ASSETS = "assets/"
_FOR_EVER = b"public, max-age=31536000, immutable"
_ASK = b"no-cache"
_SMALL = 1024  # octets; below, compressing gains nothing
_TEXT = ("text/", "application/javascript", "application/json", "image/svg+xml")
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".html": "text/html",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}
_NOT_BUILT = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Postroom</title>
<h1>The console's pages are not built</h1><p>In a checkout, <code>make ui</code> builds them; an installed program has them.</p>
"""


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    compressed: bytes | None
    media_type: bytes
    etag: bytes
    cache: bytes


class Pages:
    """An ASGI application for what lies in `folder`, below the path `root`; unknown names that are no files are the places of the application itself."""

    def __init__(self, folder: Path, root: str) -> None:
        self._root = root.rstrip("/")
        self._files = {
            str(path.relative_to(folder)): _read(path, str(path.relative_to(folder)))
            for path in (sorted(folder.rglob("*")) if folder.is_dir() else ())
            if path.is_file()
        }
        if INDEX not in self._files:
            self._files = {INDEX: _file(_NOT_BUILT, "text/html", _ASK)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        if method not in ("GET", "HEAD"):
            await _answer(send, 405, [(b"allow", b"GET, HEAD")], b"")
            return
        name = scope["path"].removeprefix(self._root).lstrip("/")
        found = self._files.get(name)
        if found is None:
            if name.startswith(_ASSETS) or name.endswith(tuple(_TYPES)):
                await _answer(send, 404, [(b"content-type", b"text/plain")], b"not found\n")
                return
            found = self._files[INDEX]
        fields = [
            (b"content-type", found.media_type),
            (b"etag", found.etag),
            (b"cache-control", found.cache),
            (b"vary", b"accept-encoding"),
        ]
        if _field(scope, b"if-none-match") == found.etag:
            await _answer(send, 304, fields, b"")
            return
        content = found.content
        if found.compressed is not None and b"gzip" in _field(scope, b"accept-encoding"):
            content = found.compressed
            fields.append((b"content-encoding", b"gzip"))
        fields.append((b"content-length", str(len(content)).encode()))
        await _answer(send, 200, fields, b"" if method == "HEAD" else content)


async def redirect(send: Send, target: str) -> None:
    await _answer(send, 307, [(b"location", target.encode("ascii")), (b"content-length", b"0")], b"")


async def _answer(send: Send, status: int, fields: list[tuple[bytes, bytes]], content: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": content})


def _read(path: Path, name: str) -> _File:
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return _file(path.read_bytes(), media_type, _FOR_EVER if name.startswith(_ASSETS) else _ASK)


def _file(content: bytes, media_type: str, cache: bytes) -> _File:
    is_text = media_type.startswith(_TEXT)
    compressed = gzip.compress(content, 9, mtime=0) if is_text and len(content) > _SMALL else None
    full_type = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return _File(content, compressed, full_type.encode(), etag.encode(), cache)


def _field(scope: Scope, name: bytes) -> bytes:
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return b""
