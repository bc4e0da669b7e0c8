"""In a real browser: other pages get nothing, and what a stranger wrote never runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin
from playwright.sync_api import Browser, expect

from library.values import unseen
from tests.browser.house import Studio, Visit, launch, visiting
from tests.browser.strangers import TRIES, stranger
from tests.daemonhouse import until

# Each calls planted() if it ever runs.
PAYLOADS: list[str] = json.loads(Path(__file__).with_name("payloads.json").read_text("utf-8"))


def poisoned(folder: Path, number: int, payload: str) -> Path:
    """A picture that carries the payload in its prompt, its other texts and its EXIF."""
    info = PngImagePlugin.PngInfo()
    settings = f"Steps: 20, Sampler: {payload}, CFG scale: 7, Seed: {number}, Model: {payload}"
    info.add_itxt("parameters", f"{payload}\nNegative prompt: {payload}\n{settings}")
    info.add_itxt("Title", payload)
    exif = Image.Exif()
    exif[0x010E] = exif[0x013B] = exif[0x8298] = payload
    folder.mkdir(exist_ok=True)
    path = folder / f"{number:02} {payload.replace('/', '∕')[:60]}.png"
    Image.new("RGB", (40 + number, 30), (number * 3 % 256, 90, 160)).save(path, pnginfo=info, exif=exif)
    return path


@pytest.fixture(scope="module")
def poison(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    folder = tmp_path_factory.mktemp("poison")
    files = [poisoned(folder, number, payload) for number, payload in enumerate(PAYLOADS)]
    studio.bring_in(*files)
    for item in studio.find("in:png tool:a1111")["items"]:
        if item["prompt"] in PAYLOADS:
            payload = item["prompt"]
            tags = [tag for tag in (payload[:60],) if not unseen(tag)]
            studio.edit(item["id"], title=payload, note=payload, add_tags=tags)
    project = studio.ask("POST", "/w/-/projects", {"name": PAYLOADS[3]})["id"]
    studio.ask("PATCH", f"/w/-/projects/{project}", {"brief": "\n".join(PAYLOADS)})
    studio.ask("POST", "/w/-/checkpoints", {"name": PAYLOADS[5]})
    return studio


def test_nothing_that_a_stranger_wrote_runs(browser: Browser, poison: Studio) -> None:
    poison.prefer(language="en", theme="light")
    with visiting(browser, poison) as visit:
        ran: list[object] = []
        visit.page.on("dialog", lambda dialog: dialog.dismiss())
        visit.context.expose_function("planted", lambda: ran.append(visit.page.url))
        visit.page.reload()
        project = poison.ask("GET", "/w/-/projects")["projects"][0]["id"]
        places = ["pictures", "projects", f"project/{project}", "history", "settings", "bin"]
        for place in places:
            visit.go(place)
            visit.page.wait_for_timeout(150)
        poisonous = [item for item in poison.find()["items"] if item["title"] in PAYLOADS]
        assert len(poisonous) >= 60
        for item in poisonous:
            visit.go(f"picture/{item['id']}")
            expect(visit.page.get_by_role("heading", level=1)).to_have_text(item["name"])
        visit.go("pictures?q=" + "planted")
        for name in ("Tag", "Model"):
            visit.page.get_by_role("button", name=name, exact=True).click()
            visit.page.get_by_role("dialog").hover()
            visit.press("Escape")
        visit.tiles().nth(1).locator(".picture").dblclick()
        visit.page.get_by_role("textbox", name="Title").hover()
        # The page's own policy stops even what would reach the document.
        visit.page.evaluate(
            """() => {
                const put = (tag, change) => {
                    const each = document.createElement(tag);
                    change(each);
                    document.body.append(each);
                };
                put("script", (each) => { each.textContent = "planted()"; });
                put("div", (each) => { each.innerHTML = "<img src=x onerror=planted()>"; });
                put("script", (each) => { each.src = "data:text/javascript,planted()"; });
                put("a", (each) => { each.href = "javascript:planted()"; setTimeout(() => each.click()); });
            }"""
        )
        visit.page.wait_for_timeout(200)
        assert ran == []
        refused = [each for each in visit.said if "Content Security Policy" in each]
        assert len(refused) >= 3
        assert visit.strangers() == []


def test_payloads_as_bytes_are_never_shown_as_documents(visit: Visit, studio: Studio) -> None:
    """A picture's file opened by itself stands in a sandbox without scripts."""
    item = studio.find()["items"][0]
    page = visit.context.new_page()
    answer = page.goto(f"{studio.url}/api/v1/w/-/blobs/{item['sha256']}")
    assert answer is not None and answer.headers["content-type"] == "image/png"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.fixture(scope="module")
def resolving(browser: Browser) -> Iterator[Browser]:
    """A browser for which a stranger's name leads to this machine, as after DNS rebinding."""
    rules = "MAP evil.example 127.0.0.1, MAP gesso.evil.example 127.0.0.1"
    # Newer Chromium asks before a page may reach this machine; many people's browsers do not.
    unguarded = "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests"
    chromium = launch(browser.browser_type, f"--host-resolver-rules={rules}", unguarded)
    yield chromium
    chromium.close()


def asked_for(studio: Studio) -> dict[str, str]:
    item = studio.find()["items"][0]
    workspace = studio.ask("GET", "/status")["workspace"]["id"]
    return {"home": studio.url, "workspace": workspace, "asset": item["id"], "blob": item["sha256"]}


BAIT = "<!doctype html><title>a stranger</title><body>what the name led to a moment ago</body>"
# What the browser makes of a refusal in a frame: its own words, none of ours.
REFUSED: set[str] = set()


def state(studio: Studio) -> object:
    return [studio.ask("GET", path) for path in ("/w/-/digest", "/settings", "/w/-/assets?limit=200", "/tasks")]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "evil.example"])
def test_page_of_another_origin_reads_and_changes_nothing(resolving: Browser, studio: Studio, host: str) -> None:
    studio.prefer(language="en", theme="light")
    with visiting(resolving, studio) as visit, stranger() as port:
        before, facts = state(studio), asked_for(studio)
        page = visit.context.new_page()
        page.goto(f"http://{host}:{port}/")
        got = page.evaluate(TRIES, facts)
        assert len(got) > 70
        assert {name: what for name, what in got.items() if what is not None} == {}
        assert state(studio) == before
        # The person's own page goes on, signed in as it was.
        visit.page.reload()
        visit.see(studio.find()["total"])


def test_rebound_name_is_not_answered(resolving: Browser, studio: Studio) -> None:
    """A name that led to the stranger a moment ago and leads to us now: the same origin to the browser."""
    port = studio.url.rpartition(":")[2]
    context = resolving.new_context()
    try:
        page = context.new_page()
        rebound = f"http://gesso.evil.example:{port}"
        page.route(f"{rebound}/bait", lambda route: route.fulfill(body=BAIT, content_type="text/html"))
        page.goto(f"{rebound}/bait")
        before, facts = state(studio), asked_for(studio)
        got = page.evaluate(TRIES, {**facts, "home": rebound})
        refusals = [what for name, what in got.items() if name.startswith(("fetch plain", "write cors"))]
        assert len(refusals) > 25 and all(str(what).startswith("421") for what in refusals)
        assert {what for what in got.values() if what is not None and not what.startswith("421")} <= REFUSED
        assert not [what for what in got.values() if facts["asset"] in str(what) or facts["workspace"] in str(what)]
        assert state(studio) == before
    finally:
        context.close()


def test_page_is_shown_in_no_frame(resolving: Browser, studio: Studio) -> None:
    with stranger() as port:
        context = resolving.new_context()
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        page.set_content(f"<iframe src='{studio.url}/'></iframe>")
        until(lambda: len(page.frames) == 2)
        page.wait_for_timeout(300)
        assert page.frames[1].locator("#root").count() == 0
        context.close()
