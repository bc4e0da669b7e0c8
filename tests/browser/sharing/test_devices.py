"""Two people by their pages: one shows a code, the other types it, and all that is told of devices after that."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import scenes
from tests.browser.house import Studio, Visit, axe, fits_at_every_width, still, visiting
from tests.daemonhouse import gesso, running_daemon, until

SHOTS = os.environ.get("GESSO_SHOTS")
PICTURES = 4


class Pair(NamedTuple):
    """Two visits, each to a home of its own."""

    alice: Visit
    bob: Visit


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Studio]]:
    """Daemons of alice, who has pictures, of bob and of carol, who have nothing."""
    folder = tmp_path_factory.mktemp("homes")
    with ExitStack() as stack:
        found = [
            Studio(folder / name, stack.enter_context(running_daemon(folder / name, GESSO_DEVICE_NAME=name)))
            for name in ("alice", "bob", "carol")
        ]
        for file in scenes.gallery(folder / "pictures", PICTURES, share=4):
            found[0].upload(file)
        for each in found:
            each.prefer(language="en", theme="light")
        yield found


@pytest.fixture(scope="module")
def pair(browser: Browser, homes: list[Studio]) -> Iterator[Pair]:
    with visiting(browser, homes[0], "devices") as alice, visiting(browser, homes[1], "devices") as bob:
        yield Pair(alice, bob)


def shot(page: Page, name: str) -> None:
    """GESSO_SHOTS: where to keep what was seen."""
    if SHOTS:
        still(page)
        page.screenshot(path=f"{SHOTS}/{name}.png")


def dialog(visit: Visit, name: str) -> Locator:
    return visit.page.get_by_role("dialog", name=name)


def show_code(visit: Visit) -> tuple[str, str]:
    """Six digits and an address, as the page shows them."""
    visit.page.get_by_role("button", name="Show a code").click()
    code = re.sub(r"\D", "", visit.page.locator("output.code").inner_text())
    return code, visit.page.locator(".code-shown .addresses code").first.inner_text()


def come_in(visit: Visit, text: str, address: str = "") -> None:
    visit.page.get_by_role("button", name="Join a workspace").click()
    sheet = dialog(visit, "Join a workspace")
    sheet.get_by_label("Code, or the text of the QR code").fill(text)
    if address:
        sheet.get_by_label("Address, only if it is not found by itself").fill(address)
    sheet.get_by_role("button", name="Join", exact=True).click()


def row(visit: Visit, standing: str) -> Locator:
    return visit.page.locator(f"[data-standing={standing}]")


def test_nobody_else_is_there_and_the_device_gets_a_name(pair: Pair) -> None:
    visit, _ = pair
    expect(visit.page.get_by_role("heading", name="No other device yet")).to_be_visible()
    name = visit.page.get_by_label("Name of this device")
    name.fill("Studio iMac")
    visit.press("Enter")
    until(lambda: visit.studio.ask("GET", "/w/-/devices")["devices"][0]["name"] == "Studio iMac")
    fits_at_every_width(visit.page, "devices-alone")


def test_wrong_codes_are_counted_and_lock(pair: Pair) -> None:
    alice, bob = pair
    alice.page.get_by_role("button", name="Let a device in").click()
    code, address = show_code(alice)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    come_in(bob, wrong, address)
    sheet = dialog(bob, "Join a workspace")
    expect(sheet.get_by_role("alert")).to_contain_text("not the code that the other device shows")
    expect(alice.page.locator(".code-left")).to_contain_text("2 tries left")
    shot(bob.page, "join-wrong")
    for _ in range(2):
        sheet.get_by_role("button", name="Join", exact=True).click()
        expect(sheet.locator("form button[type=submit]")).to_be_enabled()
    expect(alice.page.locator("[data-code=locked]")).to_contain_text("Three wrong codes were typed")
    assert axe(alice.page) == axe(bob.page) == []
    shot(alice.page, "letin-locked")
    bob.was_refused(409)
    sheet.get_by_role("button", name="Cancel").click()
    dialog(alice, "Let a device in").get_by_role("button", name="Close").last.click()


@pytest.mark.long  # two minutes: the life of a code
@pytest.mark.timeout(240)
def test_a_code_that_nobody_typed_in_time_says_so_on_both_sides(pair: Pair) -> None:
    alice, bob = pair
    alice.page.get_by_role("button", name="Let a device in").click()
    code, address = show_code(alice)
    over = alice.page.locator("[data-code=expired]")
    expect(over).to_contain_text("Nobody came within two minutes. This code is good no longer.", timeout=130_000)
    assert axe(alice.page) == []
    shot(alice.page, "letin-expired")
    come_in(bob, code, address)
    sheet = dialog(bob, "Join a workspace")
    expect(sheet.get_by_role("alert")).to_contain_text("Check the address, and that the code is still shown there")
    shot(bob.page, "join-expired-code")
    bob.was_refused(409)
    sheet.get_by_role("button", name="Cancel").click()
    over.get_by_role("button", name="Show a new code").click()
    expect(alice.page.locator("output.code")).not_to_have_text(f"{code[:3]} {code[3:]}")
    alice.page.get_by_role("button", name="Show it no longer").click()


def test_both_show_the_same_fingerprint_and_then_the_same_pictures(pair: Pair) -> None:
    alice, bob = pair
    alice.page.get_by_role("button", name="Let a device in").click()
    code, address = show_code(alice)
    expect(alice.page.get_by_role("timer")).to_have_text(re.compile("^[12]:[0-5][0-9]$"))
    for width in (390, 1280):
        alice.page.set_viewport_size({"width": width, "height": 800})
        still(alice.page)
        assert axe(alice.page) == []
        shot(alice.page, f"letin-code-{width}")
    come_in(bob, f"gesso-pair:{code}@{address}")
    done = dialog(bob, "You are in")
    expect(done).to_be_visible()
    expect(done).to_contain_text("“Studio iMac” let this device in")
    print_here = done.locator("[data-fingerprint]").inner_text()
    expect(dialog(alice, "A device came in").locator("[data-fingerprint]")).to_have_text(print_here)
    assert axe(alice.page) == axe(bob.page) == []
    shot(alice.page, "letin-done")
    shot(bob.page, "join-done")
    for visit in pair:
        visit.page.get_by_role("button", name="They are the same").click()
    until(lambda: bob.studio.find()["total"] == PICTURES)
    bob.go("pictures")
    bob.see(PICTURES)
    expect(bob.page.locator("[data-sync]")).to_contain_text("1 device connected")
    expect(row(alice, "connected")).to_contain_text("Connected, up to date")
    alice.said.clear()


def test_what_is_told_of_devices_fits_every_screen_and_theme(pair: Pair) -> None:
    alice, _ = pair
    for language, theme in (("en", "light"), ("zh-TW", "dark"), ("zh-TW", "contrast")):
        alice.page.reload()
        alice.dress(language, theme)
        alice.go("devices")
        alice.page.locator(".device").first.wait_for()
        fits_at_every_width(alice.page, f"devices-{language}-{theme}")
    alice.studio.prefer(language="en", theme="light")
    alice.page.reload()


def test_what_is_still_coming_is_counted_at_the_side_and_among_devices(pair: Pair) -> None:
    _, bob = pair
    told = {"originals": 1204, "of": 9800, "bytes": 31_400_000_000, "small": 0}
    bob.between("**/copies/incoming", lambda route: route.fulfill(json=told))
    bob.page.reload()
    bob.go("devices")
    expect(bob.page.locator("[data-sync]")).to_contain_text("1,204 of 9,800 originals")
    expect(bob.page.locator("[data-incoming]")).to_contain_text("31.4 GB to come")
    fits_at_every_width(bob.page, "devices-coming")
    bob.page.unroute("**/copies/incoming")


def test_why_originals_wait_is_told_at_both_devices_while_it_is_so(pair: Pair) -> None:
    alice, bob = pair
    for visit in pair:
        visit.go("devices")
        expect(visit.page.locator("[data-limit]")).to_have_count(0)
    settings = alice.studio.home / "config.toml"
    settings.write_text('[sync]\nupload_timetable = "00:00-24:00 thumbnails"\nmetered = "yes"\n', "utf-8")
    expect(alice.page.locator("[data-limit=originals]")).to_contain_text("Originals do not go out, by the timetable")
    expect(alice.page.locator("[data-limit=thumbnails]")).to_contain_text("This network is metered")
    there = bob.page.locator('[data-limit="there.timetable"]')
    expect(there).to_contain_text("Studio iMac gives no originals, by its timetable.")
    for language, theme in (("en", "light"), ("zh-TW", "dark")):
        alice.dress(language, theme)
        alice.go("devices")
        fits_at_every_width(alice.page, f"devices-limits-{language}")
    expect(alice.page.locator("[data-limit=originals]")).to_contain_text("依時間表，原始檔不傳出")
    alice.studio.prefer(language="en", theme="light")
    alice.page.reload()
    settings.write_text("[sync]\nupload_limit = 250000\n", "utf-8")
    expect(alice.page.locator("[data-limit=rate]")).to_contain_text("At most 250 kB a second go out")
    expect(there).to_have_count(0)
    settings.unlink()
    expect(alice.page.locator("[data-limit]")).to_have_count(0)


def test_pausing_ends_the_exchange_until_it_goes_on(pair: Pair) -> None:
    alice, bob = pair
    alice.page.set_viewport_size({"width": 1280, "height": 800})
    alice.go("devices")
    alice.page.get_by_text("Exchange with other devices", exact=True).click()
    expect(alice.page.locator("[data-alone=paused]")).to_be_visible()
    expect(row(alice, "seen")).to_contain_text("Last connected")
    alice.page.get_by_text("Exchange with other devices", exact=True).click()
    until(lambda: not alice.studio.ask("GET", "/peers")["paused"])
    bob.studio.ask("PATCH", "/peers", {"paused": False})
    expect(row(alice, "connected")).to_be_visible(timeout=80_000)  # the longest pause of the other side


def test_an_address_is_added_told_of_and_removed(pair: Pair) -> None:
    alice, bob = pair
    alice.page.get_by_label("Address of another device").fill("127.0.0.1:9")
    alice.press("Enter")
    line = alice.page.locator(".copies li", has_text="127.0.0.1:9")
    expect(line).to_contain_text("Tried whenever a device is not connected")
    bob.studio.ask("PATCH", "/peers", {"paused": True})
    expect(line).to_contain_text("Does not answer")
    bob.studio.ask("PATCH", "/peers", {"paused": False})
    line.get_by_role("button", name="Remove").click()
    expect(line).to_have_count(0)
    alice.page.get_by_label("Address of another device").fill("nowhere")
    alice.press("Enter")
    alice.notice("is no address")
    alice.was_refused(422)


def test_a_viewer_sees_everything_and_is_offered_nothing(pair: Pair, browser: Browser, homes: list[Studio]) -> None:
    alice, _ = pair
    alice.go("devices")
    alice.page.get_by_role("button", name="Let a device in").click()
    sheet = dialog(alice, "Let a device in")
    sheet.get_by_text("Another person").click()
    sheet.get_by_label("Name of the person").fill("Carol")
    sheet.get_by_text("viewer", exact=True).click()
    shot(alice.page, "letin-person")
    code, address = show_code(alice)
    with visiting(browser, homes[2], "devices") as carol:
        come_in(carol, code, address)
        carol.page.get_by_role("button", name="They are the same").click()
        alice.page.get_by_role("button", name="They are the same").click()
        expect(carol.page.locator("[data-role=viewer]")).to_be_visible()
        until(lambda: carol.studio.find()["total"] == PICTURES)
        expect(carol.page.get_by_label("Name of this device")).to_be_disabled()
        expect(row(carol, "connected").first).to_be_visible()
        for word in ("Rename", "Revoke", "Remove"):
            expect(carol.page.get_by_role("button", name=word)).to_have_count(0)
        assert axe(carol.page) == []
        shot(carol.page, "viewer-devices")
        assert carol.strangers() == []


def test_a_lost_laptop_is_revoked_and_what_was_only_there_is_named(pair: Pair, tmp_path: Path) -> None:
    alice, bob = pair
    alice.studio.ask("PUT", "/w/-/copies/policy", {"kind": "thumbnails"})
    bob.studio.upload(scenes.paint(tmp_path / "only-here.png", 90, size=(64, 48)))
    until(lambda: alice.studio.find()["total"] == PICTURES + 1)
    until(lambda: alice.studio.find("only-here")["items"][0]["state"] == "elsewhere")
    alice.go("devices")
    lost = alice.page.locator(".device", has_text="Yours")
    name = lost.locator("b").inner_text()
    lost.get_by_role("button", name="Revoke").click()
    sheet = dialog(alice, f"Revoke “{name}”?")
    expect(sheet).to_contain_text("One original")
    expect(sheet).to_contain_text("only-here.png")
    assert axe(alice.page) == []
    shot(alice.page, "revoke")
    sheet.get_by_role("button", name="Revoke for ever").click()
    done = dialog(alice, f"“{name}” is revoked")
    expect(done).to_contain_text("One original")
    assert axe(alice.page) == []
    shot(alice.page, "revoked")
    done.get_by_role("link", name="Show these pictures").click()
    alice.see(1)
    expect(alice.tile("only-here")).to_be_visible()
    alice.go("devices")
    alice.page.locator("summary").click()
    expect(row(alice, "revoked")).to_contain_text(name)
    until(lambda: not bob.studio.ask("GET", "/peers")["connected"])
    assert alice.said == []


def test_the_command_says_the_same_of_a_lost_device(pair: Pair, homes: list[Studio], tmp_path: Path) -> None:
    alice, carol = pair.alice.studio, homes[2]
    member = next(each for each in alice.ask("GET", "/w/-/members")["members"] if each["name"] == "Carol")
    alice.ask("PATCH", f"/w/-/members/{member['id']}", {"role": "editor"})
    until(lambda: carol.ask("GET", "/status")["workspace"]["role"] == "editor")
    carol.upload(scenes.paint(tmp_path / "carols.png", 91, size=(64, 48)))
    until(lambda: alice.find("carols")["total"])
    until(lambda: alice.find("carols")["items"][0]["state"] == "elsewhere")
    lost = next(each for each in alice.ask("GET", "/w/-/devices")["devices"] if each["person"] == "Carol")
    done = gesso(alice.home, "peer", "rm", lost["id"][:16], "--yes")
    assert done.code == 0
    assert "One original was only on that device, of carols.png" in done.err
    assert alice.find("state:missing")["total"] == 2
