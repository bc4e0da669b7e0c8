"""What two devices set differently at once, from the command line."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from library.albums import AlbumChange
from library.catalog import Library as Opened
from library.models import AssetChange, ProjectChange
from tests.commands.house import Library
from tests.elsewhere import Elsewhere


def beside(library: Library, folder: Path) -> Elsewhere:
    """Another device of this workspace."""
    token = (library.house.home / "state" / "token").read_text().strip()

    def ask(method: str, path: str, body: Any) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(library.house.url + "/api/v1" + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    return Elsewhere(folder, ask, quote(library.name))


def test_conflicts_are_listed_and_settled(library: Library, tmp_path: Path) -> None:
    asset = library.assets[0]
    project = library.told("project", "create", "Poster")["id"]
    quiet = library.speak("conflicts", "ls")
    assert (quiet.code, quiet.out) == (0, "") and "Nothing was set differently" in quiet.err
    bob = beside(library, tmp_path)
    bob.catch_up()
    library.told("rate", asset, "2")
    library.told("label", asset, "red")
    library.told("project", "edit", "Poster", "--color", "blue")

    async def work(opened: Opened) -> None:
        await opened.assets.edit_one(asset, AssetChange(rating=5, label="green"))
        await opened.projects.edit(project, ProjectChange(name="海報", color="teal"))

    bob.edit(work)
    bob.meet()
    done = library.speak("--json", "conflicts", "ls")
    assert done.code == 4 and done.json["total"] == 3
    assert [(each["kind"], each["field"]) for each in done.json["items"]] == [
        ("project", "color"), ("asset", "label"), ("asset", "rating"),
    ]  # fmt: skip
    listed = library.speak("conflicts", "ls")
    assert listed.code == 4
    for word in ("project 海報", "★★★★★", "★★", "green", "red", "teal", "in use", "colour"):
        assert word in listed.out
    assert "專案「海報」" in library.speak("conflicts", "ls", LANG="zh_TW.UTF-8").out
    assert "Set differently by several devices at once" in library.said("status")
    assert "2 more; go on with --after" in library.speak("conflicts", "ls", "--limit", "1").err
    (rating,) = (each for each in done.json["items"] if each["field"] == "rating")
    take = 1 + [each["value"] for each in rating["choices"]].index(5)
    said = library.said("conflicts", "resolve", asset[:8], "rating", "--take", str(take))
    assert said.startswith("Settled: rating of")
    assert library.told("show", asset)["rating"] == 5
    assert "rating of 0.png: ★★★★★ (also set: ★★···)" in library.said("log", asset)
    library.said("undo")
    assert library.told("show", asset)["conflicts"] == ["rating", "label"]
    library.said("redo")
    assert library.told("conflicts", "resolve", "海報", "--value", "pink")["changed"] == 1
    assert library.told("project", "show", project)["color"] == "pink"
    assert library.told("conflicts", "resolve", asset[:8], "--value", "none")["changed"] == 1
    assert library.told("show", asset)["label"] is None
    assert library.told("conflicts", "ls") == {"total": 0, "next": None, "items": []}


def test_what_cannot_be_meant_is_refused(library: Library, tmp_path: Path) -> None:
    one, two = library.assets[:2]
    albums = [library.told("album", "create", name)["id"] for name in ("a", "b", "c")]
    bob = beside(library, tmp_path)
    bob.catch_up()
    for asset in (one, two):
        library.told("rate", asset, "1")
        library.told("title", asset, "same")
    library.told("album", "move", "a", "--into", "b")

    async def work(opened: Opened) -> None:
        await opened.assets.edit([one, two], AssetChange(rating=3))
        await opened.albums.edit(albums[0], AlbumChange(parent=albums[2], cover=two))

    bob.edit(work)
    bob.meet()
    assert library.speak("conflicts", "resolve", one[:8], "rating").code == 2
    assert library.speak("conflicts", "resolve", one[:8], "rating", "--take", "1", "--value", "2").code == 2
    assert "there are 2" in library.speak("conflicts", "resolve", one[:8], "rating", "--take", "3").err
    assert "rating cannot be" in library.speak("conflicts", "resolve", one[:8], "rating", "--value", "many").err
    assert library.speak("conflicts", "resolve", one[:8], "rating", "--value", "9").code == 2
    assert library.speak("conflicts", "resolve", "nothing", "--take", "1").code == 1
    several = library.speak("conflicts", "resolve", "same", "--take", "1")
    assert several.code == 1 and "Name the field too" in several.err
    for value in ("b", "c"):
        assert value in library.speak("conflicts", "ls").out
    assert library.speak("conflicts", "resolve", "a", "parent", "--value", "a").code == 1
    library.said("conflicts", "resolve", "a", "parent", "--value", "none")
    assert library.told("album", "show", "a")["parent"] is None


@pytest.mark.parametrize("language", ["en_US.UTF-8", "zh_TW.UTF-8"])
def test_what_was_settled_meanwhile_is_told_in_the_persons_language(
    library: Library, tmp_path: Path, language: str
) -> None:
    asset = library.assets[0]
    bob = beside(library, tmp_path)
    bob.catch_up()
    library.told("rate", asset, "1")
    bob.edit(lambda opened: opened.assets.edit_one(asset, AssetChange(rating=3)))
    bob.meet()
    wish = {"document": asset, "field": "rating", "value": 1, "seen": [3, 4]}
    token = (library.house.home / "state" / "token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    address = f"{library.house.url}/api/v1/w/{quote(library.name)}/conflicts/resolve"
    request = urllib.request.Request(address, json.dumps(wish).encode(), headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    with refused.value as answer:
        assert json.loads(answer.read())["code"] == "conflict_changed"
    library.said("conflicts", "resolve", asset, "--take", "1")
    again = library.speak("conflicts", "resolve", asset, "--take", "1", LANG=language)
    assert again.code == 1 and asset in again.err
