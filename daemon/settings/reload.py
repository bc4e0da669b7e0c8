"""Takes up changes of config.toml while the daemon runs: at once where that is safe, else it says what waits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from daemon.paths import Paths
from daemon.settings import config
from daemon.settings.mistakes import ConfigProblem
from daemon.settings.sections import Settings, described, value_of
from library.surroundings import Clock

log = logging.getLogger("gesso.config")
LOOK_SECONDS = 2.0
UNREAD = (-1, -1, -1)  # the first look reads: the file may have changed while Gesso was starting


class Reload:
    """Looks at the file's time now and then, and when it is asked to. A wrong file changes nothing; the problems are
    kept for `status`.
    """

    def __init__(
        self,
        paths: Paths,
        environ: Mapping[str, str],
        settings: Settings,
        clock: Clock,
        apply: Callable[[Settings], None],
    ) -> None:
        self.settings = settings
        self.problems: list[ConfigProblem] = []
        self.waiting: list[str] = []  # settings that changed and take effect at the next start
        self._started_with = settings
        self._paths = paths
        self._environ = environ
        self._clock = clock
        self._apply = apply
        self._seen: tuple[int, int, int] | None = UNREAD

    async def run(self) -> None:
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            self.look(also_empty=True)

    def look(self, also_empty: bool = False) -> None:
        """Take up the file if it changed since the last look. One without a byte, or none, only where that is said:
        whoever writes a file over empties it first, or moves it away, and what stood there holds until it is written.
        """
        stamp = self._stamp()
        if stamp == self._seen or ((stamp is None or not stamp[1]) and not also_empty):
            return
        self._seen = stamp
        reading = config.read(self._paths, self._environ)
        fresh, self.problems = reading.settings, reading.problems
        if self.problems:
            for problem in self.problems:
                log.error("%s", problem)
            return
        self.waiting = [
            f"[{each.section}] {each.key}"
            for each in described()
            if not each.live and value_of(fresh, each) != value_of(self._started_with, each)
        ]
        if fresh == self.settings:
            return
        self.settings = fresh
        self._apply(fresh)
        log.info("config.toml was read again; waiting for a restart: %s", ", ".join(self.waiting) or "nothing")

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            facts = self._paths.config_file.stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_size, facts.st_ino  # two writes may have one time
