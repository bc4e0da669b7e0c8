"""Two profiles of one provider: told apart by the names that their owner gave them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.house import Studio, Visit
from tests.browser.making.orders import begin, jobs
from tests.daemonhouse import gesso, running_daemon, until
from tests.providers import atelier


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("profiles") / "home"
    (home / "plugins").mkdir(parents=True)
    shutil.copy(atelier.__file__, home / "plugins" / "studio_atelier.py")
    profile = '[providers.{}]\nadapter = "studio_atelier.Atelier"\n'
    (home / "config.toml").write_text(profile.format("atelier") + profile.format("spare-key"), "utf-8")
    with running_daemon(home) as url:
        yield Studio(home, url)


def test_outcomes_of_one_profile_are_chosen_by_its_name(visit: Visit, place: Studio) -> None:
    page = visit.page
    begin(place, "a lost kite", "another lost kite", provider="atelier")
    begin(place, "a lost boat", provider="spare-key")
    until(lambda: [each["state"] for each in jobs(place)] == ["unknown"] * 3)
    visit.go("queue")
    expect(page.locator(".unknown-job")).to_have_count(3)
    expect(page.locator(".of-provider h3")).to_have_text([re.compile("^Atelier · 2"), re.compile("^spare-key · 1")])
    page.locator(".of-provider h3", has_text="spare-key").get_by_role("checkbox").check()
    expect(page.locator(".together")).to_contain_text("1 chosen")
    expect(page.locator(".together .choose-all input")).to_have_js_property("indeterminate", True)
    page.get_by_role("button", name="Chosen: not charged…").click()
    page.get_by_role("dialog").get_by_role("button", name="Note as not charged").click()
    expect(page.locator(".unknown-job")).to_have_count(2)
    assert {each["provider"] for each in jobs(place) if each["state"] == "unknown"} == {"atelier"}


def test_profile_is_called_by_its_own_name_wherever_it_is_named(visit: Visit, place: Studio) -> None:
    page = visit.page
    page.get_by_role("button", name="Choose", exact=True).click()
    expect(page.locator(".models-menu header")).to_contain_text(["Sketch", "Atelier", "spare-key"])
    page.keyboard.press("Escape")
    batch = begin(place, "a kite", provider="spare-key")["batch"]
    until(lambda: place.ask("GET", f"/w/-/batches/{batch}")["jobs"][0]["state"] == "done")
    visit.go("queue")
    expect(page.locator(".job.done", has_text="a kite")).to_contain_text("spare-key · Oil · 512")
    visit.go("spend")
    expect(page.locator("[data-provider=spare-key] th").first).to_have_text("spare-key Oil")
    listed = gesso(place.home, "provider", "ls").out
    assert "spare-key" in listed and "Atelier" in listed
