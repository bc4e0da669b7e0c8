"""The tables of a workspace's file: truth, what is kept beside it, and the views that `rebuild` makes again."""

from __future__ import annotations

FIRST_COUNTED = ("meta", "segment", "operation", "blob", "reference", "source", "watched")
QUEUED = ("batch", "job", "attempt", "ledger")
STOPPED = ("stop", "aside")
COUNTED = (*FIRST_COUNTED, *QUEUED, *STOPPED)


def _counting(table: str) -> tuple[str, ...]:
    """What keeps a table's row of `total`. Truth is written with upserts: REPLACE would delete unnoticed."""
    change = f"BEGIN UPDATE total SET rows = rows {{}} 1 WHERE name='{table}'; END"
    return (
        f"INSERT INTO total(name, rows) VALUES('{table}', 0)",
        f"CREATE TRIGGER {table}_more AFTER INSERT ON {table} {change.format('+')}",
        f"CREATE TRIGGER {table}_less AFTER DELETE ON {table} {change.format('-')}",
    )


TRUTH = (
    # `sum` is a hash over the row: SQLite's own integrity check does not see a flipped value.
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL) WITHOUT ROWID",
    # One row per segment, held (state 1) or still waiting for what it builds on (state 0). `raw` is what was signed.
    """CREATE TABLE segment(
      id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, device BLOB NOT NULL, incarnation BLOB NOT NULL,
      run BLOB NOT NULL, seq INTEGER NOT NULL, prev BLOB NOT NULL, auth BLOB NOT NULL, clock INTEGER NOT NULL,
      time INTEGER NOT NULL, action BLOB NOT NULL, intent TEXT NOT NULL, state INTEGER NOT NULL, raw BLOB NOT NULL)""",
    "CREATE INDEX segment_chain ON segment(incarnation, seq)",
    "CREATE INDEX segment_action ON segment(action)",
    # Membership operations; state 1: all its ancestors are known.
    "CREATE TABLE operation(hash BLOB PRIMARY KEY, state INTEGER NOT NULL, raw BLOB NOT NULL) WITHOUT ROWID",
    """CREATE TABLE blob(
      hash BLOB PRIMARY KEY, size INTEGER NOT NULL, media_type TEXT NOT NULL, here INTEGER NOT NULL,
      sum BLOB NOT NULL) WITHOUT ROWID""",
    # Where an original that is kept in place lies. state: here, offline, gone (the bytes there changed).
    """CREATE TABLE reference(
      path BLOB PRIMARY KEY, hash BLOB NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL, state TEXT NOT NULL,
      sum BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX reference_hash ON reference(hash)",
    # Every path that was ever imported from, with what lay there, so that an edit in place is known as one.
    """CREATE TABLE source(
      path BLOB PRIMARY KEY, document BLOB NOT NULL, hash BLOB NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
      watched BLOB, sum BLOB NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX source_watched ON source(watched)",
    "CREATE TABLE watched(id BLOB PRIMARY KEY, path BLOB NOT NULL UNIQUE, mode TEXT NOT NULL, sum BLOB NOT NULL)"
    " WITHOUT ROWID",
    # How many rows each table of truth has: a row that vanished leaves no other trace.
    "CREATE TABLE total(name TEXT PRIMARY KEY, rows INTEGER NOT NULL) WITHOUT ROWID",
    *(statement for table in FIRST_COUNTED for statement in _counting(table)),
)

# Work for providers (library/jobs): `body` is the whole row as a struct. Truth, and this device's own: never sent.
JOBS = (
    "CREATE TABLE batch(id BLOB PRIMARY KEY, key TEXT UNIQUE, time INTEGER NOT NULL, body BLOB NOT NULL,"
    " sum BLOB NOT NULL)",
    """CREATE TABLE job(
      id BLOB PRIMARY KEY, batch BLOB NOT NULL, number INTEGER NOT NULL, provider TEXT NOT NULL, state TEXT NOT NULL,
      priority INTEGER NOT NULL, place INTEGER NOT NULL, not_before INTEGER NOT NULL, ended_at INTEGER, line TEXT,
      body BLOB NOT NULL, sum BLOB NOT NULL)""",
    "CREATE INDEX job_batch ON job(batch, number)",
    "CREATE INDEX job_state ON job(state, priority DESC, place)",
    "CREATE INDEX job_line ON job(line) WHERE line IS NOT NULL",
    "CREATE INDEX job_ended ON job(ended_at DESC, id) WHERE ended_at IS NOT NULL",
    "CREATE TABLE attempt(id BLOB PRIMARY KEY, job BLOB NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,"
    " body BLOB NOT NULL, sum BLOB NOT NULL)",
    "CREATE INDEX attempt_job ON attempt(job, number)",
    "CREATE INDEX attempt_state ON attempt(state)",
    "CREATE TABLE ledger(id BLOB PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL, amount INTEGER,"
    " currency TEXT NOT NULL, body BLOB NOT NULL, sum BLOB NOT NULL)",
    "CREATE INDEX ledger_time ON ledger(time)",
    *(statement for table in QUEUED for statement in _counting(table)),
)

# What a month cost is asked before anything paid is begun: from this it is summed without reading a line. Without
# `kind` SQLite would look into each line for it all the same.
CHARGES = "CREATE INDEX ledger_charges ON ledger(currency, time, amount, kind) WHERE kind='charge'"

# Every combination of what facets count, but for months, that any asset has or had; `key` is all of it as JSON. With
# months, nearly every asset of a library of many years would be a combination of its own.
COMBO = """CREATE TABLE combo(
      id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, tool TEXT, model TEXT, tags TEXT NOT NULL,
      rating INTEGER NOT NULL, projects TEXT NOT NULL, state TEXT NOT NULL, media_type TEXT NOT NULL,
      flag TEXT, label TEXT, shown INTEGER NOT NULL DEFAULT 0)"""
# How many assets outside the bin have it.
SHOWN = (
    "CREATE TRIGGER asset_in AFTER INSERT ON asset WHEN new.binned_at IS NULL"
    " BEGIN UPDATE combo SET shown = shown + 1 WHERE id = new.combo; END",
    "CREATE TRIGGER asset_out AFTER DELETE ON asset WHEN old.binned_at IS NULL"
    " BEGIN UPDATE combo SET shown = shown - 1 WHERE id = old.combo; END",
    "CREATE TRIGGER asset_moved AFTER UPDATE OF combo, binned_at ON asset"
    " WHEN old.combo <> new.combo OR (old.binned_at IS NULL) <> (new.binned_at IS NULL) BEGIN"
    " UPDATE combo SET shown = shown - (old.binned_at IS NULL) WHERE id = old.combo;"
    " UPDATE combo SET shown = shown + (new.binned_at IS NULL) WHERE id = new.combo; END",
)

# `provider` and `model`: what its pictures are made with, empty where it names none.
PROJECT = """CREATE TABLE project(
      id BLOB PRIMARY KEY, name TEXT NOT NULL, brief TEXT NOT NULL, color TEXT, archived INTEGER NOT NULL,
      conflicts TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
      provider TEXT NOT NULL, model TEXT NOT NULL) WITHOUT ROWID"""

# Collections that have a query: saved searches. The query stands as it was written, whoever understands it.
SEARCH = """CREATE TABLE search(
      id BLOB PRIMARY KEY, name TEXT NOT NULL, query TEXT NOT NULL, sort TEXT NOT NULL, color TEXT NOT NULL,
      conflicts TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID"""

# Collections without a query, and which pictures they hold: also those of albums that were deleted and may come back.
ALBUMS = (
    """CREATE TABLE album(
      id BLOB PRIMARY KEY, name TEXT NOT NULL, notes TEXT NOT NULL, color TEXT, parent BLOB, cover BLOB,
      conflicts TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE placed(
      album BLOB NOT NULL, shown INTEGER NOT NULL, place TEXT NOT NULL, id BLOB NOT NULL, row INTEGER NOT NULL,
      PRIMARY KEY(album, shown, place, id)) WITHOUT ROWID""",
    "CREATE INDEX placed_row ON placed(row)",
)

# The few pictures of which several writers set something differently at once, in the order in which they are told.
DISPUTED = (
    "CREATE INDEX asset_disputed ON asset(created_at DESC, id DESC, conflicts)"
    " WHERE conflicts <> '[]' AND binned_at IS NULL"
)

# Saved prompts, and which pictures were made from each, also from one that was deleted.
PROMPTS = (
    """CREATE TABLE prompt(
      id BLOB PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL, negative TEXT NOT NULL, notes TEXT NOT NULL,
      variables TEXT NOT NULL, variants TEXT NOT NULL, tags TEXT NOT NULL, archived INTEGER NOT NULL,
      conflicts TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE TABLE made(prompt BLOB NOT NULL, shown INTEGER NOT NULL, row INTEGER NOT NULL,"
    " PRIMARY KEY(prompt, shown, row)) WITHOUT ROWID",
    "CREATE INDEX made_row ON made(row)",
)

# Pictures of which somebody said that they are not another one, however alike.
DIFFERENT = "CREATE TABLE different(row INTEGER NOT NULL, other BLOB NOT NULL, PRIMARY KEY(row, other)) WITHOUT ROWID"

# Every set of runs of signs that the texts of any picture have or had, and which of them a picture has, if any.
SIGNS = (
    "CREATE TABLE signset(id INTEGER PRIMARY KEY, runs TEXT NOT NULL UNIQUE)",
    "CREATE TABLE signs(row INTEGER PRIMARY KEY, signset INTEGER NOT NULL)",
    "CREATE INDEX signs_signset ON signs(signset)",
)

# Kept beside truth and views: `rebuild` leaves it, for it would have to look at every picture again, and it is lost
# without harm. Never sent, never in the digest.
KEPT = (
    # What pictures are known again by (library/intake/sketches.py); of each that was looked at, also where it is not.
    "CREATE TABLE sketch(key INTEGER NOT NULL, hash BLOB NOT NULL, cells BLOB NOT NULL, PRIMARY KEY(key, hash))"
    " WITHOUT ROWID",
    # Pictures that look the same, the newer one and the one before it. Until step 5 `told` said by which action.
    """CREATE TABLE alike(
      newer BLOB NOT NULL, older BLOB NOT NULL, time INTEGER NOT NULL, told BLOB, PRIMARY KEY(newer, older))
      WITHOUT ROWID""",
    "CREATE INDEX alike_older ON alike(older)",
    "CREATE INDEX source_document ON source(document)",
)


def _came(hash: str, when: str) -> str:
    return f"INSERT INTO presence(hash, here) SELECT substr({hash}, 1, 8), 1 WHERE {when};"


def _went(hash: str, when: str) -> str:
    """Unless it is here all the same."""
    return (
        f"INSERT INTO presence(hash, here) SELECT substr({hash}, 1, 8), 0 WHERE {when}"
        f" AND NOT EXISTS(SELECT 1 FROM blob WHERE hash={hash} AND here=1)"
        f" AND NOT EXISTS(SELECT 1 FROM reference WHERE hash={hash} AND state='here');"
    )


# An original that was kept in place and is there no more may be had from another device.
_LACKS = (
    "INSERT INTO lacking(hash, size, rank) SELECT hash, size, 2 FROM blob WHERE hash=old.hash AND here=0"
    " AND NOT EXISTS(SELECT 1 FROM reference WHERE hash=old.hash AND state IN ('here', 'offline'))"
    " AND NOT EXISTS(SELECT 1 FROM lacking WHERE hash=old.hash);"
)
_LACKS_NOT = "DELETE FROM lacking WHERE hash=new.hash AND new.state IN ('here', 'offline');"

# Which blobs are on this device, which it lacks, and what other devices said that they have. Kept as `KEPT` is: never
# sent as it stands, in no digest and no backup.
COPIES = (
    # What came and went here, for others: who knows it up to a stamp is told what followed. `hash`: the first 8 bytes.
    "CREATE TABLE presence(stamp INTEGER PRIMARY KEY, hash BLOB NOT NULL, here INTEGER NOT NULL)",
    "CREATE TRIGGER blob_came AFTER INSERT ON blob WHEN new.here=1 BEGIN"
    " INSERT INTO presence(hash, here) VALUES(substr(new.hash, 1, 8), 1); END",
    "CREATE TRIGGER blob_turned AFTER UPDATE OF here ON blob WHEN old.here<>new.here BEGIN "
    + _came("new.hash", "new.here=1")
    + _went("new.hash", "new.here=0")
    + " DELETE FROM lacking WHERE hash=new.hash AND new.here=1; END",
    "CREATE TRIGGER blob_went AFTER DELETE ON blob BEGIN "
    + _went("old.hash", "old.here=1")
    + " DELETE FROM lacking WHERE hash=old.hash; END",
    "CREATE TRIGGER reference_came AFTER INSERT ON reference BEGIN "
    + _came("new.hash", "new.state='here'")
    + _LACKS_NOT
    + " END",
    "CREATE TRIGGER reference_turned AFTER UPDATE ON reference WHEN old.state<>new.state OR old.hash<>new.hash BEGIN "
    + _came("new.hash", "new.state='here'")
    + _went("old.hash", "old.state='here'")
    + _LACKS
    + _LACKS_NOT
    + " END",
    "CREATE TRIGGER reference_went AFTER DELETE ON reference BEGIN "
    + _went("old.hash", "old.state='here'")
    + _LACKS
    + " END",
    # Blobs that the log names and that are not here. `rank`: 0 small, 1 what belongs to a picture, 2 an original,
    # 3 one that was let go, 4 one that nobody who may write pictures names. The number rises with the log.
    """CREATE TABLE lacking(
      number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, rank INTEGER NOT NULL)""",
    "CREATE INDEX lacking_rank ON lacking(rank, number)",
    # Other devices that said what they have, up to which stamp of which journal; `round` counts its journals,
    # `told` those that it told to their end.
    """CREATE TABLE holder(
      number INTEGER PRIMARY KEY, device BLOB NOT NULL UNIQUE, journal BLOB NOT NULL, stamp INTEGER NOT NULL,
      round INTEGER NOT NULL, told INTEGER NOT NULL)""",
    """CREATE TABLE copy(
      hash BLOB NOT NULL, holder INTEGER NOT NULL, round INTEGER NOT NULL, verified INTEGER,
      PRIMARY KEY(hash, holder)) WITHOUT ROWID""",
    # What this device keeps of originals: `project` empty for all that have no line of their own; `days` for recent.
    "CREATE TABLE policy(project BLOB PRIMARY KEY, kind TEXT NOT NULL, days INTEGER NOT NULL) WITHOUT ROWID",
    # Pictures, projects and albums whose originals are to be here.
    "CREATE TABLE pin(subject BLOB PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID",
    # The most bytes that originals take here; no row: no limit.
    "CREATE TABLE quota(bytes INTEGER NOT NULL)",
    # What names this device's journal beside its incarnation.
    "CREATE TABLE journal(salt BLOB NOT NULL)",
    "INSERT INTO journal VALUES(x'')",
)

# Originals that are not here and of which nobody knows any more that they are lacking.
FORGOTTEN = (
    "INSERT INTO lacking(hash, size, rank) SELECT hash, size, 2 FROM blob WHERE here=0"
    " AND hash NOT IN (SELECT hash FROM lacking)"
    " AND hash NOT IN (SELECT hash FROM reference WHERE state IN ('here', 'offline'))"
)

# Which bytes a picture showed before others: going back to them replaces nothing (library/replica/breaker.py).
FORMERLY = (
    "CREATE TABLE formerly(document BLOB NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(document, hash)) WITHOUT ROWID",
    "CREATE TRIGGER asset_replaced AFTER UPDATE OF sha256 ON asset WHEN old.sha256 <> new.sha256"
    " BEGIN INSERT OR IGNORE INTO formerly(document, hash) VALUES(old.id, old.sha256); END",
)

# What the breaker stopped: of which device (`body` is the whole row as a struct), and the segments that are put aside,
# as they came. Truth, and this device's own: never sent. `harm` says which pictures a device deleted or replaced here
# lately (no stop), or did in what was stopped, and what they were before; it is kept, and lost without harm.
BREAKER = (
    "CREATE TABLE stop(id BLOB PRIMARY KEY, device BLOB NOT NULL, state TEXT NOT NULL, body BLOB NOT NULL,"
    " sum BLOB NOT NULL)",
    "CREATE INDEX stop_device ON stop(device, state)",
    "CREATE TABLE aside(id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, device BLOB NOT NULL, raw BLOB NOT NULL)",
    "CREATE INDEX aside_device ON aside(device)",
    *(statement for table in STOPPED for statement in _counting(table)),
    """CREATE TABLE harm(
      device BLOB NOT NULL, stop BLOB NOT NULL, document BLOB NOT NULL, seen INTEGER NOT NULL, passed INTEGER NOT NULL,
      heads BLOB NOT NULL, shown BLOB NOT NULL, PRIMARY KEY(device, stop, document)) WITHOUT ROWID""",
    *FORMERLY,
)

# What each action is said to be, by the first of its segments in (rank, clock, hash) order, and how many changes of all
# of them count (library/replica/actions.py).
ACTIONS = (
    """CREATE TABLE action(
      row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, rank INTEGER NOT NULL, clock INTEGER NOT NULL,
      hash BLOB NOT NULL, time INTEGER NOT NULL, device BLOB NOT NULL, intent TEXT NOT NULL, params TEXT NOT NULL,
      changes INTEGER NOT NULL, undoes BLOB)""",
    "CREATE INDEX action_clock ON action(clock, hash)",
    "CREATE INDEX action_undoes ON action(undoes) WHERE undoes IS NOT NULL",
)
AGAIN = "CREATE INDEX again_segment ON again(segment)"

# Keys are hashes: a table that is ordered by one has a page to write for every row. Large rows therefore stand in the
# order in which they came, with an index beside them.
VIEWS = (
    # One row per change that lies in a held segment and is not void: `direct` when the right of who wrote it, or an
    # admin's acceptance, lets it in; `state` what it came to (library/replica/settling.py).
    """CREATE TABLE change(
      document BLOB NOT NULL, hash BLOB NOT NULL, segment INTEGER NOT NULL, position INTEGER NOT NULL,
      author BLOB NOT NULL, seq INTEGER NOT NULL, start INTEGER NOT NULL, last INTEGER NOT NULL, deps BLOB NOT NULL,
      direct INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY(segment, position)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX change_hash ON change(document, hash)",
    "CREATE INDEX change_out ON change(document, state) WHERE state <> 1",
    # The same change in a further segment; void changes, which are for ever; what waiting segments lack.
    """CREATE TABLE again(
      document BLOB NOT NULL, hash BLOB NOT NULL, segment INTEGER NOT NULL, PRIMARY KEY(document, hash, segment))
      WITHOUT ROWID""",
    "CREATE TABLE void(segment INTEGER NOT NULL, position INTEGER NOT NULL, document BLOB NOT NULL,"
    " reason TEXT NOT NULL, PRIMARY KEY(segment, position)) WITHOUT ROWID",
    "CREATE TABLE lack(want BLOB NOT NULL, segment BLOB NOT NULL, kind TEXT NOT NULL, PRIMARY KEY(want, segment))"
    " WITHOUT ROWID",
    "CREATE INDEX lack_segment ON lack(segment)",
    "CREATE TABLE document(row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, heads BLOB NOT NULL, saved BLOB NOT NULL)",
    "CREATE TABLE shard(id INTEGER PRIMARY KEY, digest BLOB)",
    *ACTIONS,
    AGAIN,
    """CREATE TABLE asset(
      row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, sha256 BLOB NOT NULL, thumbnail BLOB, name TEXT NOT NULL,
      title TEXT, width INTEGER NOT NULL, height INTEGER NOT NULL, longer INTEGER NOT NULL, media_type TEXT NOT NULL,
      bytes INTEGER NOT NULL, prompt TEXT, negative TEXT, seed TEXT, model TEXT, tool TEXT, rating INTEGER NOT NULL,
      flag TEXT, label TEXT, versions INTEGER NOT NULL, made TEXT NOT NULL, created_at INTEGER NOT NULL,
      binned_at INTEGER, state TEXT NOT NULL, conflicts TEXT NOT NULL, tags TEXT NOT NULL,
      projects TEXT NOT NULL, text INTEGER NOT NULL, combo INTEGER NOT NULL)""",
    # Counting and sorting what a query finds reads this, an eighth of the rows' size.
    "CREATE INDEX asset_narrow ON asset(row, binned_at, combo, created_at)",
    COMBO,
    *SHOWN,
    "CREATE INDEX asset_created ON asset(binned_at IS NULL, created_at DESC, row DESC, combo)",
    "CREATE INDEX asset_name ON asset(binned_at IS NULL, name COLLATE NOCASE, row)",
    "CREATE INDEX asset_rating ON asset(binned_at IS NULL, rating DESC, row DESC)",
    "CREATE INDEX asset_size ON asset(binned_at IS NULL, longer DESC, row DESC)",
    "CREATE INDEX asset_seed ON asset(seed) WHERE seed IS NOT NULL",
    DISPUTED,
    # Which assets show, as any version, a blob: for its state and for links between assets with the same bytes.
    "CREATE TABLE version(row INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(row, hash)) WITHOUT ROWID",
    "CREATE INDEX version_hash ON version(hash)",
    "CREATE TABLE tag(tag TEXT NOT NULL, row INTEGER NOT NULL, PRIMARY KEY(tag, row)) WITHOUT ROWID",
    "CREATE INDEX tag_row ON tag(row)",
    "CREATE TABLE member(project BLOB NOT NULL, row INTEGER NOT NULL, place TEXT NOT NULL, PRIMARY KEY(project, row))"
    " WITHOUT ROWID",
    "CREATE INDEX member_row ON member(row)",
    PROJECT,
    SEARCH,
    DIFFERENT,
    *SIGNS,
    *ALBUMS,
    *PROMPTS,
    *FORMERLY,
    # Keeps its content: contentless_delete is missing in SQLite 3.40.
    """CREATE VIRTUAL TABLE words USING fts5(
      in_title, in_prompt, in_negative, in_tags, in_note, in_name, in_model,
      tokenize='unicode61 remove_diacritics 2')""",
    "INSERT INTO words(words, rank) VALUES('rank', 'bm25(8.0, 4.0, 1.0, 4.0, 2.0, 2.0, 1.0)')",
    "INSERT INTO shard(id, digest) WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i<255)"
    " SELECT i, NULL FROM n",
)

VIEW_TABLES = (
    "change",
    "again",
    "void",
    "lack",
    "document",
    "shard",
    "action",
    "asset",
    "combo",
    "version",
    "tag",
    "member",
    "project",
    "search",
    "different",
    "signset",
    "signs",
    "album",
    "placed",
    "prompt",
    "made",
    "formerly",
    "words",
)

# Until step 2 flags and labels were not counted.
FIRST_COMBO = """CREATE TABLE combo(
      id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, tool TEXT, model TEXT, tags TEXT NOT NULL,
      rating INTEGER NOT NULL, projects TEXT NOT NULL, state TEXT NOT NULL,
      media_type TEXT NOT NULL, shown INTEGER NOT NULL DEFAULT 0)"""
# Until step 10 projects did not say what their pictures are made with.
FIRST_PROJECT = """CREATE TABLE project(
      id BLOB PRIMARY KEY, name TEXT NOT NULL, brief TEXT NOT NULL, color TEXT, archived INTEGER NOT NULL,
      conflicts TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) WITHOUT ROWID"""
MAKING = (
    "ALTER TABLE project RENAME TO project_before",
    PROJECT,
    "INSERT INTO project SELECT *, '', '' FROM project_before",
    "DROP TABLE project_before",
)
# Until step 14 it was not asked whether a segment counts that says what an action is.
FIRST_ACTION = """CREATE TABLE action(
      row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, clock INTEGER NOT NULL, hash BLOB NOT NULL,
      time INTEGER NOT NULL, device BLOB NOT NULL, intent TEXT NOT NULL, params TEXT NOT NULL,
      changes INTEGER NOT NULL, undoes BLOB)"""
RANKS = (
    "ALTER TABLE action RENAME TO action_before",
    ACTIONS[0],
    "INSERT INTO action SELECT row, id, 0, clock, hash, time, device, intent, params, changes, undoes"
    " FROM action_before",
    "DROP TABLE action_before",
    *ACTIONS[1:],
    AGAIN,
)
FIRST = {COMBO: FIRST_COMBO, PROJECT: FIRST_PROJECT, ACTIONS[0]: FIRST_ACTION}
LATER = (AGAIN, SEARCH, DIFFERENT, *SIGNS, *ALBUMS, *PROMPTS, *FORMERLY, DISPUTED)
FIRST_VIEWS = tuple(FIRST.get(each, each) for each in VIEWS if each not in LATER)
COUNTED_BY = ("tool", "model", "tags", "rating", "projects", "state", "media_type", "flag", "label")
KEY = f"json_array({', '.join(f'asset.{name}' for name in COUNTED_BY)})"
FLAGS_AND_LABELS = (
    "DROP TRIGGER asset_in",
    "DROP TRIGGER asset_out",
    "DROP TRIGGER asset_moved",
    "DROP TABLE combo",
    COMBO,
    f"INSERT INTO combo(key, {', '.join(COUNTED_BY)}, shown)"
    f" SELECT {KEY}, {', '.join(COUNTED_BY)}, sum(binned_at IS NULL) FROM asset GROUP BY 1",
    f"UPDATE asset SET combo = (SELECT id FROM combo WHERE key = {KEY})",
    *SHOWN,
)

# Step 3 has no rows to make: no program before it wrote a collection.
STEPS = (
    (*TRUTH, *FIRST_VIEWS),
    FLAGS_AND_LABELS,
    (SEARCH,),
    KEPT,
    (DIFFERENT, "ALTER TABLE alike DROP COLUMN told"),
    SIGNS,
    JOBS,
    ALBUMS,
    PROMPTS,
    MAKING,
    COPIES,
    BREAKER,
    (DISPUTED,),
    RANKS,
    (),  # what segments without changes are worth follows from the membership log
    (),  # calls that are not settled have a row among attempts
    (CHARGES,),
)
# The steps whose rows no statement can make.
WITH_DIFFERENT, WITH_SIGNS, WITH_ALBUMS, WITH_PROMPTS, WITH_MAKING, WITH_COPIES = 5, 6, 8, 9, 10, 11
WITH_RANKS, WITH_SILENT, WITH_CALLS = 14, 15, 16
