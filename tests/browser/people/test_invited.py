"""An invitation on the page, and who comes in by it at another daemon: once, in time, and otherwise told why not."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from identity.invitation import read_invitation
from tests.browser.house import Studio, Visit, axe, still, visiting
from tests.browser.sharing.pairing import daemons
from tests.browser.sharing.test_devices import shot
from tests.daemonhouse import until

SOON = 0.001  # hours


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Studio]]:
    with daemons(tmp_path_factory.mktemp("invited"), "alice", "bob", "carol") as found:
        yield found


@pytest.fixture
def alice(browser: Browser, homes: list[Studio]) -> Iterator[Visit]:
    with visiting(browser, homes[0], "people") as visit:
        yield visit
        assert visit.said == [] and visit.strangers() == []


def invite(visit: Visit, name: str, *chosen: str) -> tuple[Locator, str]:
    """By the form of the page; gives what is shown then, and the text."""
    visit.page.get_by_role("button", name="Invite", exact=True).click()
    form = visit.page.get_by_role("dialog", name="Invite somebody")
    form.get_by_label("Name of the person").fill(name)
    for each in chosen:
        form.get_by_role("radio", name=each, exact=True).check(force=True)
    shot(visit.page, f"invite-{name}")
    form.get_by_role("button", name="Invite", exact=True).click()
    shown = visit.page.get_by_role("dialog", name=f"Invitation for {name}")
    return shown, shown.locator("pre.once").inner_text()


def refused(browser: Browser, studio: Studio, text: str, name: str) -> str:
    """Why that page says nobody comes in by this text."""
    with visiting(browser, studio, "devices") as visit:
        visit.page.get_by_role("button", name="Join a workspace").click()
        sheet = visit.page.get_by_role("dialog", name="Join a workspace")
        sheet.get_by_label("Code, or the text of the QR code").fill(text)
        sheet.get_by_role("button", name="Join", exact=True).click()
        alert = sheet.get_by_role("alert")
        expect(alert.locator("p").first).to_be_visible()
        assert axe(visit.page) == []
        shot(visit.page, name)
        visit.was_refused(409)
        return alert.inner_text()


def line(visit: Visit, state: str) -> Locator:
    return visit.page.locator(f"li[data-invitation={state}]")


def test_who_is_invited_comes_in_once_and_both_pages_say_so(
    alice: Visit, browser: Browser, homes: list[Studio]
) -> None:
    shown, text = invite(alice, "Bob", "viewer", "30 days")
    expect(shown.get_by_role("img", name="QR code with the text of the invitation")).to_be_visible()
    expect(shown).to_contain_text("Role: viewer. Looks and takes copies.")
    invitation = read_invitation(text)
    assert (invitation.person, invitation.role) == ("Bob", "viewer")
    days = (invitation.expires - alice.page.evaluate("Date.now()")) / 86_400_000
    assert 29.9 < days <= 30
    for width in (390, 1280):
        alice.page.set_viewport_size({"width": width, "height": 800})
        still(alice.page)
        assert axe(alice.page) == []
        shot(alice.page, f"invitation-{width}")
    expect(line(alice, "open")).to_contain_text("viewer · good until")
    with visiting(browser, homes[1], "devices") as bob:
        bob.page.get_by_role("button", name="Join a workspace").click()
        bob.page.get_by_label("Code, or the text of the QR code").fill(text)
        bob.page.get_by_role("button", name="Join", exact=True).click()
        expect(bob.page.get_by_role("dialog", name="You are in")).to_be_visible()
        # His empty workspace gave way: what was asked about it in that moment is not found.
        assert all("404" in each for each in bob.said)
    expect(shown.locator("[data-invitation=used]")).to_contain_text("Bob is in, with “")
    shown.get_by_role("button", name="Close").last.click()
    alice.page.get_by_text("1 that is over").click()
    expect(line(alice, "used")).to_contain_text("viewer · used by")
    assert "it was used, withdrawn or has expired" in refused(browser, homes[2], text, "invitation-used")


def test_one_that_expired_says_so_on_both_sides(alice: Visit, browser: Browser, homes: list[Studio]) -> None:
    def soon(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        asked = json.loads(route.request.post_data or "{}")
        return route.continue_(post_data=json.dumps({**asked, "hours": SOON}))

    alice.page.route("**/invitations", soon)
    shown, text = invite(alice, "Carol")
    expect(shown.locator("[data-invitation=expired]")).to_contain_text("This invitation has expired")
    assert axe(alice.page) == []
    shot(alice.page, "invitation-expired")
    shown.get_by_role("button", name="Close").last.click()
    alice.page.locator("summary").click()
    expect(line(alice, "expired")).to_contain_text("Carol")
    expect(line(alice, "expired").get_by_role("button")).to_have_count(0)
    assert "This invitation has expired. Ask for a new one." in refused(browser, homes[2], text, "join-expired")


def test_one_that_nobody_answers_to_says_whom_to_ask(alice: Visit, browser: Browser, homes: list[Studio]) -> None:
    shown, text = invite(alice, "Carol")
    shown.get_by_role("button", name="Close").last.click()
    alice.studio.ask("POST", "/offline", {"on": True})
    try:
        said = refused(browser, homes[2], text, "join-away")
        assert "which invited, does not answer" in said and "ask who invited you" in said
    finally:
        alice.studio.ask("POST", "/offline", {"on": False})
    line(alice, "open").get_by_role("button", name="Withdraw").click()
    expect(line(alice, "open")).to_have_count(0)
    until(
        lambda: {each["state"] for each in alice.studio.ask("GET", "/w/-/invitations")["invitations"]} >= {"withdrawn"}
    )
