"""The one reading of a file: copied whole or not at all, and only while it holds still."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from imaging.errors import Refused
from imaging.inspection import InspectJob
from imaging.reading import IN_MEMORY, content, sidecar_text


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def shrink(path: Path) -> None:
    os.truncate(path, 10)


def rewrite(path: Path) -> None:
    path.write_bytes(b"y" * path.stat().st_size)
    os.utime(path, ns=(5, 5))


@pytest.mark.parametrize("size", [1000, IN_MEMORY + 1000], ids=["small", "large"])
@pytest.mark.parametrize("change", [grow, shrink, rewrite])
def test_file_that_changes_while_it_is_read_is_refused_and_leaves_no_copy(
    tmp_path: Path, size: int, change: Callable[[Path], None]
) -> None:
    path, copy = tmp_path / "p", tmp_path / "copy"
    path.write_bytes(b"x" * size)
    with pytest.raises(Refused) as caught, content(InspectJob(path, copy_to=copy)):
        change(path)
    assert caught.value.code == "unsettled"
    assert not copy.exists()


@pytest.mark.parametrize("size", [1, 1000, IN_MEMORY + 1000])
def test_copy_is_the_same_bytes_and_private(tmp_path: Path, size: int) -> None:
    path, copy = tmp_path / "p", tmp_path / "copy"
    path.write_bytes(os.urandom(size))
    path.chmod(0o777)
    with content(InspectJob(path, copy_to=copy)) as found:
        assert found.file.read() == path.read_bytes()
    assert copy.read_bytes() == path.read_bytes()
    assert (found.size, found.sha256) == (size, hashlib.sha256(path.read_bytes()).digest())
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_file_whose_name_is_replaced_while_it_is_read_is_read_as_it_was(tmp_path: Path) -> None:
    path, copy = tmp_path / "p", tmp_path / "copy"
    path.write_bytes(b"old")
    with content(InspectJob(path, copy_to=copy)):
        (tmp_path / "new").write_bytes(b"new!")
        (tmp_path / "new").rename(path)
    assert copy.read_bytes() == b"old"


def test_copy_that_cannot_be_written_is_said_of_the_copy(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"x")
    for place in (tmp_path / "absent" / "copy", tmp_path / "p"):
        with (
            pytest.raises(Refused, match="The copy cannot be written"),
            content(InspectJob(tmp_path / "p", copy_to=place)),
        ):
            raise AssertionError
    assert (tmp_path / "p").read_bytes() == b"x"


def test_what_is_no_file_is_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "link", Path("/dev/zero")):
        with pytest.raises(Refused, match="ordinary") as caught, content(InspectJob(path)):
            raise AssertionError
        assert caught.value.code == "unreadable"


def test_text_beside_a_picture_is_no_link_and_no_pipe(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the key")
    (tmp_path / "a.txt").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "b.txt")
    assert sidecar_text(tmp_path / "secret") == "the key"
    assert [sidecar_text(tmp_path / name) for name in ("a.txt", "b.txt", "absent.txt")] == ["", "", ""]
