"""What is announced on the network is a hint: however much is, little of it is kept."""

from __future__ import annotations

import asyncio

import pytest
from zeroconf import ServiceStateChange

from sync.peers import discovery as discovery_module
from sync.peers.discovery import DATA, MOST, MOST_ADDRESSES, Discovery


class Announced:
    """An announcement with a great many addresses."""

    port = 7

    def __init__(self, kind: str, name: str) -> None:
        self._name = name

    async def async_request(self, *_: object) -> bool:
        return True

    def parsed_addresses(self) -> list[str]:
        return [f"10.0.{number >> 8}.{number & 255}" for number in range(1000)]


async def test_flood_of_announcements_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery_module, "AsyncServiceInfo", Announced)
    found = Discovery("own", [], lambda: None)
    for number in range(5000):
        found._heard(None, DATA, f"{number}.{DATA}", ServiceStateChange.Added)  # type: ignore[arg-type]
        if number % 50 == 0:
            await asyncio.sleep(0)
        assert len(found._asking) <= MOST
    await asyncio.gather(*found._asking)
    assert 0 < len(found._found[DATA]) <= 2 * MOST and len(found.nearby()) <= 2 * MOST * MOST_ADDRESSES
    for name in list(found._found[DATA]):
        found._heard(None, DATA, name, ServiceStateChange.Removed)  # type: ignore[arg-type]
    assert found.nearby() == []
