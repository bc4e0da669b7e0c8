"""How much of a provider may be used at a moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from providers.limits import Limits
from tests.providers.scripted import Painter


@given(st.integers(1, 5), st.lists(st.floats(0.0, 40.0), min_size=1, max_size=60))
def test_within_no_minute_more_are_begun_than_the_provider_takes(most: int, pauses: list[float]) -> None:
    now, begun, painter = [0.0], list[float](), Painter(at_once=1000, per_minute=most)
    limits = Limits(lambda: now[0])
    for pause in pauses:
        now[0] += pause
        lately = [moment for moment in begun if moment > now[0] - 60.0]
        is_open = limits.open([painter]) == ["painter"]
        assert is_open == (len(lately) < most), "neither more nor fewer"
        if is_open:
            limits.take("painter")
            begun.append(now[0])
        else:
            opens = limits.opens_in()
            assert opens is not None and abs(lately[-most] + 60.0 - now[0] - opens) < 1e-6
            assert limits.closed_for("painter") == 0.0, "it asked for nothing"


def test_what_the_settings_say_later_counts_from_then_on() -> None:
    now, painter = [0.0], Painter(at_once=1000)
    limits = Limits(lambda: now[0])
    for most, takes in ((0, 5), (2, 2), (3, 1), (1, 0), (0, 9)):
        painter.per_minute = most
        for _ in range(takes):
            assert limits.open([painter]), (most, takes)
            limits.take("painter")
        assert bool(limits.open([painter])) == (most == 0)
