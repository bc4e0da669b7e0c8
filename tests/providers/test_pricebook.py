"""Models and prices as data: what is offered on a day, what a picture may cost, and what usage comes to."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from library.jobs.models import Cost, Estimate, Request, Scalar
from providers.base import ModelInfo, Traits
from providers.fitting import by_price, by_table, estimated, misfits
from providers.pricebook import PROFILES, Book, Usage, models_in, read_book

BOOK = read_book("openai")


def on(day: str) -> dict[str, ModelInfo]:
    return {each.id: each for each in models_in(BOOK, day, Traits())}


def estimate(model: str, size: tuple[int, int] = (1024, 1024), **options: Scalar) -> Estimate:
    request = Request(model, "a fox", width=size[0], height=size[1], options=options)
    info = on("2026-11-23")[model]
    assert misfits(info, request) == []
    return estimated(info, request)


def test_a_picture_takes_about_as_long_as_the_book_guesses() -> None:
    assert BOOK.seconds is not None and 0 < BOOK.seconds[0] < BOOK.seconds[1]
    assert all(each.seconds == BOOK.seconds for each in on("2026-11-23").values() if each.may("paint"))


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_book_is_dated_and_whole(path: Path) -> None:
    book = read_book(path.stem)
    date.fromisoformat(book.as_of)
    ids = [id for family in book.families for id in family.ids]
    assert len(set(ids)) == len(ids)
    for family in book.families:
        if family.retires_on is not None:
            date.fromisoformat(family.retires_on)
            assert family.replacement in ids and family.replacement not in family.ids
        for prices in family.pictures.values():
            assert len(prices) == len(family.sizes.listed)
        assert {*family.pictures, *family.megapixel} <= set(family.qualities)


@pytest.mark.parametrize(
    ("day", "gone"),
    [
        ("2026-11-23", {"dall-e-2", "dall-e-3", "gpt-image-1"}),
        ("2026-11-30", {"dall-e-2", "dall-e-3", "gpt-image-1"}),
        (
            "2026-12-01",
            {"dall-e-2", "dall-e-3", "gpt-image-1", "gpt-image-1.5", "gpt-image-1-mini", "chatgpt-image-latest"},
        ),
    ],
)
def test_a_model_is_gone_from_the_day_of_its_retirement(day: str, gone: set[str]) -> None:
    assert {id for id, model in on(day).items() if model.retired} == gone


def test_who_asks_for_a_retired_model_hears_what_to_take() -> None:
    (misfit, *_) = misfits(on("2026-11-23")["dall-e-3"], Request("dall-e-3", "a fox"))
    assert (misfit.code, misfit.params["replacement"]) == ("job.retired.instead", "gpt-image-2.6-sunburst")


def test_an_estimate_is_of_the_quality_and_the_size() -> None:
    listed = estimate("gpt-image-1.5", (1536, 1024), quality="high")
    assert (listed.least, listed.currency, listed.as_of) == (199_000, "USD", "2026-11-23")
    low, medium, high = (estimate("gpt-image-2.6-flare", quality=each) for each in ("low", "medium", "high"))
    assert (low.most or 0) < (medium.most or 0) < (high.most or 0)
    assert estimate("gpt-image-2.6-flare") == medium  # what is sent where no quality is asked for
    large = estimate("gpt-image-2.6-flare", (3840, 2160))
    assert (large.least or 0) > (medium.least or 0)


def test_a_size_that_no_line_names_is_bounded_by_the_largest() -> None:
    odd, largest = estimate("gpt-image-2", (1120, 1600)), estimate("gpt-image-2", (3840, 2160))
    assert odd.least is not None and odd.most == largest.most


def test_what_may_be_any_quality_is_bounded_by_all_and_unknown_where_one_is() -> None:
    auto = estimate("gpt-image-2", quality="auto")
    assert auto.least == estimate("gpt-image-2", quality="low").least
    assert auto.most == estimate("gpt-image-2", quality="high").most
    for quality in ("auto", "xhigh", "max"):
        assert estimate("gpt-image-2.6-sunburst", quality=quality).basis == "unknown"


def test_usage_comes_to_what_its_tokens_cost_rounded_up() -> None:
    assert BOOK.cost("gpt-image-2", Usage(100, 10, 1000, 3)) == Cost(500 + 80 + 30_000 + 30, "USD", "usage")
    assert BOOK.cost("gpt-image-1-mini", Usage(0, 1, 0)) == Cost(3, "USD", "usage")  # 2.5
    assert BOOK.cost("gpt-image-2.6-flare", Usage(0, 0, 0, 10)) == Cost(300, "USD", "usage")  # as of a picture


@pytest.mark.parametrize("usage", [Usage(-1, 0, 5), Usage(0, 0, 10**10)])
def test_tokens_that_cannot_be_come_to_nothing_known(usage: Usage) -> None:
    assert BOOK.cost("gpt-image-2", usage) is None
    assert BOOK.cost("no-such-model", Usage(1, 0, 1)) is None
    assert BOOK.cost("dall-e-3", Usage(1, 0, 1)) is None


@pytest.mark.parametrize(
    "mistake",
    [
        {"price": 3},
        {"families": [{"ids": ["x"], "title": "X", "sizes": {"least": "a"}}]},
        {"families": [{"ids": ["x"], "title": "X", "sizes": {}, "tokens": {"text_in": "5"}}]},
    ],
)
def test_planted_mistake_in_a_book_is_found(mistake: dict[str, object]) -> None:
    whole = msgspec.to_builtins(BOOK)
    assert msgspec.convert(whole, type=Book) == BOOK
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**whole, **mistake}, type=Book)


CREDITS = {
    "as_of": "2026-06-01",
    "currency": "USD",
    "formats": ["png"],
    "options": [],
    "credit_prices": [
        {"as_of": "2026-01-01", "price": "0.01", "currency": "USD"},
        {"as_of": "2026-06-01", "price": "0.0125", "currency": "EUR"},
    ],
    "families": [
        {"ids": ["flat"], "title": "Flat", "sizes": {}, "credits": ["6.5"]},
        {"ids": ["sized"], "title": "Sized", "sizes": {"listed": [[512, 512], [1024, 1024]]}, "credits": ["1", "3"]},
    ],
}


def credited(model: str, day: str, side: int = 1024) -> Estimate:
    book = msgspec.convert(CREDITS, type=Book)
    info = next(each for each in models_in(book, day, Traits()) if each.id == model)
    return estimated(info, Request(model, "a fox", width=side, height=side))


def test_credits_are_told_in_the_money_of_the_day_and_kept() -> None:
    cents = 10_000
    assert credited("flat", "2026-05-31") == Estimate(
        "price_table", 65_000, 65_000, "USD", "2026-01-01", credits=6_500_000
    )
    assert credited("flat", "2026-06-01") == Estimate(
        "price_table", 81_250, 81_250, "EUR", "2026-06-01", credits=6_500_000
    )
    assert [credited("sized", "2026-02-01", side).most for side in (512, 1024)] == [1 * cents, 3 * cents]
    assert by_table(credited("sized", "2026-02-01")) == Cost(3 * cents, "USD", "price_table", 3_000_000)
    book = msgspec.convert(CREDITS, type=Book)
    assert book.cost_of_credits(Decimal("0.00001"), "2026-06-02") == Cost(1, "EUR", "usage", 10)


def test_credits_whose_price_nobody_knows_are_unknown_and_not_nothing() -> None:
    assert credited("flat", "2025-12-31") == Estimate("unknown", credits=6_500_000)
    assert by_table(credited("flat", "2025-12-31")) == Cost(None, "", "unknown", 6_500_000)
    book = msgspec.convert(CREDITS, type=Book)
    assert book.cost_of_credits(Decimal(2), "2025-12-31") == Cost(None, "", "unknown", 2_000_000)
    assert [by_price(each).basis for each in models_in(book, "2025-12-31", Traits())] == ["unknown"] * 2


def test_a_job_keeps_the_price_of_its_day() -> None:
    """What a job is stored with says the money of then, whatever a credit costs by now; one of before credits too."""
    kept = msgspec.msgpack.encode(credited("flat", "2026-05-31"))
    assert msgspec.msgpack.decode(kept, type=Estimate) == credited("flat", "2026-05-31")
    before = msgspec.msgpack.encode({"basis": "price_table", "least": 1, "most": 2, "currency": "USD", "as_of": "x"})
    assert msgspec.msgpack.decode(before, type=Estimate) == Estimate("price_table", 1, 2, "USD", "x")
