"""What can be wrong with keys and membership operations."""

from __future__ import annotations


class IdentityError(Exception):
    """Base of the family."""


class OperationRefused(IdentityError):
    """Bytes that are no membership operation; `reason` is a code of docs/format.md."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Impostor(IdentityError):
    """A certificate that is not the one of the device it names."""


class PairingFailed(IdentityError):
    """Another code, a damaged message, or somebody between the two devices."""
