"""The engine takes nothing from the world by itself: clock, chance, sleep, threads and disk are passed in.

So the whole of it runs on a virtual clock and a disk in memory, from one seed (tests/simulation).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tree import ROOT, files, parsed, write

ENGINE = ("library", "store", "documents", "identity", "sync")
ON_LOOP = {"sync": {"asyncio.timeout"}}  # by room: what runs on the event loop's time, which a simulation makes virtual
# What touches the world, by the name it is called by. A pattern that ends in a dot stands for everything below it.
WORLD = (
    "time.", "random.", "secrets.", "uuid.", "os.", "shutil.", "tempfile.", "subprocess.", "socket.", "threading.",
    "concurrent.", "multiprocessing.", "signal.", "select.", "platform.", "getpass.", "locale.", "fcntl.", "io.open",
    "asyncio.sleep", "asyncio.to_thread", "asyncio.timeout", "asyncio.timeout_at", "asyncio.wait_for", "asyncio.run",
    "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "datetime.datetime.now", "watchfiles.",
    "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today", "sqlite3.connect", "open",
)  # fmt: skip
# Of these only the name of a type or of a system, text in and text out, or a given time in words.
HARMLESS = {
    "random.Random", "os.fsencode", "os.fsdecode", "os.sep", "os.path.normpath", "time.gmtime", "time.strftime",
    "socket.IPPROTO_TCP", "socket.TCP_NOTSENT_LOWAT",
}  # fmt: skip
# Methods of a path that look at the disk or change it, with the number of arguments where others have the name too.
TOUCHES: dict[str, int | None] = {
    "read_bytes": None, "read_text": None, "write_bytes": None, "write_text": 1, "exists": 0, "is_file": 0,
    "is_dir": 0, "is_symlink": 0, "stat": 0, "lstat": 0, "mkdir": None, "unlink": None, "rmdir": None, "iterdir": 0,
    "glob": None, "rglob": None, "touch": None, "chmod": None, "resolve": 0, "absolute": 0, "expanduser": 0,
    "hardlink_to": 1, "symlink_to": 1, "readlink": 0, "samefile": 1, "replace": 1, "rename": 1, "cwd": 0, "home": 0,
}  # fmt: skip
# Where the world comes in, and why there.
GATES = {
    "library/surroundings.py": "the real world, to be passed in",
    "library/notices.py": "the system's notices of changed files, to be passed in",
    "store/files.py": "the real disk, to be passed in",
    "identity/certificate.py": "TLS takes a key from a file only: it lives for the length of a call",
    "store/database.py": "SQLite opens its own file; who runs it is passed in",
    "store/wal.py": "SQLite's own log, which SQLite cuts off in silence",
    "store/migrations.py": "SQLite copies its own file before an upgrade",
    "sync/peers/sockets.py": "options and measures of a real connection, which lan.py makes",
    "sync/peers/discovery.py": "zeroconf looks around on the real network: hints, to be passed in",
}


def reached(path: Path) -> Iterator[tuple[int, str]]:
    """Everything in a file that reaches for the world: line and name."""
    tree = parsed(path.read_text("utf-8"))
    yield from _reached(tree, dict(_imported(tree)))


def _reached(node: ast.AST, meant: dict[str, str]) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        own = _bound(node)
        meant = {name: what for name, what in meant.items() if name not in own}
    if isinstance(node, ast.Attribute | ast.Name):
        name = _named(node, meant)
        if name is not None:  # with all that its parts say
            if _is_world(name):
                yield node.lineno, name
            return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _touches(node, meant):
        yield node.lineno, f"{ast.unparse(node.func)}()"
    for child in ast.iter_child_nodes(node):
        yield from _reached(child, meant)


def _bound(function: ast.AST) -> set[str]:
    """Names that are a function's own: what was passed in, what it assigns."""
    arguments = {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
    return arguments | {
        each.id for each in ast.walk(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names in this file → what they stand for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.asname or each.name.split(".")[0], each.name.split(".")[0]) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((each.asname or each.name, f"{node.module}.{each.name}") for each in node.names)
    yield "open", "open"


def _named(node: ast.expr, meant: dict[str, str]) -> str | None:
    """`os.path.join` for what an expression names, seen through the file's imports; None for anything else."""
    if isinstance(node, ast.Name):
        return meant.get(node.id) if isinstance(node.ctx, ast.Load) else None
    if isinstance(node, ast.Attribute) and (whole := _named(node.value, meant)) is not None:
        return f"{whole}.{node.attr}"
    return None


def _is_world(name: str) -> bool:
    if any(name == each or name.startswith(f"{each}.") for each in HARMLESS):
        return False
    return any(name.startswith(each) if each.endswith(".") else name == each for each in WORLD)


def _touches(node: ast.Call, meant: dict[str, str]) -> bool:
    assert isinstance(node.func, ast.Attribute)
    if node.func.attr == "open":  # a path's takes a mode, or nothing
        return not node.args or isinstance(node.args[0], ast.Constant)
    if node.func.attr not in TOUCHES or (_named(node.func, meant) or "Path.").split(".")[-2] not in ("Path", "pathlib"):
        return False
    wanted = TOUCHES[node.func.attr]
    return wanted is None or (len(node.args) == wanted and all(each.arg == "missing_ok" for each in node.keywords))


def reaching(root: Path) -> list[str]:
    found = []
    for path in (path for room in ENGINE for path in files(root / room, ".py")):
        name = path.relative_to(root).as_posix()
        if name not in GATES:
            fine = ON_LOOP.get(name.split("/")[0], set())
            found += sorted({f"{name}:{line}: {what}" for line, what in reached(path) if what not in fine})
    return found


def test_the_engine_takes_nothing_from_the_world_by_itself() -> None:
    assert reaching(ROOT) == []


def test_every_gate_to_the_world_is_still_one() -> None:
    assert [name for name in GATES if not any(reached(ROOT / name))] == []


@pytest.mark.parametrize(
    "text",
    [
        "import time\ndef now() -> float:\n    return time.time()\n",
        "from time import monotonic as elapsed\nbegun = elapsed()\n",
        "import random\nnumber = random.random()\n",
        "import random as chance\nmade = chance.SystemRandom()\n",
        "import os\nsalt = os.urandom(8)\n",
        "import os\nthere = os.path.exists('x')\n",
        "import secrets\nsalt = secrets.token_bytes(8)\n",
        "import uuid\nid = uuid.uuid4()\n",
        "import asyncio\nasync def wait() -> None:\n    await asyncio.sleep(1)\n",
        "from asyncio import to_thread\nrun = to_thread\n",
        "with open('x') as file:\n    pass\n",
        "from pathlib import Path\ndata = Path('x').read_bytes()\n",
        "def there(path):\n    return path.is_file()\n",
        "def read(path):\n    return path.open('rb')\n",
        "def move(path, other):\n    path.replace(other)\n",
        "from datetime import datetime\nnow = datetime.now()\n",
        "import sqlite3\nmemory = sqlite3.connect(':memory:')\n",
        "import threading\nlock = threading.Lock()\n",
    ],
)
def test_planted_reach_for_the_world_is_found(tmp_path: Path, text: str) -> None:
    write(tmp_path, "library/planted.py", text)
    assert len(reaching(tmp_path)) >= 1


@pytest.mark.parametrize(
    "text",
    [
        "import random\ndef pick(chance: random.Random) -> bytes:\n    return chance.randbytes(8)\n",
        "import os\nname = os.fsencode('x') + os.sep.encode()\n",
        "import asyncio\nqueue = asyncio.Queue()\n",
        "text = 'a'.replace('a', 'b')\n",
        "def move(files, old, new):\n    files.rename(old, new)\n",
    ],
)
def test_what_stays_inside_is_not_found(tmp_path: Path, text: str) -> None:
    write(tmp_path, "library/planted.py", text)
    assert reaching(tmp_path) == []
