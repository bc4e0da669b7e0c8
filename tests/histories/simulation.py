"""A random history: three to seven devices of several members write, forge, clone, restore, remove and gossip.

Everything follows from the seed. What the oracle needs to know and no device can (who was honest, what an admin held
when he removed somebody) is written down while it happens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from documents.draft import Draft
from documents.kinds import Kind
from documents.segment import Segment
from identity.keys import DeviceKey
from identity.lineage import ancestors
from identity.membership import Role, Standing
from identity.operations import Argument, encode_operation
from tests.histories.pieces import Pieces
from tests.histories.replica import Edit, Replica, World, Write

ROLES: tuple[Role, ...] = ("admin", "editor", "reviewer", "viewer")
MAX_REPLICAS = 7


def _document(kind: Kind, name: str) -> bytes:
    return bytes([kind]) + hashlib.sha256(name.encode()).digest()[:15]


IMAGES = [_document(Kind.IMAGE, f"image {number}") for number in range(4)]
THREADS = [_document(Kind.THREAD, f"thread {number}") for number in range(2)]
DOCUMENTS = IMAGES + THREADS


@cache
def key_of(number: int) -> DeviceKey:
    return DeviceKey(hashlib.sha256(b"key %d" % number).digest())


def member_of(number: int) -> bytes:
    return b"member".ljust(15) + bytes([number])


def rate(value: int) -> Write:
    return lambda draft: draft.agree("rating", value)


def tag(name: str) -> Write:
    return lambda draft: draft.put_entry("tags", name, True)


def note(text: str) -> Write:
    return lambda draft: draft.write_text("note", draft.text("note") + text)


def imported() -> Write:
    def write(draft: Draft) -> None:
        found = draft.scalar("prompt") is not None
        draft.put_absent("seed" if found else "prompt", "the same")

    return write


def comment(name: str) -> Write:
    return lambda draft: draft.put_entry("comments", f"{name}/text", "hi")


class Letter(NamedTuple):
    """A segment on its way; a late one comes when all else is over."""

    late: bool
    to: Replica
    raw: bytes


class Witness:
    """What happened, for the oracle."""

    def __init__(self) -> None:
        self.honest: dict[bytes, Segment] = {}
        self.evil: set[bytes] = set()  # segments of patched clients
        self.back_dated: set[bytes] = set()  # operations
        self.copied: set[bytes] = set()  # actors of machines that were copied while running
        self.held_at: dict[bytes, frozenset[bytes]] = {}  # what the author of an operation held


class Simulation:
    """One history; `run` carries it out to the point where all have met."""

    def __init__(self, seed: int, pieces: Pieces | None = None, replica: type[Replica] = Replica) -> None:
        self.world = World(seed, pieces)
        self.chance = self.world.chance
        self.witness = Witness()
        self.story: list[str] = []
        self.post: list[Letter] = []
        self.saved: list[tuple[Replica, Replica]] = []  # a device and an earlier state of it
        self.replicas = found(self.world, self._roles(), replica, self.chance.random() < 0.4)

    def _roles(self) -> list[Role]:
        some = ["admin", "admin", "editor", "editor", "reviewer", "viewer"]
        others = self.chance.choices(some, k=self.chance.randint(2, 4))
        return ["admin", *others]  # type: ignore[list-item]

    def run(self) -> None:
        for _ in range(self.chance.randint(15, 45)):
            self.step()
        self.deliver_all()
        self.meet()

    def tell(self, who: Replica, what: str) -> None:
        self.story.append(f"{who.name} {what}")
        self.world.note(self.story[-1].encode())

    # Steps

    def step(self) -> None:
        pick, replica = self.chance.random(), self.chance.choice(self.replicas)
        if self.chance.random() < 0.25:
            replica, pick = self._somebody_interesting(replica, pick)
        replica.drain()
        replica.settle()
        standing = standing_of(replica)
        role = standing.role_of(replica.public)
        if pick < 0.40:
            self.write(replica, role)
        elif pick < 0.68:
            self.gossip(replica, self.chance.choice(self.replicas))
        elif pick < 0.77:
            self.deliver_some()
        elif pick < 0.83 and role == "reviewer":
            self.smuggle(replica)
        elif pick < 0.89 and role == "admin":
            self.administer(replica, standing)
        elif pick < 0.92 and role is None and standing.owner_of(replica.public) is not None:
            self.back_date(replica)
        elif pick < 0.92:
            self.write(replica, role)
        elif pick < 0.96 and len(self.replicas) < MAX_REPLICAS:
            self.copy(replica)
        elif self.saved:
            self.restore()

    def _somebody_interesting(self, replica: Replica, pick: float) -> tuple[Replica, float]:
        """Who may do little tries what he may not, or an admin governs: chance alone would do so too seldom."""
        roles = [(each, standing_of(each).role_of(each.public)) for each in self.replicas]
        lowly = [each for each, role in roles if role in (None, "viewer", "reviewer")]
        admins = [each for each, role in roles if role == "admin"]
        if lowly and self.chance.random() < 0.6:
            return self.chance.choice(lowly), self.chance.choice([0.1, 0.1, 0.80, 0.90, 0.90])
        return (self.chance.choice(admins), 0.85) if admins else (replica, pick)

    def write(self, replica: Replica, role: Role | None) -> None:
        if role in ("admin", "editor", "reviewer"):
            segment = replica.edit(self._edits(role))
            self.witness.honest[segment.hash] = segment
            self.tell(replica, "writes")
        elif self.chance.random() < 0.7:
            self.forge(replica)

    def _edits(self, role: Role | None) -> list[Edit]:
        chance, edits = self.chance, []
        for document in chance.sample(DOCUMENTS, chance.choice([1, 1, 1, 2, 3])):
            if document in THREADS or role != "reviewer":
                edits.append(Edit(document, self._edit(document)))
        return edits or [Edit(THREADS[-1], comment("z"))]

    def _edit(self, document: bytes) -> Write:
        chance = self.chance
        if document in THREADS:
            return comment(f"c{chance.randrange(9)}")
        made = [rate(chance.randrange(6)), tag(f"t{chance.randrange(4)}"), note(chance.choice(["a", "貓", "😀b"]))]
        return chance.choice([*made, imported()])

    def forge(self, replica: Replica) -> None:
        """A viewer or somebody removed writes with a patched client: with old heads, at an old place in his chain."""
        old = self._heads_at_which(replica, ("admin", "editor"))
        auth = [self.chance.choice(old)] if old and self.chance.random() < 0.7 else None
        own = [
            each for each in replica.held.values()
            if (each.device, each.incarnation) == (replica.public, replica.incarnation)
        ]  # fmt: skip
        fork = None
        if own and self.chance.random() < 0.4:
            place = self.chance.choice(own)
            fork = (place.prev, place.seq)
        hidden = self.chance.random() < 0.5
        segment = replica.edit(self._edits("editor"), auth=auth, fork=fork, deps=() if hidden else None)
        self.witness.evil.add(segment.hash)
        self.tell(replica, "forges")
        believers = [each for each in self.replicas if _role_of(replica, each) in ("admin", "editor")]
        if believers or self.chance.random() < 0.2:
            self.slip(replica, segment, self.chance.choice(believers or self.replicas))

    def slip(self, source: Replica, segment: Segment, target: Replica) -> None:
        """Hands a segment with its chain to somebody and says nothing of operations; may be that he builds on it."""
        link: Segment | None = segment
        while link is not None:
            target.receive(link.raw)
            link = source.held.get(link.prev)
        target.settle()
        role = standing_of(target).role_of(target.public)
        if segment.hash in target.held and role in ("admin", "editor", "reviewer"):
            documents = [change.document for change in self.world.facts_of(segment).changes]
            honest = target.edit([Edit(id, self._edit(id)) for id in documents if role != "reviewer" or id in THREADS])
            self.witness.honest[honest.hash] = honest
            self.tell(target, "builds on it")

    def _heads_at_which(self, replica: Replica, roles: Iterable[Role]) -> list[bytes]:
        """Operations at which the replica's device had one of these roles."""
        found = []
        for hash in replica.operations:
            known = ancestors(replica.operations, [hash])
            rule = self.world.rule(replica.workspace, {each: replica.operations[each] for each in sorted(known)})
            if rule.decision.standing.role_of(replica.public) in roles:
                found.append(hash)
        return found

    def smuggle(self, replica: Replica) -> None:
        """A reviewer rates a picture beside a comment, and then builds a comment on that comment."""
        both = [Edit(IMAGES[0], rate(1)), Edit(THREADS[-1], comment("s"))]
        self.witness.evil.add(replica.edit(both).hash)
        self.witness.evil.add(replica.edit([Edit(THREADS[-1], comment("s2"))], settle=False).hash)
        self.tell(replica, "smuggles")

    def administer(self, replica: Replica, standing: Standing) -> None:
        others = sorted(member for member in standing.roles if member != replica.member)
        if not others:
            return
        member, pick = self.chance.choice(others), self.chance.random()
        devices = sorted(device for device in standing.devices if standing.owner_of(device) == member)
        if pick < 0.30:
            self._operate(replica, "remove", member, None, devices)
        elif pick < 0.52:
            self._operate(replica, "role", member, self.chance.choice(ROLES), devices)
        elif pick < 0.60 and devices:
            device = self.chance.choice(devices)
            self._operate(replica, "revoke-device", device, None, [device])
        elif pick < 0.75:
            gone = [each.member for each in self.replicas if each.member not in standing.roles]
            if gone:
                self._operate(replica, "grant", self.chance.choice(gone), "editor")
        else:
            self._judge(replica)
        if pick < 0.60 and self.chance.random() < 0.6:
            self.meanwhile(devices)

    def meanwhile(self, devices: Iterable[bytes]) -> None:
        """Who was lowered just now, and has not heard of it, writes; may be that another builds on it, unaware too."""
        theirs = [each for each in self.replicas if each.public in devices]
        unaware = [each for each in theirs if _role_of(each, each) not in (None, "viewer")]
        if unaware:
            writer = self.chance.choice(unaware)
            writer.settle()
            self.write(writer, _role_of(writer, writer))
            believers = [each for each in self.replicas if _role_of(writer, each) in ("admin", "editor")]
            if believers and writer.tip:
                self.slip(writer, writer.held[writer.tip], self.chance.choice(believers))

    def _judge(self, replica: Replica) -> None:
        segments = replica.world.facts
        bad = [
            hash for hash in replica.held
            if any((c.document, c.hash) not in replica.verdicts.accepted for c in segments[hash].changes)
        ]  # fmt: skip
        if bad:
            kind = self.chance.choice(["accept", "accept", "discard"])
            chosen = self.chance.choice(bad)
            self._operate(replica, kind, replica.held[chosen].device, [chosen])

    def _operate(
        self, replica: Replica, kind: str, subject: bytes, argument: Argument = None, seen: Iterable[bytes] = ()
    ) -> None:
        operation = replica.operation(kind, subject, argument, seen=replica.seen_of(seen))
        self.witness.held_at[operation.hash] = frozenset(replica.held)
        replica.edit(operations=[operation])
        self.tell(replica, f"does {kind} {subject.hex()[-6:]} {argument if isinstance(argument, str) else ''}")

    def back_date(self, replica: Replica) -> None:
        """A removed admin makes a removal or a grant as if he had not heard of his own removal."""
        old = self._heads_at_which(replica, ("admin",))
        if not old:
            return
        head, victim = self.chance.choice(old), self.chance.choice(self.replicas)
        kind = self.chance.choice(["remove", "role"])
        argument = "editor" if kind == "role" else None
        seen = replica.seen_of([each.public for each in self.replicas if each.member == victim.member])
        operation = replica.operation(kind, victim.member, argument, prev=[head], seen=seen)
        self.witness.held_at[operation.hash] = frozenset(replica.held)
        self.witness.back_dated.add(operation.hash)
        self.witness.evil.add(replica.edit(operations=[operation], auth=[head]).hash)
        self.tell(replica, f"back-dates {kind} {victim.name}")

    def copy(self, replica: Replica) -> None:
        """A clone, sometimes of the running machine, or a backup to be restored later."""
        twin = replica.copy(replica.name + "'")
        running = self.chance.random() < 0.5
        if running:
            twin.run = replica.run
            self.witness.copied.add(replica.actor())
        if running or self.chance.random() < 0.3:
            self.replicas.append(twin)
            self.tell(replica, "is cloned")
        else:
            self.saved.append((replica, twin))
            self.tell(replica, "is saved")
        if running and self.chance.random() < 0.7 and _role_of(replica, replica) in ("admin", "editor"):
            self.write_alike(replica, twin)

    def write_alike(self, *replicas: Replica) -> None:
        """Each writes into one document, so that a copied machine gives one number twice."""
        document = self.chance.choice(DOCUMENTS)
        for each in replicas:
            segment = each.edit([Edit(document, self._edit(document))])
            self.witness.honest[segment.hash] = segment
            self.tell(each, "writes")

    def restore(self) -> None:
        replica, earlier = self.saved.pop(self.chance.randrange(len(self.saved)))
        if replica in self.replicas:
            self.replicas[self.replicas.index(replica)] = earlier
            self.post = [each._replace(to=earlier) if each.to is replica else each for each in self.post]
            self.tell(replica, "is restored")

    # Delivery

    def gossip(self, source: Replica, target: Replica, at_once: bool = False) -> None:
        source.send_operations(target)
        sent = [segment.raw for segment in source.lacking(target.vector())]
        self.chance.shuffle(sent)
        for raw in sent:
            if at_once:
                target.receive(raw)
                continue
            for _ in range(2 if self.chance.random() < 0.15 else 1):
                self.post.append(Letter(self.chance.random() < 0.12, target, raw))
        target.drain()

    def deliver_some(self) -> None:
        self.chance.shuffle(self.post)
        for letter in [each for each in self.post if not each.late][: self.chance.randint(1, 12)]:
            self.post.remove(letter)
            letter.to.receive(letter.raw)

    def deliver_all(self) -> None:
        self.chance.shuffle(self.post)
        for letter in self.post:
            if letter.to in self.replicas:
                letter.to.receive(letter.raw)
        self.post.clear()

    def meet(self) -> None:
        """They stand in a line, so that everything must be passed on; until nothing more moves."""
        line = self.replicas[:]
        self.chance.shuffle(line)
        pairs = list(pairwise(line))
        for number in range(4 * len(line) + 4):
            before = [(len(each.held), len(each.operations)) for each in line]
            for source, target in [*pairs, *((target, source) for source, target in reversed(pairs))]:
                self.gossip(source, target, at_once=True)
            if number and before == [(len(each.held), len(each.operations)) for each in line]:
                break


def _role_of(replica: Replica, seen_by: Replica) -> Role | None:
    return standing_of(seen_by).role_of(replica.public)


def standing_of(replica: Replica) -> Standing:
    return replica.rule().decision.standing


def found(
    world: World, roles: Iterable[Role], replica: type[Replica] = Replica, second_device: bool = False
) -> list[Replica]:
    """Devices that have heard of each other; the first one's owner founded the workspace.

    With `second_device`, the fifth is not its own member's but another one of the second member.
    """
    founder = key_of(0)
    create = encode_operation(
        workspace=b"", kind="create", subject=member_of(0), author=founder.public, nonce=world.chance.randbytes(16),
        sign=founder.sign,
    )  # fmt: skip
    owners = [1 if second_device and number == 4 else number for number, _ in enumerate(roles)]
    made = [
        replica(f"r{number}", key_of(number), member_of(owner), create.hash, world)
        for number, owner in enumerate(owners)
    ]
    first = made[0]
    first.edit(operations=[world.operation(create.raw)])
    for number, (each, role) in enumerate(zip(made, roles, strict=True)):
        if number and owners[number] == number:
            first.edit(operations=[first.operation("grant", each.member, role)])
        if number:
            first.edit(operations=[first.operation("add-device", each.public, each.member)])
    for each in made[1:]:
        for segment in list(first.held.values()):
            each.receive(segment.raw)
    return made
