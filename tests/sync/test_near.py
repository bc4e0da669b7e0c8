"""Which addresses are reached without leaving this machine's networks."""

from __future__ import annotations

import pytest

from sync.peers.interfaces import Place, host_of, places, within

OWN = (
    Place("wlan0", "192.168.43.7", False, False, 24),
    Place("wlan0", "2001:db8:1:2::7", False, False, 64),
    Place("wwan0", "10.83.2.9", False, False, 30),
    Place("wg0", "10.8.0.2", True, False, 16),
    Place("lo", "127.0.0.1", False, True, 8),
)


@pytest.mark.parametrize(("address", "near"), [
    ("192.168.43.20:8464", True), ("192.168.43.20", True), ("192.168.44.1:8464", False), ("8.8.8.8", False),
    ("[2001:db8:1:2::99]:8464", True), ("2001:db8:1:3::99", False), ("fe80::1%wlan0", True), ("[fe80::1]:8464", True),
    ("127.0.0.1:8464", True), ("::1", True), ("169.254.3.4", True), ("::ffff:192.168.43.9", True),
    ("10.8.0.5:8464", False), ("10.83.2.10", True), ("10.83.2.13", False), ("studio.local:8464", True),
    ("Studio.local.", True), ("studio.example.org:8464", False), ("local", False), ("localhost:1", True), ("", False),
])  # fmt: skip
def test_near_is_what_shares_a_network_that_is_no_vpn(address: str, near: bool) -> None:
    assert within(host_of(address), OWN) is near


def test_this_machine_is_near_itself() -> None:
    assert all(within(each.address, places()) for each in places() if not each.vpn)
