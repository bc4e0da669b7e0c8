"""Every setting, route and command is documented; links lead somewhere. Each check names what is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from daemon.api.routes import ROUTES
from daemon.settings.sections import described
from tests.commands.tree import verbs
from tests.tree import ROOT, files, write

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)]*)?\)")
# What belongs to a place and not to the project: nobody else has such a folder. Alice, Bob and Carol are made up.
PLACE = re.compile(r"(^|[^\w.])/(work|root|home/(?!alice|bob|carol)[a-z]+)/\w")


def undocumented_settings(root: Path) -> list[str]:
    """Settings that the commented example or the page of settings leaves out."""
    example = (root / "config.example.toml").read_text("utf-8")
    page = (root / "docs" / "config.md").read_text("utf-8")
    sections = dict(re.findall(r"^#? ?\[(\w+)\]\n(.*?)(?=^#? ?\[\w+\]\n|\Z)", example, re.MULTILINE | re.DOTALL))
    missing = []
    for each in described():
        if not re.search(rf"^#? ?{each.key} = ", sections.get(each.section, ""), re.MULTILINE):
            missing.append(f"[{each.section}] {each.key} in config.example.toml")
        if f"`{each.key}`" not in page or each.variable not in page:
            missing.append(f"{each.key} and {each.variable} in docs/config.md")
    return missing


def undocumented_routes(root: Path) -> list[str]:
    """Routes that the page of the API leaves out."""
    page = (root / "docs" / "api.md").read_text("utf-8")
    return [f"{route.method} {route.path}" for route in ROUTES if not names_route(page, route.method, route.path)]


def names_route(page: str, method: str, path: str) -> bool:
    short = path.removeprefix("/api/v1").replace("/w/{workspace}", "W")
    spellings = (path, short, short.removeprefix("W"), path.replace("/w/{workspace}", "/w/{w}"))
    return any(re.search(rf"\b{method}\b[^\n]*{re.escape(spelling)}(?![\w/{{])", page) for spelling in spellings)


def undocumented_commands(root: Path) -> list[str]:
    """Verbs that the pages of commands leave out."""
    pages = {name: (root / "docs" / name).read_text("utf-8") for name in ("commands.md", "commands.zh-TW.md")}
    return [f"{verb} in {name}" for name, page in pages.items() for verb in verbs() if f"## gesso {verb}\n" not in page]


def broken_links(root: Path) -> list[str]:
    """Links of our pages to files that are not there."""
    pages = [path for path in files(root, ".md") if path.parent in (root, root / "docs")]
    return [
        f"{page.name}: {target}"
        for page in pages
        for target, _ in LINK.findall(page.read_text("utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]


def named_places(root: Path) -> list[str]:
    """Lines that name a folder of one machine."""
    found = []
    for path in files(root, ".py", ".md", ".toml", ".ts", ".tsx", ".sh", ".mjs", "Makefile", "run"):
        if path != Path(__file__):
            lines = enumerate(path.read_text("utf-8", "replace").splitlines(), 1)
            found += [f"{path.relative_to(root)}:{number}" for number, line in lines if PLACE.search(line)]
    return found


def test_every_setting_is_documented() -> None:
    assert undocumented_settings(ROOT) == []


def test_every_route_is_documented() -> None:
    assert undocumented_routes(ROOT) == []


def test_every_command_is_documented() -> None:
    assert undocumented_commands(ROOT) == []


def test_links_lead_somewhere() -> None:
    assert broken_links(ROOT) == []


def test_nothing_names_a_folder_of_one_machine() -> None:
    assert named_places(ROOT) == []


def test_readme_answers_what_people_look_for_in_both_languages() -> None:
    english, chinese = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-TW.md"))
    for word in ("make setup", "make run", "make demo", "make test", "Where is my data", "What leaves my machine"):
        assert word in english
    for word in ("make setup", "make run", "make demo", "make test", "我的資料在哪裡", "什麼會離開我的電腦"):
        assert word in chinese


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A tree whose pages say nothing."""
    for name in ("config.example.toml", "docs/config.md", "docs/api.md", "docs/commands.md", "docs/commands.zh-TW.md"):
        write(tmp_path, name, "")
    return tmp_path


def test_planted_omissions_are_found(bare: Path) -> None:
    assert len(undocumented_settings(bare)) == 2 * len(list(described()))
    assert len(undocumented_routes(bare)) == len(ROUTES)
    assert len(undocumented_commands(bare)) == 2 * len(verbs())


def test_planted_dead_link_and_place_are_found(bare: Path) -> None:
    write(bare, "README.md", "[guide](docs/nothing.md) and [site](https://example.org)\n")
    write(bare, "tool.py", 'FOLDER = "/ho' + 'me/dave/pictures"\n')
    assert broken_links(bare) == ["README.md: docs/nothing.md"]
    assert named_places(bare) == ["tool.py:1"]
