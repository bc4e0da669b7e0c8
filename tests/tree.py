"""The project's own files, as the checks of the code itself see them."""

from __future__ import annotations

import ast
import gc
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Folders that others fill: packages, builds, what tools keep.
FOREIGN = {"node_modules", "dist", "build", "test-results", "__pycache__", "demo-output"}


def files(root: Path, *endings: str) -> Iterator[Path]:
    """Every own file below root that ends so, in a fixed order."""
    for folder, names, leaves in os.walk(root):
        names[:] = sorted(name for name in names if name not in FOREIGN and not name.startswith("."))
        yield from (Path(folder, leaf) for leaf in sorted(leaves) if leaf.endswith(endings))


def parsed(text: str) -> ast.Module:
    """The syntax tree of a program. No garbage is collected meanwhile: what ends may tell of itself with a traceback,
    which parses too, and Python 3.11 takes one within the other for a fault ("recursion depth mismatch").
    """
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        gc.enable()


def write(root: Path, path: str, text: str) -> None:
    """Plant a file in a small tree of its own, to show that a check can fail."""
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")
