"""One home with a mistake of every kind in its settings."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

from daemon.paths import Paths
from daemon.settings import config
from daemon.settings.mistakes import ConfigProblem


class Mistake(NamedTuple):
    """What is written, or which variable is set; the line it is on, and words of the problem that must not be lost."""

    text: str | bytes = ""
    line: int = 0
    words: tuple[str, ...] = ()
    variable: str = ""


class Barred(type(Path())):  # type: ignore[misc]
    """A folder whose files nobody may read, not even the administrator."""

    def read_bytes(self) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))


TABLE = "[sync]\nupload_timetable = "
MISTAKES = {
    "config.folder": Mistake(),
    "config.locked": Mistake(),
    "config.unreadable": Mistake(words=()),
    "config.encoding": Mistake(b"[daemon]\nport = \xff", 2, ("16",)),
    "config.twice": Mistake("[daemon]\nport = 1\nport = 2", 3, ("port = 2",)),
    "config.unclosed": Mistake('[log]\nlevel = "debug\n[daemon]\n', 2, ('level = "debug',)),
    "config.no_value": Mistake("[log]\nlevel = debug\n", 2, ("level = debug",)),
    "config.more": Mistake("[daemon]\nport = 8,463\n", 2, ("port = 8,463",)),
    "config.statement": Mistake("[daemon]\nport ＝ 9\n", 2, ("port ＝ 9",)),
    "config.backslash": Mistake('[log]\nlevel = "C:\\Users"\n', 2, ("Users",)),
    "config.character": Mistake('[log]\nlevel = "a\x01"\n', 2, ("level",)),
    "config.syntax": Mistake("port = " + "9" * 5000, 0, ("port = 999",)),
    "config.no_section": Mistake("\n[cloud]\n", 2, ("[cloud]", "api, daemon, import, jobs, log")),
    "config.no_section.close": Mistake("[Deamon]\n", 1, ("[Deamon]", "[daemon]")),
    "config.not_section": Mistake("daemon = 5", 1, ("daemon", "[daemon]")),
    "config.outside": Mistake("# mine\nport = 1", 2, ("port", "[daemon]")),
    "config.outside.no_key": Mistake("pictures = 1", 1, ("pictures", "[daemon], [log]")),
    "config.no_key": Mistake("[log]\nfrobnicate = 1", 2, ("frobnicate", "file_bytes, files, level")),
    "config.no_key.close": Mistake("[daemon]\nprot = 1", 2, ("prot", "port", "[daemon]")),
    "config.no_key.elsewhere": Mistake("[api]\nport = 1", 2, ("port", "[api]", "[daemon]")),
    "config.no_key.network": Mistake('[daemon]\nhost = "0.0.0.0:80"', 2, ("host", "127.0.0.1", "[::1]")),
    "config.no_variable": Mistake(variable="GESSO_API_XYZZY_PLUGH_FROTZ", words=("GESSO_API_SESSION_DAYS",)),
    "config.no_variable.close": Mistake(variable="GESSO_DEAMON_PORT", words=("GESSO_DAEMON_PORT",)),
    "config.provider.not_table": Mistake("[providers]\nsketch = 1", 2, ("sketch", "[providers.sketch]")),
    "config.provider.name": Mistake('[providers."a/b c"]\nadapter = "openai"', 1, ('"a/b c"',)),
    "config.provider.adapter": Mistake('[providers.x]\nadapter = "opnai"', 1, ("x", '"opnai"', "openai-compatible")),
    "config.provider.not_taken": Mistake("[providers.sketch]\ntimeout = 9", 1, ("sketch", "timeout")),
    "config.provider.not_idempotent": Mistake("[providers.openai]\nidempotent = true", 1, ("openai", "idempotent")),
    "config.not_texts": Mistake('[providers.openai]\nmodels = "a"', 1, ('[providers.openai] models = "a"',)),
    "config.not_headers": Mistake('[providers.openai]\nheaders = "a"', 1, ('headers = "a"', "headers.X-Name")),
    "config.not_url": Mistake('[providers.openai]\nbase_url = "here"', 1, ('base_url = "here"', "https://")),
    "config.not_boolean": Mistake("[daemon]\naccept_unsafe_home = 1", 2, ("accept_unsafe_home = 1", "true", "false")),
    "config.not_text": Mistake("[log]\nlevel = 3", 2, ("level = 3", '"debug", "info", "warning", "error"')),
    "config.not_choice": Mistake('[log]\nlevel = "loud"', 2, ('"loud"', '"debug", "info", "warning", "error"')),
    "config.not_amounts": Mistake('[jobs]\nmonth_limit = "20 dollars"', 2, ('month_limit = "20 dollars"', "20.00 USD")),
    "config.timetable.entry": Mistake(f'{TABLE}"200 KB"', 2, ("[sync] upload_timetable", "200 KB", "09:00-18:00")),
    "config.timetable.day": Mistake(f'{TABLE}"0:00-1:00 0, moon 1:00-2:00 0"', 2, ("moon", "mon-fri")),
    "config.timetable.time": Mistake(f'{TABLE}"mon 9:00-25:00 0"', 2, ("9:00-25:00", "24:00")),
    "config.timetable.empty": Mistake(f'{TABLE}"09:00-09:00 0"', 2, ("09:00-09:00", "00:00-24:00")),
    "config.timetable.limit": Mistake(f'{TABLE}"09:00-18:00 fast"', 2, ("fast", "200 KB", "thumbnails")),
    "config.not_number": Mistake("[import]\nseconds = nan", 2, ("seconds = nan", "1", "600", "10.0")),
    "config.not_whole": Mistake('[daemon]\nport = "8463"', 2, ('port = "8463"', "0", "65535", "8463")),
    "config.too_small": Mistake("[log]\nfiles = 0", 2, ("files = 0", "1", "100", "5")),
    "config.too_large": Mistake("[log]\n\nfiles = 101", 3, ("files = 101", "1", "100", "5")),
}  # fmt: skip


def home(folder: Path, code: str) -> tuple[Paths, dict[str, str]]:
    """The home of a mistake and its variables."""
    paths, mistake = Paths.of(folder, {}), MISTAKES[code]
    if code == "config.folder":
        paths.config_file.mkdir()
    elif code == "config.unreadable":
        paths.config_file.symlink_to(paths.config_file)
    elif code == "config.locked":
        paths = dataclasses.replace(paths, config=Barred(folder))
    elif mistake.text:
        paths.config_file.write_bytes(mistake.text if isinstance(mistake.text, bytes) else mistake.text.encode())
    return paths, {mistake.variable: "1"} if mistake.variable else {}


def problem(folder: Path, code: str) -> ConfigProblem:
    """The one problem that its mistake is."""
    (found,) = config.check(*home(folder, code))
    return found
