"""Documents in reach: the few that are loaded, and their rows. All of it runs inside a database transaction."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from documents.digest import line, shard_digest, shard_of
from documents.engine import Document
from documents.kinds import Kind
from library.replica.log import split_hashes
from library.replica.preparing import Begun
from library.views.albums import project_collection
from library.views.images import add_images, picture_of, project_image
from library.views.projection import project_project
from library.views.prompts import project_prompt
from store.database import Connection

LOADED = 256
Project = Callable[[Connection, bytes, Any], bool]
PROJECTIONS: dict[Kind, Project] = {
    Kind.IMAGE: project_image,
    Kind.PROJECT: project_project,
    Kind.COLLECTION: project_collection,
    Kind.PROMPT: project_prompt,
}


def loaded(connection: Connection, id: bytes) -> Document:
    """A document of one's own as it is stored; a new one where there is none."""
    row = connection.execute("SELECT saved FROM document WHERE id=?", (id,)).fetchone()
    return Document.new(Kind(id[0])) if row is None else Document.load(Kind(id[0]), row[0])


class Shelf:
    """Loads documents, keeps the last ones used, writes them back with their rows and heads."""

    def __init__(self, loaded: int = LOADED) -> None:
        self._loaded: OrderedDict[bytes, Document] = OrderedDict()
        self._most = loaded
        self._unwritten: set[bytes] = set()  # loaded documents without a row

    def take(self, connection: Connection, id: bytes) -> Document:
        """The document; a new one when there is none yet."""
        document = self._loaded.get(id)
        if document is not None:
            self._loaded.move_to_end(id)
            return document
        row = connection.execute("SELECT saved FROM document WHERE id=?", (id,)).fetchone()
        if row is None:
            return self.begin(id)
        return self._keep(id, Document.load(Kind(id[0]), row[0]))

    def begin(self, id: bytes) -> Document:
        """A document that is known to have no row yet."""
        self._unwritten.add(id)
        return self._keep(id, Document.new(Kind(id[0])))

    def _keep(self, id: bytes, document: Document) -> Document:
        self._loaded[id] = document
        if len(self._loaded) > self._most:
            self._loaded.popitem(last=False)
        return document

    def put_new(self, connection: Connection, documents: Sequence[tuple[bytes, Begun]]) -> None:
        """Write documents that are known to have no row yet."""
        self.forget([id for id, _ in documents])
        connection.executemany(
            "INSERT INTO document(id, heads, saved) VALUES(?, ?, ?)",
            [(id, begun.heads, begun.saved) for id, begun in documents],
        )
        add_images(connection, [begun.picture for _, begun in documents if begun.picture is not None])

    def put_back(self, connection: Connection, documents: Sequence[tuple[bytes, Document]]) -> None:
        """Write changed documents, their heads and their rows."""
        new = [(id, document) for id, document in documents if id in self._unwritten and not document.is_genesis()]
        connection.executemany(
            "INSERT INTO document(id, heads, saved) VALUES(?, ?, ?)"
            " ON CONFLICT(id) DO UPDATE SET heads=excluded.heads, saved=excluded.saved",
            [_row(id, document) for id, document in documents if not document.is_genesis()],
        )
        pictures = [picture_of(id, document.read()) for id, document in new if id[0] == Kind.IMAGE]
        add_images(connection, [picture for picture in pictures if picture is not None])
        for id, document in documents:
            if document.is_genesis():
                connection.execute("DELETE FROM document WHERE id=?", (id,))
            project = PROJECTIONS.get(Kind(id[0]))
            if project is not None and (id[0] != Kind.IMAGE or id not in self._unwritten):
                project(connection, id, document.read())
        self._unwritten.clear()

    def forget(self, ids: Iterable[bytes] | None = None) -> None:
        """Drop loaded documents whose edits were rolled back; all of them without `ids`."""
        if ids is None:
            self._loaded.clear()
            self._unwritten.clear()
            return
        for id in ids:
            self._loaded.pop(id, None)
            self._unwritten.discard(id)


def _row(id: bytes, document: Document) -> tuple[bytes, bytes, bytes]:
    return id, b"".join(document.heads()), document.save()


def stale(connection: Connection, ids: Iterable[bytes]) -> None:
    """Mark the sub-digests of these documents as to be computed again."""
    shards = sorted({shard_of(id) for id in ids})
    connection.executemany("UPDATE shard SET digest=NULL WHERE id=? AND digest IS NOT NULL", [(s,) for s in shards])


def digest_shards(connection: Connection) -> list[bytes]:
    """The 256 sub-digests, the stale ones computed and kept."""
    fresh = []
    for shard, digest in connection.execute("SELECT id, digest FROM shard ORDER BY id").fetchall():
        if digest is None:
            digest = _digest_of(connection, shard)
            connection.execute("UPDATE shard SET digest=? WHERE id=?", (digest, shard))
        fresh.append(digest)
    return fresh


OF_KIND = "SELECT id, heads FROM document WHERE id BETWEEN ? AND ?"
OF_SHARD = " UNION ALL ".join([OF_KIND] * len(Kind))


def of_shard(connection: Connection, shard: int) -> Iterator[tuple[bytes, bytes]]:
    """Ids and heads of a shard's documents: a shard is the byte after the kind."""
    firsts = [bytes([kind, shard]) for kind in Kind]
    ends = [first.ljust(16, end) for first in firsts for end in (b"\0", b"\xff")]
    yield from connection.execute(OF_SHARD, ends)


def read_shards(connection: Connection) -> list[bytes]:
    """The 256 sub-digests, the stale ones computed and not kept."""
    rows = connection.execute("SELECT id, digest FROM shard ORDER BY id").fetchall()
    return [digest or _digest_of(connection, shard) for shard, digest in rows]


def _digest_of(connection: Connection, shard: int) -> bytes:
    return shard_digest(line(id, split_hashes(heads)) for id, heads in of_shard(connection, shard))
