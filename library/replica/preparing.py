"""What can be known of received segments without the library: read, verified, and the documents that they begin.

Pure, and most of the work of receiving: it may run in another process while the group before is committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from documents.change import ChangeHeader, check_actor, read_header
from documents.engine import Document
from documents.errors import ChangeVoid, DocumentDamaged, SegmentRefused
from documents.kinds import Kind, kind_of
from documents.segment import ChangeEntry, Segment, decode, signed_part
from library.replica.members import Verify
from library.views.images import Picture, picture_of


class Begun(NamedTuple):
    """An image document as one change makes it of the genesis; `picture` is None when it shows nothing."""

    heads: bytes
    saved: bytes
    picture: Picture | None


class Change(NamedTuple):
    """A change that a segment carries; `header` is the reason when the change is void for ever (docs/format.md)."""

    position: int
    document: bytes
    chunk: bytes
    header: ChangeHeader | str
    begun: Begun | None = None


class Prepared(NamedTuple):
    """An authentic segment and its changes."""

    segment: Segment
    changes: list[Change]


def prepare(raws: Sequence[bytes], workspace: bytes, verify: Verify) -> list[Prepared | str]:
    """For each of some received bytes the segment of this workspace that it is, or why it is none."""
    read: list[Prepared | str] = []
    for raw in raws:
        try:
            segment = read_segment(raw, workspace, verify)
        except SegmentRefused as error:
            read.append(str(error))
        else:
            read.append(Prepared(segment, changes_of(segment)))
    times = Counter(change.document for each in read if not isinstance(each, str) for change in each.changes)
    return [
        each
        if isinstance(each, str)
        else Prepared(each.segment, [_with_begun(change, times) for change in each.changes])
        for each in read
    ]


def read_segment(raw: bytes, workspace: bytes, verify: Verify) -> Segment:
    """An authentic segment of this workspace; SegmentRefused for anything else."""
    segment = decode(raw)
    if segment.workspace != workspace:
        raise SegmentRefused("foreign", "of another workspace")
    if not verify(segment.device, signed_part(raw), raw[-64:]):
        raise SegmentRefused("signature", "not signed by its device")
    return segment


def changes_of(segment: Segment) -> list[Change]:
    """The changes of a segment, their headers read."""
    return [
        Change(position, entry.document, entry.change, _header(entry, segment))
        for position, entry in enumerate(segment.entries)
        if type(entry) is ChangeEntry
    ]


def _header(entry: ChangeEntry, segment: Segment) -> ChangeHeader | str:
    try:
        header = read_header(entry.change, kind_of(entry.document))
        check_actor(header, segment.actor)
    except ChangeVoid as void:
        return void.reason
    return header


def _with_begun(change: Change, times: Counter[bytes]) -> Change:
    """With the document, if this change may be the first of an image and is the only one of it here."""
    header = change.header
    if isinstance(header, str) or kind_of(change.document) is not Kind.IMAGE or times[change.document] > 1:
        return change
    document = Document.begun(Kind.IMAGE, change.chunk, header)
    if document is None:
        return change  # what it comes to is found out beside the others of its document
    try:
        picture = picture_of(change.document, document.read())
    except DocumentDamaged:
        return change
    return change._replace(begun=Begun(b"".join(document.heads()), document.save(), picture))
