"""A project names the model that its pictures are made with: chosen in its view, followed where one creates."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.house import Studio, Visit, axe
from tests.browser.making.orders import choose, comes, jobs, write
from tests.daemonhouse import until


def chips(page: Page) -> list[str]:
    return page.get_by_role("group", name="Model").locator(".chip:not(.add) bdi").all_inner_texts()


def photographed(page: Page, name: str) -> None:
    """Where somebody wants to look at it."""
    if folder := os.environ.get("GESSO_SCREENSHOTS"):
        for width, height in ((390, 844), (1280, 800), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=Path(folder) / f"{name}-{width}.png")
        page.set_viewport_size({"width": 1280, "height": 800})


def test_project_names_a_model_and_create_begins_with_it(visit: Visit, place: Studio) -> None:
    page = visit.page
    id = place.ask("POST", "/w/-/projects", {"name": "Poster"})["id"]
    choose(page, "Sketch")
    visit.go(f"project/{id}")
    page.get_by_role("button", name="Made with any model").click()
    assert axe(page) == []
    photographed(page, "project-menu")
    page.get_by_role("menuitemradio", name="Oil").click()
    expect(page.get_by_role("button", name="Made with Atelier · Oil")).to_be_visible()
    assert place.ask("GET", f"/w/-/projects/{id}")["making"] == {"provider": "atelier", "model": "oil"}
    photographed(page, "project")
    page.get_by_role("button", name="Make pictures").click()
    expect(page.get_by_text("As the project “Poster” says.")).to_be_visible()
    assert chips(page) == ["Atelier · Oil"]
    write(page, "a lamp for the poster", 1)
    expect(comes(page)).to_contain_text("about")
    assert axe(page) == []
    photographed(page, "create")
    page.get_by_role("button", name="Generate 1 picture").click()
    until(lambda: [each["provider"] for each in jobs(place, ended=True) if "poster" in each["prompt"]] == ["atelier"])
    choose(page, "Sketch")
    expect(page.get_by_text("As the project “Poster” says.")).to_have_count(0)
    assert chips(page) == ["Sketch"]


def test_row_of_a_sheet_is_made_with_what_its_project_says_whatever_is_chosen(
    visit: Visit, place: Studio, tmp_path: Path
) -> None:
    page = visit.page
    id = place.ask("POST", "/w/-/projects", {"name": "Rows"})["id"]
    place.ask("PATCH", f"/w/-/projects/{id}", {"making": {"provider": "atelier", "model": "oil"}})
    visit.go("create")
    choose(page, "Sketch")
    sheet = tmp_path / "rows.csv"
    sheet.write_text("prompt,project,count,seed\na heron for the rows,Rows,1,\na stork of nobody,,1,7\n", "utf-8")
    page.locator("[data-sheet]").set_input_files(sheet)
    rows = page.get_by_role("region", name="Rows of the file").locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("Made with atelier · oil, as the project “Rows” says")
    expect(rows.nth(1)).not_to_contain_text("Made with")
    expect(comes(page)).to_contain_text("about")  # the one that costs
    assert chips(page) == ["Sketch"] and axe(page) == []
    photographed(page, "create-rows")
    page.get_by_role("button", name="Generate 2 pictures").click()
    made = {"a heron for the rows": "atelier", "a stork of nobody": "sketch"}
    until(
        lambda: {each["prompt"]: each["provider"] for each in jobs(place, ended=True) if each["prompt"] in made} == made
    )


def test_model_that_is_not_here_is_said_and_no_other_is_taken(visit: Visit, place: Studio) -> None:
    page = visit.page
    id = place.ask("POST", "/w/-/projects", {"name": "Elsewhere"})["id"]
    place.ask("PATCH", f"/w/-/projects/{id}", {"making": {"provider": "cloud", "model": "ink"}})
    visit.go(f"project/{id}")
    expect(page.get_by_role("button", name="Made with cloud · ink")).to_be_visible()
    expect(page.get_by_text("not set up on this device")).to_be_visible()
    visit.go("create")
    page.get_by_role("group", name="Put into").get_by_role("button", name="Project").click()
    page.get_by_role("menuitem", name="Elsewhere").click()
    expect(page.get_by_text("The project “Elsewhere” makes with cloud · ink, which is not set up")).to_be_visible()
    assert chips(page) == []
    write(page, "a crow", 1)
    expect(comes(page)).to_contain_text("The project “Elsewhere” makes with cloud, which is not set up on this device.")
    expect(page.locator(".generate")).to_be_disabled()
    assert axe(page) == []
    photographed(page, "create-away")
    choose(page, "Sketch")
    page.get_by_role("button", name="Generate 1 picture").click()
    until(lambda: [each["provider"] for each in jobs(place, ended=True) if each["prompt"] == "a crow"] == ["sketch"])
