"""Blobs that the disk lost or spoiled come again from the devices that have them."""

from __future__ import annotations

from library.care.faults import LEFT_OVER
from library.care.mending import DAMAGED
from library.catalog import Library
from library.copies.models import Policy
from tests.library.copies.between import fetch, paired, tell_all
from tests.library.studio import Studio


def spoil(library: Library, hash: bytes) -> None:
    place = library.workspace.blobs.place(hash)
    data = bytearray(place.read_bytes())
    data[len(data) // 2] ^= 1
    place.chmod(0o600)
    place.write_bytes(data)


async def codes(library: Library) -> list[str]:
    check = await library.care.verify(read_data=True)
    return [each.code for each in check.problems if each.code not in LEFT_OVER]


async def test_spoiled_and_lost_originals_and_small_pictures_come_again(studio: Studio) -> None:
    alice, bob = await paired(studio)
    await tell_all([alice, bob])
    await fetch(alice, bob)
    await tell_all([alice, bob])
    await bob.keeping.set_policy(Policy(kind="thumbnails"))
    blobs = bob.workspace.blobs
    all_blobs = sorted(blobs.all())
    originals = [hash for hash in all_blobs if bob.copies.is_original(hash)]
    small = [hash for hash in all_blobs if hash not in originals]
    spoil(bob, originals[0])
    blobs.place(originals[1]).unlink()
    spoil(bob, small[0])
    assert await codes(bob) == ["blob.elsewhere"] * 3
    spoiled = blobs.place(originals[0]).read_bytes()
    told = await bob.mending.mend(await bob.care.verify(read_data=True))
    assert [(each.code, each.params["devices"]) for each in told.problems] == [
        ("blob.coming", alice.workspace.device.hex()[:8])
    ] * 3
    assert (bob.workspace.folder / DAMAGED / originals[0].hex()).read_bytes() == spoiled, "nothing of it is deleted"
    assert await codes(bob) == []
    assert {each.hash for each in await bob.copies.wanted()} == {originals[0], originals[1], small[0]}
    assert await fetch(alice, bob) == 3
    assert sorted(blobs.all()) == all_blobs and all(blobs.check(hash) for hash in all_blobs)
    assert await codes(bob) == [] and await bob.copies.wanted() == []


async def test_what_no_other_device_has_or_is_whole_stays_as_it_is(studio: Studio) -> None:
    alice, bob = await paired(studio)
    await tell_all([alice, bob])
    await fetch(alice, bob)
    (original, *others) = [hash for hash in sorted(alice.workspace.blobs.all()) if alice.copies.is_original(hash)]
    for source in (studio.folder / "pictures").iterdir():
        source.unlink()
    spoil(alice, original)
    assert await codes(alice) == ["blob.damaged"], "bob has not said yet that he has it"
    told = await alice.mending.mend(await alice.care.verify(read_data=True))
    assert [each.code for each in told.problems] == ["blob.damaged"] and alice.workspace.blobs.has(original)
    await tell_all([alice, bob])
    assert await alice.mending.fetch_again(others) == {}
    assert all(alice.workspace.blobs.check(hash) for hash in others)
    assert list(await alice.mending.fetch_again([original])) == [original]
    await fetch(bob, alice)
    assert alice.workspace.blobs.check(original)
