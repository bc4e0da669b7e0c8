"""What this device keeps of originals: a policy for all, others for projects, and pins. Its own; nothing is sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from documents.kinds import Kind, derived_id
from library.copies.models import MOST_DAYS, Policies, Policy, ProjectPolicy
from library.copies.named import LET_GO, MOST_BYTES, ORIGINAL
from library.copies.wanting import ALL, PINNED, WANTS, bytes_of_originals, quota_of
from library.editing.actions import read_id
from library.editing.assets import read_values
from library.editing.news import carry_out
from library.errors import Invalid, NotFound
from library.models import Changed
from library.values import is_number
from library.workspace import Workspace
from store.database import Connection

COPIES, MOST_COPIES = 1, 9  # other devices that must have an original, unless the settings say otherwise
SUBJECTS = {Kind.IMAGE: "asset", Kind.PROJECT: "project", Kind.COLLECTION: "album"}
ROWS_OF = {
    Kind.IMAGE: "SELECT row FROM asset WHERE id=:subject",
    Kind.PROJECT: "SELECT row FROM member WHERE project=:subject",
    Kind.COLLECTION: "SELECT row FROM placed WHERE album=:subject",
}
# Whether any picture that shows the blob `b` is pinned.
PINNED_BLOB = "SELECT 1 FROM version AS v2 JOIN asset AS a ON a.row = v2.row WHERE v2.hash = b.hash AND " + PINNED
# Those that were let go are wanted again where the person says so.
REVIVE = (
    f"UPDATE lacking SET rank={ORIGINAL} WHERE rank={LET_GO} AND hash IN"
    " (SELECT hash FROM version AS v JOIN asset AS a ON a.row = v.row WHERE {})"
)
UNDER_DEFAULT = "NOT EXISTS(SELECT 1 FROM member AS m JOIN policy AS y ON y.project = m.project WHERE m.row = a.row)"


class Keeping:
    """Policies and pins of one workspace on this device."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def policies(self) -> Policies:
        return await self._workspace.database.read(lambda connection: policies_of(connection, self._workspace))

    async def set_policy(self, policy: Policy | None, project: str | None = None) -> Policies:
        """For a project, or for all that have none of their own; None takes a project's away."""
        if policy is not None and not 1 <= policy.days <= MOST_DAYS:
            raise Invalid(
                f"Recent means 1 to {MOST_DAYS} days.", [("/policy/days", f"is 1 to {MOST_DAYS}")], code="policy_days"
            )
        subject = ALL if project is None else read_id(project, Kind.PROJECT)

        def work(connection: Connection) -> None:
            if project is not None:
                _ensure(connection, subject, project)
            if policy is None:
                connection.execute("DELETE FROM policy WHERE project=?", (subject,))
            else:
                connection.execute(
                    "INSERT INTO policy(project, kind, days) VALUES(?, ?, ?) ON CONFLICT(project) DO UPDATE"
                    " SET kind=excluded.kind, days=excluded.days",
                    (subject, policy.kind, policy.days),
                )
            if project is None:
                connection.execute(REVIVE.format(UNDER_DEFAULT))
            else:
                connection.execute(REVIVE.format(f"a.row IN ({ROWS_OF[Kind.PROJECT]})"), {"subject": subject})

        await self._workspace.write(work)
        self._tell()
        return await self.policies()

    async def set_copies(self, count: int) -> Changed:
        """How many other devices must have an original before any device lets it go: everybody's setting."""
        if not 1 <= count <= MOST_COPIES:
            message = f"Originals are let go with 1 to {MOST_COPIES} copies elsewhere."
            raise Invalid(message, [("/copies", f"is 1 to {MOST_COPIES}")], code="copies_count", most=MOST_COPIES)
        settings = derived_id(Kind.SETTINGS, self._workspace.id)
        edits = [(settings, lambda draft: draft.agree("copies", count))]
        return await carry_out(self._workspace, "workspace.copies", {"count": count}, edits)

    async def set_quota(self, most: int | None) -> None:
        """The most bytes that originals are to take here; None: as many as there are. Pinned and asked-for ones come
        all the same.
        """
        if most is not None and not 0 <= most < MOST_BYTES:
            message = "A quota is a number of bytes."
            raise Invalid(message, [("/quota", "is a number of bytes, or null")], code="quota")

        def work(connection: Connection) -> None:
            connection.execute("DELETE FROM quota")
            if most is not None:
                connection.execute("INSERT INTO quota VALUES(?)", (most,))

        await self._workspace.write(work)
        self._tell()

    async def pin(self, subjects: Sequence[str]) -> int:
        """Originals of these pictures, projects and albums come here and stay; how many were not pinned before."""
        now, found = self._workspace.surroundings.clock.now(), [_read(each) for each in dict.fromkeys(subjects)]

        def work(connection: Connection) -> int:
            count = 0
            for subject in found:
                _ensure(connection, subject, subject.hex())
                count += connection.execute(
                    "INSERT INTO pin(subject, time) VALUES(?, ?) ON CONFLICT DO NOTHING", (subject, now)
                ).rowcount
                rows = ROWS_OF[Kind(subject[0])]
                connection.execute(REVIVE.format(f"a.row IN ({rows})"), {"subject": subject})
            return count

        count = await self._workspace.write(work)
        self._tell()
        return count

    async def unpin(self, subjects: Sequence[str]) -> int:
        """They follow the policy again; what is here stays until it is let go. How many were pinned."""
        found = [(_read(each),) for each in dict.fromkeys(subjects)]

        def work(connection: Connection) -> int:
            return sum(connection.execute("DELETE FROM pin WHERE subject=?", each).rowcount for each in found)

        count = await self._workspace.write(work)
        self._tell()
        return count

    def _tell(self) -> None:
        self._workspace.bus.publish("asset.changed", "*", self._workspace.device.hex())
        self._workspace.lacks.ring()


def policies_of(connection: Connection, workspace: Workspace) -> Policies:
    rows = connection.execute("SELECT project, kind, days FROM policy ORDER BY project").fetchall()
    found = {project: Policy(kind=kind, days=days) for project, kind, days in rows}
    default = found.pop(ALL, Policy())
    pinned = connection.execute("SELECT subject FROM pin ORDER BY time, subject").fetchall()
    return Policies(
        default=default,
        projects=[ProjectPolicy(project=project.hex(), policy=policy) for project, policy in found.items()],
        pinned=[subject.hex() for (subject,) in pinned],
        copies=copies_needed(connection, workspace.id),
        originals=bytes_of_originals(connection),
        quota=quota_of(connection),
        others=workspace.has_others(),
    )


def copies_needed(connection: Connection, workspace: bytes) -> int:
    """How many other devices must have an original before it is let go. A stranger's nonsense makes it no less safe."""
    values = read_values(connection, derived_id(Kind.SETTINGS, workspace))
    counts: list[int] = [each for each in values.get("copies", {}).values() if is_number(each)]
    return min(max([COPIES, *counts]), MOST_COPIES)  # where two were set at once, the safer


def keeps(connection: Connection, ids: Collection[bytes], now: int) -> set[bytes]:
    """Those of these pictures whose originals this device's policy or a pin keeps here."""
    query = f"SELECT 1 FROM asset AS a WHERE a.id=:id AND a.binned_at IS NULL AND {WANTS}"
    return {id for id in ids if connection.execute(query, {"id": id, "now": now}).fetchone()}


def pinned(connection: Connection, id: bytes) -> bool:
    """Whether a picture is pinned, by itself or with a project or an album."""
    return connection.execute(f"SELECT 1 FROM asset AS a WHERE a.id=? AND {PINNED}", (id,)).fetchone() is not None


def _read(subject: str) -> bytes:
    try:
        id = bytes.fromhex(subject)
    except ValueError:
        id = b""
    if len(id) == 16 and id[0] in SUBJECTS:
        return id
    raise NotFound(f"{subject[:40]} is no picture, project or album.", code="no_subject", id=subject[:40])


def _ensure(connection: Connection, subject: bytes, told: str) -> None:
    table = SUBJECTS[Kind(subject[0])]
    if connection.execute(f"SELECT 1 FROM {table} WHERE id=?", (subject,)).fetchone() is None:
        code = {Kind.IMAGE: "no_image", Kind.PROJECT: "no_project"}.get(Kind(subject[0]), "no_album")
        raise NotFound(f"There is no {table} {told} here.", code=code, id=told)
