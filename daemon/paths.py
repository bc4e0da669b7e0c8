"""Where Gesso keeps its things: the platform's own folders, or one home that holds everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

NAME = "gesso"
HOME = "GESSO_HOME"


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one home and the files the daemon keeps in them. Nothing is created by asking."""

    home: Path | None  # None: the platform's folders
    config: Path
    data: Path
    state: Path
    cache: Path
    logs: Path

    @classmethod
    def of(cls, home: Path | None, environ: Mapping[str, str]) -> Paths:
        """The folders for `--home`, else for GESSO_HOME, else the platform's own."""
        chosen = home or (Path(environ[HOME]) if environ.get(HOME) else None)
        if chosen is not None:
            root = chosen.expanduser().absolute()
            return cls(root, root, root / "data", root / "state", root / "cache", root / "state" / "logs")
        dirs = platformdirs.PlatformDirs(NAME, appauthor=False)
        return cls(
            None,
            dirs.user_config_path,
            dirs.user_data_path,
            dirs.user_state_path,
            dirs.user_cache_path,
            dirs.user_log_path,
        )

    @property
    def config_file(self) -> Path:
        return self.config / "config.toml"

    @property
    def plugins(self) -> Path:
        """Where adapters of the person's own lie."""
        return self.config / "plugins"

    @property
    def lists(self) -> Path:
        """Lists that prompts draw from, one choice a line."""
        return self.config / "lists"

    @property
    def lock(self) -> Path:
        return self.state / "lock"

    @property
    def runtime(self) -> Path:
        """Who runs: pid, port, address. Trust it only while the lock is held."""
        return self.state / "runtime.json"

    @property
    def token(self) -> Path:
        return self.state / "token"

    @property
    def proof_secret(self) -> Path:
        return self.state / "proof"

    @property
    def instance(self) -> Path:
        return self.state / "instance"

    @property
    def sessions(self) -> Path:
        return self.state / "sessions.json"

    @property
    def known(self) -> Path:
        """What the last start found here, so that an empty folder is noticed."""
        return self.state / "known.json"

    @property
    def log_file(self) -> Path:
        return self.logs / "gesso.log"

    @property
    def service_log(self) -> Path:
        """What the daemon prints where the system starts it and keeps no log of that itself."""
        return self.logs / "service.log"

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.config, self.data, self.state, self.cache, self.logs)

    def as_table(self) -> dict[str, str]:
        """What `gesso paths` prints."""
        return {
            "config": str(self.config_file),
            "data": str(self.data),
            "state": str(self.state),
            "cache": str(self.cache),
            "logs": str(self.logs),
            "token": str(self.token),
            "lists": str(self.lists),
            "plugins": str(self.plugins),
        }
