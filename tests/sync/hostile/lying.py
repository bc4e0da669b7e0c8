"""A member whose role lets him change nothing, with a changed program: he signs all the same, in every way there is."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import NamedTuple

from documents.draft import Draft
from documents.kinds import Kind, Merge
from documents.segment import BlobEntry, ChangeEntry, CondemnEntry, Entry, OperationEntry, Segment
from identity.operations import Argument, encode_operation
from library.catalog import Library
from tests.library.members import member
from tests.library.patched import Patched

INTENTS = (
    *("asset.edit", "asset.bin", "asset.import", "asset.project", "undo", "redo"),
    *("member.admit", "recovery.make", "quarantine.accept"),
)


class Target(NamedTuple):
    """What he knows of the workspace that he wants to change."""

    documents: Sequence[bytes]
    actions: Sequence[bytes]
    blobs: Sequence[bytes]
    devices: Sequence[bytes]  # of others
    before: Sequence[bytes]  # heads of the membership log from when he might still write
    foreign: Sequence[ChangeEntry]  # changes that others made


class Liar:
    """Signs segment after segment, by chance on one chain or another."""

    def __init__(self, library: Library, name: str, chance: random.Random, target: Target) -> None:
        self._library = library
        self._name = name
        self._chance = chance
        self._target = target
        self._chains = [Patched(library, chance.randbytes(16))]
        self.signed: list[Segment] = []
        self.used: set[str] = set()

    def next(self) -> Segment:
        """One more, that he had no right to."""
        chance, target = self._chance, self._target
        if len(self._chains) < 6 and chance.random() < 0.05:
            self._chains.append(Patched(self._library, chance.randbytes(16)))
        chain = chance.choice(self._chains)
        ways = (
            self._edit,
            self._edit,
            self._version,
            self._create,
            self._blobs,
            self._operation,
            self._copy,
            self._mixed,
        )
        way = chance.choice(ways)
        self.used.add(way.__name__)
        intent = chance.choice(INTENTS)
        words = {"undoes": chance.choice(target.actions).hex(), "count": 1000, "step": 1 << 40}
        segment = chain.sign(
            way(chain),
            auth=target.before if chance.random() < 0.5 else None,
            clock=1 if chain is self._chains[0] else None,  # before all that others did
            action=chance.choice(target.actions) if chance.random() < 0.3 else chance.randbytes(16),
            intent=intent,
            params=words if chance.random() < 0.7 else {},
        )
        self.signed.append(segment)
        return segment

    def _edit(self, chain: Patched) -> list[Entry]:
        return [chain.change(self._chance.choice(self._target.documents), self._anything)]

    def _create(self, chain: Patched) -> list[Entry]:
        kind = self._chance.choice([*Kind])
        return [chain.change(bytes([kind]) + self._chance.randbytes(15), self._anything)]

    def _mixed(self, chain: Patched) -> list[Entry]:
        return [*self._edit(chain), *self._blobs(chain), *self._create(chain), *self._copy(chain)]

    def _anything(self, draft: Draft) -> None:
        """Some field of the document set to what nobody else would set it to."""
        chance, fields = self._chance, draft._fields
        field = chance.choice([each for each in sorted(fields) if each != "schema"])
        value = chance.randbytes(6).hex()
        match fields[field]:
            case Merge.CONFLICT:
                draft.agree(field, True if field == "deleted" and not _is_deleted(draft) else value)
            case Merge.SCALAR:
                draft.put(field, value)
            case Merge.SET:
                draft.put_entry(field, value, True)
            case Merge.ENTRIES:
                draft.put_entry(field, f"{value}/name", value)
            case Merge.TEXT:
                draft.write_text(field, value)

    def _version(self, chain: Patched) -> list[Entry]:
        images = [id for id in self._target.documents if id[0] == Kind.IMAGE]
        blob = self._chance.choice([*self._target.blobs, self._chance.randbytes(32)])
        version = self._chance.randbytes(32).hex()

        def write(draft: Draft) -> None:
            for name, value in (("blob", blob.hex()), ("media", "image/png"), ("at", 1)):
                draft.put_entry("versions", f"{version}/{name}", value)
            draft.agree("current", version)

        named = BlobEntry(blob, 10, "image/png", "original")
        return [chain.change(self._chance.choice(images), write), named]

    def _blobs(self, chain: Patched) -> list[Entry]:
        blob = self._chance.choice([*self._target.blobs, self._chance.randbytes(32)])
        role = self._chance.choice(("original", "version", "thumbnail", "facts"))
        return [BlobEntry(blob, 1 << 20, "image/png", role), CondemnEntry(blob, self._chance.randrange(1, 4))]

    def _copy(self, chain: Patched) -> list[Entry]:
        """What somebody else wrote, as if it were his: void, for its actor is not his."""
        return [self._chance.choice(self._target.foreign)]

    def _operation(self, chain: Patched) -> list[Entry]:
        return [OperationEntry(self.operate())]

    def operate(self) -> bytes:
        """A membership operation that he is not entitled to."""
        chance, other = self._chance, self._chance.choice(self._target.devices)
        own, workspace = member(self._name), self._library.workspace
        hashes = sorted(each.hash for each in self.signed[-3:]) or [bytes(32)]
        operations: list[tuple[str, bytes, Argument]] = [
            ("grant", own, "admin"), ("grant", member("eve"), "admin"), ("role", own, "editor"),
            ("remove", member("carol"), None), ("role", member("carol"), "viewer"), ("revoke-device", other, None),
            ("add-device", chance.randbytes(32), member("carol")), ("add-device", workspace.device, member("carol")),
            ("add-recovery", chance.randbytes(32), chance.randbytes(32) + member("carol")),
            ("accept", workspace.device, hashes), ("discard", other, [bytes(32)]), ("retire-device", other, None),
        ]  # fmt: skip
        kind, subject, argument = chance.choice(operations)
        return encode_operation(
            workspace=workspace.id,
            kind=kind,
            subject=subject,
            argument=argument,
            prev=chance.choice((list(workspace.members.heads), sorted(self._target.before))),
            author=workspace.device,
            nonce=hashlib.sha256(chance.randbytes(8)).digest()[:16],
            sign=workspace.key.sign,
        ).raw


def _is_deleted(draft: Draft) -> bool:
    return any(value is True for value in draft.values("deleted").values())
