"""Blobs that others named: what is wanted of them, and how they come in."""

from __future__ import annotations

import hashlib

from tests.library.copies.between import fetch, paired, states, tell
from tests.library.studio import Studio, digests


async def test_pictures_of_another_device_are_elsewhere_until_they_come(studio: Studio) -> None:
    alice, bob = await paired(studio)
    assert states(bob) == ["elsewhere"] * 3
    wanted = await bob.copies.wanted()
    assert [each.size for each in wanted] == [
        len(await alice.copies.read(each.hash, 0, 1 << 20) or b"") for each in wanted
    ]
    assert await fetch(alice, bob) == len(wanted) == 5
    assert states(bob) == ["here"] * 3
    assert await bob.copies.wanted() == []
    assert (await bob.care.verify(read_data=True)).problems == []
    assert len(await digests(alice, bob)) == 1


async def test_what_a_device_says_it_has_is_known(studio: Studio) -> None:
    alice, bob = await paired(studio)
    await tell(alice, bob)
    assert len(await bob.copies.wanted(of=alice.workspace.device)) == 5
    assert states(bob) == ["elsewhere"] * 3
    await bob.care.rebuild()
    assert states(bob) == ["elsewhere"] * 3
    assert (await bob.care.verify()).problems == []
    wanted = await bob.copies.wanted()
    await bob.copies.denied(alice.workspace.device, [each.hash for each in wanted])
    assert states(bob) == ["missing"] * 3
    assert await bob.copies.wanted(of=alice.workspace.device) == []
    assert hashlib.sha256(b"").digest() not in [each.hash for each in wanted]
