"""The help of every verb, in both languages, as it was agreed on; and the reference page made from it.

After a wanted change: `GESSO_GOLDEN=write pytest tests/commands/test_help.py`, then read the difference.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import click
import pytest

from cli import gesso
from commands.terminal.helping import summary
from commands.terminal.layout import width
from commands.verbs import Noun, Verb
from tests.commands.tree import LANGUAGES, Language, every_command, help_of, spoken
from tests.tree import ROOT

GOLDEN = Path(__file__).parent / "golden"
PAGES = {"en": ROOT / "docs" / "commands.md", "zh-TW": ROOT / "docs" / "commands.zh-TW.md"}
INTRODUCTIONS = {
    "en": "# Commands\n\nMade from the program's own help by `GESSO_GOLDEN=write pytest tests/commands/test_help.py`.\n"
    "What `--json` prints and the exit codes are described in the [guide](guide.md#for-scripts).\n",
    "zh-TW": "# 指令\n\n依程式本身的說明寫成：`GESSO_GOLDEN=write pytest tests/commands/test_help.py`。\n"
    "`--json` 的輸出與結束代碼請看[使用指南](guide.zh-TW.md#給指令稿用)。\n",
}
COMMANDS = list(every_command())
WRITE = os.environ.get("GESSO_GOLDEN") == "write"


def agreed(path: Path, text: str) -> str:
    """What the file says; with GESSO_GOLDEN=write it says this from now on."""
    if WRITE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return path.read_text("utf-8")


def golden(words: str, language: str) -> Path:
    return GOLDEN / language / f"{words.replace(' ', '-')}.txt"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[words for words, _ in COMMANDS])
def test_help_is_as_agreed(words: str, command: click.Command, language: Language) -> None:
    text = help_of(words, command, language)
    assert text == agreed(golden(words, language), text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[words for words, _ in COMMANDS])
def test_help_fits_the_terminal_and_has_an_example(words: str, command: click.Command, language: Language) -> None:
    lines = help_of(words, command, language).splitlines()
    assert [line for line in lines if width(line) > 80] == []
    if not isinstance(command, click.Group):
        assert any(line.strip().startswith(f"{words} ") or line.strip() == words for line in lines[2:]), "no example"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[words for words, _ in COMMANDS])
def test_example_is_a_command_that_is_understood(words: str, command: click.Command, language: Language) -> None:
    heading = {"en": "Example:", "zh-TW": "範例："}[language]
    lines = help_of(words, command, language).partition(f"\n{heading}\n")[2].splitlines()
    assert lines
    with spoken(language):
        for line in lines:
            called = line.strip()
            assert called.startswith("gesso "), line
            understand(shlex.split(re.split(" [<>] ", called)[0])[1:])


def understand(words: list[str]) -> None:
    """Read a command as the program does, without doing it; UsageError where it makes no sense."""
    command: click.Command = gesso
    context = click.Context(gesso, info_name="gesso")
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command, context = found, click.Context(found, info_name=name, parent=context)
    command.make_context(context.info_name, words, parent=context.parent)


@pytest.mark.parametrize("words", [["tag"], ["gen", "a", "--cuont", "2"], ["sarch"], ["queue", "next"]])
def test_command_that_makes_no_sense_is_not_understood(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        understand(words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_sentence_fits_the_list_of_verbs(language: Language) -> None:
    with spoken(language):
        sentences = {words: summary(command.key) for words, command in COMMANDS if isinstance(command, Verb | Noun)}
    assert {words: text for words, text in sentences.items() if width(text) > 62} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_agreed_help_is_left_over(language: Language) -> None:
    assert {path.stem for path in (GOLDEN / language).glob("*.txt")} == {
        words.replace(" ", "-") for words, _ in COMMANDS
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_reference_page_is_the_programs_own_help(language: Language) -> None:
    parts = [f"## {words}\n\n```text\n{help_of(words, command, language)}```\n" for words, command in COMMANDS]
    page = "\n".join([INTRODUCTIONS[language], *parts])
    assert page == agreed(PAGES[language], page)
