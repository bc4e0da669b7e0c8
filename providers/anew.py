"""Trying jobs again: which can be, what they may cost by the models as they are now, and whether that was agreed to."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from library.jobs.models import Estimate, Job, JobId
from library.jobs.queue import Retryable
from providers.base import ModelInfo, Provider
from providers.fitting import Misfit, estimated, misfits
from providers.ordering import Target, Total, model_of, summed
from providers.registry import Providers

FREE = Estimate("free", 0, 0)
UNDECIDED = Misfit(
    "job",
    "job_unknown",
    "Whether this job was carried out is not known. Decide that first: it may have been paid.",
)

ASKED_AGAIN = Misfit(
    "job",
    "job_asked_again",
    "Its sheet was sent again since, and the same picture asked for with that: this would pay for it twice.",
)


class Left(msgspec.Struct, frozen=True):
    """A job that cannot be tried again, and why."""

    job: Job
    why: Misfit


class Anew(msgspec.Struct, frozen=True):
    """Jobs by what each may cost now, and those that are left; what the others came to when they were asked for, and
    what they come to.
    """

    estimates: dict[JobId, Estimate]
    left: list[Left]
    before: Total
    now: Total


async def anew(some: Retryable, providers: Providers) -> Anew:
    """Nothing is begun; providers are asked for their models, which costs nothing. For what lies ready nobody is."""
    known: dict[Target, tuple[Provider, ModelInfo] | Misfit] = {}
    estimates: dict[JobId, Estimate] = {}
    before: list[Estimate] = []
    left = [Left(job, UNDECIDED) for job in some.undecided] + [Left(job, ASKED_AGAIN) for job in some.asked_again]
    for job in some.jobs:
        if job.id in some.kept:
            estimates[job.id] = FREE
            continue
        target = Target(job.provider, job.request.model)
        if target not in known:
            known[target] = await model_of(providers, target)
        found = _estimated(known[target], job)
        if isinstance(found, Misfit):
            left.append(Left(job, found))
        else:
            estimates[job.id] = found
            before.append(job.estimate or Estimate("unknown"))
    return Anew(estimates, left, summed(before), summed(list(estimates.values())))


def _estimated(found: tuple[Provider, ModelInfo] | Misfit, job: Job) -> Estimate | Misfit:
    if isinstance(found, Misfit):
        return found
    wrong = misfits(found[1], job.request)
    return wrong[0] if wrong else estimated(found[1], job.request)


def is_dearer(now: Total, most: Mapping[str, int], unknown: int) -> bool:
    """Whether it may come to more than `most`, by currency, or more jobs have a price that nobody knows."""
    return now.unknown > unknown or any(high > most.get(currency, 0) for currency, (_, high) in now.sums.items())


def most_of(total: Total) -> dict[str, int]:
    return {currency: high for currency, (_, high) in total.sums.items()}
