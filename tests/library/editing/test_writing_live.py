"""People who write one text at this moment, step by step: everybody's letters stay, and a sitting is one action."""

from __future__ import annotations

import random

import pytest

from identity.keys import verify
from library.albums import NewAlbum
from library.catalog import Library
from library.editing.live.texts import Shared
from library.errors import Invalid, NotFound, ReadOnly
from library.models import AssetChange
from library.prompts import NewPrompt
from library.replica.receiving import receive
from tests.library.patched import Patched
from tests.library.studio import Studio, digests, send

LETTERS = {"alice": "abc貓", "bob": "xyz咪", "carol": "012😀"}


class Page:
    """A field on a page: what stands in it, and what the daemon is known to have, as `web/src/live` keeps it."""

    def __init__(self, library: Library, document: str, field: str, chance: random.Random) -> None:
        self.library = library
        self.place = document, field
        self.base = self.text = ""
        self.chance = chance
        self.sitting = chance.randbytes(16).hex()
        self.step = 0
        self.actions: set[str] = set()

    async def look(self) -> None:
        assert self.text == self.base
        self.base = self.text = (await self.library.texts.write(*self.place, self.base, self.base)).text

    def put_in(self, letters: str, at: int | None = None) -> None:
        place = self.chance.randint(0, len(self.text)) if at is None else at
        self.text = self.text[:place] + letters + self.text[place:]

    async def send(self, times: int = 1) -> Shared:
        self.step += 1
        for _ in range(times):
            answer = await self.library.texts.write(*self.place, self.text, self.base, self.sitting, self.step)
        self.base = self.text = answer.text
        if answer.action:
            self.actions.add(answer.action)
        return answer


async def note_of(library: Library, asset: str) -> str:
    return (await library.assets.show(asset)).note


async def test_two_who_type_at_the_end_keep_their_words_whole(studio: Studio) -> None:
    alice, _, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    one, two = (Page(alice, asset, "note", random.Random(n)) for n in (1, 2))
    one.put_in("he")
    await one.send()
    two.put_in("wor")
    one.put_in("llo", 2)
    await two.send()
    await one.send()
    two.text = two.text.replace("wor", "world")
    await two.send()
    await one.look()
    await two.look()
    assert one.text == two.text and "hello" in one.text and "world" in one.text and len(one.text) == 10


async def test_the_same_letter_of_two_stays_twice_and_a_step_sent_again_does_nothing(studio: Studio) -> None:
    alice, _, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    one, two = (Page(alice, asset, "note", random.Random(n)) for n in (1, 2))
    one.put_in("e")
    two.put_in("e")
    await one.send(times=3)
    await two.send(times=2)
    assert await note_of(alice, asset) == "ee"
    # What is begun without steps is taken for the same where it stands there already.
    again = await alice.texts.write(asset, "note", "ee!", "ee")
    assert (await alice.texts.write(asset, "note", "ee!", "ee")).text == again.text == "ee!"


async def test_a_sitting_is_one_action_however_many_steps(studio: Studio) -> None:
    alice, _, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    page = Page(alice, asset, "note", random.Random(1))
    before = len((await alice.assets.show(asset)).history)
    for letter in "一段很長的備註":
        page.put_in(letter, len(page.text))
        await page.send()
    history = (await alice.assets.show(asset)).history
    assert len(history) == before + 1
    assert (history[0].intent, history[0].changes, history[0].action) == ("asset.note", 1, page.sitting)
    done = await alice.history.undo()
    assert done.undoes == page.sitting and await note_of(alice, asset) == ""
    await alice.history.redo()
    assert await note_of(alice, asset) == "一段很長的備註"
    await alice.history.undo()
    page.base = page.text = ""
    page.put_in("new")
    await page.send()  # after it was taken back it is another action
    history = (await alice.assets.show(asset)).history
    assert history[0].action not in (page.sitting, done.action) and not history[0].undone
    await alice.history.undo()
    assert await note_of(alice, asset) == ""


async def test_undo_takes_ones_own_letters_out_from_among_those_of_others(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    mine, theirs = Page(alice, asset, "note", random.Random(1)), Page(alice, asset, "note", random.Random(2))
    device = Page(bob, asset, "note", random.Random(3))
    for letter, other in zip("hello", "WORLD", strict=True):
        mine.put_in(letter, len(mine.text))
        await mine.send()
        await theirs.look()
        theirs.put_in(other, len(theirs.text))
        await theirs.send()
        await mine.look()
        await send(alice, bob)
        await device.look()
        device.put_in("雨", 0)
        await device.send()
        await send(bob, alice)
        await mine.look()
    assert await note_of(alice, asset) == "雨" * 5 + "hWeOlRlLoD"
    undone = await alice.history.undo(mine.sitting)
    assert await note_of(alice, asset) == "雨" * 5 + "WORLD"
    await send(alice, bob)
    assert await note_of(bob, asset) == "雨" * 5 + "WORLD"
    device.base = device.text = await note_of(bob, asset)
    device.put_in("!", 10)
    await device.send()
    await send(bob, alice)
    await alice.history.redo(undone.action)
    assert await note_of(alice, asset) == "雨" * 5 + "hWeOlRlLoD!"


async def test_undo_takes_out_what_was_taken_back_and_put_in_again_in_the_field(studio: Studio) -> None:
    alice, _, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    await alice.assets.edit_one(asset, AssetChange(note="[kept]"))
    mine, theirs = Page(alice, asset, "note", random.Random(1)), Page(alice, asset, "note", random.Random(2))
    await mine.look()
    mine.text = "[kept]mine"
    await mine.send()
    await theirs.look()
    theirs.put_in("THEIRS", 8)
    await theirs.send()
    await mine.look()
    for text in ("[kept]THEIRS", "[kept]miTHEIRSne", "[ke]miTHEIRSne", "[kept]miTHEIRSne", "[]miTHEIRSne"):
        mine.text = text
        await mine.send()
    await theirs.look()
    theirs.put_in("!", len(theirs.text))
    await theirs.send()
    undone = await alice.history.undo(mine.sitting)
    assert await note_of(alice, asset) == "[kept]THEIRS!"
    await alice.history.redo(undone.action)
    assert await note_of(alice, asset) == "[]miTHEIRSne!"


async def test_what_something_else_has_taken_the_place_of_is_not_brought_back(studio: Studio) -> None:
    alice, _, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    await alice.assets.edit_one(asset, AssetChange(note="old words"))
    edited = await alice.assets.edit_one(asset, AssetChange(note="NEW"))
    await alice.assets.edit_one(asset, AssetChange(note="123"))
    assert (await alice.history.undo(edited.action)).action is None
    assert await note_of(alice, asset) == "123"


async def places(library: Library, asset: str) -> list[tuple[str, str]]:
    project = (await library.projects.create("p")).id
    album = (await library.albums.create(NewAlbum(name="a"))).id
    prompt = (await library.prompts.create(NewPrompt(name="pr"))).id
    return [
        (asset, "note"),
        (project, "brief"),
        (album, "notes"),
        *((prompt, each) for each in ("text", "negative", "notes")),
    ]


async def test_every_shared_text_of_every_kind(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    every = await places(alice, asset)
    await send(alice, bob)
    for document, field in every:
        for library, words in ((alice, "from alice "), (bob, "from bob ")):
            page = Page(library, document, field, random.Random(f"{document} {field} {words}"))
            for word in words.split(" "):
                page.put_in(word, len(page.text))
                await page.send()
    await send(alice, bob)
    await send(bob, alice)
    for document, field in every:
        read = [(await library.texts.write(document, field, "", "")).text for library in (alice, bob)]
        assert read[0] == read[1] and "fromalice" in read[0] and "frombob" in read[0]
    assert len(await digests(alice, bob)) == 1
    entries, _ = await alice.history.timeline(200)
    assert {"asset.note", "project.edit", "album.edit", "prompt.edit"} <= {each.intent for each in entries}


async def test_what_is_no_shared_text_is_refused(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share("viewer", "editor")
    for document, field in ((asset, "title"), (asset, "brief"), (asset, "prompt"), (asset, "")):
        with pytest.raises(Invalid):
            await alice.texts.write(document, field, "x", "")
        with pytest.raises(Invalid):
            await alice.texts.write(document, field, "", "")
    for document in ("", "zz", "ab" * 16, "01" + "0" * 30):
        with pytest.raises(NotFound):
            await alice.texts.write(document, "note", "x", "")
    with pytest.raises(ReadOnly):
        await bob.texts.write(asset, "note", "x", "")
    assert (await bob.texts.write(asset, "note", "", "")).text == ""
    with pytest.raises(Invalid) as refused:
        await alice.texts.write(asset, "note", "貓" * 30_000, "")
    assert refused.value.code == "too_long"
    rated = await alice.assets.edit_one(asset, AssetChange(rating=3))
    await alice.texts.write(asset, "note", "x", "", "ab" * 16, 1)
    project = (await alice.projects.create("p")).id
    for sitting in (rated.action, "ab" * 16):
        with pytest.raises(Invalid, match="another action"):
            await alice.texts.write(project, "brief", "y", "", sitting, 1)


@pytest.mark.parametrize("seed", range(8))
async def test_whoever_writes_wherever_and_whenever_no_letter_is_lost(studio: Studio, seed: int) -> None:
    """Three devices, two pages on each; steps, news and segments come when they come, some are sent again."""
    chance = random.Random(seed)
    devices = dict(zip(("alice", "bob", "carol"), await studio.trio(), strict=True))
    asset = await studio.share("editor", "editor")
    pages = [(name, Page(library, asset, "note", chance)) for name, library in devices.items() for _ in range(2)]
    put_in = dict.fromkeys(LETTERS, 0)
    for _ in range(90):
        name, page = chance.choice(pages)
        doing = chance.random()
        if doing < 0.5:
            words = "".join(chance.choices(LETTERS[name], k=chance.randint(1, 4)))
            put_in[name] += len(words)
            page.put_in(words)
        elif doing < 0.8:
            await page.send(times=chance.choice((1, 1, 1, 2)))
        elif page.text == page.base and doing < 0.9:
            await page.look()
        else:
            source, target = chance.sample([*devices], 2)
            await send(devices[source], devices[target])
    for _, page in pages:
        await page.send()
    for source in devices.values():
        for target in devices.values():
            if source is not target:
                await send(source, target)
    await send(devices["carol"], devices["alice"])
    await send(devices["alice"], devices["bob"])
    texts = {await note_of(library, asset) for library in devices.values()}
    assert len(texts) == 1 and len(await digests(*devices.values())) == 1
    (text,) = texts
    assert {name: sum(text.count(letter) for letter in letters) for name, letters in LETTERS.items()} == put_in


async def test_an_hour_apart_and_then_both_are_there(studio: Studio) -> None:
    alice, bob, _ = await studio.trio()
    asset = await studio.share("editor", "editor")
    await alice.assets.edit_one(asset, AssetChange(note="Brief: "))
    await send(alice, bob)
    words = {"alice": "A quiet street at night, warm light. ", "bob": "雨後的招牌，倒影要清楚。"}
    for library, said in ((alice, words["alice"]), (bob, words["bob"])):
        page = Page(library, asset, "note", random.Random(7))
        await page.look()
        for letter in said:
            page.put_in(letter, len(page.text))
            await page.send()
    await send(alice, bob)
    await send(bob, alice)
    for library in (alice, bob):
        note = await note_of(library, asset)
        assert note.startswith("Brief: ") and all(said in note for said in words.values())


@pytest.mark.parametrize("with_change", [True, False])
async def test_who_may_not_write_takes_no_step_out_of_anothers_sitting(studio: Studio, with_change: bool) -> None:
    alice, viewer, _ = await studio.trio()
    asset = await studio.share("viewer", "editor")
    page = Page(alice, asset, "note", random.Random(5))
    page.put_in("here")
    await page.send()
    await send(alice, viewer)
    liar = Patched(viewer)
    entries = [liar.change(bytes.fromhex(asset), lambda draft: draft.agree("rating", 1))] if with_change else []
    forged = liar.sign(entries, action=bytes.fromhex(page.sitting), intent="asset.note", params={"step": 1_000_000})
    await receive(alice.workspace, [forged.raw], verify)
    page.put_in(" and there", 4)
    await page.send()
    assert await note_of(alice, asset) == "here and there" and page.actions == {page.sitting}
