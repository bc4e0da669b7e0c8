"""Places where a library must not be begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from daemon import homes
from daemon.credentials import keep_private
from daemon.errors import UnfitHome
from daemon.homes import bsd_mounts, ensure_fit, kind_in, linux_mounts, unfit
from daemon.paths import Paths

MOUNTINFO = r"""21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 0:26 / /proc rw - proc proc rw
40 21 0:40 / /mnt/nas rw - nfs4 nas:/pictures rw
41 21 0:41 / /mnt/my\040share rw master:2 - cifs //nas/share rw
42 40 8:2 / /mnt/nas/local rw - ext4 /dev/sdb1 rw
43 21 0:43 / /home/alice/cloud rw - fuse.rclone drive: rw
44 21 0:44 / /mnt/c rw - 9p C:\134 rw
garbage
"""
MOUNT = """/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
//alice@nas/pictures on /Volumes/my pictures (smbfs, nodev, nosuid, mounted by alice)
"""


def has_library(folder: Path) -> bool:
    return (folder / "library").exists()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/bob/gesso", "ext4"),
        ("/mnt/nas/gesso", "nfs4"),
        ("/mnt/nasty", "ext4"),
        ("/mnt/nas/local/gesso", "ext4"),
        ("/mnt/my share/gesso", "cifs"),
        ("/home/alice/cloud", "fuse.rclone"),
        ("/mnt/c/Users/alice", "9p"),
    ],
)
def test_kind_of_the_deepest_mount(path: str, kind: str) -> None:
    assert kind_in(Path(path), linux_mounts(MOUNTINFO)) == kind


def test_mounts_of_a_mac() -> None:
    mounts = list(bsd_mounts(MOUNT))
    assert mounts == [(Path("/"), "apfs"), (Path("/Volumes/my pictures"), "smbfs")]


def test_this_machine_tells(tmp_path: Path) -> None:
    assert homes.filesystem_kind(tmp_path) not in ("", "nfs")


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "9p", "davfs2"])
def test_network_drive_is_refused_with_the_reason(tmp_path: Path, kind: str) -> None:
    found = unfit(Paths.of(tmp_path, {}), has_library, lambda path: kind)
    assert {each.code for each in found} == {"home.network"}
    with pytest.raises(UnfitHome, match="network drive"):
        ensure_fit(found, accepted=False)
    ensure_fit(found, accepted=True)


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "zfs", "apfs", "overlay", "tmpfs", "fuse.ntfs-3g", "NTFS", ""]
)
def test_local_disk_is_fine(tmp_path: Path, kind: str) -> None:
    assert unfit(Paths.of(tmp_path, {}), has_library, lambda path: kind) == []


@pytest.mark.parametrize(
    "name",
    ["Dropbox", "Dropbox (Studio)", "OneDrive", "OneDrive - Studio", "Google Drive", "Mobile Documents", "Nextcloud"],
)
def test_folder_of_a_cloud_drive_is_refused(tmp_path: Path, name: str) -> None:
    found = unfit(Paths.of(tmp_path / name / "gesso", {}), has_library, lambda path: "")
    assert [each.code for each in found] == ["home.cloud"]
    with pytest.raises(UnfitHome, match="cloud drive"):
        ensure_fit(found, accepted=False)


def test_folder_that_a_program_keeps_in_step_is_known_by_its_mark(tmp_path: Path) -> None:
    (tmp_path / ".stfolder").mkdir()
    assert [each.code for each in unfit(Paths.of(tmp_path / "a", {}), has_library, lambda path: "")] == ["home.cloud"]


def test_home_of_somebody_who_has_dropbox_is_no_cloud_folder(tmp_path: Path) -> None:
    (tmp_path / ".dropbox").mkdir()
    assert unfit(Paths.of(tmp_path / "gesso", {}), has_library, lambda path: "") == []


def test_library_that_is_gone_is_not_replaced_by_an_empty_one(tmp_path: Path) -> None:
    paths = Paths.of(tmp_path, {})
    keep_private(paths)
    (paths.data / "library").touch()
    homes.remember(paths, 1)
    assert unfit(paths, has_library, lambda path: "") == []
    (paths.data / "library").unlink()
    found = unfit(paths, has_library, lambda path: "")
    assert [each.code for each in found] == ["home.lost"]
    with pytest.raises(UnfitHome, match="Is its disk mounted"):
        ensure_fit(found, accepted=True)
    paths.known.unlink()
    assert unfit(paths, has_library, lambda path: "") == []


def test_library_in_the_usual_place_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "moved"))
    old = tmp_path / ".local/share/gesso"
    old.mkdir(parents=True)
    (old / "library").touch()
    found = unfit(Paths.of(None, {}), has_library, lambda path: "")
    assert [(each.code, each.where) for each in found] == [("home.elsewhere", str(old))]
    assert unfit(Paths.of(tmp_path / "own", {}), has_library, lambda path: "") == []


def test_remembering_again_writes_nothing(tmp_path: Path) -> None:
    paths = Paths.of(tmp_path, {})
    keep_private(paths)
    homes.remember(paths, 2)
    before = paths.known.stat().st_mtime_ns, paths.known.stat().st_ino
    homes.remember(paths, 2)
    assert (paths.known.stat().st_mtime_ns, paths.known.stat().st_ino) == before
