"""Saved prompts: written, looked for, merged; pictures know which they were made from."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from documents.draft import Draft
from library.care.comparing import COMPARED
from library.catalog import Library
from library.editing.prompts import MOST_TOLD
from library.errors import Clash, Invalid, NotFound
from library.models import Pair
from library.prompts import NewPrompt, PromptChange, Variant
from library.workspace import Plan
from tests.library.house import HandClock, open_library, picture
from tests.library.studio import Studio, digests, send


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    async with open_library(tmp_path / "library", clock=HandClock()) as library:
        yield library


NEW = NewPrompt(
    name=" 夜市 ",
    text="a {{subject}} at night",
    negative="blurry",
    notes="for the poster",
    variables={"subject": "cat"},
    variants={"zh-TW": Variant(text="夜晚的{{subject}}", negative="模糊")},
    tags=["night", "海報"],
)


async def bring(library: Library, folder: Path, count: int) -> list[str]:
    for number in range(count):
        (folder / f"{number}.png").write_bytes(picture((number, 7, 7), (16 + number, 16)))
    return (await library.ingest.import_paths(sorted(folder.glob("*.png")))).assets


async def make_from(library: Library, prompt: str, assets: list[str]) -> None:
    """Say of pictures that they were made from a prompt, as storing a job does."""

    def write(draft: Draft) -> None:
        draft.put_entry("links", f"prompt/{prompt}", True)

    edits = [(bytes.fromhex(asset), write) for asset in assets]
    await library.workspace.append(Plan("asset.generate", {"count": len(assets)}, edits))


async def names(library: Library, q: str = "", archived: bool = True) -> list[str]:
    return [each.name for each in await library.prompts.list(q, archived)]


async def test_prompt_is_saved_whole_edited_and_taken_back(library: Library) -> None:
    made = await library.prompts.create(NEW)
    assert (made.name, made.text, made.negative, made.notes) == ("夜市", NEW.text, "blurry", "for the poster")
    assert (made.variables, made.variants, made.tags) == (NEW.variables, NEW.variants, ["night", "海報"])
    change = PromptChange(
        name="market",
        text="a {{subject}} by {{light}}",
        variables={"light": "neon", "subject": None},
        variants={"zh-TW": None, "ja": Variant(text="夜の{{subject}}")},
        add_tags=["new"],
        remove_tags=["night"],
        archived=True,
    )
    edited = await library.prompts.edit(made.id, change)
    assert (edited.name, edited.text, edited.negative, edited.archived) == ("market", change.text, "blurry", True)
    assert edited.variables == {"light": "neon"} and edited.variants == {"ja": Variant(text="夜の{{subject}}")}
    assert edited.tags == ["new", "海報"]
    assert (await library.prompts.edit(made.id, change)).action is None
    await library.history.undo(edited.action)
    now = await library.prompts.show(made.id)
    assert (now.name, now.text, now.variables, now.variants, now.tags, now.archived) == (
        made.name, made.text, made.variables, made.variants, made.tags, False,
    )  # fmt: skip
    told = [(each.intent, each.text, each.negative) for each in await library.prompts.history(made.id)]
    assert told == [
        ("undo", NEW.text, "blurry"),
        ("prompt.edit", change.text, "blurry"),
        ("prompt.create", NEW.text, "blurry"),
    ]


async def test_history_says_what_it_said_after_each_of_the_latest_actions(library: Library) -> None:
    made = await library.prompts.create(NewPrompt(name="counted", text="0"))
    for number in range(1, MOST_TOLD + 4):
        await library.prompts.edit(made.id, PromptChange(text=str(number), negative="odd" if number % 2 else ""))
    await library.prompts.edit(made.id, PromptChange(add_tags=["new"]))
    await library.prompts.delete(made.id)
    told = [(each.text, each.negative) for each in await library.prompts.history(made.id)]
    last = str(MOST_TOLD + 3)
    assert told[:4] == [(last, "odd"), (last, "odd"), (last, "odd"), (str(MOST_TOLD + 2), "")]
    assert told[MOST_TOLD - 1] == (str(MOST_TOLD + 3 - (MOST_TOLD - 3)), "")
    assert told[MOST_TOLD:] == [(None, None)] * (len(told) - MOST_TOLD)


async def test_copy_delete_and_what_becomes_of_names(library: Library) -> None:
    made = await library.prompts.create(NEW)
    with pytest.raises(Clash):
        await library.prompts.duplicate(made.id, "夜市")
    copy = await library.prompts.duplicate(made.id, "other")
    assert (copy.text, copy.variables, copy.variants, copy.tags) == (
        made.text,
        made.variables,
        made.variants,
        made.tags,
    )
    with pytest.raises(Clash):
        await library.prompts.edit(copy.id, PromptChange(name="夜市"))
    deleted = await library.prompts.delete(made.id)
    assert await names(library) == ["other"]
    with pytest.raises(NotFound):
        await library.prompts.worded(made.id)
    await library.history.undo(deleted.action)
    assert (await library.prompts.show(made.id)).variables == {"subject": "cat"}
    await library.history.undo(copy.action)
    assert await names(library) == ["夜市"]


async def test_prompts_are_found_by_name_text_language_and_tag(library: Library) -> None:
    await library.prompts.create(NEW)
    await library.prompts.create(NewPrompt(name="Harbour", text="a quiet harbour, fog"))
    old = await library.prompts.create(NewPrompt(name="old", text="fog"))
    await library.prompts.edit(old.id, PromptChange(archived=True))
    for q, found in {
        "": ["Harbour", "夜市", "old"],
        "FOG": ["Harbour", "old"],
        "quiet fog": ["Harbour"],
        "夜晚": ["夜市"],
        "海報": ["夜市"],
        "ｎｉｇｈｔ": ["夜市"],
        "blurry": [],
    }.items():
        assert await names(library, q) == found, q
    assert await names(library, "fog", archived=False) == ["Harbour"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (PromptChange(name=" "), "no_name"),
        (PromptChange(text="x" * 70_000), "too_long"),
        (PromptChange(text_was="x"), "invalid"),
        (PromptChange(variables={"a/b": "x"}), "no_variable_name"),
        (PromptChange(variables={"": "x"}), "no_variable_name"),
        (PromptChange(variants={"中文": Variant(text="x")}), "no_language"),
        (PromptChange(variants={"en/": Variant(text="x")}), "no_language"),
        (PromptChange(add_tags=[" "]), "no_tag"),
        (PromptChange(add_tags=["ok", "x\u202egpj"]), "invalid.unseen"),
        (PromptChange(name="mar\u200bket"), "invalid.unseen_name"),
    ],
)
async def test_input_that_makes_no_sense_is_refused(library: Library, change: PromptChange, code: str) -> None:
    made = await library.prompts.create(NEW)
    with pytest.raises(Invalid) as refused:
        await library.prompts.edit(made.id, change)
    assert refused.value.code == code
    assert (await library.prompts.show(made.id)).text == NEW.text


async def test_batch_takes_a_language_and_what_it_lacks_from_the_first(library: Library) -> None:
    made = await library.prompts.create(NEW)
    await library.prompts.edit(made.id, PromptChange(variants={"en": Variant(text="by night: {{subject}}")}))
    first, other, english = [await library.prompts.worded(made.id, each) for each in (None, "zh-TW", "en")]
    assert (first.text, other.text, other.negative) == (NEW.text, "夜晚的{{subject}}", "模糊")
    assert (english.text, english.negative, english.variables) == (
        "by night: {{subject}}",
        "blurry",
        {"subject": "cat"},
    )
    assert await library.prompts.worded(made.id, "fr") == first


async def test_prompt_knows_how_many_pictures_were_made_from_it(library: Library, tmp_path: Path) -> None:
    assets = await bring(library, tmp_path, 4)
    made = await library.prompts.create(NEW)
    await make_from(library, made.id, assets[:3])
    assert (await library.prompts.show(made.id)).assets == 3
    assert set((await library.search.ids(f"prompt:{made.id}"))[1]) == set(assets[:3])
    assert (await library.search.ids(f"-prompt:{made.id}"))[1] == assets[3:]
    await library.assets.bin(assets[:1])
    assert (await library.prompts.show(made.id)).assets == 2
    await library.assets.unbin(assets[:1])
    await library.alike.same([Pair(newer=assets[0], older=assets[3])])
    assert set((await library.search.ids(f"prompt:{made.id}"))[1]) == set(assets[1:])
    await library.checkpoints.create("before")
    await library.prompts.edit(made.id, PromptChange(name="later"))
    await library.assets.bin(assets[1:2])
    assert [(each.name, each.assets) for each in await library.prompts.list(at="before")] == [("夜市", 3)]
    stored = await rows(library)
    await library.care.rebuild()
    assert await rows(library) == stored and (await library.care.verify()).problems == []


async def rows(library: Library) -> list[list[str]]:
    asked = [COMPARED[table].format(db="main") for table in ("prompt", "made")]
    return await library.workspace.database.read(
        lambda connection: [sorted(map(str, connection.execute(query))) for query in asked]
    )


async def test_prompt_edited_on_two_devices_merges(studio: Studio) -> None:
    alice, bob = await studio.pair()
    made = (await alice.prompts.create(NEW)).id
    await send(alice, bob)
    await alice.prompts.edit(
        made, PromptChange(text="an old {{subject}} at night", variables={"light": "neon"}, add_tags=["alice"])
    )
    await bob.prompts.edit(
        made,
        PromptChange(
            text="a {{subject}} at night, rain",
            variants={"en": Variant(text="english")},
            add_tags=["bob"],
            remove_tags=["night"],
            negative="blurry, dark",
        ),
    )
    await send(alice, bob)
    await send(bob, alice)
    one, two = await alice.prompts.show(made), await bob.prompts.show(made)
    assert one == two and len(await digests(alice, bob)) == 1
    assert one.text == "an old {{subject}} at night, rain" and one.negative == "blurry, dark"
    assert one.variables == {"subject": "cat", "light": "neon"} and set(one.variants) == {"en", "zh-TW"}
    assert one.tags == ["alice", "bob", "海報"] and one.conflicts == []
    await alice.prompts.edit(made, PromptChange(name="of alice"))
    await bob.prompts.edit(made, PromptChange(name="of bob"))
    await send(alice, bob)
    await send(bob, alice)
    assert (await alice.prompts.show(made)).conflicts == (await bob.prompts.show(made)).conflicts == ["name"]


async def test_text_written_on_what_was_read_keeps_what_came_meanwhile(studio: Studio) -> None:
    alice, bob = await studio.pair()
    made = (await alice.prompts.create(NewPrompt(name="a", text="cat"))).id
    await send(alice, bob)
    await bob.prompts.edit(made, PromptChange(text="cat, rain"))
    await send(bob, alice)
    await alice.prompts.edit(made, PromptChange(text="old cat", text_was="cat"))
    assert (await alice.prompts.show(made)).text == "old cat, rain"


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_three_devices_write_all_come_to_the_same(studio: Studio, seed: int) -> None:
    chance = random.Random(seed)
    alice, bob, carol = await studio.trio()
    await studio.share("editor", "editor")
    devices = [alice, bob, carol]
    for number in range(40):
        device = chance.choice(devices)
        prompts = [each.id for each in await device.prompts.list()]
        try:
            await act(device, chance, prompts, number)
        except Clash:
            pass  # a second of one name, or nothing to undo
        if chance.random() < 0.4:
            await send(*chance.sample(devices, 2))
    for _ in range(2):
        for one in devices:
            for other in devices:
                if one is not other:
                    await send(one, other)
    said = [await each.prompts.list() for each in devices]
    assert len(await digests(*devices)) == 1 and said[0] == said[1] == said[2] and said[0]
    assert (await alice.care.verify()).problems == []


async def act(device: Library, chance: random.Random, prompts: list[str], number: int) -> None:
    """One thing that a person may do."""
    what = chance.choice(("create", "text", "text", "variables", "variants", "tags", "delete", "undo"))
    if what == "create" or not prompts:
        await device.prompts.create(NewPrompt(name=f"{number % 9}", text="貓 at night", variables={"a": "1"}))
        return
    prompt, word = chance.choice(prompts), chance.choice(["雨", "neon ", "👩‍🚀", ""])
    text = (await device.prompts.show(prompt)).text
    at = chance.randint(0, len(text))
    change = {
        "text": PromptChange(text=text[:at] + word + text[at + 1 :], archived=chance.random() < 0.5),
        "variables": PromptChange(variables={chance.choice("ab"): chance.choice([None, word])}),
        "variants": PromptChange(variants={"en": chance.choice([None, Variant(text=word)])}),
        "tags": PromptChange(add_tags=[chance.choice("xy")], remove_tags=[chance.choice("yz")]),
    }
    if what in change:
        await device.prompts.edit(prompt, change[what])
    elif what == "delete":
        await device.prompts.delete(prompt)
    else:
        await device.history.undo()
