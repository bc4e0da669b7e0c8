"""Every code of the daemon has a sentence in the catalogue: the daemon may speak English, people need not."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from pathlib import Path
from typing import get_args

import pytest

from commands.terminal.texts import Language, catalogue, translated
from daemon.checks.received import SAID
from daemon.service.unit import Concern
from daemon.settings.mistakes import KINDS
from imaging.readers.parsing import OURS
from library.care.faults import FAULTS
from library.jobs.sheets import read as read_sheet
from tests.commands import codes
from tests.tree import ROOT, write

FAMILIES = {
    "problem": codes.problems(ROOT),
    "finding": codes.findings(ROOT) | {*SAID, *KINDS},
    "attention": codes.attention(ROOT),
    "import.reason": codes.reasons(),
    "closed": codes.causes(ROOT),
    "service.warning": set(get_args(Concern)),
}


def unsaid(family: str, found: set[str], texts: set[str] | None = None) -> list[str]:
    known = set(catalogue("zh-TW")) if texts is None else texts
    # A code made while running, like `no_{kind}`, is known by its beginning.
    made = {code for code in found if code.endswith("_")}
    plain = [code for code in found - made if f"{family}.{code}" not in known]
    return sorted(plain + [code for code in made if not any(key.startswith(f"{family}.{code}") for key in known)])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_code_has_a_text(family: str) -> None:
    assert FAMILIES[family], "no code was found: has their source moved?"
    assert unsaid(family, FAMILIES[family]) == []


@pytest.mark.parametrize("face", ["web/src/text", "commands/text"])
@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_every_action_is_told_in_words(face: str, language: str) -> None:
    """What the history tells of, and in few words what an undo took back; either face finds it by the whole code."""
    said = json.loads((ROOT / face / f"{language}.json").read_text("utf-8"))
    known = said.keys() | {key.removesuffix(".other") for key in said}
    found = codes.intents(ROOT)
    assert {"asset.rate", "asset.generate", "album.add", "prompt.create", "preset.edit", "redo"} <= found
    wanted = {f"{family}.{code}" for code in found for family in ("intent", "deed")}
    assert sorted(wanted - known) == []


@pytest.mark.parametrize("family", ["problem", "attention", "import.reason", "closed"])
def test_page_says_every_code_too(family: str) -> None:
    said = json.loads((ROOT / "web" / "src" / "text" / "zh-TW.json").read_text("utf-8"))
    assert unsaid(family, FAMILIES[family], set(said)) == []


def test_page_says_every_finding_that_it_is_told_too() -> None:
    """Verify, export and restore answer the page with what they found, `status` with mistakes in the settings."""
    for language in ("en", "zh-TW"):
        said = json.loads((ROOT / "web" / "src" / "text" / f"{language}.json").read_text("utf-8"))
        told = {key: text for key, text in catalogue(language).items() if key.startswith("finding.")}
        wanted = [f"finding.{code}{part}" for code in (*FAULTS, *KINDS) for part in ("", ".remedy")]
        assert {key: said.get(key) for key in wanted} == {key: told[key] for key in wanted}


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_reasons_of_the_system_are_said_alike_by_both_faces(language: Language) -> None:
    said = json.loads((ROOT / "web" / "src" / "text" / f"{language}.json").read_text("utf-8"))
    told = {key: text for key, text in catalogue(language).items() if key.startswith("system.")}
    assert told and told == {key: text for key, text in said.items() if key.startswith("system.")}
    if language == "en" and sys.platform == "linux":
        assert told == {key: os.strerror(getattr(errno, key.removeprefix("system."))) for key in told}


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_why_a_file_was_not_imported_is_said_alike_by_both_faces(language: Language) -> None:
    ours = {key: text for key, text in catalogue(language).items() if key.startswith("import.reason.")}
    page = json.loads((ROOT / "web" / "src" / "text" / f"{language}.json").read_text("utf-8"))
    said = {key: page[key].rstrip(".。") for key in ours}
    assert {key: text[0].upper() + text[1:] for key, text in ours.items()} == said
    assert "`[import] pixels`" in ours["import.reason.bomb"]


def test_what_is_wrong_with_a_row_is_said_in_the_words_of_the_daemon() -> None:
    (told,) = read_sheet("prompt,size\na,16385x5\n").problems
    said = json.loads((ROOT / "web" / "src" / "text" / "en.json").read_text("utf-8"))
    for texts in (catalogue("en"), said):
        assert texts["problem.row.size"].format(**told.params) == told.sentence


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_every_setting_of_a_picture_that_has_one_name_has_a_label(language: Language) -> None:
    page = json.loads((ROOT / "web" / "src" / "text" / f"{language}.json").read_text("utf-8"))
    intro = (ROOT / "docs" / "metadata.md").read_text("utf-8").split("\n\n")[1]
    documented = set(re.findall("`([a-z_]+)`", intro))
    assert documented == set(OURS.values())
    for name in {*documented, "Version"}:
        labels = {page.get(f"fact.{name}"), catalogue(language).get(f"parameter.{name}")}
        assert len(labels) == 1 and labels.isdisjoint({None, name}), (name, labels)


def test_every_finding_has_a_remedy() -> None:
    assert [code for code in FAMILIES["finding"] if f"finding.{code}.remedy" not in catalogue("zh-TW")] == []


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("daemon/api/new.py", 'raise Refused(409, "brand_new", "…")', "brand_new"),
        ("library/new.py", 'raise NotFound("…", code="brand_new")', "brand_new"),
        ("providers/new.py", 'Failure("brand_new", "…")', "brand_new"),
        ("providers/new.py", 'Misfit("size", "brand_new", "…")', "brand_new"),
        ("providers/errors.py", 'class New(ProviderError):\n    code = "brand_new"', "brand_new"),
        ("library/errors.py", 'class New(LibraryError):\n    code = "brand_new"', "brand_new"),
    ],
)
def test_planted_code_is_found(tmp_path: Path, path: str, text: str, code: str) -> None:
    write(tmp_path, path, text)
    assert codes.problems(tmp_path) == {code}
    assert unsaid("problem", {code}) == [code]


def test_code_of_a_newer_daemon_is_told_in_english() -> None:
    assert translated("problem", "brand_new", {}, "A sentence.") == "A sentence."


def test_parameters_of_a_newer_daemon_are_told_in_english() -> None:
    assert translated("problem", "no_image", {"name": "x"}, "A sentence.") == "A sentence."


def test_member_of_a_family_is_told_as_the_family() -> None:
    assert "token" in translated("finding", "damaged.token", {"file": "token"}, "?")
    assert translated("finding", "damaged.token", {}, "?", ".remedy") == catalogue("en")["finding.damaged.remedy"]


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_page_says_why_devices_differ_and_what_came_otherwise_as_the_commands_do(language: Language) -> None:
    page = json.loads((ROOT / "web" / "src" / "text" / f"{language}.json").read_text("utf-8"))
    for ours, theirs in (("peers.why.", "peer.why."), ("peers.do.", "peer.do."), ("sync.why.", "peer.plan.why.")):
        told = {key.removeprefix(ours) for key in catalogue(language) if key.startswith(ours)}
        assert told and told == {key.removeprefix(theirs) for key in page if key.startswith(theirs)}
