"""The offline switch from the command line."""

from __future__ import annotations

import pytest

from tests.commands.house import House

pytestmark = pytest.mark.process


def test_it_is_turned_on_and_off_and_asked_about(house: House) -> None:
    assert house.speak("offline").out == "Gesso is online.\n"
    assert house.speak("offline", "on").out == "Gesso is offline: it speaks to no other computer.\n"
    assert house.speak("offline", "--json").json == {"on": True}
    assert "offline: nothing is asked of other computers" in house.speak("status").out
    assert "離線模式" in house.speak("offline", LANG="zh_TW.UTF-8").out
    for _ in range(2):
        assert house.speak("offline", "off").out == "Gesso is online.\n"
    assert "offline" not in house.speak("status").out
    for words in (["maybe"], ["on", "off"], ["ON"]):
        assert house.speak("offline", *words).code == 2
