"""The page: the built files of web/dist, as they are."""

from __future__ import annotations

import asyncio
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from daemon.api.call import Call
from daemon.errors import Refused

# The build names these after their content, so they never change.
HASHED = "assets"
FOREVER = "public, max-age=31536000, immutable"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Gesso</title></head>
<body><h1>Gesso is running, but its page was not built.</h1>
<p>Run <code>make setup</code> in the source folder, or install Gesso from a package. The command line works.</p>
<p lang="zh-TW">Gesso 正在執行，但網頁尚未建置。
請在原始碼資料夾執行 <code>make setup</code>，或安裝套件版；命令列可以照常使用。</p>
</body></html>
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A folder of built files."""

    folder: Path

    @classmethod
    def beside_the_program(cls) -> Page:
        return cls(Path(__file__).resolve().parents[2] / "web" / "dist")

    def find(self, path: str) -> Path | None:
        """The file for a decoded path; None for anything that is not a file inside the folder."""
        if "\0" in path or "\\" in path:
            return None
        root = self.folder.resolve()
        place = (root / path.lstrip("/")).resolve()
        return place if place.is_relative_to(root) and place.is_file() else None


async def serve(call: Call, rest: str) -> web.Response:
    """A file of the page; a path without one, and without an ending, is the page itself."""
    page: Page = call.house.page
    place = await asyncio.to_thread(page.find, rest or "index.html")
    if place is None and "." not in rest.rpartition("/")[2] and not rest.startswith(f"{HASHED}/"):
        place = page.find("index.html")
        if place is None:
            return web.Response(status=503, text=NOT_BUILT, content_type="text/html")
    if place is None:
        raise Refused(404, "no_file", "The page has no such file.")
    return await asyncio.to_thread(_answer, place, rest.startswith(f"{HASHED}/"), call.request)


def _answer(place: Path, hashed: bool, request: web.BaseRequest) -> web.Response:
    facts = place.stat()
    tag = f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"'
    headers = {"ETag": tag, "Cache-Control": FOREVER if hashed else "no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    ending = place.suffix.lower()
    headers["Content-Type"] = TYPES.get(ending) or mimetypes.guess_type(place.name)[0] or "application/octet-stream"
    return web.Response(body=place.read_bytes(), headers=headers)
