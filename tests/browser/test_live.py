"""Pictures coming in, news from elsewhere, and a daemon that stops and comes back."""

from __future__ import annotations

import base64
import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, visiting
from tests.daemonhouse import gesso, running_daemon, until

NUMBERS = itertools.count(200)
DROP = """files => {
    const dropped = new DataTransfer();
    for (const [name, text] of files) {
        const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
        dropped.items.add(new File([bytes], name, { type: "image/png" }));
    }
    for (const kind of ["dragenter", "dragover"])
        document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: dropped, bubbles: true, cancelable: true }));
    return dropped;
}"""

# A stream that can be cut while it flows, as a cable can.
CUT = """
    window.cut = new AbortController();
    const real = window.fetch;
    window.fetch = (url, init) => real(url, String(url).includes("/events") && !window.cut.signal.aborted
        ? { ...init, signal: AbortSignal.any([init.signal, window.cut.signal]) } : init);
"""


def fresh(folder: Path, name: str = "新圖") -> Path:
    number = next(NUMBERS)
    return scenes.paint(folder / f"{name}-{number}.png", number, size=(200, 140))


def drop(visit: Visit, files: Sequence[Path]) -> None:
    """As a person drops files: over the page first, then let go."""
    told = [[file.name, base64.b64encode(file.read_bytes()).decode()] for file in files]
    dropped = visit.page.evaluate_handle(DROP, told)
    expect(visit.page.locator(".drop-veil")).to_be_visible()
    visit.page.evaluate(
        """dataTransfer => {
            const told = { dataTransfer, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent("drop", told));
        }""",
        dropped,
    )
    expect(visit.page.locator(".drop-veil")).to_have_count(0)


def test_dropped_files_come_in_and_what_is_no_picture_is_named(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    total = studio.find()["total"]
    text = tmp_path / "no picture.png"
    text.write_text("words", "utf-8")
    new = fresh(tmp_path)
    drop(visit, [new, fresh(tmp_path), text])
    tray = visit.page.get_by_role("complementary", name="Work under way")
    expect(tray).to_contain_text("2 pictures imported")
    expect(tray).to_contain_text("no picture.png This is no PNG, JPEG, WebP, AVIF, GIF or TIFF picture.")
    visit.see(total + 2)
    assert visit.said == [each for each in visit.said if "422" in each]
    visit.said.clear()
    tray.get_by_role("button", name="Close").click()
    drop(visit, [new])
    expect(tray).to_contain_text("1 was here already")
    visit.see(total + 2)


def test_dropped_files_are_one_undo(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    total = studio.find()["total"]
    drop(visit, [fresh(tmp_path), fresh(tmp_path), fresh(tmp_path)])
    visit.see(total + 3)
    visit.go("history")
    entry = visit.page.get_by_role("listitem").filter(has_text="3 pictures imported").first
    entry.get_by_role("button", name="Undo").click()
    visit.notice("Undone")
    until(lambda: studio.find()["total"] == total)


def test_dropped_files_are_one_line_and_one_undo_though_some_are_here(
    visit: Visit, studio: Studio, tmp_path: Path
) -> None:
    known = fresh(tmp_path, "known")
    asset = studio.upload(known)
    studio.edit(asset, rating=4)
    total = studio.find()["total"]
    drop(visit, [known.rename(known.with_stem("renamed")), fresh(tmp_path), fresh(tmp_path)])
    visit.see(total + 2)
    visit.go("history")
    entry = visit.page.get_by_role("listitem").filter(has_text="2 new and 1 already here").first
    expect(entry).to_contain_text("Import (")
    entry.get_by_role("button", name="Undo").click()
    visit.notice("Undone: import, 3 pictures")
    until(lambda: studio.find()["total"] == total)
    shown = studio.show(asset)
    assert (shown["sources"], shown["asset"]["rating"]) == ([known.name], 4)
    visit.go(f"picture/{asset}")
    own = visit.page.get_by_role("listitem").filter(has_text="Also found as").first
    expect(own).to_contain_text("(undone)")


def test_pasted_picture_comes_in(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    total = studio.find()["total"]
    file = fresh(tmp_path)
    told = [[file.name, base64.b64encode(file.read_bytes()).decode()]]
    visit.page.evaluate(
        f"""files => {{
            const clipboardData = ({DROP})(files);
            const told = {{ clipboardData, bubbles: true, cancelable: true }};
            document.body.dispatchEvent(new ClipboardEvent("paste", told));
        }}""",
        told,
    )
    visit.see(total + 1)


def test_files_are_chosen_and_paths_are_typed(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    total = studio.find()["total"]
    visit.page.get_by_role("button", name="Import").click()
    with visit.page.expect_file_chooser() as chosen:
        visit.page.get_by_role("button", name="Choose files").click()
    old = fresh(tmp_path / "chosen")
    os.utime(old, (1_500_000_000, 1_500_000_000))
    chosen.value.set_files([old])
    visit.see(total + 1)
    assert studio.find(f"in:{old.stem}")["items"][0]["created_at"] == 1_500_000_000_000
    fresh(tmp_path / "資料夾")
    visit.page.get_by_role("button", name="Import").click()
    visit.page.get_by_role("textbox", name="Or a path on this computer").fill(str(tmp_path / "資料夾"))
    (tmp_path / "資料夾" / "shot.bmp").write_bytes(b"BM")
    (tmp_path / "資料夾" / "doc.pdf").write_bytes(b"%PDF")
    visit.page.get_by_role("dialog").get_by_role("button", name="Import").click()
    visit.see(total + 2)
    tray = visit.page.get_by_role("complementary", name="Work under way")
    expect(tray).to_contain_text("2 other files were passed over (.bmp and .pdf).")


def test_folder_is_chosen_without_what_lies_beside_pictures(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    total = studio.find()["total"]
    picture = fresh(tmp_path / "whole" / "deep")
    for name in ("a.txt", "b.txt", "read.md", ".hidden"):
        (picture.parent / name).write_text("words")
    visit.page.get_by_role("button", name="Import").click()
    with visit.page.expect_file_chooser() as chosen:
        visit.page.get_by_role("button", name="Choose a folder").click()
    chosen.value.set_files(tmp_path / "whole")
    visit.see(total + 1)
    tray = visit.page.get_by_role("complementary", name="Work under way")
    expect(tray).to_contain_text("3 other files were passed over (.txt and .md).")


def test_folder_is_watched_from_the_settings(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    total = studio.find()["total"]
    watched = tmp_path / "監看"
    fresh(watched)
    visit.go("settings")
    visit.page.get_by_role("textbox", name="Path of a folder").fill(str(watched))
    visit.page.get_by_role("button", name="Watch", exact=True).click()
    row = visit.page.get_by_role("listitem").filter(has_text=str(watched))
    expect(row).to_contain_text("1 picture")
    visit.go("pictures")
    visit.see(total + 1)
    fresh(watched)
    visit.see(total + 2)
    visit.go("settings")
    row.get_by_role("button", name="Stop watching").click()
    expect(row).to_have_count(0)


def test_what_others_do_appears_without_a_reload(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    visit.go("pictures?sort=name")
    asset = next(item for item in studio.find()["items"] if item["name"].startswith("02-"))
    visit.page.evaluate("window.stays = true")
    assert gesso(studio.home, "rate", asset["id"], "5").code == 0
    expect(visit.tile("02")).to_have_attribute("aria-label", re.compile("5 stars"))
    total = studio.find()["total"]
    studio.upload(fresh(tmp_path))
    visit.see(total + 1)
    expect(visit.page.locator(".places small").first).to_have_text(str(total + 1))
    visit.go(f"picture/{asset['id']}")
    studio.edit(asset["id"], title="由別處改名")
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("由別處改名")
    assert visit.page.evaluate("window.stays")
    studio.edit(asset["id"], title=None)


def test_search_takes_in_what_newly_fits(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    visit.go("pictures?q=tag:smart")
    expect(visit.page.get_by_text("Nothing found")).to_be_visible()
    asset = studio.upload(fresh(tmp_path))
    studio.edit(asset, add_tags=["smart"])
    visit.see(1)
    studio.edit(asset, remove_tags=["smart"])
    expect(visit.page.get_by_text("Nothing found")).to_be_visible()


def test_news_missed_while_cut_off_is_caught_up_with(browser: Browser, studio: Studio, tmp_path: Path) -> None:
    studio.prefer(language="en", theme="light")
    with visiting(browser, studio) as visit:
        total = studio.find()["total"]
        visit.page.add_init_script(CUT)
        visit.page.reload()
        visit.see(total)
        resumed: list[str | None] = []
        visit.page.on(
            "request",
            lambda request: resumed.append(request.headers.get("last-event-id")) if "/events" in request.url else None,
        )
        visit.between("**/events", lambda route: route.abort("connectionrefused"))
        visit.page.evaluate("window.cut.abort()")
        expect(visit.page.get_by_role("alert").filter(has_text="does not answer")).to_be_visible()
        studio.upload(fresh(tmp_path))
        visit.page.unroute("**/events")
        visit.see(total + 1)
        expect(visit.page.get_by_text("Connected")).to_be_visible()
        assert any(resumed), "the stream was begun anew, not resumed"


def test_what_is_set_while_the_page_begins_is_not_missed(visit: Visit, studio: Studio) -> None:
    held: list[Route] = []
    visit.page.route("**/api/v1/status", lambda route: held.append(route))
    visit.page.reload()
    until(lambda: visit.page.wait_for_timeout(20) or held)
    visit.page.wait_for_timeout(300)  # whatever else is asked for at the beginning is answered by then
    studio.prefer(theme="dark")
    for route in held:
        route.continue_()
    visit.page.unroute("**/api/v1/status")
    expect(visit.page.locator("html")).to_have_attribute("data-theme", "dark")


def test_small_picture_that_did_not_come_is_asked_for_again(visit: Visit, studio: Studio, tmp_path: Path) -> None:
    broken: list[str] = []

    def once(route: Route) -> None:
        broken.append(route.request.url)
        return route.abort("connectionreset") if len(broken) == 1 else route.continue_()

    thumbnail = studio.show(studio.upload(fresh(tmp_path, "again")))["asset"]["thumbnail"]
    visit.between(f"**/blobs/{thumbnail}", once)
    visit.go("pictures?q=again")
    picture = visit.page.locator("[role=gridcell] img")
    until(lambda: visit.page.wait_for_timeout(50) or (broken and picture.evaluate("each => each.naturalWidth > 0")))
    assert len(broken) == 2
    visit.said.clear()


def test_stopped_daemon_is_told_and_its_return_noticed(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_daemon(home) as url:
        studio = Studio(home, url)
        studio.upload(fresh(tmp_path))
        port = url.rpartition(":")[2]
        context = visiting(browser, studio)
        visit = context.__enter__()
        visit.see(1)
    alert = visit.page.get_by_role("alert").filter(has_text="Gesso is not running")
    expect(alert).to_be_visible()
    expect(visit.page.get_by_text("Not connected")).to_be_visible()
    for place, name in (("history", "History"), ("settings", "Settings"), ("projects", "Projects")):
        visit.go(place)
        expect(visit.page.get_by_role("heading", level=1, name=name)).to_be_visible()
    visit.go("pictures")
    visit.tiles().first.focus()
    visit.press("5")
    visit.notice("Nothing was changed.")
    with running_daemon(home, "--port", port) as url:
        assert url.endswith(port)
        expect(alert).to_have_count(0, timeout=25_000)
        visit.press("4")
        until(lambda: Studio(home, url).find("rating:4")["total"] == 1)
        context.__exit__(None, None, None)


def test_daemon_that_no_longer_knows_the_browser(browser: Browser, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running_daemon(home) as url:
        context = visiting(browser, Studio(home, url))
        visit = context.__enter__()
        expect(visit.page.get_by_text("Connected")).to_be_visible()
    next(home.rglob("sessions.json")).unlink()
    with running_daemon(home, "--port", url.rpartition(":")[2]):
        heading = visit.page.get_by_role("heading", name="This browser is not signed in")
        expect(heading).to_be_visible(timeout=25_000)
        context.__exit__(None, None, None)


def test_page_opened_while_nobody_answers_goes_on_by_itself(browser: Browser, studio: Studio) -> None:
    context = browser.new_context(locale="zh-TW")
    try:
        page = context.new_page()
        page.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
        page.goto(studio.url)
        expect(page.get_by_role("heading", name="Gesso 尚未執行")).to_be_visible()
        page.unroute("**/api/v1/**")
        expect(page.get_by_role("heading", name="這個瀏覽器尚未登入")).to_be_visible(timeout=15_000)
    finally:
        context.close()


def test_session_that_ends_while_the_page_is_open(browser: Browser, studio: Studio) -> None:
    studio.prefer(language="en", theme="light")
    with visiting(browser, studio) as visit:
        visit.see(studio.find()["total"])
        visit.context.clear_cookies()
        studio.edit(studio.find()["items"][0]["id"], rating=3)
        expect(visit.page.get_by_role("heading", name="This browser is not signed in")).to_be_visible()
        visit.page.goto("about:blank")
        visit.page.goto(studio.launch_address())
        visit.see(studio.find()["total"])


@pytest.mark.parametrize("path", ["/", "/assets/"])
def test_files_are_cached_as_they_may_be(visit: Visit, studio: Studio, path: str) -> None:
    kept = [url for url in visit.asked if "/assets/" in url and url.endswith((".js", ".css"))]
    assert len(kept) >= 3
    address = studio.url + "/" if path == "/" else kept[0]
    answer = visit.page.request.get(address)
    wanted = "no-cache" if path == "/" else "public, max-age=31536000, immutable"
    assert answer.headers["cache-control"] == wanted
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_news_from_before_the_stream_was_open_is_not_missed(visit: Visit, studio: Studio) -> None:
    held: list[Route] = []
    visit.between("**/api/v1/events", lambda route: held.append(route))
    visit.page.reload()
    visit.see(studio.find()["total"])
    studio.ask("POST", "/w/-/searches", {"name": "meanwhile", "query": "cat"})
    until(lambda: bool(held))
    assert not visit.page.get_by_role("link", name="meanwhile").count()
    for route in held:
        route.continue_()
    visit.page.unroute("**/api/v1/events")
    expect(visit.page.get_by_role("link", name="meanwhile")).to_be_visible()
