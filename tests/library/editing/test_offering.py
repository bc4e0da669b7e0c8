"""What a peer is offered: what its vector lacks, causes first, in pieces, whatever it names."""

from __future__ import annotations

from documents.segment import Tip, decode
from identity.keys import verify
from library.catalog import Library
from library.replica.offering import offer, vector
from library.replica.receiving import receive
from tests.library.studio import Studio, digests, segments


async def filled(studio: Studio) -> tuple[Library, Library]:
    alice, bob = await studio.pair()
    for number in range(5):
        await alice.projects.create(f"project {number}")
    return alice, bob


async def test_a_new_device_is_offered_everything_in_pieces_that_need_nothing_later(studio: Studio) -> None:
    alice, bob = await filled(studio)
    pieces = 0
    while True:
        offered = await offer(alice.workspace, await vector(bob.workspace), most=1)
        told = await receive(bob.workspace, offered.segments, verify, offered.operations)
        assert told.waiting == 0
        pieces += 1
        if not offered.more:
            break
    assert pieces == len(await segments(alice))
    assert len(await digests(alice, bob)) == 1
    assert (await offer(alice.workspace, await vector(bob.workspace))).segments == []


async def test_only_what_is_lacking_is_offered(studio: Studio) -> None:
    alice, bob = await filled(studio)
    await receive(bob.workspace, await segments(alice), verify)
    before = await vector(bob.workspace)
    await alice.projects.create("new")
    await bob.projects.create("other")
    (raw,) = (await offer(alice.workspace, before)).segments
    assert decode(raw).intent == "project.create" and decode(raw).params["name"] == "new"
    (raw,) = (await offer(bob.workspace, await vector(alice.workspace))).segments
    assert decode(raw).params["name"] == "other"


async def test_a_peer_that_is_ahead_on_a_chain_is_offered_nothing_of_it(studio: Studio) -> None:
    alice, _ = await filled(studio)
    (tip,) = await vector(alice.workspace)
    assert (await offer(alice.workspace, [Tip(tip.incarnation, tip.seq + 3, b"unheard!")])).segments == []
    fork = await offer(alice.workspace, [Tip(tip.incarnation, tip.seq, b"unheard!")])
    assert len(fork.segments) == tip.seq
