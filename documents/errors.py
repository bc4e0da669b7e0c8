"""What can be wrong with a document, a change or a segment, by what the caller does next."""

from __future__ import annotations

from collections.abc import Iterable


class DocumentsError(Exception):
    """Base of everything this folder raises on purpose."""


class ChangeVoid(DocumentsError):
    """A change that is held and relayed but never applied, by a rule every device computes alike.

    `reason` is one of `damaged`, `size`, `inflated`, `operations`, `actor`, `number`, `action`, `value`,
    `object`, `deps`.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"change is void ({reason}): {detail}; it is kept and passed on, never applied")
        self.reason = reason


class SegmentRefused(DocumentsError):
    """Bytes that are no segment: they are not held. `reason` is a code listed in docs/format.md."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"segment refused ({reason}): {detail}")
        self.reason = reason


class DocumentDamaged(DocumentsError):
    """The engine cannot load, read or change a document. Set it aside and rebuild it from its changes."""


class DependencyMissing(DocumentsError):
    """Some changes were left out because others must come first. All that could be applied was applied.

    `missing`: hashes nobody has handed over yet. `waiting`: hashes of the changes left out; hand them over again.
    """

    def __init__(self, missing: Iterable[bytes], waiting: Iterable[bytes]) -> None:
        self.missing = tuple(sorted(missing))
        self.waiting = tuple(sorted(waiting))
        wanted = ", ".join(h.hex()[:16] for h in self.missing) or "a change that can never be applied"
        super().__init__(f"{len(self.waiting)} changes wait for {wanted}")


class ChangeBroken(DocumentDamaged):
    """The engine cannot take these changes, though no rule makes them void. The rest was applied and is usable.

    `changes`: hashes of those it cannot take. `waiting`: hashes of those left out because they depend on them or on
    changes not handed over (`missing`).
    """

    def __init__(self, changes: Iterable[bytes], waiting: Iterable[bytes], missing: Iterable[bytes]) -> None:
        self.changes = tuple(sorted(changes))
        self.waiting = tuple(sorted(waiting))
        self.missing = tuple(sorted(missing))
        names = ", ".join(h.hex()[:16] for h in self.changes)
        super().__init__(f"the engine cannot apply change {names}; leave it and what depends on it out")


class ValueRefused(DocumentsError):
    """A value that may not be written into a document; `field` says where. Tell the person."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field


class ChangeTooLarge(DocumentsError):
    """One edit makes a change beyond the limits; nothing was written. Split it, or shorten the text."""


class SchemaNewer(DocumentsError):
    """The document was given a meaning by a newer Gesso. It stays readable; to edit it, upgrade."""
