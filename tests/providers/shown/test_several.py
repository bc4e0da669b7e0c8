"""What a job says of a request that several pictures came of, where some were withheld, broke, or were too many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from library.jobs.models import Job
from providers.asking import answer_of
from providers.base import MOST_ANSWERS, Answer, Done
from providers.errors import ProviderError
from tests.library.house import picture
from tests.providers.scripted import Painter
from tests.providers.shop import shop

NOTHING = Answer(b"no picture")


def answers(number: int, links: int = 0) -> tuple[Answer, ...]:
    """So many pictures, the last ones as links that are dead."""
    good = [Answer(picture((each, 9, 9), (8, 8))) for each in range(number - links)]
    return (*good, *(Answer(place=f"{each}") for each in range(links)))


async def job_of(folder: Path, some: Sequence[Answer], **values: Any) -> Job:
    painter = Painter(expires=set(range(9)))
    done = painter._done
    painter._done = lambda token: msgspec.structs.replace(done(token), answers=tuple(some), **values)  # type: ignore[method-assign]
    async with shop(folder, painter) as here:
        await here.order("x")
        (job,) = await here.until_quiet()
        assert here.spent() == {"USD": 40_000}  # whatever came of it, it is one charge
        return job


@pytest.mark.parametrize(
    ("some", "values", "code", "params"),
    [
        (answers(1), {}, None, {}),
        (answers(2), {"lost": 1, "why": "rules"}, "job.lost_pictures",
         {"kept": 2, "lost": 1, "came": 3, "why": "rules"}),
        (answers(3, links=1), {}, "provider.expired", {}),
        (answers(3, links=1), {"lost": 2, "why": "rules"}, "job.lost_pictures",
         {"kept": 2, "lost": 3, "came": 5, "why": "The link is dead."}),
        (answers(4), {"more": 2, "lost": 1, "why": "rules"}, "job.lost_and_more_pictures",
         {"kept": 4, "more": 2, "lost": 1, "came": 7, "why": "rules"}),
        (answers(MOST_ANSWERS, links=1), {"more": 3}, "job.lost_and_more_pictures",
         {"kept": 3, "more": 3, "lost": 1, "came": 7, "why": "The link is dead."}),
        (answers(7), {"lost": 1}, "job.lost_and_more_pictures",
         {"kept": 4, "more": 3, "lost": 1, "came": 8, "why": "the provider does not say why"}),
        ((*answers(2), NOTHING), {"more": 2, "lost": 1, "why": "rules"}, "job.lost_and_more_pictures",
         {"kept": 2, "more": 2, "lost": 2, "came": 6}),
        ((*answers(2), NOTHING), {"lost": 1, "why": "rules"}, "job.lost_pictures", {"kept": 2, "lost": 2, "came": 4}),
        ((*answers(2), NOTHING), {}, "job.no_picture", {}),
        (answers(5), {}, "job.more_pictures", {"kept": 4, "more": 1, "came": 5}),
    ],
)  # fmt: skip
async def test_what_did_not_come_and_what_was_left_are_told_together(
    tmp_path: Path, some: Sequence[Answer], values: dict[str, Any], code: str | None, params: dict[str, Any]
) -> None:
    job = await job_of(tmp_path, some, **values)
    kept = sum(each.data is not None and each is not NOTHING for each in some[:MOST_ANSWERS])
    assert (job.state, len(job.assets)) == ("done", kept)
    assert (job.failure and job.failure.code) == code
    if job.failure is not None:
        assert {name: f"{value}" for name, value in params.items()}.items() <= job.failure.params.items()
        assert all(f"{value}" in job.failure.message for name, value in params.items() if name in ("lost", "why"))


async def test_where_none_is_left_it_is_charged_and_failed(tmp_path: Path) -> None:
    job = await job_of(tmp_path, answers(2, links=2), lost=1, more=1)
    assert (job.state, job.failure and job.failure.code) == ("failed", "provider.expired")


def test_what_an_adapter_says_of_them_is_kept_within_bounds() -> None:
    found = answer_of(Done(answers(1), lost=-3, why="x" * 100_000))
    assert isinstance(found, Done) and (found.lost, len(found.why)) == (0, 8000)
    for wrong in ({"lost": "two"}, {"why": None}, {"lost": 1.5}):
        with pytest.raises(ProviderError):
            answer_of(msgspec.structs.replace(Done(answers(1)), **wrong))
