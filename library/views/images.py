"""Rows of image documents: written over the ones there are, or gathered and written together for many new ones."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from documents.engine import Document
from documents.errors import DocumentDamaged
from documents.kinds import Kind
from library.values import Values, image_values
from library.views.dates import within
from library.views.projection import (
    VersionValues,
    agreed,
    binned_at,
    conflicts_of,
    current_of,
    name_of,
    prompts_of,
    state_of,
    told_apart,
    versions_of,
)
from library.views.signs import add_signs, signset
from library.views.versions import as_made
from library.views.words import TEXTS, indexed
from store.database import Connection

COLUMNS = (
    *("id", "sha256", "thumbnail", "name", "title", "width", "height", "longer", "media_type", "bytes"),
    *("prompt", "negative", "seed", "model", "tool", "rating", "flag", "label", "versions", "made", "created_at"),
    *("binned_at", "state", "conflicts", "tags", "projects", "text"),
)
INSERT = f"INSERT INTO asset(row, {', '.join(COLUMNS)}, combo) VALUES(?, {', '.join('?' * len(COLUMNS))}, ?)"
UPDATE = f"UPDATE asset SET {', '.join(f'{name}=?' for name in COLUMNS[1:])}, combo=? WHERE row=?"
# What facets count, but for months.
COMBO = ("tool", "model", "tags", "rating", "projects", "state", "media_type", "flag", "label")
STATE, TEXT, BINNED = COLUMNS.index("state"), COLUMNS.index("text"), COLUMNS.index("binned_at")
IN_ROW = [COLUMNS.index(name) for name in COMBO]
WORDS = f"INSERT INTO words(rowid, {', '.join(TEXTS)}) VALUES(?, {', '.join('?' * len(TEXTS))})"
STATE_AND_COMBO = ", ".join(f"a.{name}" for name in COMBO)
AT_ONCE = 500  # hashes asked for in one statement


class Picture(NamedTuple):
    """The rows of one image document, as far as the document alone tells them."""

    id: bytes
    row: tuple[Any, ...]  # of COLUMNS; the state and what depends on it comes from the blobs
    tags: list[str]
    places: dict[str, str]  # place by project
    albums: dict[str, str]  # place by album
    blobs: list[bytes]  # of all versions
    different: list[bytes]  # pictures that it is not, however alike
    prompts: list[bytes]  # saved prompts that it was made from
    texts: tuple[str, ...]  # as they are searched: of `in_title` and so on

    @property
    def shown(self) -> bool:
        """Whether it is outside the bin."""
        return self.row[BINNED] is None

    @property
    def sha256(self) -> bytes:
        """Of the version shown."""
        shown: bytes = self.row[1]
        return shown


def picture_of(id: bytes, values: Values) -> Picture | None:
    """What an image document's values say; None when it shows nothing."""
    values = image_values(values)
    versions = versions_of(values)
    current = current_of(values, versions)
    if current is None:
        return None
    tags = sorted(values["tags"])
    places = values["projects"]
    values = as_made(values, current, versions)
    texts = _texts(values, tags, {*values["sources"], *(version.name for version in versions if version.name)})
    return Picture(
        id,
        _row(id, values, versions, current, tags, places, texts),
        tags,
        places,
        values["collections"],
        [bytes.fromhex(version.blob) for version in versions],
        told_apart(values),
        prompts_of(values),
        texts,
    )


def _texts(values: Values, tags: list[str], names: set[str]) -> tuple[str, ...]:
    return (
        agreed(values["title"]) or "",
        values.get("prompt", ""),
        values.get("negative", ""),
        "\n".join(tags),
        values["note"],
        "\n".join(sorted(names)),
        values.get("model", ""),
    )


def project_image(connection: Connection, id: bytes, values: Values) -> bool:
    """Write the rows of one image document; False when it shows nothing (its rows are gone then)."""
    picture = picture_of(id, values)
    old = connection.execute("SELECT row, text FROM asset WHERE id=?", (id,)).fetchone()
    if picture is None:
        if old is not None:
            remove_image(connection, old[0])
        return False
    if old is None:
        add_images(connection, [picture])
        return True
    row, text = old
    shown = _with_state(picture, state_of(connection, picture.sha256))
    connection.execute(UPDATE, (*shown[1:], Combos(connection).of(shown), row))
    for table in ("tag", "member", "placed", "made", "version", "different"):
        connection.execute(f"DELETE FROM {table} WHERE row=?", (row,))
    _add_sets(connection, [(row, picture)])
    if text != picture.row[TEXT]:
        connection.execute("DELETE FROM words WHERE rowid=?", (row,))
        connection.execute("DELETE FROM signs WHERE row=?", (row,))
        _add_words(connection, [(row, picture)])
    return True


def add_images(connection: Connection, pictures: Sequence[Picture]) -> None:
    """Write the rows of image documents that have none yet, together."""
    states = states_of(connection, [picture.sha256 for picture in pictures])
    (last,) = connection.execute("SELECT coalesce(max(row), 0) FROM asset").fetchone()
    numbered = list(enumerate(pictures, last + 1))
    combos = Combos(connection)
    rows = [(row, _with_state(picture, states[picture.sha256])) for row, picture in numbered]
    connection.executemany(INSERT, [(row, *values, combos.of(values)) for row, values in rows])
    _add_sets(connection, numbered)
    _add_words(connection, numbered)


class Combos:
    """Numbers of the combinations that facets count."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, int] = {}

    def of(self, row: Sequence[Any]) -> int:
        """Of a row of COLUMNS."""
        return self.number([row[place] for place in IN_ROW])

    def number(self, values: Sequence[Any]) -> int:
        """Of the values of COMBO; a new one gets the next number."""
        key = msgspec.json.encode(values).decode()
        if key not in self._known:
            row = self._connection.execute("SELECT id FROM combo WHERE key=?", (key,)).fetchone()
            if row is None:
                marks = ", ".join("?" * (len(COMBO) + 1))
                row = self._connection.execute(
                    f"INSERT INTO combo(key, {', '.join(COMBO)}) VALUES({marks}) RETURNING id", (key, *values)
                ).fetchone()
            self._known[key] = row[0]
        return self._known[key]


def refresh_states(connection: Connection, hashes: Iterable[bytes]) -> list[bytes]:
    """Compute the state of assets that show these blobs again; returns the ids of those that changed."""
    wanted = list(dict.fromkeys(hashes))
    changed = []
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        states = states_of(connection, some)
        rows = connection.execute(
            f"SELECT a.row, a.id, a.sha256, {STATE_AND_COMBO} FROM version AS v JOIN asset AS a ON a.row = v.row"
            f" WHERE v.hash IN ({', '.join('?' * len(some))}) AND a.sha256 = v.hash",
            some,
        ).fetchall()
        changed += _turn(connection, [(states[sha256], row, id, values) for row, id, sha256, *values in rows])
    return changed


def refresh_elsewhere(connection: Connection, came: bool, went: bool) -> list[bytes]:
    """After other devices said what they have (`came`) and have no more: the same for what depends on that alone."""
    changed = []
    for asked, before, now, told in ((came, "missing", "elsewhere", ""), (went, "elsewhere", "missing", "NOT ")):
        if asked and connection.execute("SELECT 1 FROM combo WHERE state=? LIMIT 1", (before,)).fetchone():
            rows = connection.execute(
                f"SELECT row, id, {STATE_AND_COMBO} FROM asset AS a WHERE state=?"
                f" AND {told}EXISTS(SELECT 1 FROM copy WHERE hash=substr(a.sha256, 1, 8))",
                (before,),
            ).fetchall()
            changed += _turn(connection, [(now, row, id, values) for row, id, *values in rows])
    return changed


def _turn(connection: Connection, rows: Iterable[tuple[str, int, bytes, list[Any]]]) -> list[bytes]:
    """Write the states of assets that have another; state, number, id and the values of COMBO of each."""
    combos, place, turned = Combos(connection), COMBO.index("state"), []
    for state, row, id, values in rows:
        if values[place] != state:
            values[place] = state
            turned.append((state, combos.number(values), row, id))
    connection.executemany(
        "UPDATE asset SET state=?, combo=? WHERE row=?", [(state, combo, row) for state, combo, row, _ in turned]
    )
    return [id for *_, id in turned]


def states_of(connection: Connection, hashes: Sequence[bytes]) -> Mapping[bytes, str]:
    """`state_of` for many blobs."""
    found: dict[bytes, str] = {}
    for start in range(0, len(hashes), AT_ONCE):
        some = hashes[start : start + AT_ONCE]
        here = {hash for (hash,) in connection.execute(f"SELECT hash FROM blob WHERE here=1 AND {_among(some)}", some)}
        found.update(dict.fromkeys(here, "here"))
        rest = [hash for hash in some if hash not in here]
        if not rest:
            continue
        cut = [hash[:8] for hash in rest]
        told = {hash for (hash,) in connection.execute(f"SELECT hash FROM copy WHERE {_among(cut)}", cut)}
        found.update({hash: "elsewhere" if hash[:8] in told else "missing" for hash in rest})
        kept = f"SELECT DISTINCT hash, state FROM reference WHERE state IN ('here', 'offline') AND {_among(rest)}"
        found.update(sorted(connection.execute(kept, rest).fetchall(), key=lambda row: row[1], reverse=True))
    return found


def _among(hashes: Sequence[bytes]) -> str:
    return f"hash IN ({', '.join('?' * len(hashes))})"


def _row(
    id: bytes,
    values: Values,
    versions: Sequence[VersionValues],
    current: VersionValues,
    tags: list[str],
    places: Mapping[str, str],
    texts: tuple[str, ...],
) -> tuple[Any, ...]:
    created_at = within(versions[0].at)
    return (
        id,
        bytes.fromhex(current.blob),
        bytes.fromhex(current.thumbnail) if current.thumbnail else None,
        name_of(values, versions),
        agreed(values["title"]) or None,
        current.width,
        current.height,
        max(current.width, current.height),
        current.media_type,
        current.size,
        values.get("prompt"),
        values.get("negative"),
        values.get("seed"),
        values.get("model"),
        values.get("tool"),
        agreed(values["rating"]) or 0,
        agreed(values["flag"]) or None,
        agreed(values["label"]) or None,
        len(versions),
        versions[0].made,
        created_at,
        binned_at(values),
        "",
        _json(conflicts_of(values)),
        _json(tags),
        _json(sorted(places)),
        zlib.crc32("\0".join(texts).encode()),  # words are only written again when this changed
    )


def _with_state(picture: Picture, state: str) -> tuple[Any, ...]:
    row = picture.row
    return (*row[:STATE], state, *row[STATE + 1 :])


def fill_different(connection: Connection) -> None:
    """Make the rows of `different` of a library whose documents were written before there was that view."""
    found = connection.execute(
        "SELECT asset.row, saved FROM asset JOIN document USING (id) WHERE id IN (SELECT c.document"
        " FROM segment AS s JOIN change AS c ON c.segment = s.id"
        " WHERE s.intent IN ('asset.other', 'asset.apart', 'undo', 'redo'))"
    ).fetchall()
    for row, saved in found:
        try:
            values = Document.load(Kind.IMAGE, saved).read()
        except DocumentDamaged:
            continue  # nothing else can be read of it either, and `verify` names it
        rows = [(row, other) for other in told_apart(values)]
        connection.executemany("INSERT INTO different(row, other) VALUES(?, ?)", rows)


def _json(names: list[str]) -> str:
    return msgspec.json.encode(names).decode() if names else "[]"


def _add_sets(connection: Connection, rows: Sequence[tuple[int, Picture]]) -> None:
    connection.executemany("INSERT INTO tag(tag, row) VALUES(?, ?)", [(tag, row) for row, p in rows for tag in p.tags])
    connection.executemany(
        "INSERT INTO member(project, row, place) VALUES(?, ?, ?)",
        [(bytes.fromhex(project), row, place) for row, p in rows for project, place in p.places.items()],
    )
    connection.executemany(
        "INSERT INTO placed(album, shown, place, id, row) VALUES(?, ?, ?, ?, ?)",
        [(bytes.fromhex(album), p.shown, place, p.id, row) for row, p in rows for album, place in p.albums.items()],
    )
    connection.executemany(
        "INSERT INTO made(prompt, shown, row) VALUES(?, ?, ?)",
        [(prompt, p.shown, row) for row, p in rows for prompt in p.prompts],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO version(row, hash) VALUES(?, ?)",
        [(row, hash) for row, p in rows for hash in p.blobs],
    )
    connection.executemany(
        "INSERT INTO different(row, other) VALUES(?, ?)", [(row, other) for row, p in rows for other in p.different]
    )


def _add_words(connection: Connection, rows: Sequence[tuple[int, Picture]]) -> None:
    read = [(row, [indexed(text) for text in picture.texts]) for row, picture in rows]
    connection.executemany(WORDS, [(row, *(text for text, _ in texts)) for row, texts in read])
    add_signs(connection, [(row, signset(part for _, part in texts)) for row, texts in read])


def remove_image(connection: Connection, row: int) -> None:
    """Drop all rows of an asset whose document shows nothing any more."""
    for statement in (
        "DELETE FROM tag WHERE row=?",
        "DELETE FROM member WHERE row=?",
        "DELETE FROM placed WHERE row=?",
        "DELETE FROM made WHERE row=?",
        "DELETE FROM words WHERE rowid=?",
        "DELETE FROM signs WHERE row=?",
        "DELETE FROM version WHERE row=?",
        "DELETE FROM different WHERE row=?",
        "DELETE FROM asset WHERE row=?",
    ):
        connection.execute(statement, (row,))
