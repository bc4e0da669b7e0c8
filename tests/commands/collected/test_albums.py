"""Albums from the command line."""

from __future__ import annotations

from tests.commands.house import Library


def test_album_is_made_filled_sorted_and_shown(library: Library) -> None:
    assert "There are no albums yet" in library.speak("album", "ls").err
    made = library.told("album", "create", "2026")
    inner = library.told("album", "create", "精選", "--into", "2026", "--color", "teal")
    assert (inner["parent"], inner["color"]) == (made["id"], "teal")
    assert library.told("album", "add", "2026/精選", *library.assets[:3])["changed"] == 3
    assert "2 pictures moved" in library.said(
        "album", "sort", "精選", *library.assets[1:3], "--before", library.assets[0]
    )
    shown = library.told("album", "show", inner["id"][:8])
    assert [each["id"] for each in shown["items"]] == [*library.assets[1:3], library.assets[0]]
    assert "1 picture taken out of the album “精選”; it stays" in library.said(
        "album", "remove", "精選", library.assets[0]
    )
    assert "teal" in library.said("album", "show", "精選")
    said = library.said("album", "ls").splitlines()
    assert said[-2].endswith("  2026") and said[-1].endswith("  › 精選")
    assert library.told("search", 'album:"精選"')["total"] == 2


def test_album_is_renamed_edited_moved_and_told_of(library: Library) -> None:
    library.told("album", "create", "a")
    library.told("album", "create", "b")
    assert library.told("album", "rename", "a", "夜市")["name"] == "夜市"
    edited = library.told("album", "edit", "夜市", "--notes", "loud", "--color", "red", "--cover", library.assets[1])
    assert (edited["notes"], edited["color"], edited["cover_asset"]) == ("loud", "red", library.assets[1])
    assert library.told("album", "edit", "夜市", "--cover", "", "--color", "")["cover_asset"] is None
    assert library.told("album", "move", "夜市", "--into", "b")["depth"] == 1
    assert library.told("album", "move", "夜市", "--top")["parent"] is None
    library.told("album", "add", "夜市", library.assets[0])
    entries = library.told("album", "log", "夜市")["entries"]
    edits = ["album.edit"] * 5
    assert [each["intent"] for each in entries] == ["album.add", *edits, "album.create"]
    assert "1 picture added to the album 夜市" in library.said("album", "log", "夜市")


def test_deleted_album_leaves_its_pictures_and_comes_back_with_them(library: Library) -> None:
    library.told("album", "create", "Best")
    library.told("album", "add", "Best", *library.assets[:2])
    library.told("checkpoint", "create", "before")
    said = library.said("album", "rm", "Best")
    assert "its 2 pictures stay in the library" in said
    assert library.told("album", "ls")["albums"] == [] and library.told("search")["total"] == 4
    assert library.told("album", "ls", "--at", "before")["albums"][0]["assets"] == 2
    assert library.told("album", "show", "Best", "--at", "before")["total"] == 2
    library.told("undo", said.rpartition("`gesso undo ")[2].partition("`")[0])
    assert [each["id"] for each in library.told("album", "show", "Best")["items"]] == library.assets[:2]


def test_what_makes_no_sense_is_one_line(library: Library) -> None:
    library.told("album", "create", "2025")
    library.told("album", "create", "2026")
    library.told("album", "create", "best", "--into", "2025")
    library.told("album", "create", "best", "--into", "2026")
    for words, code, told in (
        (("album", "show", "nothing"), 1, "There is no album nothing"),
        (("album", "show", "best"), 1, "best"),
        (("album", "create", "2025"), 1, "called “2025” there already"),
        (("album", "move", "2025", "--into", "2025/best"), 1, "cannot lie in itself"),
        (("album", "move", "2025"), 2, "--into ALBUM or --top"),
        (("album", "edit", "2025"), 2, "Say what to change"),
        (("album", "edit", "2025", "--color", "beige"), 2, "beige"),
        (("album", "create", " "), 2, "A name is needed"),
        (("album", "sort", "2025", library.assets[0], "--before", library.assets[1]), 2, "not in this album"),
    ):
        done = library.speak(*words)
        assert (done.code, done.out) == (code, ""), (words, done)
        assert told in done.err.splitlines()[0] and "Traceback" not in done.err, (words, done.err)
    assert library.told("album", "show", "2026/best")["depth"] == 1
