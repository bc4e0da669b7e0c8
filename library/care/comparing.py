"""Views against the log: they are computed again in a database beside the stored one, and the two are compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from documents.change import read_header
from documents.engine import Document
from documents.errors import DocumentDamaged
from documents.kinds import Kind
from library.care.faults import fault
from library.models import Problem
from library.replica.shelf import digest_shards
from library.schema import VIEWS
from library.views.images import COLUMNS, COMBO
from library.views.words import TEXTS
from store.database import Connection

if TYPE_CHECKING:
    from library.care.verifying import Known, Place

SHOWN = 20
SHOWN_BY = ", ".join(f"c.{name}" for name in COMBO)
WORDS = ", ".join(TEXTS)
# View → its rows with their key first. Numbers of rows differ between two computations, so assets stand for them.
COMPARED = {
    "change": "SELECT * FROM {db}.change",
    "again": "SELECT * FROM {db}.again",
    "void": "SELECT * FROM {db}.void",
    "lack": "SELECT * FROM {db}.lack",
    "document": "SELECT id, heads FROM {db}.document",
    "action": "SELECT id, rank, clock, hash, time, device, intent, params, changes, undoes FROM {db}.action",
    "asset": f"SELECT {', '.join(COLUMNS)} FROM {{db}}.asset",
    "combo": f"SELECT a.id, key, {SHOWN_BY} FROM {{db}}.asset AS a LEFT JOIN {{db}}.combo AS c ON c.id = a.combo",
    "shown": "SELECT key, shown FROM {db}.combo WHERE shown <> 0",
    "version": "SELECT a.id, v.hash FROM {db}.version AS v LEFT JOIN {db}.asset AS a ON a.row = v.row",
    "tag": "SELECT a.id, t.tag FROM {db}.tag AS t LEFT JOIN {db}.asset AS a ON a.row = t.row",
    "member": "SELECT a.id, m.project, m.place FROM {db}.member AS m LEFT JOIN {db}.asset AS a ON a.row = m.row",
    "project": "SELECT id, name, brief, color, archived, conflicts, created_at, updated_at, provider, model"
    " FROM {db}.project",
    "different": "SELECT a.id, d.other FROM {db}.different AS d LEFT JOIN {db}.asset AS a ON a.row = d.row",
    "search": "SELECT id, name, query, sort, color, conflicts, created_at FROM {db}.search",
    "album": "SELECT id, name, notes, color, parent, cover, conflicts, created_at FROM {db}.album",
    "placed": "SELECT p.id, p.album, p.shown, p.place, a.id FROM {db}.placed AS p"
    " LEFT JOIN {db}.asset AS a ON a.row = p.row",
    "prompt": "SELECT id, name, text, negative, notes, variables, variants, tags, archived, conflicts, created_at"
    " FROM {db}.prompt",
    "made": "SELECT a.id, m.prompt, m.shown FROM {db}.made AS m LEFT JOIN {db}.asset AS a ON a.row = m.row",
    "signs": "SELECT a.id, s.runs FROM {db}.signs AS o LEFT JOIN {db}.signset AS s ON s.id = o.signset"
    " LEFT JOIN {db}.asset AS a ON a.row = o.row",
    "words": f"SELECT a.id, {WORDS} FROM {{db}}.words AS w LEFT JOIN {{db}}.asset AS a ON a.row = w.rowid",
}
SHADOWS = ("data", "idx", "content", "docsize", "config")


def compare_views(connection: Connection, place: Place, known: Known) -> Iterator[Problem]:
    """Every row of every view, in both directions."""
    for statement in VIEWS:
        connection.execute(statement)
    place.rebuild(connection, lambda done, total, detail: known.progress(0, None, None))
    for table, query in COMPARED.items():
        stored, right = query.format(db="live"), query.format(db="main")
        for one, other in ((stored, right), (right, stored)):
            for key, *_ in connection.execute(f"{one} EXCEPT {other} LIMIT {SHOWN}"):
                yield fault("view.wrong", f"{table} {key.hex() if isinstance(key, bytes) else key}")
    stored_shards = connection.execute("SELECT id, digest FROM live.shard ORDER BY id").fetchall()
    for number, digest in enumerate(digest_shards(connection)):
        if number >= len(stored_shards) or stored_shards[number] not in ((number, digest), (number, None)):
            yield fault("view.wrong", f"shard {number}")


def compare_documents(connection: Connection, place: Place, known: Known) -> Iterator[Problem]:
    """The saved documents: each holds exactly the changes that the log gives it."""
    for id, heads, saved in connection.execute("SELECT id, heads, saved FROM live.document ORDER BY id"):
        known.count()
        where = f"document {id.hex()}"
        try:
            document = Document.load(Kind(id[0]), saved)
            held = {read_header(change).hash for change in document.changes()}
        except (DocumentDamaged, ValueError, IndexError) as error:
            yield fault("document.unreadable", where, detail=error)
            continue
        logged = dict(connection.execute("SELECT hash, state FROM main.change WHERE document=?", (id,)))
        if held - logged.keys():
            yield fault("document.lost", where)
        elif b"".join(document.heads()) != heads or held != {hash for hash, state in logged.items() if state == 1}:
            yield fault("document.wrong", where)


def compare_words(connection: Connection, place: Place, known: Known) -> Iterator[Problem]:
    """The index of words against its texts: SQLite checks that only where it may write, so a copy is checked."""
    connection.execute("DROP TABLE main.words")
    (made,) = [statement for statement in VIEWS if statement.startswith("CREATE VIRTUAL TABLE words")]
    connection.execute(made)
    for shadow in SHADOWS:
        connection.execute(f"DELETE FROM main.words_{shadow}")
        connection.execute(f"INSERT INTO main.words_{shadow} SELECT * FROM live.words_{shadow}")
    connection.execute("COMMIT")  # what the table remembers of its index from before is forgotten with this
    try:
        connection.execute("INSERT INTO main.words(words) VALUES('integrity-check')")
    except Exception as error:  # SQLite's word for damage, or what damage makes of it
        yield fault("view.words", "words", detail=error)
    connection.execute("BEGIN")
