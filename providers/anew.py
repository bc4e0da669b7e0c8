"""Trying jobs again: what they may cost by the models as they are now, and whether that was agreed to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from library.jobs.models import Estimate, Job, JobId
from providers.base import ModelInfo, Provider
from providers.fitting import Misfit, estimated, misfits
from providers.ordering import Target, Total, model_of, summed
from providers.registry import Providers


class Anew(msgspec.Struct, frozen=True):
    """Jobs by what each may cost now; what they came to when they were asked for, and what they come to."""

    estimates: dict[JobId, Estimate]
    before: Total
    now: Total


async def anew(jobs: Sequence[Job], providers: Providers) -> Anew | Misfit:
    """Nothing is begun; providers are asked for their models, which costs nothing. Where one of the jobs can be asked
    of nobody any more: why.
    """
    known: dict[Target, tuple[Provider, ModelInfo] | Misfit] = {}
    estimates: dict[JobId, Estimate] = {}
    for job in jobs:
        target = Target(job.provider, job.request.model)
        if target not in known:
            known[target] = await model_of(providers, target)
        found = known[target]
        if isinstance(found, Misfit):
            return found
        _, model = found
        if wrong := misfits(model, job.request):
            return wrong[0]
        estimates[job.id] = estimated(model, job.request)
    before = summed([job.estimate or Estimate("unknown") for job in jobs])
    return Anew(estimates, before, summed(list(estimates.values())))


def is_dearer(now: Total, most: Mapping[str, int], unknown: int) -> bool:
    """Whether it may come to more than `most`, by currency, or more jobs have a price that nobody knows."""
    return now.unknown > unknown or any(high > most.get(currency, 0) for currency, (_, high) in now.sums.items())


def most_of(total: Total) -> dict[str, int]:
    return {currency: high for currency, (_, high) in total.sums.items()}
