"""GET of one asset from the daemon, beside a bare aiohttp handler doing the same SQLite read.

Both run in a process of their own and are asked by the same client over a few kept connections, in turns. Target: at
least half of its requests a second. COUNT sets how many pictures the library has (10,000).
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.bench_start import start
from bench.filling import fill, opened

COUNT = int(os.environ.get("COUNT", "10000"))
CONNECTIONS = 4
SECONDS = 3.0
TURNS = 3
BARE = """
import sqlite3, sys
from aiohttp import web
connection = sqlite3.connect(sys.argv[1])
async def show(request):
    id = bytes.fromhex(request.match_info["id"])
    row = connection.execute("SELECT * FROM asset WHERE id=?", (id,)).fetchone()
    return web.json_response([value.hex() if isinstance(value, bytes) else value for value in row])
app = web.Application()
app.router.add_get("/api/v1/w/-/assets/{id}", show)
web.run_app(app, host="127.0.0.1", port=0, access_log=None, print=lambda text: print(text, flush=True))
"""


def serve_bare(database: Path) -> tuple[subprocess.Popen[str], int]:
    """The reference's process and its port."""
    server = subprocess.Popen([sys.executable, "-c", BARE, str(database)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    return server, int(line.split("http://127.0.0.1:")[1].split()[0])


def told(home: Path, verb: str) -> Any:
    """The JSON of a command."""
    words = [sys.executable, "-P", "-m", "cli", "--home", str(home), "--json", verb]
    return json.loads(subprocess.run(words, capture_output=True, check=True).stdout)


async def ask(port: int, path: str, token: str, until: float) -> int:
    """Requests answered on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    done = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        await reader.readexactly(length)
        done += 1
    writer.close()
    return done


async def rate(port: int, path: str, token: str) -> float:
    """Requests a second over all connections."""
    until = time.perf_counter() + SECONDS
    return sum(await asyncio.gather(*(ask(port, path, token, until) for _ in range(CONNECTIONS)))) / SECONDS


async def measure(ours: int, bare: int, path: str, token: str) -> None:
    rates: dict[int, list[float]] = {ours: [], bare: []}
    for _ in range(TURNS):
        for port in (bare, ours):
            rates[port].append(await rate(port, path, token))
    one, other = statistics.median(rates[ours]), statistics.median(rates[bare])
    print(
        f"bare handler {other:,.0f} requests a second, GET one asset {one:,.0f}: {one / other:.2f} of it (target 0.5)"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)

        async def prepare() -> tuple[str, Path]:
            async with opened(home / "data") as library:
                await fill(library, COUNT)
                return (await library.search.page("", limit=1)).items[0].id, library.workspace.database.path

        asset, database = asyncio.run(prepare())
        daemon, _ = start(home)
        token = Path(told(home, "paths")["token"]).read_text().strip()
        ours = int(told(home, "status")["url"].rstrip("/").rpartition(":")[2])
        bare, free = serve_bare(database)
        try:
            asyncio.run(measure(ours, free, f"/api/v1/w/-/assets/{asset}", token))
        finally:
            bare.kill()
            daemon.terminate()
            daemon.wait()


if __name__ == "__main__":
    main()
