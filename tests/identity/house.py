"""A workspace's people: alice founded it, the others were let in by her. Makes real, signed operations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from hypothesis import strategies as st

from identity.keys import DeviceKey
from identity.membership import Decision, Role, Rule, decide, operation_heads
from identity.operations import Argument, Operation, SeenTip, encode_operation

NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi")
KEYS = {name: DeviceKey(hashlib.sha256(name.encode()).digest()) for name in NAMES}


def member(name: str) -> bytes:
    return hashlib.sha256(b"member " + name.encode()).digest()[:16]


def public(name: str) -> bytes:
    return KEYS[name].public


def tip(name: str, seq: int, hash: bytes, incarnation: bytes = b"i" * 16) -> SeenTip:
    return SeenTip(public(name), incarnation, seq, hash[:8])


class Members:
    """All operations made so far; each is made at the present heads unless `prev` says where."""

    def __init__(self, **roles: Role) -> None:
        self.operations: dict[bytes, Operation] = {}
        self._count = 0
        nonce = b"n" * 16
        self.create = self._keep(
            encode_operation(
                workspace=b"", kind="create", subject=member("alice"), author=public("alice"), nonce=nonce,
                sign=KEYS["alice"].sign,
            )
        )  # fmt: skip
        self.workspace = self.create.hash
        for name, role in roles.items():
            self.let_in(name, role)

    def _keep(self, operation: Operation) -> Operation:
        self.operations[operation.hash] = operation
        return operation

    def heads(self) -> list[bytes]:
        return operation_heads(self.operations)

    def make(
        self,
        author: str,
        kind: str,
        subject: bytes,
        argument: Argument = None,
        *,
        prev: Iterable[bytes] | None = None,
        seen: Iterable[SeenTip] = (),
        nonce: bytes | None = None,
    ) -> Operation:
        self._count += 1
        return self._keep(
            encode_operation(
                workspace=self.workspace,
                kind=kind,
                subject=subject,
                argument=argument,
                prev=self.heads() if prev is None else prev,
                seen=seen,
                author=public(author),
                nonce=b"%d" % self._count if nonce is None else nonce,
                sign=KEYS[author].sign,
            )
        )

    def let_in(self, name: str, role: Role) -> None:
        self.make("alice", "grant", member(name), role)
        self.add("alice", "add-device", name, name)

    def add(self, author: str, kind: str, key: str, to: str, *, prev: Iterable[bytes] | None = None) -> Operation:
        """Add a person's device (or recovery key) to somebody."""
        wrapping = b"x" * 32 if kind == "add-recovery" else b""
        return self.make(author, kind, public(key), wrapping + member(to), prev=prev)

    def decide(self) -> Decision:
        return decide(self.workspace, self.operations.values())

    def role(self, name: str) -> Role | None:
        """The role of the person's first device in the end."""
        return self.decide().standing.role_of(public(name))

    def right(self, name: str, auth: Iterable[bytes], *, seen: bool = False) -> Role | None:
        """The right of a segment of the device, written at those heads, that every lowering had seen, or none."""
        return Rule(self.decide()).right(public(name), auth, lambda tips: seen)

    def entitled(self, operation: Operation) -> bool:
        return operation.hash in self.decide().entitled


Step = tuple[str, str, str, Role, list[int]]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["grant", "role", "remove", "revoke-device", "add-device", "accept"]),
        st.sampled_from(NAMES[:4]),
        st.sampled_from(NAMES[:5]),
        st.sampled_from(["admin", "editor", "reviewer", "viewer"]),
        st.lists(st.integers(0, 40), max_size=3),
    ),
    max_size=12,
)


def history_of(steps: list[Step]) -> Members:
    """A history in which anybody tries anything, at the present heads or as if at an earlier time."""
    all = Members(bob="admin", carol="admin", dave="editor")
    for kind, author, subject, role, back in steps:
        known = list(all.operations)
        about = public(subject) if kind in ("revoke-device", "add-device", "accept") else member(subject)
        arguments: dict[str, Argument] = {"grant": role, "role": role, "accept": [b"h" * 32]}
        arguments["add-device"] = member(author)
        prev = {known[place % len(known)] for place in back} or None
        all.make(author, kind, about, arguments.get(kind), prev=prev)
    return all
