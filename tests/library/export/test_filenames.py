"""Names that every system takes, and copies that are what their hash says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from library.export.copying import copy_whole
from library.export.filenames import folded, free_name, safe_name
from store.errors import BlobMissing, StoreDamaged
from store.files import DiskFiles


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cat.PNG", "cat"),
        ("a/b\\c:d*e?f", "a_b_c_d_e_f"),
        ("line\nbreak\ttab\u2028", "line_break_tab_"),
        ("\u202egnp.exe\u200b", "gnp.exe"),
        ("👩\u200d🚀 海報", "👩\u200d🚀 海報"),
        ("\ufa10 貓", "\ufa10 貓"),
        ("con", "_con"),
        ("LPT1.tar", "_LPT1.tar"),
        ("com¹", "_com¹"),
        ("~$draft", "_~$draft"),
        (" . hidden. . ", "hidden"),
        ("..", "picture"),
        ("\u200d", "picture"),
        ("", "picture"),
    ],
)
def test_name_is_what_every_system_takes(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize("name", ["x" * 500, "貓" * 500, "🐈" * 500, "x" * 79 + ". ." + "y" * 30])
def test_long_name_leaves_room_for_its_endings(name: str) -> None:
    safe = safe_name(name)
    assert len(f"{safe} (1000) (v1000).png.json".encode()) <= 255
    assert safe and safe == safe.strip(" .")


@pytest.mark.parametrize(
    ("one", "other"), [("cat", "CAT"), ("Straße", "STRASSE"), ("e\u0301", "\u00e9"), ("a\u200db", "ab"), ("Å", "å")]
)
def test_names_that_are_one_somewhere_are_told_apart(one: str, other: str) -> None:
    taken: set[str] = set()
    assert folded(one) == folded(other)
    assert free_name(one, ".png", taken) == f"{one}.png"
    assert free_name(other, ".png", taken) == f"{other} (2).png"


def test_copy_comes_from_the_first_place_that_has_the_bytes(tmp_path: Path) -> None:
    wanted = hashlib.sha256(b"wanted").hexdigest()
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "wanted").write_bytes(b"wanted")
    places = [tmp_path / name for name in ("nothing", "other", "wanted")]
    copy_whole(DiskFiles(), places, tmp_path / "copy", wanted)
    assert (tmp_path / "copy").read_bytes() == b"wanted"
    with pytest.raises(StoreDamaged):
        copy_whole(DiskFiles(), places[:2], tmp_path / "none", wanted)
    with pytest.raises(BlobMissing):
        copy_whole(DiskFiles(), places[:1], tmp_path / "none", wanted)
    assert not (tmp_path / "none").exists()


def test_clone_is_a_copy_of_its_own_or_none(tmp_path: Path) -> None:
    """Which of them depends on the file system; what must not be is half of one."""
    (tmp_path / "one").write_bytes(b"one")
    if DiskFiles().clone(tmp_path / "one", tmp_path / "two"):
        assert (tmp_path / "two").read_bytes() == b"one"
    else:
        assert not (tmp_path / "two").exists()
    assert not DiskFiles().clone(tmp_path / "nothing", tmp_path / "two")
    assert {path.name for path in tmp_path.iterdir()} <= {"one", "two"}
