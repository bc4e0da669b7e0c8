"""No installed package ships a folder or module with one of our names: ours would be shadowed, or theirs."""

from __future__ import annotations

import importlib.metadata
import sys
import tomllib
from pathlib import Path

import pytest

from tests.tree import ROOT, write

OURS = "gesso"


def names() -> set[str]:
    """What the wheel puts beside other people's packages, and the test package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    return {name.split("/")[0].removesuffix(".py") for name in shipped} | {"tests"}


def collisions() -> list[str]:
    foreign = {
        name: [distribution for distribution in distributions if distribution != OURS]
        for name, distributions in importlib.metadata.packages_distributions().items()
    }
    return sorted(f"{name} is also in {', '.join(foreign[name])}" for name in names() if foreign.get(name))


def test_no_other_package_uses_our_names() -> None:
    assert collisions() == []


def test_the_standard_library_does_not_use_our_names() -> None:
    assert names() & sys.stdlib_module_names == set()


def test_every_folder_of_the_program_is_shipped() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"tests", "bench"} == names() - {"tests", "cli", "web"}


def test_planted_collision_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "dataset-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: dataset\nVersion: 1.0\n")
    write(tmp_path, "dataset-1.0.dist-info/top_level.txt", "library\n")
    write(tmp_path, "dataset-1.0.dist-info/RECORD", "library/__init__.py,,\n")
    write(tmp_path, "library/__init__.py", "")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert collisions() == ["library is also in dataset"]
