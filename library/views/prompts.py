"""Saved prompts as rows, and which pictures were made from each."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import msgspec

from documents.engine import Document
from documents.errors import DocumentDamaged
from documents.kinds import Kind
from library.prompts import Prompt, Variant
from library.values import Values, prompt_values
from library.views.projection import agreed, binned_at, disagree, prompts_of
from store.database import Connection

SELECT = (
    "SELECT p.id, p.name, p.text, p.negative, p.notes, p.variables, p.variants, p.tags, p.archived, p.conflicts,"
    " p.created_at, (SELECT count(*) FROM made AS m WHERE m.prompt = p.id AND m.shown = 1) FROM prompt AS p"
)
MADE_BY = ("asset.generate", "asset.same", "asset.apart", "undo", "redo")


def project_prompt(connection: Connection, id: bytes, values: Values) -> bool:
    """Write the row of one prompt document."""
    values = prompt_values(values)
    name = agreed(values["name"])
    if not name or binned_at(values) is not None:
        connection.execute("DELETE FROM prompt WHERE id=?", (id,))
        return False
    conflicts = [field for field in ("name", "archived") if disagree(values[field])]
    connection.execute(
        "INSERT INTO prompt(id, name, text, negative, notes, variables, variants, tags, archived, conflicts,"
        " created_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET name=excluded.name,"
        " text=excluded.text, negative=excluded.negative, notes=excluded.notes, variables=excluded.variables,"
        " variants=excluded.variants, tags=excluded.tags, archived=excluded.archived, conflicts=excluded.conflicts",
        (
            id,
            name,
            values["text"],
            values["negative"],
            values["notes"],
            _json(variables_of(values)),
            _json(variants_of(values)),
            _json(sorted(tag for tag, value in values["tags"].items() if value is True)),
            bool(agreed(values["archived"])),
            json.dumps(conflicts),
            values["at"],
        ),
    )
    return True


def variables_of(values: Values) -> dict[str, str]:
    """Default by name."""
    found = ((key.rpartition("/"), value) for key, value in sorted(values["variables"].items()))
    return {name: value for (name, _, field), value in found if name and field == "default" and type(value) is str}


def variants_of(values: Values) -> dict[str, Variant]:
    """By language; one without its text is none."""
    found: dict[str, dict[str, str]] = {}
    for key, value in sorted(values["variants"].items()):
        language, _, field = key.rpartition("/")
        if language and field in ("text", "negative") and type(value) is str:
            found.setdefault(language, {})[field] = value
    return {language: Variant(**fields) for language, fields in found.items() if "text" in fields}


def all_prompts(connection: Connection, q: str = "", archived: bool = True) -> list[Prompt]:
    """All of them, archived ones last, by name; of which a name, text or tag holds every word of `q`."""
    words = _plain(q).split()
    found = [prompt_of(row) for row in connection.execute(f"{SELECT} ORDER BY p.archived, p.name COLLATE NOCASE, p.id")]
    return [each for each in found if (archived or not each.archived) and _holds(each, words)]


def prompt_in(connection: Connection, id: bytes) -> Prompt | None:
    row = connection.execute(f"{SELECT} WHERE p.id=?", (id,)).fetchone()
    return None if row is None else prompt_of(row)


def prompt_of(row: tuple[Any, ...]) -> Prompt:
    id, name, text, negative, notes, variables, variants, tags, archived, conflicts, created_at, assets = row
    return Prompt(
        id=id.hex(),
        name=name,
        text=text,
        negative=negative,
        notes=notes,
        variables=json.loads(variables),
        variants=msgspec.json.decode(variants, type=dict[str, Variant]),
        tags=json.loads(tags),
        archived=bool(archived),
        assets=assets,
        created_at=created_at,
        conflicts=json.loads(conflicts),
    )


def fill_prompts(connection: Connection) -> None:
    """Make the rows of a library that was written before there was this view: newer devices may have sent prompts."""
    for id, saved in connection.execute("SELECT id, saved FROM document WHERE id BETWEEN x'05' AND x'06'").fetchall():
        try:
            project_prompt(connection, id, Document.load(Kind.PROMPT, saved).read())
        except DocumentDamaged:
            continue  # `verify` names it
    marks = ", ".join("?" * len(MADE_BY))
    pictures = connection.execute(
        "SELECT asset.row, binned_at IS NULL, saved FROM asset JOIN document USING (id) WHERE id IN"
        f" (SELECT c.document FROM segment AS s JOIN change AS c ON c.segment = s.id WHERE s.intent IN ({marks}))",
        MADE_BY,
    ).fetchall()
    for row, shown, saved in pictures:
        try:
            found = prompts_of(Document.load(Kind.IMAGE, saved).read())
        except DocumentDamaged:
            continue
        connection.executemany(
            "INSERT INTO made(prompt, shown, row) VALUES(?, ?, ?)", [(prompt, shown, row) for prompt in found]
        )


def _holds(prompt: Prompt, words: list[str]) -> bool:
    if not words:
        return True
    texts = (prompt.name, prompt.text, *(each.text for each in prompt.variants.values()), *prompt.tags)
    whole = _plain("\n".join(texts))
    return all(word in whole for word in words)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
