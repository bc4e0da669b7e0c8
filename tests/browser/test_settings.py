"""The settings: language and theme, workspaces, and the care of the library."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.house import Studio, Visit, fits_at_every_width, visiting
from tests.daemonhouse import until

# How light the page's ground is.
BACKGROUND = "Number(/\\d+/.exec(getComputedStyle(document.documentElement).backgroundColor)[0])"


def test_workspaces_are_made_used_and_renamed(visit: Visit, studio: Studio) -> None:
    page = visit.page
    visit.go("settings")
    page.get_by_role("button", name="New workspace").click()
    page.get_by_role("textbox").last.fill("客戶 A")
    visit.press("Enter")
    row = page.get_by_role("listitem").filter(has_text="客戶 A")
    row.get_by_role("button", name="Use").click()
    expect(page.locator(".brand")).to_contain_text("客戶 A")
    row.get_by_role("button", name="Rename").click()
    page.get_by_role("textbox").last.fill("客戶 B")
    visit.press("Enter")
    expect(page.locator(".brand")).to_contain_text("客戶 B")
    visit.go("pictures")
    expect(page.get_by_role("heading", name="Make a picture, or bring yours in")).to_be_visible()
    visit.go("settings")
    page.get_by_role("listitem").filter(has_text="Studio").get_by_role("button", name="Use").click()
    visit.go("pictures")
    visit.see(studio.find()["total"])


def test_settings_stand_side_by_side_on_a_wide_screen(visit: Visit) -> None:
    page = visit.page
    visit.go("settings")
    first, last = page.locator(".sections h2").first, page.locator(".sections h2").last
    for width, beside in ((1366, False), (1920, True)):
        page.set_viewport_size({"width": width, "height": 900})
        left, right = first.bounding_box(), last.bounding_box()
        assert left is not None and right is not None and (right["x"] > left["x"] + 400) == beside
    fits_at_every_width(page, "settings")


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ("devices", ".sections > div:last-child"),
        ("people", ".sections > div:last-child"),
        ("history", ".columns aside"),
        ("prompts", ".prompt-list"),
        ("prompt", ".prompt-rest"),
    ],
)
def test_wide_screen_is_used_to_its_right_on_other_pages_too(visit: Visit, place: str, part: str) -> None:
    page = visit.page
    saved = visit.studio.ask("GET", "/w/-/prompts")["prompts"]
    made = saved[0] if saved else visit.studio.ask("POST", "/w/-/prompts", {"name": "Market", "text": "a {{x}}"})
    visit.go(f"prompt/{made['id']}" if place == "prompt" else place)
    page.set_viewport_size({"width": 1920, "height": 900})
    expect(page.locator(part)).to_be_visible()
    main, right = page.locator("#main").bounding_box(), page.locator(part).bounding_box()
    assert main is not None and right is not None
    assert right["x"] + right["width"] > main["x"] + main["width"] * 0.9
    fits_at_every_width(page, f"wide-{place}")


def test_library_is_verified_and_backed_up(visit: Visit, tmp_path: Path) -> None:
    visit.go("settings")
    tray = visit.page.get_by_role("complementary", name="Work under way")
    visit.page.get_by_role("button", name="Back up").click()
    visit.page.get_by_role("dialog").get_by_role("textbox").fill(str(tmp_path / "備份"))
    visit.press("Enter")
    expect(tray).to_contain_text("Done")
    assert list((tmp_path / "備份").rglob("*"))
    tray.get_by_role("button", name="Close").click()
    expect(tray).not_to_contain_text("Done")
    visit.page.get_by_role("button", name="Verify every byte").click()
    expect(tray).to_contain_text("Done")


def test_everything_is_exported_from_the_page(visit: Visit, tmp_path: Path) -> None:
    visit.go("settings")
    tray = visit.page.get_by_role("complementary", name="Work under way")
    visit.page.get_by_role("button", name="Export everything").click()
    visit.page.get_by_role("dialog").get_by_role("textbox").fill(str(tmp_path / "全部"))
    visit.press("Enter")
    expect(tray).to_contain_text("Done")
    assert list((tmp_path / "全部" / "pictures").rglob("*.json"))
    tray.get_by_role("button", name="Close").click()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    visit.page.get_by_role("button", name="Export everything").click()
    visit.page.get_by_role("dialog").get_by_role("textbox").fill(str(tmp_path / "other"))
    visit.press("Enter")
    expect(tray).to_contain_text("not empty")


def test_language_and_theme_are_chosen_and_kept(browser: Browser, studio: Studio) -> None:
    studio.prefer(language=None, theme="system")
    with visiting(browser, studio, locale="zh-TW", color_scheme="dark") as visit:
        page = visit.page
        expect(page.get_by_role("heading", level=1, name="圖片")).to_be_attached()
        assert page.evaluate("document.documentElement.lang") == "zh-TW"
        dark = page.evaluate(BACKGROUND)
        page.emulate_media(color_scheme="light")
        assert page.evaluate(BACKGROUND) > dark
        visit.go("settings")
        page.get_by_text("深色").click()
        until(lambda: page.evaluate(BACKGROUND) == dark)
        page.get_by_text("English").click()
        expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
        assert page.evaluate(BACKGROUND) == dark
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    studio.prefer(language="en", theme="light")


def test_other_tabs_follow_what_is_chosen(visit: Visit, studio: Studio) -> None:
    expect(visit.page.get_by_text("Connected")).to_be_visible()
    studio.prefer(language="zh-TW", theme="dark")
    expect(visit.page.get_by_role("heading", level=1, name="圖片")).to_be_attached()
    until(lambda: visit.page.evaluate("document.documentElement.dataset.theme") == "dark")


def test_checkpoint_names_the_device(visit: Visit, studio: Studio) -> None:
    made = studio.ask("POST", "/w/-/checkpoints", {"name": "第一次提案"})
    entry = studio.ask("GET", "/w/-/timeline")["entries"][0]
    assert made["who"] == entry["device"] == studio.ask("GET", "/w/-/checkpoints")["checkpoints"][0]["who"]
    visit.go("history")
    expect(visit.page.locator(".copies li")).to_contain_text(entry["device"])


def test_verify_names_what_is_missing(visit: Visit, studio: Studio) -> None:
    lost = studio.find()["items"][0]["sha256"]
    for file in studio.home.rglob(f"*{lost[4:]}*"):
        file.unlink()
    visit.go("settings")
    visit.page.get_by_role("button", name="Verify every byte").click()
    tray = visit.page.get_by_role("complementary", name="Work under way")
    expect(tray).to_contain_text("1 problem")
    expect(tray).to_contain_text(f"blob {lost}")


def test_bad_files_of_a_watched_folder_are_named(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "壞掉.png").write_bytes(b"no picture")
    visit.go("settings")
    visit.page.get_by_role("textbox", name="Path of a folder").fill(str(tmp_path))
    visit.press("Enter")
    row = visit.page.get_by_role("listitem").filter(has_text=str(tmp_path)).first
    expect(row).to_contain_text("1 file could not be imported")
    expect(row.locator(".failures")).to_have_text("壞掉.png This is no PNG, JPEG, WebP, AVIF, GIF or TIFF picture.")
    (tmp_path / "壞掉.png").unlink()
    expect(row.locator(".failures")).to_have_count(0)
    row.get_by_role("button", name="Stop watching").click()
    expect(row).to_have_count(0)


def test_mistakes_in_the_settings_are_named_in_the_persons_language(browser: Browser, studio: Studio) -> None:
    file = studio.home / "config.toml"
    studio.prefer(language="zh-TW")
    file.write_text('[daemon]\nprot = 1\nport = "x"\n')
    try:
        until(lambda: wrong_settings_told(studio))
        with visiting(browser, studio, locale="zh-TW") as visit:
            visit.go("settings")
            expect(visit.page.get_by_text("config.toml 修改後有誤")).to_be_visible()
            found = visit.page.locator(".failures li")
            expect(found).to_have_text([
                f"[daemon] 裡沒有「prot」這個設定。 {file}:2您是指「port」嗎？",
                f'[daemon] port = "x"：這不是整數。 {file}:3請寫 0 到 65535 的整數，不加引號與逗號；預設值是 8463。',
            ])  # fmt: skip
    finally:
        file.unlink()
        until(lambda: not wrong_settings_told(studio))
        studio.prefer(language="en")


def wrong_settings_told(studio: Studio) -> bool:
    return "config.wrong" in [each["code"] for each in studio.ask("GET", "/status")["attention"]]


def test_gesso_goes_offline_and_online_from_the_page(visit: Visit) -> None:
    visit.go("settings")
    visit.page.get_by_text("Speak to no other computer").click()
    banner = visit.page.locator("[data-offline]")
    expect(banner).to_contain_text("Gesso is offline")
    assert visit.studio.ask("GET", "/status")["offline"]
    fits_at_every_width(visit.page, "offline")
    visit.go("pictures")
    banner.get_by_role("button", name="Go online").click()
    expect(banner).to_have_count(0)
    assert not visit.studio.ask("GET", "/status")["offline"]
