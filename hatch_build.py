"""A wheel without the page would start and show nothing: refuse to build one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageIsThere(BuildHookInterface[Any]):
    """Checks a wheel that is to be given away; an editable install finds its page when it is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable" and not (Path(self.root) / "web" / "dist" / "index.html").is_file():
            raise FileNotFoundError("web/dist/index.html is missing: build the page first (`make setup`).")
