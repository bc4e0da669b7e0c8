"""Signs are found where they stand, by their sets as by reading all texts, and in a library that has no sets yet."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from library.catalog import Library
from library.models import AssetChange
from library.schema import SIGNS
from library.views.images import WORDS
from library.views.signs import HOLDING, RUN, add_signs, signs, signset
from library.views.words import TEXTS, indexed
from store.database import Connection, in_memory
from tests.library.house import open_library, picture
from tests.library.test_upgrading import without_signs


@pytest.mark.parametrize(
    ("text", "among_words", "alone"),
    [
        ("😀", ["😀"], ["😀"]),
        ("cat😀", ["😀"], ["😀"]),
        ("❤\ufe0f", ["❤"], ["❤"]),
        ("👩\u200d🚀", ["👩\u200d🚀"], ["👩\u200d🚀"]),
        ("%", [], ["%"]),
        ("％", [], ["%"]),
        ("_", [], ["_"]),
        ("- \\", [], ["-", "\\"]),
        ("貓。", [], []),
        ("x-y", [], []),
        ("", [], []),
    ],
)
def test_signs_of_a_text_that_are_looked_for(text: str, among_words: list[str], alone: list[str]) -> None:
    assert (signs(text, alone=False), signs(text, alone=True)) == (among_words, alone)


# Sequences with joiners, selectors, skin tones; flags, keycaps, tags, marks, currency, mathematics, full width; signs
# that count as Chinese; controls and odd spaces.
SEQUENCES = (
    "👩\u200d🚀 👩🏽\u200d🚀 👨\u200d👩\u200d👧 👍 👍🏽 🏽 ❤ ❤\ufe0f ❤\ufe0e \ufe0f \u200d 🎉 🫠 ♥ ☆ ① Ⓐ 🄰 ™ ℃ …"
    " 🇹🇼 🇼 🏴\U000e0067\U000e0062\U000e007f 1\ufe0f\u20e3 #\ufe0f\u20e3 \u20e3 é e\u0301 \u0301 =\u0338 ≠ हि ก็ ß İ"
    " \u0345 € ＄ NT$ ∑ √x ± ½ ++ + ＋ ＋＋ % ％ _ __ － - ( (( ), （ 「 」 。 、 〜 ･ ・ ・・ ゠ ⺀ ⺁⺀ ⻩ 〇 〒"
    " 貓 貓咪 ｶﾞ 한 cat Cat 3 , \" \\ ' \ue000 \x00 \x01 \x7f \u200b"
)
PIECES = [*SEQUENCES.split(" "), *" \n\x1c\x85\xa0\u2028\u3000"]
texts = st.lists(st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"]), max_size=7).map("".join)
READING = f"SELECT rowid FROM words WHERE {' OR '.join(f'instr({text}, ?)' for text in TEXTS)}"


def stored(pictures: list[list[str]]) -> Connection:
    """The texts of pictures in the index of words, and their signs, as rows of pictures are written."""
    connection = in_memory([*SIGNS, f"CREATE VIRTUAL TABLE words USING fts5({', '.join(TEXTS)})"])
    for row, texts in enumerate(pictures):
        read = [indexed(text) for text in (*texts, *[""] * len(TEXTS))][: len(TEXTS)]
        connection.execute(WORDS, (row, *(text for text, _ in read)))
        add_signs(connection, [(row, signset(part for _, part in read))])
    return connection


@given(pictures=st.lists(st.lists(texts, max_size=3), max_size=4), query=texts, part=st.data())
@example(pictures=[["a++", "b+"], ["+ +"], ["", "++"]], query="++", part=None)
def test_signs_are_found_exactly_where_reading_the_texts_finds_them(
    pictures: list[list[str]], query: str, part: st.DataObject | None
) -> None:
    connection = stored(pictures)
    asked = set(signs(query, alone=True) + signs(query, alone=False))
    standing = [run for texts in pictures for text in texts for run in RUN.findall(indexed(text)[0])]
    if part is not None and standing:
        run = part.draw(st.sampled_from(standing))
        first = part.draw(st.integers(0, len(run) - 1))
        asked.add(run[first : part.draw(st.integers(first + 1, len(run)))])
    for run in asked:
        read = connection.execute(READING, [run] * len(TEXTS)).fetchall()
        assert sorted(connection.execute(HOLDING, (run,))) == sorted(read), run
    connection.close()


@given(st.lists(texts, max_size=4))
def test_set_of_signs_is_that_of_the_texts_as_they_are_stored(texts: list[str]) -> None:
    read = [indexed(text) for text in texts]
    whole = sorted({run for text, _ in read for run in RUN.findall(text)})
    assert signset(part for _, part in read) == signset(text for text, _ in read) == " ".join(whole)


def test_pictures_of_the_same_signs_have_one_set_and_those_of_none_no_row() -> None:
    connection = stored([["a, b"], ["c, d", ""], ["(e), f"], ["貓咪", "words alone"]])
    assert connection.execute("SELECT row, runs FROM signs JOIN signset ON id = signset").fetchall() == [
        (0, ","), (1, ","), (2, "( ),"),
    ]  # fmt: skip
    assert connection.execute("SELECT count(*) FROM signset").fetchone() == (2,)
    connection.close()


async def found(library: Library, query: str) -> list[str]:
    return [item.name for item in (await library.search.page(query, "name")).items]


QUERIES = {"🎉": ["0.png", "2.png"], "++": ["1.png"], "♥": ["2.png"], "-🎉": ["1.png"], "~": []}


async def test_signs_in_a_library_of_before_are_found_once_it_is_opened(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(picture((number, 1, 1)))
    async with open_library(tmp_path / "library") as library:
        zero, one, two = (await library.ingest.import_paths(sorted(tmp_path.glob("*.png")))).assets
        await library.assets.edit_one(zero, AssetChange(note="party 🎉", add_tags=["慶典"]))
        await library.assets.edit_one(one, AssetChange(note="C++ 教學"))
        await library.assets.edit_one(two, AssetChange(note="貓♥🎉貓"))
        now = {query: await found(library, query) for query in QUERIES}
    with sqlite3.connect(tmp_path / "library" / "library.sqlite") as connection:
        without_signs(connection)
        connection.execute("PRAGMA user_version=5")
    connection.close()
    async with open_library(tmp_path / "library") as library:
        assert {query: await found(library, query) for query in QUERIES} == now == QUERIES
        assert (await library.care.verify()).problems == []
        await library.assets.edit_one(two, AssetChange(note="++ now"))
        assert (await found(library, "🎉"), await found(library, "++")) == (["0.png"], ["1.png", "2.png"])
        assert (await library.care.verify()).problems == []
    assert (tmp_path / "library" / "before-upgrade.sqlite").exists()


async def test_set_of_signs_that_is_wrong_is_named_and_made_again(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture((1, 1, 1)))
    async with open_library(tmp_path / "library") as library:
        (asset,) = (await library.ingest.import_paths([tmp_path / "a.png"])).assets
        await library.assets.edit_one(asset, AssetChange(note="🎉"))
        await library.workspace.database.write(
            lambda c: c.execute("UPDATE signset SET runs = '♥' WHERE runs LIKE '%🎉%'")
        )
        assert {problem.where for problem in (await library.care.verify()).problems} == {f"signs {asset}"}
        await library.care.rebuild()
        assert (await found(library, "🎉"), await found(library, "♥")) == (["a.png"], [])
        assert (await library.care.verify()).problems == []
