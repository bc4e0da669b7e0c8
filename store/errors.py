"""What can go wrong with bytes and rows, by what the caller does next."""

from __future__ import annotations


class StoreError(Exception):
    """Base of the family; the message says what happened, to what, and what to do.

    `cause` is its code where a database cannot be opened, `values` what fills the sentence, both for translation.
    """

    def __init__(self, message: str = "", *, cause: str = "", **values: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.values = values


class StoreFull(StoreError):
    """The disk is full: free space and try again. Nothing was changed. `params`: how much, where that is known."""

    def __init__(self, message: str, **params: str) -> None:
        super().__init__(message)
        self.params = params


class StoreSuspect(StoreError):
    """Writing to the disk failed: stop writing, reopen, verify. Never retry the write and trust it."""


class StoreDamaged(StoreError):
    """Bytes on the disk are not what was written: restore them from a copy."""


class StoreDenied(StoreError):
    """The system does not let us read: give this user the right to."""


class StoreBusy(StoreError):
    """Another program holds the database."""


class StoreTooNew(StoreError):
    """The database was written by a newer Gesso: upgrade this one."""


class BlobMissing(StoreError):
    """There is no blob of that hash here."""
