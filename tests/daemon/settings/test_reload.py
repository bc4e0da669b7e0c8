"""The file changes while the daemon runs."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from daemon.paths import Paths
from daemon.settings.reload import Reload
from daemon.settings.sections import Settings
from tests.daemon.house import SetClock


def watching(tmp_path: Path) -> tuple[Paths, Reload, list[Settings]]:
    paths = Paths.of(tmp_path, {})
    applied: list[Settings] = []
    return paths, Reload(paths, {}, Settings(), SetClock(), applied.append), applied


def test_live_setting_is_applied_and_others_wait_for_a_restart(tmp_path: Path) -> None:
    paths, reload, applied = watching(tmp_path)
    paths.config_file.write_text('[log]\nlevel = "debug"\nfiles = 9\n[daemon]\nport = 9\n')
    reload.look()
    assert [each.log.level for each in applied] == ["debug"]
    assert reload.waiting == ["[daemon] port", "[log] files"]
    assert reload.settings.log.level == "debug"


def test_wrong_file_changes_nothing_until_it_is_right(tmp_path: Path) -> None:
    paths, reload, applied = watching(tmp_path)
    paths.config_file.write_text('[log]\nlevel = "loud"\n')
    reload.look()
    assert applied == [] and reload.settings == Settings() and len(reload.problems) == 1
    paths.config_file.write_text('[log]\nlevel = "error"\n')
    reload.look()
    assert reload.problems == [] and applied[0].log.level == "error"


def test_removed_file_means_defaults(tmp_path: Path) -> None:
    paths, reload, applied = watching(tmp_path)
    paths.config_file.write_text('[log]\nlevel = "error"\n')
    reload.look()
    paths.config_file.unlink()
    reload.look(also_empty=True)
    assert applied[-1] == Settings()


def test_file_that_is_moved_away_to_be_written_anew_changes_nothing(tmp_path: Path) -> None:
    """As an editor does that keeps the old one beside it: no limit of money is off meanwhile."""
    paths, reload, applied = watching(tmp_path)
    paths.config_file.write_text('[jobs]\nmonth_limit = "20 USD"\n')
    reload.look()
    paths.config_file.rename(tmp_path / "config.toml~")
    reload.look()
    assert reload.settings.jobs.month_limit == "20 USD" and len(applied) == 1
    paths.config_file.write_text('[jobs]\nmonth_limit = "5 USD"\n')
    reload.look()
    assert reload.settings.jobs.month_limit == "5 USD"


def test_file_that_is_just_being_written_over_changes_nothing(tmp_path: Path) -> None:
    paths, reload, applied = watching(tmp_path)
    paths.config_file.write_text('[jobs]\nmonth_limit = "20 USD"\n')
    reload.look()
    paths.config_file.write_text("")
    reload.look()
    assert reload.settings.jobs.month_limit == "20 USD" and len(applied) == 1
    reload.look(also_empty=True)
    assert applied[-1] == Settings()


def test_change_before_the_first_look_is_taken_up(tmp_path: Path) -> None:
    """The settings were loaded before: Gesso was starting."""
    paths = Paths.of(tmp_path, {})
    paths.config_file.write_text('[jobs]\nmonth_limit = "20 USD"\n')
    reload = Reload(paths, {}, Settings(), SetClock(), lambda fresh: None)
    reload.look()
    assert reload.settings.jobs.month_limit == "20 USD"


def test_unchanged_file_is_not_read(tmp_path: Path) -> None:
    _, reload, applied = watching(tmp_path)
    reload.look()
    reload.look()
    assert applied == []


async def test_service_looks_by_itself(tmp_path: Path) -> None:
    paths, reload, applied = watching(tmp_path)
    running = asyncio.create_task(reload.run())
    paths.config_file.write_text('[daemon]\nlanguage = "zh-TW"\n')
    for _ in range(100):
        await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert applied[0].daemon.language == "zh-TW"
