"""A file is one idea: 500 lines are the end; a function that passes 60 is several; a folder of 18 files is full."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from tests.tree import ROOT, files, parsed, write

FILE_LINES = 500
FUNCTION_LINES = 60
FOLDER_FILES = 18
GENERATED = {"web/src/api/types.ts"}


def too_long(root: Path) -> list[str]:
    found = []
    for path in files(root, ".py", ".ts", ".tsx", ".css"):
        name = path.relative_to(root).as_posix()
        text = path.read_text("utf-8")
        lines = len(text.splitlines())
        if lines > FILE_LINES and name not in GENERATED:
            found.append(f"{name}: {lines} lines")
        if name.endswith(".py") and not name.startswith("tests/"):
            found += [f"{name}: {long}" for long in long_functions(text)]
    return found


def long_functions(text: str) -> list[str]:
    return [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= FUNCTION_LINES
    ]


def too_full(root: Path) -> list[str]:
    count = Counter(
        path.parent.relative_to(root).as_posix()
        for path in files(root, ".py", ".ts", ".tsx")
        if path.name != "__init__.py"
    )
    return [f"{folder}: {number} files" for folder, number in sorted(count.items()) if number > FOLDER_FILES]


def test_files_and_functions_are_short_enough_to_read() -> None:
    assert too_long(ROOT) == []


def test_planted_long_file_is_found(tmp_path: Path) -> None:
    write(tmp_path, "library/export/everything.py", "x = 1\n" * (FILE_LINES + 1))
    assert too_long(tmp_path) == ["library/export/everything.py: 501 lines"]


def test_planted_long_function_is_found(tmp_path: Path) -> None:
    write(tmp_path, "library/all.py", "def everything() -> None:\n" + "    print()\n" * FUNCTION_LINES)
    assert too_long(tmp_path) == ["library/all.py: everything has 61 lines"]


def test_planted_long_page_is_found(tmp_path: Path) -> None:
    write(tmp_path, "web/src/views/Everything.tsx", "\n" * (FILE_LINES + 1))
    write(tmp_path, "web/node_modules/other/long.ts", "\n" * (FILE_LINES + 1))
    assert too_long(tmp_path) == ["web/src/views/Everything.tsx: 501 lines"]


def test_folders_are_small_enough_to_know() -> None:
    assert too_full(ROOT) == []


def test_full_folder_is_found(tmp_path: Path) -> None:
    write(tmp_path, "library/__init__.py", "")
    for number in range(FOLDER_FILES + 1):
        write(tmp_path, f"library/part{number}.py", "")
        write(tmp_path, f"library/part{number % 9}/one.py", "")
    assert too_full(tmp_path) == [f"library: {FOLDER_FILES + 1} files"]
