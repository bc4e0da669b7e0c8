"""One setting put into the file: it says the same but for that, every other byte stays, or nothing is written."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.lock import alone_in
from daemon.settings.writing import put, with_value
from tests.tree import ROOT

NEW = 'month_limit = "20.00 USD"'


def limited(text: str) -> str | None:
    return with_value(text, "jobs", "month_limit", "20.00 USD")


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("", f"[jobs]\n{NEW}\n"),
        ("[log]\nlevel = 'debug'", f"[log]\nlevel = 'debug'\n\n[jobs]\n{NEW}\n"),
        ("[jobs]", f"[jobs]\n{NEW}\n"),
        ("[jobs] # mine\nat_once = 2\n", f"[jobs] # mine\n{NEW}\nat_once = 2\n"),
        ("[jobs]\n\tmonth_limit='1 USD'  # so far\n", f"[jobs]\n\t{NEW}  # so far\n"),
        ('[jobs]\n"month_limit" = "# [x]"\n[log]\n', f"[jobs]\n{NEW}\n[log]\n"),
        ("[jobs]\r\nmonth_limit = ''\r\n", f"[jobs]\r\n{NEW}\r\n"),
        ("[jobs]\r\nat_once = 2\r\n", f"[jobs]\r\n{NEW}\r\nat_once = 2\r\n"),
        ("[jobs]\n# So.\n# month_limit = ''\n\n[log]\n", f"[jobs]\n# So.\n# month_limit = ''\n{NEW}\n\n[log]\n"),
        ("# month_limit = ''\n[jobs]\n", f"# month_limit = ''\n[jobs]\n{NEW}\n"),
        ("[log]\na = '''\n[jobs]\n'''\n", f"[log]\na = '''\n[jobs]\n'''\n\n[jobs]\n{NEW}\n"),
        ("[jobs]\nmonth_limit = '''1\nUSD'''\n", None),
        ("jobs.at_once = 2\n", None),
        ("jobs = { at_once = 2 }\n", None),
        ("jobs = 3\n", None),
    ],
)  # fmt: skip
def test_setting_goes_where_a_person_would_write_it(text: str, made: str | None) -> None:
    assert limited(text) == made


def test_in_the_example_it_stands_below_what_is_said_of_it() -> None:
    text = (ROOT / "config.example.toml").read_text("utf-8")
    made = limited(text)
    assert made == text.replace('# month_limit = ""\n', f'# month_limit = ""\n{NEW}\n')
    assert with_value(made, "jobs", "month_limit", "") == made.replace(NEW, 'month_limit = ""')


LINES = st.sampled_from(
    ["[jobs]", "[log]", "[providers.jobs]", "month_limit = '1 USD' # x", 'month_limit = "2"', "at_once = 2",
     "# month_limit = 1", "level = '''", "'''", "jobs.x = 1", "a = [", "]", "", "é = '墨'", "[[jobs]]",
     'key = "month_limit = 1"']
)  # fmt: skip


@given(st.lists(LINES, max_size=9), st.sampled_from(["\n", "\r\n"]), st.text(st.characters(codec="utf-8"), max_size=9))
def test_whatever_else_the_file_says_stays(lines: list[str], end: str, value: str) -> None:
    text = end.join(lines)
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    made = with_value(text, "jobs", "month_limit", value)
    if made is None:
        return
    after = tomllib.loads(made)
    assert after["jobs"].pop("month_limit") == value
    before.setdefault("jobs", {}).pop("month_limit", None)
    assert after == before
    lines_of = iter(made.splitlines())
    assert all(line in lines_of for line in text.splitlines() if "month_limit" not in line)


def test_file_keeps_its_mark_its_rights_and_its_link(tmp_path: Path) -> None:
    real, link = tmp_path / "dots" / "gesso.toml", tmp_path / "config.toml"
    real.parent.mkdir()
    real.write_bytes(b"\xef\xbb\xbf[jobs]\r\n")
    real.chmod(0o640)
    link.symlink_to(real)
    assert put(link, "jobs", "month_limit", "20.00 USD")
    assert link.is_symlink() and real.read_bytes() == b"\xef\xbb\xbf[jobs]\r\n" + NEW.encode() + b"\r\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert put(tmp_path / "new" / "config.toml", "jobs", "month_limit", "20.00 USD")
    assert (tmp_path / "new" / "config.toml").read_text() == f"[jobs]\n{NEW}\n"
    real.write_text("jobs = { at_once = 2 }\n")
    assert not put(link, "jobs", "month_limit", "20.00 USD")
    assert real.read_text() == "jobs = { at_once = 2 }\n"
    assert [each.name for each in real.parent.iterdir()] == ["gesso.toml"]


def test_nobody_else_reads_what_is_being_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may hold keys in its headers, and a kill leaves it there."""
    file, seen = tmp_path / "config.toml", list[int]()
    file.write_text('[providers.studio]\nheaders.Authorization = "Bearer sk-1"\n')
    file.chmod(0o600)
    (tmp_path / "config.toml.left.new").write_text("left by a kill, readable by everybody")
    (tmp_path / "another.toml.left.new").touch()
    monkeypatch.setattr("daemon.settings.writing.os.fsync", lambda at: seen.append(stat.S_IMODE(os.fstat(at).st_mode)))
    assert put(file, "jobs", "month_limit", "20.00 USD")
    assert seen == [0o600] and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == ["another.toml.left.new", "config.toml"]


def test_what_cannot_be_written_leaves_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    file = tmp_path / "config.toml"
    file.write_text("[jobs]\n")
    monkeypatch.setattr("daemon.settings.writing.os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        put(file, "jobs", "month_limit", "20.00 USD")
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"] and file.read_text() == "[jobs]\n"


WRITES = """
import sys
from pathlib import Path
from daemon.settings.writing import put
for each in range(60):
    assert put(Path(sys.argv[1]), "jobs", sys.argv[2], str(each))
"""


@pytest.mark.process
def test_several_that_write_at_once_lose_nothing_of_each_other(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[jobs]\n")
    some = [
        subprocess.Popen([sys.executable, "-P", "-c", WRITES, str(file), f"key{number}"], cwd=ROOT,
                         env={**os.environ, "PYTHONPATH": str(ROOT)})
        for number in range(4)
    ]  # fmt: skip
    assert [each.wait(60) for each in some] == [0] * 4
    assert tomllib.loads(file.read_text()) == {"jobs": {f"key{number}": "59" for number in range(4)}}
    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]


def test_who_waits_too_long_for_another_is_told(tmp_path: Path) -> None:
    with alone_in(tmp_path), pytest.raises(TimeoutError, match="another process"), alone_in(tmp_path, 0.1):
        pass
