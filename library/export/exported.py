"""What a full export's folder says of itself: a manifest, written last, and a line per file. See docs/export.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

EXPORT = "gesso-export.json"
UNFINISHED = "UNFINISHED.txt"
ABOUT = "README.txt"
LOG, PICTURES, BIN, BLOBS = "log", "pictures", "bin", "blobs"
LONGEST_LINE = 64 * 1024
FileKind = Literal["picture", "blob", "sidecar", "text"]


class ExportManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a folder a full export. `run` ends the names of the parts below `log`."""

    format: int
    workspace: str
    name: str
    digest: str
    written_at: int  # ms since 1970
    pictures: int
    files: int
    bytes: int
    run: str
    index: str  # SHA-256 of the index


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file of the folder. `path` is relative, with `/`; `type` is a picture's or blob's media type."""

    path: str
    kind: FileKind
    sha256: str
    size: int
    type: str = ""
    mtime: int = 0  # ns since 1970, as the disk told it after it was written: to see that it was not touched since


def encode_lines(lines: Iterable[Line]) -> bytes:
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def decode_lines(data: bytes) -> Iterator[Line]:
    """The lines that can be read; one that cannot tells of no file."""
    for line in data.splitlines():
        try:
            yield msgspec.json.decode(line, type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue


def part_name(part: str, run: str) -> str:
    """The name of a part of a run: the signed log, the operations, or the index."""
    return f"{part}-{run}.{'jsonl' if part == 'index' else 'msgpack'}"


def by_hash(sha256: str) -> str:
    """Where a blob lies that no picture shows."""
    return f"{BLOBS}/{sha256[:2]}/{sha256[2:]}"


UNFINISHED_TEXT = """\
This export is not finished. Run the same `gesso export DIR --everything` again: it goes on where it stopped.
這份匯出尚未完成。請再執行一次相同的 `gesso export DIR --everything`，它會從中斷的地方接下去。

workspace {workspace}
"""

ABOUT_TEXT = """\
This folder holds everything of a Gesso workspace, and any program can read it.

  pictures/            every picture with all its versions, by project, or by the month it was made
                       NAME.png is the version shown, NAME (v1).png an older one, NAME.json what is known about it
  bin/                 the same for pictures in the bin
  history.jsonl        what happened, one action on each line
  workspace.json       the projects, saved searches, albums, prompts and named moments
  log/                 the signed log, from which Gesso makes the workspace again
  blobs/               what belongs to the log and is no picture, by SHA-256
  recovery.key         lets another device go on with this workspace as you: before you give the folder away, remove it

`gesso restore --backup FOLDER` brings it in on any machine, with the same state digest. Pictures may be moved within
the folder; changed ones and changed .json files are not taken in, because the log is what counts.

這個資料夾裡有 Gesso 工作區的一切，任何程式都能讀取。

  pictures/            每張圖片與它的所有版本，依專案分類；沒有專案的依製作月份
                       NAME.png 是目前顯示的版本，NAME (v1).png 是較舊的版本，NAME.json 是關於它的一切
  bin/                 回收桶裡的圖片，方式相同
  history.jsonl        發生過的事，每行一個動作
  workspace.json       專案與命名的時刻
  log/                 已簽章的記錄，Gesso 由此重建工作區
  blobs/               屬於記錄但不是圖片的內容，以 SHA-256 命名
  recovery.key         讓另一台裝置以您的身分接續這個工作區：把資料夾交給別人之前，請先刪除它

在任何電腦上執行 `gesso restore --backup 資料夾` 就能帶回來，狀態摘要也會相同。圖片可以在資料夾裡移動；
改過的圖片與改過的 .json 不會被帶入，因為記錄才算數。
"""
