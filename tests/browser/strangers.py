"""Another page's server on this machine: an origin of its own, which tries what pages can try against ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TRIES = Path(__file__).with_name("tries.js").read_text("utf-8")
PAGE = b"<!doctype html><meta charset=utf-8><title>a stranger</title><body>a stranger's page</body>"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: what matters is seen in the browser."""


@contextmanager
def stranger() -> Iterator[int]:
    """Serves one empty page on a port of its own; gives the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
