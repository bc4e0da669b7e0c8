"""A new person's browser at the daemon that a file of tests has as its `place`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.house import Studio, Visit, visiting


@pytest.fixture
def visit(browser: Browser, place: Studio) -> Iterator[Visit]:
    place.prefer(language="en", theme="light")
    with visiting(browser, place) as visit:
        yield visit
        assert visit.said == []
        assert visit.strangers() == []
