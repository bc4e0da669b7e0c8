"""One workspace that cannot be opened: the daemon starts, the others work, and that one says what is wrong with it."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from commands.terminal.texts import catalogue
from library.errors import Closed
from library.events import Bus
from library.surroundings import Surroundings
from library.tasks import Tasks
from library.workspaces import Workspaces
from tests.commands.house import paint, speak
from tests.daemon.test_strangers import NOBODY, as_stranger
from tests.daemonhouse import Done, running_daemon
from tests.library.house import HandClock, look

pytestmark = pytest.mark.process

DATABASE = "library.sqlite"


class Home:
    """Two workspaces, "Studio" and "Client", each with a picture; a backup of the second lies beside."""

    def __init__(self, path: Path) -> None:
        self.path = path / "home"
        self.backup = path / "backup"
        self.ids: dict[str, str] = {}
        paint(path / "one.png", 1, "neon")
        with running_daemon(self.path):
            assert self.speak("workspace", "new", "Client").code == 0
            for each in self.told("workspace", "ls")["workspaces"]:
                self.ids[each["name"]] = each["id"]
                assert self.speak("--workspace", each["name"], "import", str(path / "one.png")).code == 0
            assert self.speak("--workspace", "Client", "backup", str(self.backup)).code == 0
        self.folders = {id: mark.parent for mark in self.path.glob("data/workspaces/*/workspace") for id in [_id(mark)]}

    def folder(self, name: str) -> Path:
        return self.folders[self.ids[name]]

    def speak(self, *words: str, **variables: str) -> Done:
        return speak(self.path, *words, **variables)

    def told(self, *words: str) -> Any:
        return self.speak("--json", *words).json

    def found(self) -> set[str]:
        return {each["code"] for each in self.told("doctor")["problems"]}


def _id(mark: Path) -> str:
    return mark.read_text().strip()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def home(sound: Home, tmp_path: Path) -> Home:
    """A copy to damage."""
    shutil.copytree(sound.path, tmp_path / "home")
    copy = object.__new__(Home)
    copy.path, copy.backup, copy.ids = tmp_path / "home", sound.backup, sound.ids
    copy.folders = {id: tmp_path / "home" / folder.relative_to(sound.path) for id, folder in sound.folders.items()}
    return copy


def flip(database: Path) -> None:
    """A page of the table that says what the workspace is, and what follows, is rubbish."""
    data = bytearray(database.read_bytes())
    data[100:200] = random.Random(1).randbytes(100)
    database.write_bytes(data)


def flip_row(database: Path) -> None:
    """SQLite is content with it; our own reading is not."""
    connection = sqlite3.connect(database)
    connection.execute("UPDATE operation SET raw = substr(raw, 1, 20)")
    connection.commit()
    connection.close()


def newer(database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA user_version=99")
    connection.close()


def foreign(database: Path) -> None:
    """Somebody else's database, which must stay as it is."""
    database.unlink()
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE notes(text TEXT)")
    connection.execute("INSERT INTO notes VALUES('mine')")
    connection.commit()
    connection.close()


def as_folder(database: Path) -> None:
    database.unlink()
    database.mkdir()


FAULTS: dict[str, tuple[str, str, Callable[[Path], object]]] = {
    "flipped bytes": ("workspace_damaged", "database.damaged", flip),
    "flipped row": ("workspace_damaged", "database.damaged", flip_row),
    "no database at all": ("workspace_damaged", "database.damaged", lambda database: database.write_bytes(b"x" * 5000)),
    "empty file": ("workspace_damaged", "database.damaged", lambda database: database.write_bytes(b"")),
    "foreign database": ("workspace_damaged", "database.damaged", foreign),
    "newer schema": ("workspace_newer", "database.new", newer),
    "missing file": ("workspace_damaged", "database.missing", lambda database: database.unlink()),
    "folder in its place": ("workspace_damaged", "database.folder", as_folder),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_others_work_and_the_damaged_one_says_what_is_wrong(home: Home, fault: str) -> None:
    code, finding, damage = FAULTS[fault]
    folder = home.folder("Client")
    damage(folder / DATABASE)
    before = (folder / DATABASE).read_bytes() if (folder / DATABASE).is_file() else None
    with running_daemon(home.path):
        listed = home.told("workspace", "ls")
        assert [each["name"] for each in listed["workspaces"]] == ["Studio"]
        (closed,) = listed["closed"]
        assert (closed["id"], closed["folder"], closed["code"]) == (home.ids["Client"], str(folder), code)
        assert home.told("search", "neon")["total"] == 1
        assert home.speak("--workspace", "Studio", "project", "create", "Poster").code == 0
        for name in (home.ids["Client"], home.ids["Client"][:8]):
            done = home.speak("--workspace", name, "search", "neon")
            assert done.code == 4 and str(folder) in done.err and "Traceback" not in done.err
            for words in (("use", name), ("rename", name, "Other")):
                refused = home.speak("workspace", *words)
                assert (refused.code, refused.err) == (4, done.err)
        (attention,) = home.told("status")["attention"]
        assert attention["code"] == "workspace.closed" and attention["params"]["folder"] == str(folder)
        assert finding in home.found()
        for words in (("status",), ("workspace", "ls")):
            chinese = home.speak(*words, LANG="zh_TW.UTF-8").out
            assert attention["params"]["why"] not in chinese
            if words == ("status",) or code != "workspace_newer":  # which says it in its own sentence
                assert in_chinese(attention["params"]) in chinese
        checked = home.speak("--workspace", home.ids["Client"], "verify", "--json")
        assert "mode=ro" not in checked.out
        assert checked.code == 4 and checked.json["problems"]
    assert finding in home.found()
    assert before is None or (folder / DATABASE).read_bytes() == before
    assert (folder / DATABASE).exists() == (fault != "missing file")


def in_chinese(params: dict[str, str]) -> str:
    return catalogue("zh-TW")[f"closed.{params['cause']}"].format(**params)


def test_the_default_one_is_never_taken_for_another(home: Home) -> None:
    flip(home.folder("Studio") / DATABASE)
    with running_daemon(home.path):
        for words in (("search", "neon"), ("project", "create", "Poster"), ("digest",)):
            done = home.speak(*words)
            assert done.code == 4 and str(home.folder("Studio")) in done.err
        told = home.told("status")
        assert (told["workspace"]["role"], told["library"]["assets"]) == ("none", 0)
        assert "其他工作區不受影響" in home.speak("status", LANG="zh_TW.UTF-8").out
        assert "無法開啟" in home.speak("workspace", "ls", LANG="zh_TW.UTF-8").out
        assert home.told("--workspace", "Client", "search", "neon")["total"] == 1
        assert home.speak("workspace", "use", "Client").code == 0
        assert home.told("search", "neon")["total"] == 1


def test_where_none_can_be_opened_no_empty_one_is_made_in_its_place(home: Home) -> None:
    shutil.rmtree(home.folder("Client"))
    flip(home.folder("Studio") / DATABASE)
    with running_daemon(home.path):
        assert home.told("workspace", "ls")["workspaces"] == []
        assert home.speak("search", "neon").code == 4
    assert len(list(home.path.glob("data/workspaces/*"))) == 1


def test_restore_brings_it_back_and_sets_the_damaged_folder_aside(home: Home) -> None:
    folder = home.folder("Client")
    flip(folder / DATABASE)
    kept = (folder / DATABASE).read_bytes()
    with running_daemon(home.path):
        made = home.told("restore", "--backup", str(home.backup))
        assert made["id"] == home.ids["Client"]
        assert home.told("workspace", "ls")["closed"] == []
        assert home.told("--workspace", "Client", "search", "neon")["total"] == 1
    aside = home.path / "data" / "set-aside" / folder.name
    assert (aside / DATABASE).read_bytes() == kept and not folder.exists()
    with running_daemon(home.path):
        assert {each["name"] for each in home.told("workspace", "ls")["workspaces"]} == {"Studio", "Client"}
        assert home.told("status")["attention"] == []


def test_restore_leaves_one_alone_that_only_a_newer_program_can_read(home: Home) -> None:
    newer(home.folder("Client") / DATABASE)
    with running_daemon(home.path):
        done = home.speak("restore", "--backup", str(home.backup))
        assert done.code == 4 and "newer Gesso" in done.err
        assert len(home.told("workspace", "ls")["closed"]) == 1


def test_the_same_workspace_in_two_folders_is_opened_once(home: Home) -> None:
    folder = home.folder("Client")
    shutil.copytree(folder, folder.with_name("zz"))
    with running_daemon(home.path):
        listed = home.told("workspace", "ls")
        assert len(listed["workspaces"]) == 2
        assert [(each["code"], each["id"]) for each in listed["closed"]] == [("workspace_twice", home.ids["Client"])]
        assert home.told("--workspace", "Client", "search", "neon")["total"] == 1


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that another user may enter."""
    made = Path(tempfile.mkdtemp(prefix="gesso-closed-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can become another user")
def test_folder_that_may_not_be_read(sound: Home, place: Path) -> None:
    """Opened by a user who may not look into one of the two."""
    shutil.copytree(sound.path, place / "home")
    for path in (place / "home", *(place / "home").rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    folder = place / "home" / sound.folder("Client").relative_to(sound.path)
    os.chown(folder, 0, 0)
    told = as_stranger(lambda: asyncio.run(opened(place / "home" / "data")))
    assert told == {"opened": ["Studio"], "closed": ["workspace_unreadable"], "why": True, "refused": True}


async def opened(data: Path) -> dict[str, object]:
    """What a device's workspaces say to whoever runs this."""
    around, bus = Surroundings(), Bus()
    async with Workspaces(data, around, look, bus, Tasks(bus, around.random)) as workspaces:
        (closed,) = workspaces.closed()
        try:
            workspaces.get(Path(closed.folder).name)
        except Closed:
            refused = True
        names = [each.name for each in workspaces.list()]
        return {
            "opened": names, "closed": [closed.code], "why": "Permission denied" in closed.why, "refused": refused
        }  # fmt: skip


class QuickClock(HandClock):
    """Every pause is over at once."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.01)


@asynccontextmanager
async def looked_after(data: Path) -> AsyncIterator[Workspaces]:
    """A device's workspaces, tried again and again."""
    around, bus = Surroundings(clock=QuickClock()), Bus()
    async with Workspaces(data, around, look, bus, Tasks(bus, around.random)) as workspaces:
        looking = asyncio.create_task(workspaces.look_after())
        yield workspaces
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def until(look: Callable[[], object]) -> None:
    for _ in range(500):
        if look():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


async def test_database_that_was_taken_away_is_put_back(home: Home) -> None:
    database = home.folder("Client") / DATABASE
    away = database.with_name("away")
    database.rename(away)
    async with looked_after(home.path / "data") as workspaces:
        with pytest.raises(Closed):
            workspaces.get(home.ids["Client"])
        (missing,) = workspaces.closed()
        database.write_bytes(b"x" * 5000)  # something else lies there first
        await until(lambda: workspaces.closed()[0].why != missing.why)
        away.replace(database)
        await until(lambda: not workspaces.closed())
        assert workspaces.get(home.ids["Client"]).name() == "Client"
        assert (await workspaces.get("Client").search.page("neon")).total == 1
        assert (await workspaces.get("Client").care.verify()).problems == []
        assert home.ids["Client"] in {event.subject for event in workspaces.bus.since(0) or []}


async def test_database_that_stays_away_is_not_tried_or_made_anew(home: Home) -> None:
    (home.folder("Client") / DATABASE).unlink()
    async with looked_after(home.path / "data") as workspaces:
        (closed,) = workspaces.closed()
        await asyncio.sleep(0.3)
        assert list(workspaces.closed()) == [closed] and not (home.folder("Client") / DATABASE).exists()


def test_default_one_whose_folder_is_gone_is_not_taken_for_another(home: Home) -> None:
    folder = home.folder("Studio")
    folder.rename(home.path / "away")
    short = home.ids["Studio"][:12]
    with running_daemon(home.path):
        for words in (("search", "neon"), ("project", "create", "Poster"), ("digest",), ("verify",)):
            done = home.speak(*words)
            assert done.code == 4 and short in done.err and "workspace use" in done.err, words
        (attention,) = home.told("status")["attention"]
        assert (attention["code"], attention["params"]) == ("default_gone", {"id": short})
        assert "預設工作區" in home.speak("status", LANG="zh_TW.UTF-8").out
        assert [each["default"] for each in home.told("workspace", "ls")["workspaces"]] == [False]
        assert home.told("--workspace", "Client", "search", "neon")["total"] == 1
    (home.path / "away").rename(folder)
    with running_daemon(home.path):
        assert home.told("status")["attention"] == []
        assert home.told("search", "neon")["total"] == 1


def test_who_begins_anew_has_the_new_one_as_default(home: Home) -> None:
    for name in ("Client", "Studio"):
        shutil.move(home.folder(name), home.path / f"away {name}")
    (home.path / "state" / "known.json").unlink()  # as the refusal to start says
    with running_daemon(home.path):
        assert [each["default"] for each in home.told("workspace", "ls")["workspaces"]] == [True]
        assert home.told("search", "neon")["total"] == 0
        assert home.speak("restore", "--backup", str(home.backup)).code == 0
        assert home.told("status")["attention"] == []


def spoil(database: Path) -> None:
    """One bit of a signed segment; everything that lists and searches is as it was."""
    connection = sqlite3.connect(database)
    row, raw = connection.execute("SELECT id, raw FROM segment ORDER BY id DESC LIMIT 1").fetchone()
    connection.execute("UPDATE segment SET raw=? WHERE id=?", (raw[:-1] + bytes([raw[-1] ^ 1]), row))
    connection.commit()
    connection.close()


def test_restore_says_that_the_log_is_damaged_and_how_to_bring_it_back(home: Home) -> None:
    folder = home.folder("Client")
    spoil(folder / DATABASE)
    with running_daemon(home.path):
        assert [each["folder"] for each in home.told("workspace", "ls")["workspaces"]] == [
            str(home.folder(name)) for name in sorted(home.ids, key=lambda name: str(home.folder(name)))
        ]
        found = home.speak("--workspace", "Client", "verify", "--json").json["problems"]
        assert found and all(str(folder) in each["remedy"] for each in found)
        assert str(folder) in home.speak("--workspace", "Client", "verify", LANG="zh_TW.UTF-8").out
        done = home.speak("restore", "--backup", str(home.backup))
        assert done.code == 4 and f"move the folder {folder} away" in done.err and "damaged" in done.err
        assert "記錄已損壞" in home.speak("restore", "--backup", str(home.backup), LANG="zh_TW.UTF-8").err
    folder.rename(home.path / "away")  # as it says
    with running_daemon(home.path):
        assert home.speak("restore", "--backup", str(home.backup)).code == 0
        assert home.told("--workspace", "Client", "search", "neon")["total"] == 1
        assert home.speak("--workspace", "Client", "verify").code == 0
