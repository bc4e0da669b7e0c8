"""What can be wrong with the settings: every kind by its code, in English and with values for other languages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

SHOWN = 60  # characters of a value or a line that are repeated

_NUMBER = "Write a number from {least} to {most}, without quotes or commas; the default is {default}."
_WHOLE = "Write a whole number from {least} to {most}, without quotes or commas; the default is {default}."

# Kind → what is wrong, and what to write instead.
KINDS: dict[str, tuple[str, str]] = {
    # The file.
    "config.folder": ("A folder stands where the file of the settings should be.", "Move it away."),
    "config.locked": ("You may not read this file.", "Give yourself the right to read it."),
    "config.unreadable": ("This file cannot be read: {reason}.", "Check the disk, or write the file anew."),
    "config.encoding": ("This line is not UTF-8 (byte {byte} of the file).", "Save the file as UTF-8."),
    # What keeps it from being TOML.
    "config.twice": ("This stands in the file already, further above: “{text}”", "Keep only one of the two."),
    "config.unclosed": ("A quotation mark or a bracket is not closed: “{text}”", "Close it on the same line."),
    "config.no_value": (
        "What stands behind the equals sign is no value: “{text}”",
        "Write text in straight quotes, a number without commas, or true or false in small letters.",
    ),
    "config.more": (
        "Something stands on this line that does not belong there: “{text}”",
        "Write one setting on a line, text in straight quotes, a number without commas.",
    ),
    "config.statement": (
        "This line is neither a section nor a setting: “{text}”",
        "Write [section] or key = value, or put a # in front of a remark.",
    ),
    "config.backslash": (
        "A backslash in the text begins something that does not exist: “{text}”",
        "Write every backslash twice, or the text in single quotes.",
    ),
    "config.character": (
        "A character on this line cannot be seen and must not be here: “{text}”",
        "Type the line anew.",
    ),
    "config.syntax": ("This is not TOML: “{text}”", "Compare it with config.example.toml."),
    # Sections and keys.
    "config.no_section": ("There is no section [{section}].", "There are: {known}."),
    "config.no_section.close": ("There is no section [{section}].", "Did you mean [{close}]?"),
    "config.not_section": (
        "“{section}” is the name of a section, not of a setting.",
        "Write [{section}] on a line of its own above its keys.",
    ),
    "config.outside": ("“{key}” stands above every section.", "Write it below [{section}]."),
    "config.outside.no_key": ("“{key}” stands above every section.", "Write settings below a section: {known}."),
    "config.no_key": ("There is no setting “{key}” in [{section}].", "There are: {known}."),
    "config.no_key.close": ("There is no setting “{key}” in [{section}].", "Did you mean “{close}”?"),
    "config.no_key.elsewhere": ("There is no setting “{key}” in [{section}].", "It belongs in [{right}]."),
    "config.no_key.network": (
        "There is no setting “{key}” in [{section}].",
        "Gesso listens on 127.0.0.1 and [::1] only, never on a network: remove it.",
    ),
    "config.no_variable": ("There is no setting for this variable.", "There are: {known}."),
    "config.no_variable.close": ("There is no setting for this variable.", "Did you mean {close}?"),
    # Providers.
    "config.provider.not_table": (
        "“{name}” below [providers] is no provider.",
        "Write [providers.{name}] on a line of its own above its keys.",
    ),
    "config.provider.name": (
        "{name} is no name for a provider.",
        "Write a name of letters, digits, - . and _ that begins with a letter or a digit.",
    ),
    "config.provider.adapter": (
        "The provider “{name}” has no adapter that is known: {value}.",
        "Write adapter = one of {known}, or module.Class of a plugin.",
    ),
    "config.provider.not_taken": (
        "The provider “{name}” sets {key}, which the adapter {adapter} has no use for.",
        "Remove it, or name the adapter that takes it.",
    ),
    "config.provider.not_idempotent": (
        "The provider “{name}” is OpenAI's own service, which charges a repeated request twice.",
        "Remove idempotent; it is for a server of base_url that knows Idempotency-Key.",
    ),
    "config.not_texts": ("{written}: this is not a list of texts.", 'Write a list: ["…", "…"].'),
    "config.not_headers": ("{written}: these are not headers.", 'Write a line for each: headers.X-Name = "…".'),
    "config.not_url": ("{written}: this is not an address.", "Write it whole, like https://example.org/v1."),
    # Values.
    "config.not_boolean": ("{written}: this is not true or false.", "Write true or false, without quotes."),
    "config.not_text": ("{written}: this is not text.", "Write text in quotes: {choices}."),
    "config.not_choice": ("{written}: there is no such choice.", "Write one of these: {choices}."),
    "config.not_amounts": (
        "{written}: these are not amounts of money.",
        'Write each with its currency, once: "20.00 USD", or "20.00 USD, 600 TWD"; "" for no limit.',
    ),
    "config.timetable.entry": (
        "{name}: “{part}” is no entry of a timetable.",
        'Write days, times and a limit, entries with commas between them: "mon-fri 09:00-18:00 200 KB, 23:00-06:00 0".',
    ),
    "config.timetable.day": (
        "{name}: there is no day “{part}”.",
        "Write mon, tue, wed, thu, fri, sat or sun, or two of them with a hyphen: mon-fri.",
    ),
    "config.timetable.time": (
        "{name}: “{part}” is no time of the day.",
        "Write when it begins and when it ends, from 00:00 to 24:00: 09:00-18:00, or 23:00-06:00 over midnight.",
    ),
    "config.timetable.empty": (
        "{name}: “{part}” begins and ends at once.",
        "Write 00:00-24:00 for a whole day.",
    ),
    "config.timetable.limit": (
        "{name}: “{part}” is no limit.",
        "Write bytes a second, like 200 KB or 1.5 MB (10 GB at most), 0 for no limit, or thumbnails for no originals.",
    ),
    "config.not_number": ("{written}: this is not a number.", _NUMBER),
    "config.not_whole": ("{written}: this is not a whole number.", _WHOLE),
    "config.too_small": ("{written}: this is too small.", _NUMBER),
    "config.too_large": ("{written}: this is too large.", _NUMBER),
}


class ConfigProblem(NamedTuple):
    """What is wrong, where, and what to write instead. `code` and `params` are for translation."""

    code: str
    what: str
    where: str
    remedy: str
    params: Mapping[str, str] = {}

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {self.remedy}"


def problem(code: str, place: str, params: Mapping[str, str] = {}, line: int = 0) -> ConfigProblem:
    """A problem of a kind in a file or a variable; `line` 0 is the whole file, or what has no lines."""
    what, remedy = KINDS[code]
    where, given = (f"{place}:{line}", {**params, "line": str(line)}) if line else (place, dict(params))
    return ConfigProblem(code, what.format(**given), where, remedy.format(**given), given)


def shown(value: Any) -> str:
    """A value as it would stand in the file, cut to a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return cut(json.dumps(value, ensure_ascii=False))
    if isinstance(value, list | dict):
        return "[…]" if isinstance(value, list) else "{…}"
    # Python refuses to write out very long numbers other than by powers of two.
    return cut(hex(value) if isinstance(value, int) and value.bit_length() > 10_000 else str(value))


def cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
