"""What the page shows to a role that may not change the library: all of it, and nothing that would be refused."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from identity.keys import DeviceKey
from identity.membership import Role
from library.people.models import NewPerson
from tests.browser import scenes
from tests.browser.house import Studio, Visit, visiting
from tests.daemonhouse import running_daemon
from tests.library.house import device


async def lower(data: Path, role: Role) -> None:
    """Another admin is let in, and this device's member gets a lower role."""
    async with device(data, 1) as workspaces:
        people = workspaces.get("-").people
        await people.admit(DeviceKey.generate(random.Random(5)).public, "other", NewPerson("Other", "admin"))
        await people.set_role(next(each.id for each in people.members() if each.mine), role)


@pytest.fixture(scope="module", params=["viewer", "reviewer"])
def looking(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> Iterator[tuple[Visit, str]]:
    """A visit of somebody with that role, to a library with pictures, a project, an album and a prompt."""
    folder = tmp_path_factory.mktemp(request.param)
    with running_daemon(folder / "home") as url:
        studio = Studio(folder / "home", url)
        for file in scenes.gallery(folder / "pictures", 4):
            studio.upload(file)
        ids = [each["id"] for each in studio.find()["items"]]
        project = studio.ask("POST", "/w/-/projects", {"name": "Winter"})["id"]
        album = studio.ask("POST", "/w/-/albums", {"name": "Best"})["id"]
        studio.ask("PATCH", f"/w/-/assets/{ids[0]}", {"add_projects": [project], "rating": 3})
        studio.ask("POST", f"/w/-/albums/{album}/add", {"assets": ids})
        studio.ask("POST", "/w/-/prompts", {"name": "Cat", "text": "a cat"})
    with ThreadPoolExecutor(1) as aside:  # the loop of Playwright counts as running in this thread
        aside.submit(asyncio.run, lower(folder / "home" / "data", request.param)).result()
    with running_daemon(folder / "home") as url:
        studio = Studio(folder / "home", url)
        studio.prefer(language="en", theme="light")
        with visiting(browser, studio) as visit:
            yield visit, request.param


def test_nothing_is_offered_that_the_role_may_not(looking: tuple[Visit, str]) -> None:
    visit, role = looking
    page = visit.page
    visit.go("pictures")
    visit.see(4)
    expect(page.locator(f"[data-role={role}]")).to_be_visible()
    expect(page.get_by_role("button", name="Import")).to_have_count(0)
    visit.press("Control+a")
    bar = page.get_by_role("toolbar", name="Selected pictures")
    expect(bar.get_by_role("button", name="Export")).to_be_visible()
    expect(bar.get_by_role("button")).to_have_count(3)  # end it, compare, export
    page.keyboard.press("5")
    page.keyboard.press("Delete")
    page.keyboard.press("Control+z")
    assert {each["rating"] for each in visit.studio.find()["items"]} == {0, 3}
    assert visit.studio.find()["total"] == 4
    page.keyboard.press("Escape")
    for view, button in (("projects", "New project"), ("albums", "New album"), ("prompts", "New prompt")):
        visit.go(view)
        expect(
            page.get_by_role("link", name={"projects": "Winter", "albums": "Best", "prompts": "Cat"}[view]).first
        ).to_be_visible()
        expect(page.get_by_role("button", name=button)).to_have_count(0)
    visit.go("history")
    expect(page.locator(".timeline li").first).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    visit.go("settings")
    expect(page.get_by_role("button", name="Rename")).to_have_count(0)
    visit.go("create")
    page.get_by_role("textbox", name="Prompt").first.fill("a dog")
    expect(page.locator("button.generate")).to_be_disabled()
    assert visit.said == []


def test_one_picture_is_looked_at_and_not_changed(looking: tuple[Visit, str]) -> None:
    visit, _ = looking
    page = visit.page
    id = visit.studio.find()["items"][0]["id"]
    visit.go(f"picture/{id}")
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    expect(page.get_by_role("button", name="Put into the bin")).to_have_count(0)
    for field in page.locator("aside textarea, aside input").all():
        expect(field).to_be_disabled()
    page.keyboard.press("5")
    page.keyboard.press("Delete")
    assert visit.studio.find()["items"][0]["id"] == id
    assert visit.said == []


def test_people_are_listed_and_changed_by_nobody_but_admins(looking: tuple[Visit, str]) -> None:
    visit, _ = looking
    page = visit.page
    visit.go("people")
    members = page.locator("section").filter(has=page.get_by_role("heading", name="Members")).get_by_role("listitem")
    expect(members).to_have_count(2)
    expect(page.get_by_role("button", name="Role of Other")).to_be_disabled()
    for button in ("Remove", "Rename", "Invite"):
        expect(page.get_by_role("button", name=button)).to_have_count(0)
    assert visit.said == []
