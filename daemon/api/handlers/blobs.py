"""Bytes of pictures. What a browser may show inline is decided by the bytes themselves, never by a name or a record."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, BinaryIO, NamedTuple
from urllib.parse import quote

import msgspec
from aiohttp import web

from daemon.api.answers import headers_of
from daemon.api.call import Call
from daemon.api.inputs import Sha256, Strict
from daemon.errors import Refused
from imaging.formats import MEDIA_TYPES, sniff
from library.catalog import BlobPlace, Library
from library.errors import NotFound

PIECE = 1024 * 1024
COMES = 8.0  # seconds for which an original is waited for that another device sends
# Private: another user of a shared cache has no business with it. A hash's bytes never change.
CACHE = "private, max-age=31536000, immutable"
POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
# Only these are shown; everything else, HTML and SVG above all, is offered for download.
SHOWN = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class BlobQuery(Strict, frozen=True):
    """With a name the browser saves the file under it."""

    download: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None


class Span(NamedTuple):
    """Part of a file: first byte and number of bytes."""

    start: int
    length: int


async def show(call: Call, sha256: Sha256, query: BlobQuery) -> web.StreamResponse:
    """The bytes of a blob, whole or a range; `ETag` is the hash. One that another device has is fetched first."""
    place = await _place(call.library, sha256)
    headers = {**headers_of("api-read"), "Cache-Control": CACHE}
    return await sent(call, place, sha256, headers, query.download, lambda head: sniffed(head, place.media_type))


async def _place(library: Library, sha256: str) -> BlobPlace:
    """Where its bytes lie. An original that is elsewhere is waited for; of small pictures there are many at once."""
    try:
        return library.blob(sha256)
    except NotFound as error:
        if error.code != "elsewhere":
            raise
        hash = bytes.fromhex(sha256)
        if not await library.where.comes(hash, COMES if library.copies.is_original(hash) else 0):
            raise
    return library.blob(sha256)


async def sent(
    call: Call, place: BlobPlace, tag: str, headers: dict[str, str], name: str | None, kind: Callable[[bytes], str]
) -> web.StreamResponse:
    """A file's bytes, whole or a range. `tag` names what they are, `kind` tells their type by the first of them; with a
    `name` they are to be saved.
    """
    headers |= {"ETag": f'"{tag}"', "Accept-Ranges": "bytes", "Content-Security-Policy": POLICY}
    asked = call.request.headers
    if _matches(asked.get("If-None-Match", ""), headers["ETag"]):
        return web.Response(status=304, headers=headers)
    file = await asyncio.to_thread(_open, place.path)
    try:
        size, head = await asyncio.to_thread(_look, file)
        if size != place.size:
            raise Refused(404, "changed", "The file is no longer what it was.", hint="Run `gesso verify`.")
        headers["Content-Type"] = kind(head)
        headers["Content-Disposition"] = _disposition(headers["Content-Type"], name, tag)
        span = _span(asked.get("Range"), asked.get("If-Range"), headers["ETag"], size)
        if span is not None:
            headers["Content-Range"] = f"bytes {span.start}-{span.start + span.length - 1}/{size}"
        return await _send(call, file, span or Span(0, size), headers, 206 if span else 200)
    finally:
        await asyncio.to_thread(file.close)


def sniffed(head: bytes, recorded: str) -> str:
    """The media type by the first bytes; JSON only when it was stored as JSON and can be nothing else."""
    if (format := sniff(head)) is not None:
        return MEDIA_TYPES[format]
    if recorded == "application/json" and head[:1] in (b"{", b"["):
        return "application/json"
    return "application/octet-stream"


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise Refused(404, "missing", "The bytes are not on this device now.", hint="Run `gesso verify`.") from error


def _look(file: BinaryIO) -> tuple[int, bytes]:
    head = file.read(16)
    return file.seek(0, 2), head


def _matches(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in (each.strip().removeprefix("W/") for each in header.split(","))


def _span(header: str | None, only_if: str | None, tag: str, size: int) -> Span | None:
    """The one range asked for; None means the whole. Several ranges at once are answered by the whole, as allowed."""
    if header is None or (only_if is not None and only_if.strip() != tag):
        return None
    found = RANGE.fullmatch(header.replace(" ", ""))
    if found is None or found[0] == "bytes=-":
        return None
    if not found[1]:
        start, last = max(0, size - int(found[2])), size - 1
    else:
        start, last = int(found[1]), min(int(found[2] or size), size - 1)
        if found[2] and int(found[2]) < start:
            return None
    if start > last:
        raise Refused(416, "range", f"The blob has {size:,} bytes.", headers={"Content-Range": f"bytes */{size}"})
    return Span(start, last - start + 1)


def _disposition(media_type: str, name: str | None, sha256: str) -> str:
    if name is None and media_type in (*SHOWN, "application/json"):
        return "inline"
    # Only the encoded form: quotes and line breaks in a name cannot break out of it.
    return f"attachment; filename*=UTF-8''{quote(name or sha256, safe='', errors='replace')}"


async def _send(call: Call, file: BinaryIO, span: Span, headers: dict[str, str], status: int) -> web.StreamResponse:
    if span.length <= PIECE:
        return web.Response(body=await asyncio.to_thread(_read, file, span), headers=headers, status=status)
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = span.length
    await response.prepare(call.request)
    for part in _parts(span):
        await response.write(await asyncio.to_thread(_read, file, part))
    await response.write_eof()
    return response


def _read(file: BinaryIO, span: Span) -> bytes:
    file.seek(span.start)
    data = file.read(span.length)
    if len(data) != span.length:
        # The answer has begun: breaking the connection is the only way left to say that it is not whole.
        raise ConnectionResetError("the file became shorter while it was sent")
    return data


def _parts(span: Span) -> Iterator[Span]:
    for start in range(span.start, span.start + span.length, PIECE):
        yield Span(start, min(PIECE, span.start + span.length - start))
