"""Who may import whom, and where each third-party library lives (docs: CONTRIBUTING.md, "The house")."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tree import ROOT, files, parsed, write

MECHANISMS = {"store", "documents", "imaging", "identity"}
SIBLINGS = {"sync", "providers", "reports"}
MAY_IMPORT = {
    "cli": {"commands"},
    "commands": {"daemon"},
    "daemon": SIBLINGS | {"library"} | MECHANISMS,
    **{sibling: {"library"} | MECHANISMS for sibling in SIBLINGS},
    "library": MECHANISMS,
    **{mechanism: set() for mechanism in MECHANISMS},
}
ANYWHERE = {"msgspec"}  # plain data
HOMES = {
    "automerge": ["documents/engine.py"],
    "aiosqlite": ["store/"], "sqlite3": ["store/"],
    "PIL": ["imaging/"], "cv2": ["imaging/"], "numpy": ["imaging/"], "imagehash": ["imaging/"],
    "sd_parsers": ["imaging/"], "defusedxml": ["imaging/"],
    "cryptography": ["identity/", "sync/buckets/sealed.py"], "keyring": ["identity/"],
    "nacl": ["identity/"], "spake2": ["identity/pairing.py"],
    "zeroconf": ["sync/peers/discovery.py"], "ifaddr": ["sync/peers/interfaces.py"],
    "watchfiles": ["library/notices.py"],
    "aiohttp": ["daemon/", "sync/", "providers/"], "yarl": ["daemon/", "sync/", "providers/"],
    "multidict": ["daemon/", "sync/", "providers/"],
    **{
        each: ["providers/openai/adapter.py", "providers/openai/bounds.py", "providers/openai/talking.py"]
        for each in ("openai", "httpx2")
    },
    "platformdirs": ["daemon/paths.py"],
    "click": ["cli.py", "commands/"], "rich": ["cli.py", "commands/"],
}  # fmt: skip
STANDARD_ELSEWHERE = sys.stdlib_module_names - set(HOMES)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import in a file, also inside functions, under TYPE_CHECKING and by name through importlib."""
    for node in ast.walk(parsed(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." if node.level else node.module or ""
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("importlib.import_module", "__import__"):
            yield node.lineno, ast.literal_eval(node.args[0]) if isinstance(node.args[0], ast.Constant) else "?"


def verdict(path: str, module: str) -> str | None:
    """Why the file at `path` may not import `module`; None when it may."""
    room, top = path.removesuffix(".py").split("/")[0], module.split(".")[0]
    if top == room or top in STANDARD_ELSEWHERE or top in ANYWHERE:
        return None
    if top in MAY_IMPORT:
        return None if top in MAY_IMPORT[room] else f"{room} must not import {top}"
    if top in HOMES:
        return None if path.startswith(tuple(HOMES[top])) else f"{top} lives in {' and '.join(HOMES[top])} only"
    # A name computed while running is allowed where a literal table stands beside it: of the command line's verbs, of
    # the adapters.
    if module == "?" and path in ("cli.py", "providers/registry.py"):
        return None
    return f"{module} has no home: give it one in {Path(__file__).name}"


def violations(root: Path) -> list[str]:
    found = []
    for path in (path for room in MAY_IMPORT for path in files(root / room, ".py")):
        name = path.relative_to(root).as_posix()
        found += [f"{name}:{line}: {why}" for line, module in imports(path) if (why := verdict(name, module))]
    for line, module in imports(root / "cli.py") if (root / "cli.py").exists() else ():
        found += [f"cli.py:{line}: {why}"] if (why := verdict("cli.py", module)) else []
    return found


def test_imports_point_down_and_libraries_stay_at_home() -> None:
    assert violations(ROOT) == []


def test_every_folder_with_code_has_its_rules() -> None:
    elsewhere = {"tests", "bench", "web", "docs", "deploy", "hatch_build.py"}
    rooms = {path.relative_to(ROOT).parts[0] for path in files(ROOT, ".py")} - elsewhere
    assert {room.removesuffix(".py") for room in rooms} <= set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("library/views/search.py", "import daemon.app\n"),
        ("documents/kinds.py", "from store.database import Database\n"),
        ("store/blobs.py", "def read() -> None:\n    import imaging\n"),
        ("sync/plan.py", "if TYPE_CHECKING:\n    from providers.base import Provider\n"),
        ("library/catalog.py", "import sqlite3\n"),
        ("documents/change.py", "from automerge import core\n"),
        ("commands/assets.py", "from library.models import Asset\n"),
        ("cli.py", "from daemon import app\n"),
        ("identity/keys.py", "from .. import store\n"),
        ("store/files.py", "import requests\n"),
        ("imaging/pool.py", "import importlib\nimportlib.import_module('library.events')\n"),
    ],
)
def test_planted_violation_is_found(tmp_path: Path, path: str, text: str) -> None:
    write(tmp_path, path, text)
    assert len(violations(tmp_path)) == 1


IMPORTED_AS = {"pillow": "PIL", "pynacl": "nacl", "sd-parsers": "sd_parsers"}


def test_the_base_needs_nothing_that_no_file_imports() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[^A-Za-z0-9-]", each)[0] for each in needed}
    imported = {
        module.split(".")[0]
        for room in (*MAY_IMPORT, "cli.py")
        for path in ([ROOT / room] if room.endswith(".py") else files(ROOT / room, ".py"))
        for _, module in imports(path)
    }
    assert {name for name in names if IMPORTED_AS.get(name, name) not in imported} == set()
