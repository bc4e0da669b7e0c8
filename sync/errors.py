"""What can go wrong between devices, told apart by what to do next."""

from __future__ import annotations


class SyncError(Exception):
    """Base of the family."""


class ConnectionLost(SyncError):
    """The connection ended; try again later."""


class Unreachable(SyncError):
    """Nobody answers at an address; try again later, or another address."""


class Stranger(SyncError):
    """Whoever answers is no device of a workspace of this one, or does not take this one for such a device."""


class Malformed(SyncError):
    """What came is no message of this protocol: the connection is not worth keeping."""


class Older(SyncError):
    """The other device's program does not know what is asked; it has to be brought up to date there."""
