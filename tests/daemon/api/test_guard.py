"""The guard alone: what the HTTP parser would stop before it must not depend on the parser."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from daemon.api import guard
from daemon.api.guard import Addresses
from daemon.errors import Refused

OURS = Addresses.of(8463)


def headers(*pairs: tuple[str, str]) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(pairs))


@pytest.mark.parametrize(
    "pairs",
    [
        (),
        (("Host", "127.0.0.1:8463"), ("Host", "127.0.0.1:8463")),
        (("Host", "127.0.0.1:8463"), ("host", "evil.example")),
        (("Host", "127.0.0.1"),),
    ],
)
def test_only_one_host_and_only_ours(pairs: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Refused) as caught:
        guard.check_origin(headers(*pairs), OURS)
    assert caught.value.status == 421


def test_two_content_types_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        guard.check_content(headers(("Content-Type", guard.JSON), ("Content-Type", "text/plain")), "api-write")
    assert caught.value.status == 415


@pytest.mark.parametrize("host", ["127.0.0.1:8463", "localhost:8463", "[::1]:8463"])
def test_our_own_page_passes(host: str) -> None:
    pairs = (("Host", host), ("Origin", f"http://{host}"), ("Sec-Fetch-Site", "same-origin"))
    guard.check_origin(headers(*pairs), OURS)


def test_on_port_80_browsers_leave_the_port_out() -> None:
    guard.check_origin(headers(("Host", "127.0.0.1"), ("Origin", "http://127.0.0.1")), Addresses.of(80))
    with pytest.raises(Refused):
        guard.check_origin(headers(("Host", "127.0.0.1")), OURS)


def test_strange_cookies_of_other_programs_do_not_hide_ours() -> None:
    found = guard.cookie(['a="b; {"x":1}; =; gesso_1=good; other=\\"'], "gesso_1")
    assert found == "good"
