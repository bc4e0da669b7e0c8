"""How an action is taken back: the changes that it made to each document, undone by a new one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby, islice
from typing import Any, NamedTuple

from documents.change import ChangeHeader, read_header
from documents.diff import text_edits
from documents.draft import Draft
from documents.engine import Document
from documents.kinds import SCHEMA, Kind, Merge, genesis_objects
from documents.segment import ChangeEntry, decode
from library.editing.inverse import revert
from library.editing.parts import intents_of, intents_on
from library.replica.log import APPLIED
from library.replica.shelf import loaded
from library.values import Values
from library.views.projection import current_of, state_of, versions_of
from library.workspace import Edit
from store.database import Connection

FEW = 8
MINE, THEIRS, GONE = "mine", "theirs", "gone"


class Undoing(NamedTuple):
    """An action, or a part of it, that is being undone on one document: what its values were before and after it."""

    document: bytes
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    created: bool
    now: int
    documents: Collection[bytes]  # all that the action changed


class Made(NamedTuple):
    """A change that an action made to a document, and what its segment says was done."""

    document: bytes
    intent: str
    header: ChangeHeader


Undo = Callable[[Connection, Undoing], list[Edit]]
Way = Callable[[Made], Undo]  # how a change is taken back

CHANGED = (
    "SELECT DISTINCT c.document FROM segment AS s CROSS JOIN change AS c ON c.segment = s.id"
    " WHERE s.action=? AND c.state=?"
)


def documents_of(connection: Connection, action: bytes) -> list[bytes]:
    """The documents an action changed."""
    return [id for (id,) in connection.execute(f"{CHANGED} ORDER BY c.document", (action, APPLIED))]


def some_documents_of(connection: Connection, action: bytes) -> list[bytes]:
    """The first few of them: enough to show what an action was about, however large it was."""
    return [id for (id,) in connection.execute(f"{CHANGED} LIMIT {FEW}", (action, APPLIED))]


def changes_of(connection: Connection, document: bytes, action: bytes) -> list[Made]:
    """The applied changes that an action made to a document, causes first."""
    rows = connection.execute(
        "SELECT s.intent, s.raw, c.position FROM change AS c JOIN segment AS s ON s.id = c.segment"
        " WHERE c.document=? AND s.action=? AND c.state=? ORDER BY c.segment, c.position",
        (document, action, APPLIED),
    )
    made = []
    for intent, raw, position in rows:
        entry = decode(raw).entries[position]
        if isinstance(entry, ChangeEntry):
            made.append(Made(document, intent, read_header(entry.change)))
    return made


def taking_back(connection: Connection, action: bytes, way: Way, now: int) -> Iterator[Edit]:
    """What takes an action back, document by document; of each what was done in different ways, the last first."""
    documents = documents_of(connection, action)
    changed = frozenset(documents)
    for document in documents:
        made = changes_of(connection, document, action)
        parts = [(take_back, list(part)) for take_back, part in groupby(made, way)]
        for take_back, part in reversed(parts):
            runs = _runs(part) if take_back is taken_back else [part]
            for run in reversed(runs):
                yield from take_back(connection, _undoing(connection, document, run, now, changed))
            if take_back is taken_back:
                yield from texts_without(connection, document, part)


def _runs(made: Sequence[Made]) -> list[list[Made]]:
    """Changes that follow each other with nothing of others between: only of those it is plain what they did."""
    runs: list[list[Made]] = []
    for each in made:
        if runs and each.header.deps == (runs[-1][-1].header.hash,):
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def texts_without(connection: Connection, id: bytes, made: Sequence[Made]) -> list[Edit]:
    """Takes what these changes did to texts out of them, whatever others wrote into them since."""
    kind = Kind(id[0])
    names = [name for name, _ in genesis_objects(kind)]
    written = {number for each in made for number in each.header.texts}
    fields = [names[number - 1] for number in sorted(written) if names[number - 1] in SCHEMA[kind]]
    if not fields:
        return []
    document = loaded(connection, id)
    known = {read_header(change).hash: change for change in document.changes()}
    own = {each.header.hash for each in made}
    texts = {field: text_without(kind, field, known, own) for field in fields}
    return [(id, partial(_write_texts, texts=texts))]


def text_without(kind: Kind, field: str, changes: Mapping[bytes, bytes], own: Collection[bytes]) -> str:
    """A text without what some of its changes did: what they put in and still stands goes, what they took out comes
    back. Where nothing stands any more that they put in, something else has taken its place, and it stays as it is.

    `changes`: all of the document by their hashes, each after those it builds on.
    """
    replayed = Document.new(kind)
    letters = Letters()
    for mine, hashes in groupby(changes, own.__contains__):
        replayed.apply([changes[hash] for hash in hashes])
        letters.become(str(replayed.read()[field]), mine)
    return letters.without_mine()


class Letters:
    """The letters of a text, and which of them are ours: put in by us, or taken out."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, str]] = []  # a letter and whose it is; MINE goes, GONE was taken out by us
        self._text = ""
        self._put_in = False

    def become(self, text: str, mine: bool) -> None:
        """The text reads so now, by our doing or that of others."""
        for index, removed, inserted in text_edits(self._text, text):
            place = end = self._place(index)
            left: list[tuple[str, str]] = []
            while end < len(self._cells) and (removed or self._cells[end][1] == GONE):
                letter, whose = self._cells[end]
                end += 1
                removed -= whose != GONE
                if whose == GONE or (mine and whose == THEIRS):
                    left.append((letter, GONE))
            self._cells[place:end] = left + [(letter, MINE if mine else THEIRS) for letter in inserted]
            self._put_in |= mine and bool(inserted)
        self._text = text

    def _place(self, index: int) -> int:
        """Where the letter stands that is shown at an index."""
        shown = (place for place, (_, whose) in enumerate(self._cells) if whose != GONE)
        return next(islice(shown, index, None), len(self._cells))

    def without_mine(self) -> str:
        if self._put_in and all(whose != MINE for _, whose in self._cells):
            return self._text
        return "".join(letter for letter, whose in self._cells if whose != MINE)


def _write_texts(draft: Draft, texts: Mapping[str, str]) -> None:
    for field, text in texts.items():
        draft.write_text(field, text)


def way_of_edit(undos: Mapping[str, Undo]) -> Way:
    """Each change by what its segment says was done."""
    return lambda change: undos.get(change.intent, taken_back)


def way_of_turn(connection: Connection, edit: bytes, undos: Mapping[str, Undo]) -> Way:
    """An undo, and an undo of one, as the `edit` below on the same document. What that did not touch came there where
    taking back changes was not all.
    """
    known = {each: undos.get(each, taken_back) for each in sorted(intents_of(connection, edit))}
    special = next((each for each in known.values() if each is not taken_back), taken_back)

    def way(change: Made) -> Undo:
        found = [known[each] for each in intents_on(connection, edit, change.document) if each in known]
        return taken_back if found and all(each is taken_back for each in found) else special

    return way


def taken_back(connection: Connection, state: Undoing) -> list[Edit]:
    """All but the texts: `texts_without`."""
    return [(state.document, reverter(connection, state, texts=False))]


def reverter(connection: Connection, state: Undoing, *, texts: bool = True) -> Callable[[Draft], None]:
    """Takes the changes of an action on a document back, as far as they still stand; a version whose original is gone
    does not take the place of one that can be had.
    """
    kind = Kind(state.document[0])
    leave = {"current"} if kind is Kind.IMAGE and _is_gone(connection, state.before) else set[str]()
    if not texts:
        leave |= {field for field, merge in SCHEMA[kind].items() if merge is Merge.TEXT}
    return lambda draft: revert(draft, kind, state.before, state.after, state.now, created=state.created, leave=leave)


def _is_gone(connection: Connection, values: Values) -> bool:
    """Whether the original of the version that is shown is nowhere on this device, and none of its drives is away."""
    shown = current_of(values, versions_of(values))
    return shown is not None and state_of(connection, bytes.fromhex(shown.blob)) == "missing"


def _undoing(connection: Connection, id: bytes, made: Sequence[Made], now: int, changed: Collection[bytes]) -> Undoing:
    document = loaded(connection, id)
    headers = [each.header for each in made]
    own = {header.hash for header in headers}
    after = [hash for hash in own if not any(hash in header.deps for header in headers)]
    before = sorted({dep for header in headers for dep in header.deps if dep not in own})
    genesis = Document.new(Kind(id[0])).heads()
    created = tuple(before) == genesis
    return Undoing(id, document.read(before), document.read(after), created, now, changed)
