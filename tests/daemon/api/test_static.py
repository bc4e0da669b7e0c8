"""The page's files, and only they."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daemon.api.static import Page
from tests.daemon.house import Running, running


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Running]:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<title>Gesso</title>")
    (folder / "assets" / "index-abc.js").write_text("1")
    (folder / "assets" / "style-abc.css").write_text("a{}")
    (folder / "theme.js").write_text("2")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with running(tmp_path / "home", page=Page(folder)) as found:
        yield found


async def test_page_and_its_files(house: Running) -> None:
    page = await house.ask("GET", "/")
    assert (page.status, page.body) == (200, b"<title>Gesso</title>")
    assert page.headers["cache-control"] == "no-cache"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    script = await house.ask("GET", "/assets/index-abc.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "immutable" in script.headers["cache-control"]
    assert (await house.ask("GET", "/theme.js")).headers["cache-control"] == "no-cache"
    assert (await house.ask("GET", "/assets/style-abc.css")).headers["content-type"].startswith("text/css")


async def test_path_of_the_page_leads_to_the_page(house: Running) -> None:
    assert (await house.ask("GET", "/asset/abc")).body == b"<title>Gesso</title>"
    assert (await house.ask("GET", "/assets/gone-abc.js")).status == 404
    assert (await house.ask("GET", "/gone.js")).status == 404


async def test_unchanged_file_is_not_sent_again(house: Running) -> None:
    tag = (await house.ask("GET", "/theme.js")).headers["etag"]
    again = await house.ask("GET", "/theme.js", {"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")


async def test_head_has_no_body(house: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.house.port)
    writer.write(f"HEAD / HTTP/1.1\r\nHost: {house.host}\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert b" 200 " in head and b"Content-Length: 20" in head and body == b""


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt", "/..%5csecret.txt",
        "/link.txt", "//etc/passwd", "/%2fetc%2fpasswd", "/assets/../../secret.txt", "/assets/%2e%2e/%2e%2e/secret.txt",
        "/theme.js%00.html", "/C:%5cWindows%5cwin.ini", "/..;/secret.txt",
    ],
)  # fmt: skip
async def test_nothing_outside_the_folder_is_served(house: Running, path: str) -> None:
    answer = await house.ask("GET", path)
    assert answer.status in (400, 404, 422) or answer.body == b"<title>Gesso</title>", answer
    assert b"secret" not in answer.body and b"root:" not in answer.body


async def test_page_that_was_not_built_is_explained(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        answer = await house.ask("GET", "/")
        assert answer.status == 503
        assert b"make setup" in answer.body and "尚未建置".encode() in answer.body
