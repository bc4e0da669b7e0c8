"""A stranger's first quarter of an hour: from an empty page to a picture rated, found, exported and taken away."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from imaging.examine import inspect
from imaging.inspection import Inspection, InspectJob, Limits
from tests.browser.house import Studio, Visit, visiting
from tests.daemonhouse import running_daemon, until

SECONDS = 30_000  # milliseconds that pictures may take on a machine that does much else


@dataclass(frozen=True)
class Words:
    """What the page says to somebody whose browser speaks a language, and what they write."""

    locale: str
    prompt: str
    found_by: str  # a word of it
    other: str  # one that is in no prompt
    pictures: str
    nothing: str
    rating: str
    welcome: str
    make: str
    by_rules: str
    generate: str
    done: str
    stars: str
    add: str
    album: str
    added: str
    preset: str
    export: str
    download: str


WORDS = {
    "en": Words(
        "en-US", "a lighthouse over a calm sea at dusk", "lighthouse", "submarine", "Pictures",
        "Nothing found", "Rating",
        "Make a picture, or bring yours in", "Make a picture", "by rules and is no AI model",
        "Generate 4 pictures", "All is done: 4 made", "4 stars",
        "Add to an album", "First light", "1 picture added to the album “First light”", "Client PNG",
        "Export 1 picture", "Download the original",
    ),
    "zh-TW": Words(
        "zh-TW", "黃昏的燈塔，平靜的海面", "燈塔", "潛水艇", "圖片",
        "找不到符合的圖片", "評分",
        "生成一張圖片，或帶入您的圖片", "生成圖片", "依規則繪圖，並不是 AI 模型",
        "生成 4 張", "全部完成：4 張", "4 顆星",
        "加入相簿", "第一道光", "已將 1 張圖片加入相簿「第一道光」", "交件 PNG", "匯出 1 張圖片", "下載原始檔",
    ),
}  # fmt: skip


@pytest.fixture(params=["en", "zh-TW"])
def words(request: pytest.FixtureRequest) -> Words:
    return WORDS[request.param]


@pytest.fixture
def stranger(browser: Browser, tmp_path: Path, words: Words) -> Iterator[Visit]:
    """Somebody whose daemon has just been started for the first time, with no setting made anywhere."""
    with running_daemon(tmp_path / "home") as url:
        with visiting(browser, Studio(tmp_path / "home", url), locale=words.locale) as visit:
            yield visit
            assert visit.said == []
            assert visit.strangers() == []


def test_from_an_empty_page_to_a_picture_taken_away(stranger: Visit, words: Words, tmp_path: Path) -> None:
    page = stranger.page
    first_run(page, words)
    made(stranger, words)
    rated(stranger, words)
    found(stranger, words)
    into_an_album(stranger, words)
    exported(page, words, tmp_path)
    taken_away(page, words, tmp_path)


def first_run(page: Page, words: Words) -> None:
    """The empty page says what there is to do, and one press leads there."""
    expect(page.get_by_role("heading", name=words.welcome)).to_be_visible()
    page.get_by_role("link", name=words.make, exact=True).click()
    expect(page.locator("#create-prompt")).to_be_focused()
    expect(page.get_by_text(words.by_rules).first).to_be_visible()
    for each in page.locator(".results button").all():
        assert each.evaluate("button => button.scrollWidth <= button.clientWidth"), each.inner_text()


def made(visit: Visit, words: Words) -> None:
    """A sentence and a press; nothing is loaded anew, nothing else is set."""
    page = visit.page
    page.keyboard.type(words.prompt)
    page.get_by_role("button", name=words.generate).click()
    expect(pictures(page, words)).to_have_count(4, timeout=SECONDS)
    expect(page.get_by_role("status").filter(has_text=words.done)).to_have_count(1)
    for each in pictures(page, words).locator("img").all():
        assert until(lambda image=each: image.evaluate("image => image.naturalWidth")) > 100


def pictures(page: Page, words: Words) -> Locator:
    """Those that came, as they are called."""
    return page.get_by_role("link", name=words.prompt)


def rated(visit: Visit, words: Words) -> None:
    """The third by the keyboard alone, from the button that was pressed."""
    page, came = visit.page, pictures(visit.page, words)
    for _ in range(8):
        if page.evaluate("document.activeElement.matches('[data-made]')"):
            break
        visit.press("Tab")
    expect(came.first).to_be_focused()
    visit.press("ArrowRight", "ArrowRight", "4")
    expect(came.nth(2).get_by_role("img", name=words.stars)).to_be_visible()
    expect(page.get_by_role("img", name=words.stars)).to_have_count(1)


def found(visit: Visit, words: Words) -> None:
    """By a word of the prompt and by its stars, and not by a word that is in no prompt."""
    page = visit.page
    page.get_by_role("navigation").get_by_role("link", name=words.pictures).click()
    visit.see(4)
    visit.press("/")
    page.keyboard.type(words.other)
    expect(page.get_by_role("heading", name=words.nothing)).to_be_visible()
    visit.press("Control+a")
    page.keyboard.type(words.found_by)
    visit.see(4)
    page.get_by_role("button", name=words.rating).click()
    page.get_by_role("button", name=words.stars).click()
    visit.see(1)
    visit.press("Escape")


def into_an_album(visit: Visit, words: Words) -> None:
    """It is opened by the keyboard, and put into one that is made for it, under a name that is written there."""
    page = visit.page
    page.get_by_role("gridcell").focus()
    visit.press("Enter")
    expect(page.get_by_text(words.prompt, exact=True).first).to_be_visible()
    page.get_by_role("button", name=words.add).click()
    page.keyboard.type(words.album)
    visit.press("ArrowDown", "Enter")
    visit.notice(words.added)
    page.get_by_role("navigation").get_by_role("link", name=words.album).click()
    visit.see(1)
    page.get_by_role("gridcell").dblclick()


def exported(page: Page, words: Words, folder: Path) -> None:
    """By a key, as a preset says, into a zip file that the browser saves; with its prompt in it."""
    expect(page.locator(".panel")).to_be_visible()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text(words.preset, exact=True).click()
    with page.expect_download() as download:
        dialog.get_by_role("button", name=words.export, exact=True).click()
    download.value.save_as(folder / "out.zip")
    with zipfile.ZipFile(folder / "out.zip") as archive:
        (name,) = archive.namelist()
        with archive.open(name) as file, Image.open(file) as image:
            assert name.endswith(".png") and image.format == "PNG" and min(image.size) > 100
            assert words.prompt in image.info["parameters"]


def taken_away(page: Page, words: Words, folder: Path) -> None:
    """A file that any program opens, and that tells what it was made from."""
    with page.expect_download() as download:
        page.get_by_role("link", name=words.download).click()
    name = download.value.suggested_filename
    assert name.endswith(".png")
    file = folder / name
    download.value.save_as(file)
    with Image.open(file) as image:
        image.load()
        assert image.format == "PNG" and min(image.size) > 100
        assert len(image.convert("RGB").getcolors(1 << 24)) > 100
        assert words.prompt in image.info["parameters"]  # as A1111 writes it and many tools read it
        size = image.size
    seen = inspect(InspectJob(file), Limits())
    assert isinstance(seen, Inspection)
    assert (seen.facts.prompt, seen.facts.tool) == (words.prompt, "sketch")
    assert (seen.width, seen.height) == size
    assert seen.facts.seed is not None
