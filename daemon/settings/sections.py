"""Every setting with its type, default, bounds and meaning. Reading them is config.py's work."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MIB = 1024 * 1024
GIB = 1024 * MIB


def setting(
    default: Any,
    meaning: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    live: bool = False,
    money: bool = False,
    timetable: bool = False,
) -> Any:
    """A field of a section. `live` settings take effect when the file changes, others at the next start. `money`:
    a text of amounts (money.py). `timetable`: a text of limits by the hour (sync/allowance/timetable.py).
    """
    facts = {"meaning": meaning, "least": least, "most": most, "choices": choices, "live": live}
    return field(default=default, metadata={**facts, "money": money, "timetable": timetable})


@dataclass(frozen=True, slots=True)
class DaemonSettings:
    """The daemon itself."""

    port: int = setting(
        8463, "The port of the page and the API on 127.0.0.1; 0 takes any free one.", least=0, most=65535
    )
    language: str = setting(
        "", "The page's language until a person picks one; empty follows the browser.",
        choices=("", "en", "zh-TW"), live=True,
    )  # fmt: skip
    accept_unsafe_home: bool = setting(
        False, "Start although the library lies on a network drive or in a cloud drive's folder."
    )
    ballast_bytes: int = setting(
        32 * MIB, "Kept in reserve on the disk and given back when it is full; 0 keeps none.", least=0, most=GIB
    )


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is written to the log file."""

    level: str = setting(
        "info", "How much is written; debug also names pictures and routes.",
        choices=("debug", "info", "warning", "error"), live=True,
    )  # fmt: skip
    file_bytes: int = setting(5 * MIB, "The log file is put aside at this size.", least=10_000, most=GIB)
    files: int = setting(5, "How many log files put aside are kept.", least=1, most=100)


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """Reading pictures, in worker processes."""

    workers: int = setting(0, "Worker processes; 0 takes one per processor, four at most.", least=0, most=64)
    idle_seconds: float = setting(60.0, "Workers without work end after this time.", least=1, most=86_400)
    pixels: int = setting(150_000_000, "Larger pictures are refused.", least=1_000_000, most=1_000_000_000)
    memory_bytes: int = setting(
        GIB, "Memory that one worker may use before its picture is refused.", least=256 * MIB, most=64 * GIB
    )
    seconds: float = setting(10.0, "Processor time that one picture may take before it is refused.", least=1, most=600)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """The page and programs."""

    session_days: int = setting(30, "Days without use after which a browser must be let in again.", least=1, most=3650)
    upload_bytes: int = setting(2 * GIB, "Larger uploads are refused.", least=MIB, most=1024 * GIB)


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """Other devices of the same workspaces."""

    port: int = setting(
        8464, "The port for other devices, open only while there are any; 0 takes any free one.", least=0, most=65535
    )
    listen: str = setting("", "Addresses of this computer to listen at, with commas; empty is all of its networks.")
    vpn: bool = setting(False, "Whether devices may also come through a VPN of this computer.")
    discover: bool = setting(True, "Whether devices look for each other on the network.")
    upload_limit: int = setting(
        0, "Most bytes a second that go out to other devices; 0 is no limit.", least=0, most=10 * GIB, live=True
    )
    upload_timetable: str = setting(
        "", 'Other limits at some hours, like "mon-fri 09:00-18:00 200 KB, 23:00-06:00 0"; empty is none.',
        live=True, timetable=True,
    )  # fmt: skip
    when_metered: str = setting(
        "thumbnails", "What is exchanged with devices of other networks while this one is metered.",
        choices=("everything", "thumbnails", "nothing"), live=True,
    )  # fmt: skip
    metered: str = setting(
        "auto", "Whether this network is metered; auto asks the system.", choices=("auto", "yes", "no"), live=True
    )


@dataclass(frozen=True, slots=True)
class JobSettings:
    """Making pictures."""

    most_of_a_batch: int = setting(
        1000, "Pictures that one batch may ask for; more are refused before anything is begun.",
        least=1, most=100_000, live=True,
    )  # fmt: skip
    month_limit: str = setting(
        "", 'What may be spent in a calendar month, like "20.00 USD" or "20.00 USD, 600 TWD"; empty is no limit.',
        live=True, money=True,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One provider. Keys are never written here: they come from a variable of the environment or a file of its own."""

    adapter: str = setting("", "What speaks to it: openai, openai-compatible, sketch, or module.Class of a plugin.")
    enabled: bool = setting(True, "Whether it can be used.")
    base_url: str = setting("", "Where it answers; empty is the service's own address.")
    key_env: str = setting("", "The variable of the environment that holds its key.")
    key_file: str = setting("", "The file that holds its key, and nothing else.")
    proxy: str = setting("", "A proxy for its requests, like http://127.0.0.1:3128.")
    models: tuple[str, ...] = setting((), "Models to offer, where the service has no list of its own.")
    headers: tuple[tuple[str, str], ...] = setting((), "Headers for every request.")
    at_once: int = setting(0, "Most requests in flight; 0 is as many as suits it.", least=0, most=64)
    per_minute: int = setting(
        0, "Most requests within a minute, as the account allows; 0 is not known.", least=0, most=10_000
    )
    timeout: float = setting(
        0.0, "Seconds of silence after which a request is given up; 0 is as long as suits it.", least=0, most=900
    )
    idempotent: bool = setting(False, "Whether it knows a repeated request by its Idempotency-Key and charges once.")
    response_format: str = setting(
        "", "How it is asked for pictures; none asks in no way, empty is as suits it.",
        choices=("", "b64_json", "url", "none"),
    )  # fmt: skip
    free: bool = setting(False, "Whether nothing that it makes costs money, as on a machine of your own.")
    seconds: float = setting(
        0.0, "About how long a picture takes, until some were made; 0 is not known.", least=0, most=86_400
    )
    previews: int = setting(
        0, "Previews that it can show of a picture on its way; 0 is none, or as suits it.", least=0, most=10
    )
    name: str = ""

    @property
    def options(self) -> dict[str, float | bool | str]:
        """What only some adapters take, where it is set."""
        return {each: value for each in OPTIONS if (value := getattr(self, each))}


OPTIONS = ("timeout", "idempotent", "response_format", "free", "seconds", "previews")
BUILT_IN = ProviderSettings(adapter="sketch", name="sketch")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that config.toml can say."""

    daemon: DaemonSettings = DaemonSettings()
    log: LogSettings = LogSettings()
    imports: ImportSettings = ImportSettings()
    api: ApiSettings = ApiSettings()
    jobs: JobSettings = JobSettings()
    sync: SyncSettings = SyncSettings()
    providers: tuple[ProviderSettings, ...] = (BUILT_IN,)


class Described(NamedTuple):
    """One setting as documentation and checks need it."""

    section: str
    key: str
    default: Any
    meaning: str
    least: float | None
    most: float | None
    choices: tuple[str, ...]
    live: bool
    money: bool
    timetable: bool

    @property
    def variable(self) -> str:
        """The environment variable that overrides it."""
        return f"GESSO_{self.section}_{self.key}".upper()


# `import` is a word of the language, so the field has another name than the section.
FIELDS = {"import": "imports"}
SECTIONS = {
    "daemon": DaemonSettings,
    "log": LogSettings,
    "import": ImportSettings,
    "api": ApiSettings,
    "jobs": JobSettings,
    "sync": SyncSettings,
}


def described() -> Iterator[Described]:
    """Every setting, in the order of the example file."""
    for section, shape in SECTIONS.items():
        for item in dataclasses.fields(shape):
            yield Described(section, item.name, item.default, **item.metadata)


def value_of(settings: Settings, which: Described) -> Any:
    return getattr(getattr(settings, FIELDS.get(which.section, which.section)), which.key)
