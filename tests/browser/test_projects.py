"""Many projects: those a picture is in, finding one more to put it into, and making one there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.house import Studio, Visit, axe
from tests.daemonhouse import until

MANY = 40


@pytest.fixture(scope="module")
def projects(studio: Studio) -> Iterator[dict[str, str]]:
    """Name → id of forty projects, the last of them archived."""
    made = [studio.ask("POST", "/w/-/projects", {"name": f"提案 {n:02}"}) for n in range(MANY)]
    studio.ask("PATCH", f"/w/-/projects/{made[-1]['id']}", {"archived": True})
    yield {each["name"]: each["id"] for each in made}


def section(visit: Visit) -> Locator:
    panel = visit.page.get_by_role("complementary", name="Information")
    return panel.locator("section", has=visit.page.get_by_role("heading", name="Projects"))


def written(visit: Visit, text: str) -> None:
    """Into the menu that is open, as a person does: its field has the focus."""
    expect(visit.page.get_by_role("searchbox", name="Find or create a project")).to_be_focused()
    visit.page.keyboard.type(text)


def test_picture_shows_the_projects_it_is_in_and_no_other(
    visit: Visit, studio: Studio, projects: dict[str, str]
) -> None:
    asset = studio.find()["items"][0]["id"]
    studio.edit(asset, add_projects=[projects["提案 03"], projects["提案 07"], projects["提案 39"]])
    visit.go(f"picture/{asset}")
    expect(section(visit).locator(".chip a")).to_have_text(["提案 03", "提案 07", "提案 39"])
    assert axe(visit.page) == []
    section(visit).get_by_role("button", name="Take out of 提案 03").click()
    expect(section(visit).locator(".chip a")).to_have_text(["提案 07", "提案 39"])
    assert studio.show(asset)["asset"]["projects"] == sorted([projects["提案 07"], projects["提案 39"]])
    visit.press("Control+z")
    expect(section(visit).locator(".chip a")).to_have_text(["提案 03", "提案 07", "提案 39"])
    section(visit).get_by_role("link", name="提案 07").click()
    visit.see(1)


def test_project_is_found_by_its_name_and_added(visit: Visit, studio: Studio, projects: dict[str, str]) -> None:
    asset = studio.find()["items"][1]["id"]
    studio.edit(asset, add_projects=[projects["提案 11"]])
    visit.go(f"picture/{asset}")
    section(visit).get_by_role("button", name="Add to a project").click()
    choices = visit.page.get_by_role("menuitem")
    expect(choices).to_have_count(MANY - 2)  # not the one it is in, nor the archived one
    assert axe(visit.page) == []
    written(visit, "案 1")
    expect(choices.first).to_have_text("提案 10")
    expect(choices).to_have_count(10)  # 10, 12 to 19, and a new one of what was written
    written(visit, "5")
    expect(choices.first).to_have_text("提案 15")
    visit.press("Enter")  # the first that fits
    expect(section(visit).locator(".chip a")).to_have_text(["提案 11", "提案 15"])
    visit.page.locator("#main").focus()
    visit.press("Shift+a")
    written(visit, "提案 39")
    expect(choices).to_have_text(["No project of that name"])  # neither an archived one nor a second of its name


def test_project_is_made_where_a_picture_is_put_into_it(visit: Visit, studio: Studio, projects: dict[str, str]) -> None:
    asset = studio.find()["items"][2]["id"]
    visit.go(f"picture/{asset}")
    section(visit).get_by_role("button", name="Add to a project").click()
    written(visit, "全新 new")
    visit.page.get_by_role("menuitem", name="Create “全新 new”").click()
    expect(section(visit).locator(".chip a")).to_have_text(["全新 new"])
    expect(visit.page.locator(".shelf")).to_contain_text("全新 new")


def test_selection_is_put_into_a_project_found_by_its_name(
    visit: Visit, studio: Studio, projects: dict[str, str]
) -> None:
    visit.go("pictures?sort=name")
    visit.tile("05").focus()
    visit.press("Control+Space", "ArrowRight", "Control+Space", "Shift+a")
    written(visit, "案 22")
    expect(visit.page.get_by_role("menuitem").first).to_have_text("提案 22")
    visit.press("Enter")
    until(lambda: studio.find(f"project:{projects['提案 22']}")["total"] == 2)
    expect(visit.page.get_by_role("toolbar", name="Selected pictures")).to_contain_text("2 selected")


def test_many_projects_are_all_at_the_side_and_found_in_their_view(
    visit: Visit, studio: Studio, projects: dict[str, str]
) -> None:
    studio.ask("POST", "/w/-/searches", {"name": "stars", "query": "rating:5"})
    link = visit.page.get_by_role("list", name="Searches").get_by_role("link", name="stars")
    expect(link).to_be_in_viewport(ratio=1)  # what many projects leave of the height
    link.click(trial=True)
    shelf = visit.page.get_by_role("list", name="Projects").get_by_role("link")
    assert shelf.count() >= MANY - 1
    visit.go("projects")
    visit.page.get_by_role("searchbox", name="Find a project").fill("案 2")
    expect(visit.page.locator(".cards li")).to_have_count(10)
    visit.page.get_by_role("searchbox", name="Find a project").fill("nothing of that")
    expect(visit.page.get_by_role("heading", name="No project of that name")).to_be_visible()
    assert axe(visit.page) == []


def test_second_project_of_a_name_is_refused_in_words(visit: Visit, studio: Studio, projects: dict[str, str]) -> None:
    visit.go("projects")
    visit.page.get_by_role("button", name="New project").click()
    visit.page.get_by_role("dialog").get_by_role("textbox").fill("提案 39")
    visit.press("Enter")
    visit.notice("There is a project called “提案 39” already")
    visit.was_refused(409)
    visit.go(f"project/{projects['提案 04']}")
    visit.page.get_by_role("button", name="Duplicate").click()
    expect(visit.page.get_by_role("dialog").get_by_role("textbox")).to_have_value("提案 04 (copy)")
    visit.press("Enter")
    expect(visit.page.get_by_role("textbox", name="Name")).to_have_value("提案 04 (copy)")
