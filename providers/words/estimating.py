"""What an answer in words may cost, before it is asked for. Pure; asks nobody."""

from __future__ import annotations

import math

import msgspec

from library.jobs.models import MICROS, Estimate
from providers.base import ModelInfo
from providers.words.talking import Question

MOST_GIVEN = 32_000  # tokens of an answer whose price is known; it is asked to stay within them
AROUND = 16  # tokens that a message takes besides its text
SHORT, LONG = 1, 8  # bytes that a token stands for: no text has more tokens than bytes, and few have a token for more


def within_bounds(model: ModelInfo, question: Question) -> Question:
    """The question as it is sent: where the answer's price is known, so is the most that it can come to."""
    if model.tokens is None or question.most is not None:
        return question
    return msgspec.structs.replace(question, most=MOST_GIVEN)


def spoken(model: ModelInfo, question: Question) -> Estimate:
    """What the answer may cost: its least is of the question alone."""
    price = model.tokens
    if model.free:
        return Estimate("free", 0, 0)
    if price is None:
        return Estimate("unknown")
    size = sum(len(each.text.encode("utf-8", "replace")) for each in question.messages)
    given = MOST_GIVEN if question.most is None else question.most
    least = math.ceil(size / LONG * price.taken / MICROS)
    most = math.ceil(((size / SHORT + AROUND * len(question.messages)) * price.taken + given * price.given) / MICROS)
    return Estimate("price_table", least, most, price.currency, price.as_of)
