"""Export presets from the command line, and exports by them."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.commands.house import Library
from tests.imaging.test_embed import signed


def test_preset_is_made_copied_changed_and_deleted(library: Library) -> None:
    assert "Web 2048" in library.said("preset", "ls")
    size, pattern = "1080x1350", "{title}_{n:03}"
    made = library.told("preset", "create", "海報", "--from", "web", "--size", size, "--pattern", pattern)
    assert (made["format"], made["size"], made["metadata"], made["pattern"]) == (
        "jpeg", "1080x1350", "none", "{title}_{n:03}",
    )  # fmt: skip
    edited = library.told("preset", "edit", "海報", "--name", "Poster", "--enlarge", "yes", "--lossless", "no")
    assert (edited["name"], edited["enlarge"], edited["lossless"]) == ("Poster", True, False)
    said = library.said("preset", "show", "Poster")
    assert all(part in said for part in (made["id"], "1080x1350", "{title}_{n:03}", "yes"))
    said = library.said("preset", "rm", "Poster")
    assert "Poster" not in library.said("preset", "ls")
    library.told("undo", said.rpartition("`gesso undo ")[2].partition("`")[0])
    assert "Poster" in library.said("preset", "ls")
    assert "Export preset deleted: Poster" in library.said("log")


def test_built_in_presets_and_their_fields_are_called_in_the_readers_language(library: Library) -> None:
    said = library.speak("preset", "ls", GESSO_LANGUAGE="zh-TW").out
    assert all(part in said for part in ("web", "網頁 2048", "不附帶（none）")) and "Web 2048" not in said
    assert "不保留憑證（drop）" in library.speak("preset", "show", "web", GESSO_LANGUAGE="zh-TW").out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("preset", "show", "nothing/../x"), 1, "There is no export preset"),
        (("preset", "rm", "web"), 1, "built in"),
        (("preset", "edit", "Original", "--quality", "3"), 1, "`gesso preset create NAME --from PRESET` copies it"),
        (("preset", "create", "web"), 1, "called “web” already"),
        (("preset", "create", "x", "--pattern", "{nmae}"), 2, "There is no field “nmae”; there are {name}, {title}"),
        (("preset", "create", "x", "--pattern", "a/{name}"), 2, "--folders"),
        (("preset", "create", "x", "--size", "big"), 2, "“big” is no size"),
        (("preset", "create", "x", "--format", "gif"), 2, "gif"),
        (("preset", "edit", "web"), 2, "Say what to change"),
        (("export", "/nowhere", "--preset", "nothing"), 1, "There is no export preset nothing"),
        (("export", "/nowhere", "--preset", "web", "--everything"), 2, "--everything"),
    ],
)
def test_what_makes_no_sense_is_one_line(library: Library, words: tuple[str, ...], code: int, told: str) -> None:
    done = library.speak(*words)
    assert (done.code, done.out, told in done.err) == (code, "", True), done.err


def test_pictures_are_exported_as_a_preset_says(library: Library, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("RGBA", (300, 200), (200, 30, 90, 128)).save(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "signed.png").write_bytes(signed("PNG"))
    ids = library.told("import", str(tmp_path / "in"))["assets"]
    library.told("preset", "create", "Small", "--format", "jpeg", "--size", "100", "--pattern", "{name}_{n:03}")
    out = tmp_path / "out"
    said = library.said("export", str(out), *ids, "--preset", "Small", "--dry-run")
    assert "2 pictures would be exported" in said and not out.exists()
    assert "a_001.jpg" in said and "100 × 67" in said and "transparency" in said
    assert "signed_002.png" in said and "Content Credentials" in said
    done = library.speak("export", str(out), *ids, "--preset", "Small")
    assert (done.code, sorted(path.name for path in out.iterdir())) == (0, ["a_001.jpg", "signed_002.png"])
    assert "2 pictures exported" in done.out and "a_001.jpg: transparency" in done.err
    assert "signed_002.png: copied as it is" in done.err
    library.told("preset", "create", "Poster", "--from", "Small", "--size", "1080x1350")
    assert "stays smaller" in library.said("preset", "show", "Poster")
    assert "smaller than 1080x1350" in library.said("export", str(out), ids[0], "--preset", "Poster", "--dry-run")
    done = library.speak("export", str(tmp_path / "poster"), ids[0], "--preset", "Poster")
    assert done.code == 0 and "smaller than 1080x1350" in done.err
    library.told("preset", "edit", "Small", "--credentials", "refuse")
    for language, reason in (("en", "which the new file cannot keep"), ("zh_TW.UTF-8", "新檔案無法保留")):
        done = library.speak("export", str(tmp_path / language), *ids, "--preset", "Small", LANG=language)
        assert done.code == 5 and "signed.png" in done.err and reason in done.err
        assert [path.name for path in (tmp_path / language).iterdir()] == ["a_001.jpg"]
    told = library.told("export", str(tmp_path / "web"), *ids[:1], "--preset", "web")
    assert (told["written"], told["preset"]) == (1, "Web 2048")
    assert [each["losses"] for each in told["files"]] == [["transparency"]]
