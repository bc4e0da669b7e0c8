"""Recovery kits: what is on paper lets a new device in, opens every key, and a mistake in typing is noticed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.recovery import LETTERS, CodeRefused, key_of_code, read_code, write_code
from library.errors import Clash, Invalid, LibraryError, ReadOnly
from library.models import AssetChange
from library.people.models import NewPerson
from tests.library.studio import Studio, digests, send


@given(st.binary(min_size=20, max_size=20), st.integers(0, 35), st.sampled_from(LETTERS))
def test_code_is_read_however_it_is_written_and_no_wrong_letter_goes_unnoticed(
    secret: bytes, at: int, letter: str
) -> None:
    code = write_code(secret)
    letters = code.replace("-", "")
    assert len(letters) == 36 and code.count("-") == 8
    for written in (code, code.lower(), letters, code.replace("-", " \n"), code.replace("0", "o").replace("1", "l")):
        assert read_code(written) == secret
    wrong = letters[:at] + letter + letters[at + 1 :]
    swapped = letters[:at] + letters[at : at + 2][::-1] + letters[at + 2 :]
    for each in {wrong, swapped} - {letters}:
        with pytest.raises(CodeRefused):
            read_code(each)
    for each, reason in ((letters[1:], "length"), (letters + "0", "length"), ("", "length"), ("ü" + letters, "letter")):
        with pytest.raises(CodeRefused) as refused:
            read_code(each)
        assert refused.value.reason == reason


@given(st.text(max_size=60))
def test_any_text_is_a_code_or_is_refused(text: str) -> None:
    try:
        assert len(read_code(text)) == 20
    except CodeRefused as refused:
        assert refused.reason in ("length", "letter", "check")


def test_code_makes_another_key_in_another_workspace() -> None:
    first, second = key_of_code(b"s" * 20, b"w" * 32), key_of_code(b"s" * 20, b"v" * 32)
    assert first.public != second.public and first.wrapping_public != second.wrapping_public


async def test_code_on_paper_lets_a_new_machine_in_with_every_key(studio: Studio) -> None:
    alice, _, carol = await studio.trio()
    kit = await alice.kits.make()
    asset = await studio.share(bob="editor", carol="viewer")
    await alice.people.remove(next(each.id for each in alice.people.members() if each.role == "viewer"))
    (listed,) = await alice.kits.list()
    assert (listed.id, listed.mine, listed.current, listed.made) == (kit.id, True, True, kit.made)
    stored = b"".join(path.read_bytes() for path in alice.workspace.folder.iterdir() if path.is_file())
    assert bytes.fromhex(kit.id) in stored
    for secret in (kit.code.encode(), kit.code.replace("-", "").encode(), read_code(kit.code)):
        assert secret not in stored
    check = await alice.kits.check(kit.code)
    assert (check.state, check.role, check.keys, check.of) == ("good", "admin", 2, 2)
    fresh = await studio.device("fresh", 9)
    await send(alice, fresh)
    assert fresh.workspace.role is None
    assert (await fresh.kits.use(kit.code.lower())).action
    assert fresh.workspace.role == "admin"
    assert fresh.people.keys.current() == alice.people.keys.current() is not None
    await fresh.assets.edit_one(asset, AssetChange(title="mine again"))
    await send(fresh, alice)
    assert (await alice.assets.show(asset)).asset.title == "mine again"
    assert not alice.people.keys.lacking() and len(await digests(alice, fresh)) == 1
    with pytest.raises(Clash) as refused:
        await fresh.kits.use(kit.code)
    assert refused.value.code == "already_in"
    assert carol.workspace.device not in alice.people.keys.lacking()


async def test_code_that_does_not_count_says_why(studio: Studio) -> None:
    alice, bob = await studio.device("alice", 1), await studio.device("bob", 2)
    await alice.people.admit(bob.workspace.device, "b", NewPerson("Bob", "viewer"))
    await send(alice, bob)
    theirs = await bob.kits.make()
    first, second = await alice.kits.make(), await alice.kits.make(replace=True)
    await send(bob, alice)
    assert {each.id for each in await alice.kits.list()} == {second.id, theirs.id}
    assert (await alice.kits.check(first.code)).state == "revoked"
    good = await alice.kits.check(second.code)
    assert (good.state, good.keys, good.of) == ("good", 2, 2)
    assert (await alice.kits.check(theirs.code)).person == "Bob"
    await alice.people.remove("Bob")
    gone = await alice.kits.check(theirs.code)
    assert (gone.state, gone.role, gone.keys, gone.of) == ("no_role", "none", 1, 3)
    assert (await alice.kits.check(write_code(b"x" * 20))).state == "unknown"
    fresh = await studio.device("fresh", 9)
    await send(alice, fresh)
    for code in (first.code, theirs.code, write_code(b"x" * 20)):
        with pytest.raises(ReadOnly) as refused:
            await fresh.kits.use(code)
        assert refused.value.code == "code_lets_nobody"
    letters = second.code
    for wrong, why in ((letters[:-1], "length"), ("?" + letters, "letter"), ("A" + letters[1:], "check")):
        if wrong == letters:
            continue
        with pytest.raises(Invalid) as mistyped:
            await alice.kits.check(wrong)
        assert mistyped.value.code == f"recovery_code.{why}"


async def test_who_is_no_member_makes_no_kit_and_no_viewer_replaces_one(studio: Studio) -> None:
    alice, bob = await studio.device("alice", 1), await studio.device("bob", 2)
    with pytest.raises(LibraryError) as refused:
        await bob.kits.make()
    assert refused.value.code == "no_right"
    await alice.people.admit(bob.workspace.device, "b", NewPerson("Bob", "viewer"))
    await send(alice, bob)
    await bob.kits.make(replace=True)
    with pytest.raises(ReadOnly) as refused:
        await bob.kits.make(replace=True)
    assert refused.value.code == "no_right" and len(await bob.kits.list()) == 1


async def test_kit_that_was_made_on_a_lost_device_still_counts(studio: Studio) -> None:
    alice, tablet = await studio.device("alice", 1), await studio.device("tablet", 2)
    await alice.people.admit(tablet.workspace.device, "tablet")
    kit = await alice.kits.make()
    await send(alice, tablet)
    await tablet.people.revoke_device(alice.workspace.device)
    check = await tablet.kits.check(kit.code)
    assert (check.state, check.keys, check.of) == ("good", 2, 2)
