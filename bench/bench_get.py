"""GET of one asset from the daemon, beside a bare aiohttp handler doing the same SQLite read.

The bare one runs the very statements that the daemon runs for that picture and answers with their rows as JSON; a
second one reads the picture's own row only. Each runs in a process of its own and is asked by the same client over a
few kept connections, in turns. Target: at least half of the first one's requests a second. COUNT sets how many
pictures the library has (10,000).
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
from bench.parts.filling import fill, opened
from library.catalog import Library

COUNT = int(os.environ.get("COUNT", "10000"))
CONNECTIONS = 4
SECONDS = 3.0
TURNS = 3
BARE = """
import json, sqlite3, sys
from aiohttp import web
connection = sqlite3.connect(sys.argv[1], isolation_level=None, cached_statements=512)
statements = json.loads(sys.argv[2])
def read():
    for statement in statements:
        rows = connection.execute(statement)
        yield [[each.hex() if isinstance(each, bytes) else each for each in row] for row in rows]
async def show(request):
    bytes.fromhex(request.match_info["id"])
    return web.json_response(list(read()))
app = web.Application()
app.router.add_get("/api/v1/w/-/assets/{id}", show)
web.run_app(app, host="127.0.0.1", port=0, access_log=None, print=lambda text: print(text, flush=True))
"""


def serve_bare(database: Path, statements: list[str]) -> tuple[subprocess.Popen[str], int]:
    """A reference's process and its port."""
    words = [sys.executable, "-c", BARE, str(database), json.dumps(statements)]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    return server, int(line.split("http://127.0.0.1:")[1].split()[0])


async def statements_of(library: Library, asset: str) -> list[str]:
    """What showing a picture asks of the database, its transaction included."""
    database, seen = library.workspace.database, list[str]()
    database.read_now(lambda connection: connection.set_trace_callback(seen.append))
    seen.clear()
    await library.assets.show(asset)
    database.read_now(lambda connection: connection.set_trace_callback(None))
    end = next(place for place, statement in enumerate(seen) if statement.startswith(("COMMIT", "ROLLBACK", "END")))
    return seen[: end + 1]


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


async def measure(ours: int, same: int, row: int, path: str, token: str) -> None:
    rates: dict[int, list[float]] = {ours: [], same: [], row: []}
    for _ in range(TURNS):
        for port, found in rates.items():
            found.append(await rate(port, path, token))
    mine, one, other = (statistics.median(found) for found in rates.values())
    print(f"GET one asset: {mine:,.0f} requests a second")
    print(f"bare handler, the same statements: {one:,.0f}; ours are {mine / one:.2f} of it (target 0.5)")
    print(f"bare handler, one row: {other:,.0f}; ours are {mine / other:.2f} of it")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)

        async def prepare() -> tuple[str, Path, list[str]]:
            async with opened(home / "data") as library:
                await fill(library, COUNT)
                asset = (await library.search.page("", limit=1)).items[0].id
                return asset, library.workspace.database.path, await statements_of(library, asset)

        asset, database, statements = asyncio.run(prepare())
        daemon, _ = start(home)
        token = Path(told(home, "paths")["token"]).read_text().strip()
        ours = int(told(home, "status")["url"].rstrip("/").rpartition(":")[2])
        same, same_port = serve_bare(database, statements)
        row, row_port = serve_bare(database, [f"SELECT * FROM asset WHERE id=x'{asset}'"])
        try:
            asyncio.run(measure(ours, same_port, row_port, f"/api/v1/w/-/assets/{asset}", token))
        finally:
            same.kill()
            row.kill()
            daemon.terminate()
            daemon.wait()


if __name__ == "__main__":
    main()
