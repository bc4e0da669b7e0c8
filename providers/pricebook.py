"""Models and prices as dated data files (profiles/): read into what the adapters offer, and what usage comes to."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec

from library.jobs.models import PREVIEWS, Cost, Price
from providers.base import Ability, ModelInfo, Option, Previews, PriceRow, Sizes, TokenPrice, Traits
from providers.words.talking import Tokens

PROFILES = Path(__file__).parent / "profiles"
MEGAPIXEL = MILLION = 1_000_000
PROMPT_TOKENS = 1000  # that an estimate leaves room for; few prompts are longer
MOST_TOKENS = 10**9  # of one picture; more is no usage but nonsense
AUTO = "auto"
USUAL_SIZES = ((1024, 1024), (1536, 1024), (1024, 1536), (2048, 2048), (2560, 1440), (3840, 2160))
USUAL_QUALITY = "medium"  # sent where none is asked for, so that the estimate is of what is ordered


class TokenPrices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a million tokens each: so many units of a currency, which is so many micros a token."""

    text_in: Decimal
    image_in: Decimal
    image_out: Decimal
    text_out: Decimal | None = None


class CreditPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one of a vendor's credits costs from the day `as_of` on, until a later line."""

    as_of: str
    price: Decimal
    currency: str


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ids of one model. `pictures`: by quality, in the order of the listed sizes · `megapixel`: output tokens by
    quality, least and most · `credits`: that a picture takes, one for all sizes or one for each of the listed.
    """

    ids: tuple[str, ...]
    title: str
    sizes: Sizes
    qualities: tuple[str, ...] = ()
    tokens: TokenPrices | None = None
    pictures: dict[str, tuple[Decimal, ...]] = {}
    megapixel: dict[str, tuple[int, int]] = {}
    credits: tuple[Decimal, ...] = ()
    retires_on: str | None = None
    replacement: str | None = None


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ids of one model of text: the price of a million tokens sent, sent again, and given."""

    ids: tuple[str, ...]
    title: str
    can: tuple[Ability, ...]
    taken: Decimal
    given: Decimal = Decimal(0)
    cached: Decimal | None = None


class Usage(msgspec.Struct, frozen=True):
    """Tokens that one picture took."""

    text_in: int
    image_in: int
    image_out: int
    text_out: int = 0

    @property
    def makes_sense(self) -> bool:
        return all(0 <= each <= MOST_TOKENS for each in (self.text_in, self.image_in, self.image_out, self.text_out))


class Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is known of one vendor's models on the day `as_of`. `credit_prices`: of a vendor that counts in credits,
    oldest first · `seconds`: that a picture takes, least and most, as a guess · `previews`: of a picture at most, each
    of which takes `preview_tokens` of a picture's output.
    """

    as_of: str
    currency: str
    formats: tuple[str, ...]
    options: tuple[Option, ...]  # that all of them have
    families: tuple[Family, ...]
    texts: tuple[Text, ...] = ()
    credit_prices: tuple[CreditPrice, ...] = ()
    seconds: tuple[float, float] | None = None
    previews: int = 0
    preview_tokens: int = 0

    def family(self, model: str) -> Family | None:
        return next((each for each in self.families if model in each.ids), None)

    def cost(self, model: str, usage: Usage) -> Cost | None:
        """What used tokens come to; None where the book has no price for them."""
        family = self.family(model)
        if family is None or family.tokens is None or not usage.makes_sense:
            return None
        prices = family.tokens
        text_out = prices.image_out if prices.text_out is None else prices.text_out
        micros = (
            usage.text_in * prices.text_in
            + usage.image_in * prices.image_in
            + usage.image_out * prices.image_out
            + usage.text_out * text_out
        )
        return Cost(math.ceil(micros), self.currency, "usage")

    def price_of_credits(self, credits: Decimal, day: str) -> Price:
        """So many credits in the money of a day, rounded up; its amount is None where the book has no price for it."""
        number = math.ceil(credits * MILLION)
        known = [each for each in self.credit_prices if each.as_of <= day]
        if not known:
            return Price(None, "", self.as_of, credits=number)
        now = max(known, key=lambda each: each.as_of)
        return Price(math.ceil(credits * now.price * MILLION), now.currency, now.as_of, credits=number)

    def cost_of_credits(self, credits: Decimal, day: str) -> Cost:
        """What used credits come to on the day on which they are used."""
        price = self.price_of_credits(credits, day)
        return Cost(price.amount, price.currency, "unknown" if price.amount is None else "usage", price.credits)

    def cost_of_text(self, model: str, tokens: Tokens) -> Cost | None:
        """What the tokens of an answer come to; None where the book has no price for them."""
        text = next((each for each in self.texts if model in each.ids), None)
        if text is None:
            return None
        cached = text.taken if text.cached is None else text.cached
        micros = (tokens.taken - tokens.cached) * text.taken + tokens.cached * cached + tokens.given * text.given
        return Cost(math.ceil(micros), self.currency, "usage")


def read_book(name: str) -> Book:
    """The book of a vendor, by its file's name."""
    found = tomllib.loads((PROFILES / f"{name}.toml").read_text("utf-8"))
    return msgspec.convert(found, type=Book)


def models_in(book: Book, today: str, traits: Traits) -> list[ModelInfo]:
    """Everything that the book lists, as it stands today (YYYY-MM-DD)."""
    pictures = [_model(book, family, id, today, traits) for family in book.families for id in family.ids]
    return [*pictures, *(_text_model(book, text, id, traits) for text in book.texts for id in text.ids)]


def _text_model(book: Book, text: Text, id: str, traits: Traits) -> ModelInfo:
    price = TokenPrice(int(text.taken * 1_000_000), int(text.given * 1_000_000), book.currency, book.as_of)
    return ModelInfo(id, text.title, traits=traits, can=text.can, tokens=price)


def _model(book: Book, family: Family, id: str, today: str, traits: Traits) -> ModelInfo:
    quality = Option("quality", "choice", USUAL_QUALITY, family.qualities)
    previews = _previews(book, family)
    options = ((quality,) if family.qualities else ()) + book.options
    return ModelInfo(
        id=id,
        title=family.title if id == family.ids[0] else f"{family.title} ({id})",
        sizes=family.sizes,
        formats=book.formats,
        options=options if previews is None else (*options, wanting(previews)),
        prices=(*_rows(book, family), *_credit_rows(book, family, today)),
        traits=traits,
        retires_on=family.retires_on,
        retired=family.retires_on is not None and family.retires_on <= today,
        replacement=family.replacement,
        seconds=book.seconds,
        previews=previews,
    )


def wanting(previews: Previews) -> Option:
    """The option that asks for previews; nobody gets some who does not."""
    return Option(PREVIEWS, "whole", 0, least=0, most=previews.most)


def _previews(book: Book, family: Family) -> Previews | None:
    if not book.previews or family.tokens is None:
        return None
    price = Price(math.ceil(book.preview_tokens * family.tokens.image_out), book.currency, book.as_of)
    return Previews(book.previews, price)


def _rows(book: Book, family: Family) -> Iterator[PriceRow]:
    """Estimates by size and quality; `auto` may be any quality, and has one where all have one. Any other size last."""
    for index, size in enumerate(family.sizes.listed or (*USUAL_SIZES, None)):
        bounds = {quality: _bounds(family, quality, index, size) for quality in (*family.pictures, *family.megapixel)}
        if bounds and set(family.qualities) <= {*bounds, AUTO}:
            bounds[AUTO] = (min(least for least, _ in bounds.values()), max(most for _, most in bounds.values()))
        for quality, (least, most) in bounds.items():
            yield PriceRow(Price(least, book.currency, book.as_of, most), size, {"quality": quality})


def _credit_rows(book: Book, family: Family, today: str) -> Iterator[PriceRow]:
    """Estimates of a family that is priced in credits."""
    sizes = family.sizes.listed if len(family.credits) > 1 else (None,)
    if family.credits:
        for size, credits in zip(sizes, family.credits, strict=True):
            yield PriceRow(book.price_of_credits(credits, today), size)


def _bounds(family: Family, quality: str, index: int, size: tuple[int, int] | None) -> tuple[int, int]:
    """What a picture costs at least and at most, in micros, a prompt of some length included."""
    assert family.tokens is not None
    prompt = PROMPT_TOKENS * family.tokens.text_in
    if quality in family.pictures:
        price = family.pictures[quality][index] * 1_000_000
        return math.ceil(price), math.ceil(price + prompt)
    least, most = family.megapixel[quality]
    smallest, largest = (MEGAPIXEL, family.sizes.most_pixels) if size is None else (size[0] * size[1],) * 2
    token = family.tokens.image_out / MEGAPIXEL
    return math.ceil(least * smallest * token), math.ceil(most * largest * token + prompt)
