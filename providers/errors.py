"""What can go wrong at a provider, by what the queue does next.

`sent` says what is known of the money: "no" – the request did not get there, nothing was charged; "refused" – it did
and was turned down; "unknown" – it may have been carried out. Only "no" and a refusal that says "later" are tried again
by themselves. Every error has a `code` that readers translate, `params` for it, and an English sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Sent = Literal["no", "refused", "unknown"]


class ProviderError(Exception):
    """Base of the family."""

    code = "provider"
    sent: Sent = "refused"
    later = False  # the same request may well go through later

    def __init__(
        self,
        message: str,
        params: Mapping[str, str] | None = None,
        *,
        retry_after: float | None = None,
        billed: bool = False,
    ) -> None:
        super().__init__(message)
        self.params = dict(params or {})
        self.retry_after = retry_after  # seconds that the provider asks to wait
        self.billed = billed  # it was charged all the same


class AuthError(ProviderError):
    """The key is missing, wrong or revoked."""

    code = "provider.auth"


class PermissionDenied(ProviderError):
    """The key is good and may not do this."""

    code = "provider.permission"


class InvalidRequest(ProviderError):
    """The provider does not take the request as it is. `field`: which part, if it says so."""

    code = "provider.invalid"


class ModelRetired(ProviderError):
    """The model is no more. `replacement`: what to take instead, if anything."""

    code = "provider.retired"


class ContentRefused(ProviderError):
    """Turned down by the provider's rules. `stage`: input or output; `categories`: as it calls them."""

    code = "provider.content"


class RateLimited(ProviderError):
    """Too many requests: all of this provider's wait for `retry_after` seconds."""

    code = "provider.rate"
    later = True


class QuotaExhausted(ProviderError):
    """No credit is left; waiting does not help."""

    code = "provider.quota"


class ServerBusy(ProviderError):
    """The provider says that it did not take the request because it is overloaded (503)."""

    code = "provider.busy"
    later = True


class Unreachable(ProviderError):
    """No connection came about: nothing was sent."""

    code = "provider.unreachable"
    sent = "no"
    later = True


class OutcomeUnknown(ProviderError):
    """The request left and no answer that can be relied on came back: a drop, a time-out, a 5xx."""

    code = "provider.unknown"
    sent = "unknown"


class Unsaid(OutcomeUnknown):
    """The provider took the request, or may have, and now gives no word of it, for the reason of `why`."""

    code = "provider.unsaid"


class AdapterFailed(OutcomeUnknown):
    """The adapter raised what it should not. `what`: that."""

    code = "provider.adapter"


class BadAnswer(OutcomeUnknown):
    """An answer that makes no sense: what it says of the money is not to be relied on."""

    code = "provider.answer"


class GenerationFailed(ProviderError):
    """The provider took the job and could not do it."""

    code = "provider.failed"


class ResultExpired(ProviderError):
    """The picture was made, and charged, and is not there any more."""

    code = "provider.expired"

    def __init__(self, message: str, params: Mapping[str, str] | None = None) -> None:
        super().__init__(message, params, billed=True)


class Dearer(ProviderError):
    """It costs more by now than was agreed to; nothing was sent. `cost`: what it costs now."""

    code = "job.dearer"
    sent = "no"


class MoreCredits(ProviderError):
    """It takes more credits by now than was agreed to; nothing was sent. `credits`: how many it takes now."""

    code = "job.more_credits"
    sent = "no"


class Unpriced(ProviderError):
    """What it costs is not known any more, and a price was agreed to; nothing was sent."""

    code = "job.unpriced"
    sent = "no"


class Unsupported(ProviderError):
    """This provider or model cannot do that; nothing was sent."""

    code = "provider.unsupported"
    sent = "no"


class ListTooLong(Unsupported):
    """The provider's list of models is longer than any that is read: the settings must name them."""

    code = "provider.list"


# What a provider says of the job itself, not of the question about it.
VERDICTS = (ContentRefused, GenerationFailed, ResultExpired)
