"""Invitations: signed texts that expire, are good once, can be withdrawn, and cannot be made by anybody else."""

from __future__ import annotations

import asyncio
import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.invitation import BEGINNING, Invitation, InvitationRefused, read_invitation, write_invitation
from identity.keys import DeviceKey
from library.catalog import Library
from library.errors import Clash, Invalid, LibraryError, NotFound, ReadOnly
from library.people.invitations import read_text
from library.people.models import NewPerson
from tests.library.studio import Studio, send

KEY = DeviceKey(b"k" * 32)
GOOD = Invitation(
    b"w" * 32, "影像工作室", "editor", "王小明", KEY.public, "Ann's Mac", ("192.168.1.5:8464",), 1, b"i" * 16, b"s" * 16
)
TEXT = write_invitation(GOOD, KEY.sign)


def test_text_says_what_was_written_and_mail_may_break_it_into_lines() -> None:
    broken = "\n  ".join(TEXT[at : at + 60] for at in range(0, len(TEXT), 60))
    assert read_invitation(TEXT) == read_invitation(f" {broken}\r\n") == GOOD
    assert len(TEXT) < 600  # a QR code that a telephone reads easily
    assert GOOD.password() != GOOD._replace(secret=b"t" * 16).password()
    assert GOOD.secret not in GOOD.password() and len(GOOD.password()) == 32


@given(st.integers(0, 8 * (len(TEXT) - len(BEGINNING)) * 6 // 8 - 9))
def test_no_bit_of_it_can_be_turned(bit: int) -> None:
    letters = TEXT.removeprefix(BEGINNING)
    raw = bytearray(base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4)))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvitationRefused):
        read_invitation(BEGINNING + base64.urlsafe_b64encode(raw).decode().rstrip("="))


@given(
    st.text(max_size=80) | st.binary(max_size=200).map(lambda raw: BEGINNING + base64.urlsafe_b64encode(raw).decode())
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvitationRefused):
        read_invitation(text)


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "owner"},
        {"person": ""},
        {"person": "x" * 201},
        {"workspace": b"w"},
        {"id": b""},
        {"secret": b"short"},
        {"expires": 0},
        {"addresses": ("",)},
        {"addresses": ("a",) * 9},
        {"device": DeviceKey(b"m" * 32).public},
    ],
)
def test_field_that_makes_no_sense_or_a_key_that_did_not_sign_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InvitationRefused):
        read_invitation(write_invitation(GOOD._replace(**changed), KEY.sign))  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refused:
        read_text("gesso-invite:x")
    assert refused.value.code == "invitation_wrong"


async def test_person_comes_in_as_whom_the_invitation_names_and_once(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    made = await alice.invitations.make(" Bob ", "reviewer", 24, ["10.0.0.1:8464"])
    read = read_text(made.text)
    assert (read.person, read.role, read.workspace, read.device) == (
        "Bob",
        "reviewer",
        alice.workspace.id,
        alice.workspace.device,
    )
    assert read.workspace_name == "Studio" and read.expires == made.expires
    assert await alice.invitations.password(read.id) == read.password()
    await alice.invitations.accept(read.id, bob.workspace.device, "Bob's Mac")
    await send(alice, bob)
    assert bob.workspace.role == "reviewer" and bob.people.member("Bob").devices[0].name == "Bob's Mac"
    (shown,) = await alice.invitations.list()
    assert (shown.state, shown.device_name) == ("used", "Bob's Mac")
    for again in (
        alice.invitations.password(read.id),
        alice.invitations.accept(read.id, carol.workspace.device, "Carol's"),
    ):
        with pytest.raises(Clash) as refused:
            await again
        assert refused.value.code == "invitation_used"
    assert len(alice.people.members()) == 2


async def test_two_who_come_with_one_invitation_at_once_are_one(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    id = bytes.fromhex((await alice.invitations.make("Bob", "viewer")).id)
    results = await asyncio.gather(
        *(alice.invitations.accept(id, each.workspace.device, "x") for each in (bob, carol)), return_exceptions=True
    )
    assert sum(isinstance(each, Clash) for each in results) == 1
    assert len(alice.people.devices()) == 2


async def test_expired_withdrawn_or_strange_invitation_lets_nobody_in(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    clock = alice.workspace.surroundings.clock
    late, gone = await alice.invitations.make("Late", "viewer", 1), await alice.invitations.make("Gone", "viewer")
    await alice.invitations.withdraw(gone.id)
    clock.time += 3_600_000  # type: ignore[attr-defined]
    forged = Invitation(*read_text(late.text))._replace(id=b"f" * 16)
    for id, code in ((late.id, "expired"), (gone.id, "withdrawn"), (forged.id.hex(), None)):
        for attempt in (
            alice.invitations.password(bytes.fromhex(id)),
            alice.invitations.accept(bytes.fromhex(id), bob.workspace.device, "b"),
        ):
            with pytest.raises(LibraryError) as refused:
                await attempt
            assert refused.value.code == (f"invitation_{code}" if code else "no_invitation")
    assert {each.person: each.state for each in await alice.invitations.list()} == {
        "Late": "expired",
        "Gone": "withdrawn",
    }
    assert len(alice.people.members()) == 1
    for wrong in ("", "zz", "00" * 16):
        with pytest.raises(NotFound):
            await alice.invitations.withdraw(wrong)


async def test_used_one_stays_used_where_the_row_was_lost(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    made = await alice.invitations.make("Bob", "viewer")
    id = bytes.fromhex(made.id)
    row = await alice.workspace.database.read(
        lambda c: c.execute("SELECT * FROM meta WHERE key LIKE 'invitation/%'").fetchone()
    )
    await alice.invitations.accept(id, bob.workspace.device, "b")
    await alice.workspace.database.write(
        lambda c: c.execute("UPDATE meta SET value=?, sum=? WHERE key=?", (*row[1:], row[0]))
    )
    with pytest.raises(Clash) as refused:
        await alice.invitations.accept(id, carol.workspace.device, "c")
    assert refused.value.code == "invitation_used"


@pytest.mark.parametrize(
    ("person", "hours", "addresses", "code"),
    [
        ("", 1, [], "no_name"),
        ("x", 0, [], "invitation_hours"),
        ("x", float("nan"), [], "invitation_hours"),
        ("x", 721, [], "invitation_hours"),
        ("x", 1, [""], "invitation_addresses"),
        ("x", 1, ["a"] * 9, "invitation_addresses"),
    ],
)
async def test_what_makes_no_sense_is_no_invitation(
    studio: Studio, person: str, hours: float, addresses: list[str], code: str
) -> None:
    alice = await studio.device("alice", 1)
    with pytest.raises(Invalid) as refused:
        await alice.invitations.make(person, "viewer", hours, addresses)
    assert refused.value.code == code and await alice.invitations.list() == []


async def test_only_an_admin_invites_and_only_as_long_as_he_is_one(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    await alice.people.admit(bob.workspace.device, "b", NewPerson("Bob", "admin"))
    await send(alice, bob)
    made = await bob.invitations.make("Carol", "viewer")
    await alice.people.set_role("Bob", "editor")
    await send(alice, bob)

    async def attempts(library: Library) -> None:
        await library.invitations.accept(bytes.fromhex(made.id), carol.workspace.device, "c")

    for attempt in (attempts(bob), bob.invitations.make("Dave", "viewer")):
        with pytest.raises(ReadOnly) as refused:
            await attempt
        assert refused.value.code == "no_right"
    assert [each.state for each in await bob.invitations.list()] == ["open"]
