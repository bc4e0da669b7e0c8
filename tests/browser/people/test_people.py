"""People on the page: listed, invited, given another role, removed; a recovery kit; what waits in quarantine."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from identity.invitation import read_invitation
from identity.keys import DeviceKey, verify
from identity.recovery import read_code
from library.catalog import Library
from library.people.models import NewPerson
from library.replica.receiving import receive
from library.workspace import Workspace
from tests.browser import scenes
from tests.browser.house import Studio, Visit, visiting
from tests.daemonhouse import running_daemon
from tests.library.house import device
from tests.library.patched import Patched

ANN = DeviceKey.generate(random.Random(7))


async def let_in(data: Path) -> None:
    """Ann is let in as a viewer, and her patched program edits a picture."""
    async with device(data, 1) as workspaces:
        library = workspaces.get("-")
        await library.people.admit(ANN.public, "Ann's Mac", NewPerson("Ann", "viewer"))
        document = await library.workspace.database.read(lambda c: c.execute("SELECT id FROM asset").fetchone()[0])
        forger = Library.__new__(Library)
        forger.workspace = Workspace.__new__(Workspace)
        forger.workspace.__dict__.update(library.workspace.__dict__, key=ANN)
        forged = Patched(forger).write((document, lambda draft: draft.agree("title", "mine")))
        assert (await receive(library.workspace, [forged.raw], verify)).held == 1


@pytest.fixture
def page_of_admin(tmp_path: Path, browser: Browser) -> Iterator[Visit]:
    with running_daemon(tmp_path / "home") as url:
        studio = Studio(tmp_path / "home", url)
        for file in scenes.gallery(tmp_path / "pictures", 1):
            studio.upload(file)
    with ThreadPoolExecutor(1) as aside:  # the loop of Playwright counts as running in this thread
        aside.submit(asyncio.run, let_in(tmp_path / "home" / "data")).result()
    with running_daemon(tmp_path / "home") as url:
        studio = Studio(tmp_path / "home", url)
        studio.prefer(language="en", theme="light")
        with visiting(browser, studio, at="people") as visit:
            yield visit


def test_admin_sees_to_people(page_of_admin: Visit) -> None:
    visit, page = page_of_admin, page_of_admin.page
    ask = visit.studio.ask
    expect(page.locator("#main")).to_contain_text("1 change by Ann, whose role is viewer")
    assert "changes.quarantined" in {each["code"] for each in ask("GET", "/status")["attention"]}
    page.get_by_role("button", name="Take off the list").click()
    expect(page.get_by_role("button", name="Take off the list")).to_have_count(0)
    assert ask("GET", "/w/-/quarantine")["quarantine"] == []
    assert "changes.quarantined" not in {each["code"] for each in ask("GET", "/status")["attention"]}
    page.get_by_role("button", name="Role of Ann").click()
    page.get_by_role("menuitemradio", name="reviewer").click()
    expect(page.get_by_role("button", name="Role of Ann")).to_have_text("reviewer")
    page.get_by_role("button", name="Invite", exact=True).click()
    page.get_by_role("dialog").get_by_role("textbox").fill("Bob")
    page.keyboard.press("Enter")
    text = page.locator("pre.once").inner_text()
    assert (read_invitation(text).person, read_invitation(text).role) == ("Bob", "editor")
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("button", name="Withdraw")).to_have_count(0)
    page.get_by_role("button", name="Make a recovery kit").click()
    assert len(read_code(page.locator("pre.once").inner_text())) == 20
    page.keyboard.press("Escape")
    expect(page.locator("#main")).to_contain_text("has a recovery kit")
    page.get_by_role("button", name="Remove: Ann").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("button", name="Role of Ann")).to_have_text("no role")
    roles = {each["name"]: each["role"] for each in ask("GET", "/w/-/members")["members"]}
    assert roles["Ann"] == "none" and visit.said == []
