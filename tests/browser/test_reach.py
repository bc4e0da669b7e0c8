"""The page for everybody: keyboard alone, screen readers, both languages, every theme, every width, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, still, visiting
from tests.daemonhouse import until

WIDTHS = {"phone": (390, 844), "laptop": (1366, 768), "wide": (1920, 1080)}
VIEWS = (
    "pictures",
    "picture",
    "create",
    "queue",
    "prompts",
    "prompt",
    "albums",
    "album",
    "projects",
    "project",
    "searches",
    "search",
    "compare",
    "history",
    "devices",
    "people",
    "bin",
    "settings",
    "pictures?q=tag:none",
)


@pytest.fixture(scope="module")
def furnished(studio: Studio) -> Studio:
    """With something in every view, long names among it."""
    items = studio.find()["items"]
    project = studio.ask("POST", "/w/-/projects", {"name": "夏季活動主視覺提案第二輪 " + "Summer" * 20})["id"]
    studio.ask("PATCH", f"/w/-/projects/{project}", {"color": "orange", "brief": "三張主視覺。\n" + "長" * 300})
    for number, item in enumerate(items):
        studio.edit(item["id"], rating=number % 6, label=("red", "green", None)[number % 3], add_projects=[project])
    long = "霓虹貓咪海報雨夜街道最終定稿給客戶看的版本" * 3 + "W" * 120
    studio.edit(items[0]["id"], title=long, note="備註" * 80, add_tags=["標籤" * 30, "a" * 90], flag="pick")
    studio.ask("POST", "/w/-/assets/bin", {"assets": [items[-1]["id"]]})
    studio.ask("POST", "/w/-/searches", {"name": "精選 " + "Best" * 30, "query": "rating:>=3 " + "long" * 60})
    album = studio.ask("POST", "/w/-/albums", {"name": "精選 " + "Album" * 30, "color": "teal"})["id"]
    studio.ask("POST", f"/w/-/albums/{album}/add", {"assets": [item["id"] for item in items[:6]]})
    studio.ask("POST", "/w/-/albums", {"name": "第二輪", "parent": album})
    variants = {"en": {"text": "{{stall}} at night"}}
    studio.ask("POST", "/w/-/prompts", {"name": "夜市" + "N" * 90, "text": "{{stall}}夜市", "variants": variants})
    studio.ask("POST", "/w/-/checkpoints", {"name": "第一次提案 First pitch"})
    return studio


def place_of(studio: Studio, view: str) -> str:
    if view == "picture":
        item = next(item for item in studio.find()["items"] if item["title"])
        return f"picture/{item['id']}?i=0&sort=rating"
    if view == "search":
        return f"search/{studio.ask('GET', '/w/-/searches')['searches'][0]['id']}"
    if view == "compare":
        one, other, third = (item["id"] for item in studio.find()["items"][-3:])
        return f"compare?a={one}&b={other}&among={one}.{other}.{third}&as=slider"
    if view in ("album", "prompt"):
        return f"{view}/{studio.ask('GET', f'/w/-/{view}s')[f'{view}s'][0]['id']}"
    return f"project/{studio.ask('GET', '/w/-/projects')['projects'][0]['id']}" if view == "project" else view


def settle(page: Page) -> None:
    """Until what the view asked for has come."""
    still(page)
    until(lambda: page.evaluate("!document.querySelector('.skeleton, [aria-busy=true]')"))


@pytest.mark.parametrize(
    ("language", "theme"),
    [("en", "light"), ("en", "dark"), ("zh-TW", "light"), ("zh-TW", "dark"), ("en", "contrast")],
)
def test_axe_finds_nothing(visit: Visit, furnished: Studio, language: str, theme: str) -> None:
    visit.dress(language, theme)
    found = {}
    for view in VIEWS:
        visit.go(place_of(furnished, view))
        settle(visit.page)
        found[view] = axe(visit.page)
    for view, keys in (("keys", "?"), ("look", "Space"), ("tags", "t")):
        visit.go("pictures")
        settle(visit.page)
        visit.tiles().first.focus()
        visit.press(keys)
        expect(visit.page.get_by_role("dialog")).to_be_visible()
        found[view] = axe(visit.page)
        visit.press("Escape")
        expect(visit.page.get_by_role("dialog")).to_have_count(0)
    assert [f"{view}: {fault}" for view, faults in found.items() for fault in faults] == []


@pytest.fixture(scope="module")
def versions(furnished: Studio, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A picture of two versions; binned at once, since other tests count."""
    file = tmp_path_factory.mktemp("versions") / "cat.png"
    for number in (40, 41):
        (asset,) = furnished.bring_in(scenes.paint(file, number, f"cat {number}", size=(240, 160)))
    furnished.ask("POST", "/w/-/assets/bin", {"assets": [asset]})
    return asset


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_comes_and_goes(visit: Visit, furnished: Studio, versions: str, theme: str) -> None:
    visit.dress("en", theme)
    page, found = visit.page, {}

    def look(name: str, shown: Locator) -> None:
        expect(shown).to_be_visible()
        settle(page)
        found[name] = axe(page)

    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Import").click()
    look("import", dialog)
    visit.press("Escape")
    for facet in ("Rating", "Label", "Month", "Model"):
        page.get_by_role("button", name=facet, exact=True).click()
        look(facet, dialog)
        visit.press("Escape")
    page.locator(".select > button").click()
    look("order", page.get_by_role("listbox"))
    visit.press("Escape")
    visit.go(f"picture/{versions}")
    page.get_by_role("button", name="Compare versions").click()
    for mode in ("Slider", "Side by side", "Difference"):
        page.get_by_role("radio", name=mode).click()
        look(f"compare {mode}", page.get_by_role("region", name="Differences"))
    moment = furnished.ask("GET", "/w/-/checkpoints")["checkpoints"][0]["id"]
    visit.go(f"pictures?at={moment}")
    look("moment", page.get_by_role("status").filter(has_text="The library as of"))
    visit.go(f"picture/{furnished.find()['items'][3]['id']}?at={moment}")
    look("picture of a moment", page.locator(".panel"))
    visit.go("pictures")
    visit.tiles().first.focus()
    visit.press("Control+a")
    look("selected", page.get_by_role("toolbar"))
    visit.between("**/assets/edit", lambda route: route.abort("connectionrefused"))
    visit.press("4")
    look("notice", page.locator(".notice.bad"))
    page.unroute("**/assets/edit")
    visit.press("Escape")
    visit.between("**/events", lambda route: route.abort("connectionrefused"))
    page.reload()
    look("cut off", page.get_by_role("alert").filter(has_text="does not answer"))
    page.unroute("**/events")
    visit.said.clear()  # what was refused to it
    assert [f"{name}: {fault}" for name, faults in found.items() for fault in faults] == []


def test_axe_finds_nothing_before_there_is_a_library(browser: Browser, furnished: Studio) -> None:
    here = furnished.ask("GET", "/status")["workspace"]["id"]
    empty = furnished.ask("POST", "/workspaces", {"name": "客戶 A"})["id"]
    furnished.ask("PATCH", f"/workspaces/{empty}", {"default": True})
    found = {}
    try:
        with visiting(browser, furnished) as visit:
            for theme in ("light", "dark"):
                visit.dress("en", theme)
                for view, words in (
                    ("pictures", "or bring yours in"), ("bin", "The bin is empty"), ("projects", "No projects yet"),
                    ("picture/" + "01" * 16, "There is no picture"),
                ):  # fmt: skip
                    visit.go(view)
                    expect(visit.page.get_by_text(words)).to_be_visible()
                    found[f"{view} {theme}"] = axe(visit.page)
                visit.between("**/api/v1/**", lambda route: route.abort("connectionrefused"))
                visit.page.reload()
                expect(visit.page.get_by_role("heading", name="Gesso is not running")).to_be_visible()
                found[f"stopped {theme}"] = axe(visit.page)
                visit.page.unroute("**/api/v1/**")
                visit.page.reload()
                visit.page.wait_for_selector("#main")
            visit.context.clear_cookies()
            for theme in ("light", "dark"):
                visit.page.evaluate("theme => localStorage.setItem('gesso.theme', theme)", theme)
                visit.page.reload()
                expect(visit.page.get_by_role("heading", name="This browser is not signed in")).to_be_visible()
                found[f"signed out {theme}"] = axe(visit.page)
    finally:
        furnished.ask("PATCH", f"/workspaces/{here}", {"default": True})
    assert [f"{view}: {fault}" for view, faults in found.items() for fault in faults] == []


def test_nothing_is_wider_than_the_window(visit: Visit, furnished: Studio) -> None:
    wide = []
    for language in ("zh-TW", "en"):
        visit.dress(language, "dark")
        for view in VIEWS:
            visit.go(place_of(furnished, view))
            for width, (across, down) in WIDTHS.items():
                visit.page.set_viewport_size({"width": across, "height": down})
                settle(visit.page)
                wide += [f"{view} {language} {width}: {each}" for each in visit.page.evaluate(TOO_WIDE)]
    assert wide == []


# What sticks out of the window without standing in something that scrolls by itself.
TOO_WIDE = """() => {
    const found = document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [];
    const hides = (element) => {
        for (let each = element.parentElement; each; each = each.parentElement)
            if (getComputedStyle(each).overflowX !== "visible" && each.id !== "main") return true;
        return false;
    };
    for (const element of document.querySelectorAll("#root *")) {
        const box = element.getBoundingClientRect();
        const out = box.width > 0 && box.right > innerWidth + 1 && !hides(element);
        if (out) found.push(element.className || element.tagName);
    }
    return found.slice(0, 5).map(String);
}"""


@pytest.fixture(scope="module")
def phone(browser: Browser, furnished: Studio) -> Iterator[Visit]:
    """A browser that is touched."""
    with visiting(browser, furnished, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as visit:
        yield visit


def test_targets_on_a_phone_can_be_hit(phone: Visit, furnished: Studio) -> None:
    small = []
    for view in VIEWS:
        phone.go(place_of(furnished, view))
        settle(phone.page)
        small += [f"{view}: {each}" for each in phone.page.evaluate(TOO_SMALL)]
    assert small == [], "\n".join(small)


TOO_SMALL = """() => [...document.querySelectorAll("button, a[href], input, textarea, [role=slider]")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => !each.closest(".react-aria-SliderThumb, .skip"))
    .map((each) => (each.matches("[type=radio], [type=checkbox]") && each.closest("label")) || each)
    .map((each) => [each, each.getBoundingClientRect()])
    .filter(([each, box]) => box.width > 1 && (box.width < 24 || box.height < 24))
    .filter(([each]) => getComputedStyle(each).display !== "inline")
    .map(([each]) => each.outerHTML.slice(0, 90))"""


def test_finger_opens_selects_and_scrolls(phone: Visit) -> None:
    phone.dress("en", "light")
    phone.go("pictures?sort=name")
    phone.tile("01").locator(".pick").tap()
    phone.tile("02").locator(".picture").tap()
    expect(phone.page.get_by_role("toolbar")).to_contain_text("2 selected")
    phone.page.get_by_role("button", name="Clear the selection").tap()
    phone.tile("01").locator(".picture").tap()
    expect(phone.page.get_by_role("heading", level=1)).to_contain_text("01-")


RING = """() => {
    const element = document.activeElement;
    const around = [element.closest(".search"), element.parentElement].filter(Boolean);
    return [element, ...element.querySelectorAll("*"), ...around].some((each) => ["", "::before"].some((pseudo) => {
        const style = getComputedStyle(each, pseudo || null);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    })) || getComputedStyle(element).borderColor === getComputedStyle(element).getPropertyValue("--accent");
}"""


def focused(page: Page) -> dict[str, Any]:
    return page.evaluate(  # type: ignore[no-any-return]
        """() => { const each = document.activeElement;
            const name = each.getAttribute("aria-label") || each.innerText || "";
            return { role: each.getAttribute("role") || each.tagName, name }; }"""
    )


def test_whole_journey_by_keyboard_with_the_focus_always_seen(visit: Visit, furnished: Studio) -> None:
    page = visit.page
    visit.see(11)
    visit.press("Tab")
    assert "Skip" in focused(page)["name"]
    visit.press("Enter")
    for _ in range(30):
        visit.press("Tab")
        assert page.evaluate(RING), f"nothing shows that the focus is on {focused(page)}"
        if focused(page)["role"] == "gridcell":
            break
    assert focused(page)["role"] == "gridcell", "the grid cannot be reached"
    visit.press("ArrowRight", "5", "Space")
    expect(page.get_by_role("dialog")).to_contain_text("2 / 11")
    visit.press("Escape")
    until(lambda: focused(page)["role"] == "gridcell")
    visit.press("Enter")
    page.wait_for_selector(".panel")
    for _ in range(24):
        visit.press("Tab")
        assert page.evaluate(RING), f"nothing shows that the focus is on {focused(page)}"
    visit.press("Escape")
    until(lambda: focused(page)["role"] == "gridcell")
    visit.press("/")
    assert focused(page)["role"] == "INPUT"
    page.keyboard.type("貓咪")
    visit.press("Enter")
    visit.see(3)


def test_focus_returns_from_dialogs(visit: Visit) -> None:
    button = visit.page.get_by_role("button", name="Import")
    button.focus()
    visit.press("Enter")
    expect(visit.page.get_by_role("dialog")).to_be_visible()
    visit.press("Escape")
    expect(button).to_be_focused()


def test_keys_are_listed_and_bound_anew(visit: Visit, furnished: Studio) -> None:
    visit.go("pictures?sort=name")
    visit.tile("03").focus()
    visit.press("?")
    keys = visit.page.get_by_role("dialog")
    expect(keys).to_contain_text("Select a range")
    keys.get_by_role("button", name="5 stars: 5").click()
    visit.press("g")
    expect(keys.get_by_role("button", name="5 stars: G")).to_be_visible()
    visit.press("Escape")
    visit.tile("03").focus()
    visit.press("g")
    expect(visit.tile("03")).to_have_attribute("aria-label", re.compile("5 stars"))
    visit.press("?")
    keys.get_by_role("button", name="The usual keys").click()
    expect(keys.get_by_role("button", name="5 stars: 5")).to_be_visible()


def test_screen_reader_hears_where_it_is(visit: Visit) -> None:
    visit.go("pictures?sort=name")
    expect(visit.tile("02")).to_have_attribute("aria-label", re.compile(r"^02-習作\.png, picture 2 of 11"))
    tree = visit.page.locator("#main").aria_snapshot()
    for line in ('heading "Pictures" [level=1]', 'grid "Pictures"', "searchbox", "status: 11 pictures"):
        assert line in tree, tree[:1500]


def test_wish_for_less_motion_and_more_contrast_is_granted(visit: Visit) -> None:
    visit.page.emulate_media(reduced_motion="reduce")
    button = visit.page.get_by_role("button", name="Import")
    assert button.evaluate("each => parseFloat(getComputedStyle(each).transitionDuration)") <= 0.001
    quiet = "getComputedStyle(document.documentElement).getPropertyValue('--quiet')"
    before = visit.page.evaluate(quiet)
    visit.page.emulate_media(contrast="more")
    assert visit.page.evaluate(quiet) != before


SHOWN = """each => {
    const style = getComputedStyle(each), tick = getComputedStyle(each, '::before').content;
    return [style.outlineStyle, style.outlineColor, tick, style.backgroundColor];
}"""


@pytest.mark.parametrize(("theme", "media"), [("contrast", {}), ("system", {"contrast": "more"})])
def test_what_is_chosen_is_outlined_and_ticked_in_high_contrast(
    visit: Visit, theme: str, media: dict[str, Any]
) -> None:
    page = visit.page
    visit.go("create")
    page.emulate_media(**media)
    visit.studio.prefer(theme=theme)
    segment = page.get_by_role("radio", name="Random")
    until(lambda: page.wait_for_timeout(20) or segment.evaluate(SHOWN)[1] == "rgb(255, 225, 77)")
    outline, _, tick, _ = segment.evaluate(SHOWN)
    assert (outline, "✓" in tick) == ("solid", True)
    assert "✓" not in page.get_by_role("radio", name="Fixed").evaluate(SHOWN)[2]
    here = page.locator(".sidebar a[aria-current]")
    assert here.evaluate(SHOWN)[:2] == ["solid", "rgb(255, 225, 77)"]
    assert page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") == "rgb(0, 0, 0)"


def test_forced_colours_leave_what_is_chosen_and_drawn_in_sight(visit: Visit) -> None:
    page = visit.page
    visit.go("create")
    page.emulate_media(forced_colors="active")
    ground = "each => getComputedStyle(each).backgroundColor"
    chosen, other = page.get_by_role("radio", name="Random"), page.get_by_role("radio", name="Fixed")
    assert chosen.evaluate(ground) != other.evaluate(ground)
    size = page.locator(".shape-chip[data-selected]")
    assert size.evaluate(ground) != page.locator(".shape-chip:not([data-selected])").first.evaluate(ground)
    canvas = page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    assert page.locator(".pill .dot").evaluate(ground) != canvas
    visit.go("pictures")
    track = "each => getComputedStyle(each, '::before').backgroundColor"
    assert page.locator(".slider .react-aria-SliderTrack").evaluate(track) != canvas
    page.emulate_media(forced_colors="none")


def test_everything_is_served_by_the_daemon_itself(visit: Visit, furnished: Studio) -> None:
    for view in VIEWS:
        visit.go(place_of(furnished, view))
        settle(visit.page)
    assert len(visit.asked) > 30
    assert visit.strangers() == []
