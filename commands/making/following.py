"""Following jobs to their end by the daemon's news: each change as it comes, in order, and none missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from commands.errors import ProblemAnswered
from commands.session import Session

SETTLED = ("done", "failed", "cancelled", "unknown")  # what needs a decision goes on no further by itself
NEWS = ("job.changed", "job.progress")
AT_ONCE = 200
Job = dict[str, Any]
Look = Callable[[], list[Job]]
News = Iterable[tuple[str, dict[str, Any] | None]]


def of_batch(session: Session, batch: str) -> Look:
    def look() -> list[Job]:
        jobs: list[Job] = session.daemon.get(session.within(f"batches/{batch}"))["jobs"]
        return jobs

    return look


def of_queue(session: Session) -> Look:
    """All that have not ended."""

    def look() -> list[Job]:
        found: list[Job] = []
        after = None
        while True:
            page = session.daemon.get(session.within("jobs"), limit=AT_ONCE, after=after)
            found += page["jobs"]
            after = page["next"]
            if after is None:
                return found

    return look


def changes(session: Session, news: News, look: Look, *, whole: bool) -> Iterator[Job]:
    """Jobs as they are and then as they change, until none of them goes on. `news`: what is heard of it; where some was
    missed, or may have been, one looks at all again · `whole`: `look` gives every job that is meant, others are none of
    them.
    """
    known: dict[str, Job] = {}
    for _, event in news:
        kind, subject = ("reset", "*") if event is None else (event["kind"], event["subject"])
        if kind == "reset" or (kind in NEWS and subject == "*"):
            fresh = look()
            here = {job["id"] for job in fresh}
            fresh += [job for id, each in known.items() if id not in here and goes_on(each) for job in one(session, id)]
        elif kind in NEWS and (subject in known or not whole):
            fresh = one(session, subject)
        else:
            continue
        for job in fresh:
            if job["id"] not in known or told(job) != told(known[job["id"]]):
                known[job["id"]] = job
                yield job
        if not any(map(goes_on, known.values())):
            return


def one(session: Session, id: str) -> list[Job]:
    """A job, if it is one of this workspace: news is of all."""
    try:
        return [session.daemon.get(session.within(f"jobs/{id}"))]
    except ProblemAnswered as error:
        if error.status != 404:
            raise
        return []


def goes_on(job: Job) -> bool:
    return job["state"] not in SETTLED


def told(job: Job) -> tuple[Any, ...]:
    """What of a job makes it worth telling of again."""
    return job["state"], job["progress"], job["reason"], job["not_before"], job["priority"]
