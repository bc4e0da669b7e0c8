"""Whether a job is sent as it stands, at the last moment at which nothing was. Pure."""

from __future__ import annotations

from library.jobs.budget import written
from library.jobs.models import Estimate, Job
from providers.base import ModelInfo
from providers.errors import Dearer, InvalidRequest, ModelRetired, MoreCredits, ProviderError, Unpriced
from providers.fitting import RETIRED, estimated, misfits


def refusal_of(job: Job, model: ModelInfo | None) -> ProviderError | None:
    """Why not: the model as it is now does not take it, or costs more than it was begun at."""
    if model is None:
        return InvalidRequest(f"{job.provider} has no model {job.request.model!r}.", {"field": "model"})
    for each in misfits(model, job.request):
        if each.code in RETIRED:
            return ModelRetired(each.message, each.params)
        return InvalidRequest(each.message, {"field": each.field})
    now = estimated(model, job.request)
    return None if _is_within(now, job.estimate) else _dearer(now, job.estimate)


def _is_within(now: Estimate, agreed: Estimate | None) -> bool:
    """Whether what a job may cost now is covered by what it was begun at. Who agreed to a price that nobody knew agreed
    to any, but for the number of credits, where that was known.
    """
    if now.basis == "free" or agreed is None:
        return True
    if agreed.basis == "unknown":
        return agreed.credits is None or now.credits is None or now.credits <= agreed.credits
    if now.most is None or now.most == 0:
        return now.most == 0
    return now.currency == agreed.currency and now.most <= (agreed.most or 0)


def _dearer(now: Estimate, agreed: Estimate | None) -> ProviderError:
    if agreed is not None and agreed.basis == "unknown":
        credits = written(now.credits or 0).removesuffix(".00")
        text = f"It takes {credits} credits by now, which is more than was agreed to. Nothing was sent."
        return MoreCredits(text, {"credits": credits})
    if now.most is None:
        return Unpriced("What it costs is not known any more. Nothing was sent.")
    cost = f"{written(now.most)} {now.currency}"
    return Dearer(f"It may cost {cost} by now, which is more than was agreed to. Nothing was sent.", {"cost": cost})
