"""Providers as config.toml sets them up, in a daemon as people run it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from providers.fakes.openai import FakeOpenAI, Quirks
from tests.commands.house import speak
from tests.daemon.process import Process
from tests.daemonhouse import running_daemon, until
from tests.flows.house import MODEL, W, home_with, keyed, quiet, told
from tests.providers.servers import served

pytestmark = pytest.mark.process
KEYS = {"KEY_OF_ONE": "sk-one-0123456789", "KEY_OF_TWO": "sk-two-0123456789"}
BY_TWO = ("--provider", "two", "--model", MODEL)


def test_two_profiles_of_one_adapter_with_addresses_and_keys_of_their_own_share_a_batch(tmp_path: Path) -> None:
    one, two = FakeOpenAI(key=KEYS["KEY_OF_ONE"]), FakeOpenAI(key=KEYS["KEY_OF_TWO"])
    with served(one, two) as (at_one, at_two):
        home = home_with(tmp_path, keyed("one", at_one) + keyed("two", at_two))
        with Process(home, **KEYS) as daemon:
            wish = {"prompts": [f"a fox, {number}" for number in range(5)]}
            targets = [{"provider": name, "model": MODEL} for name in ("one", "two")]
            status, begun = daemon.ask("POST", f"{W}/jobs", {**wish, "targets": targets})
            assert status == 202, begun
            jobs = quiet(daemon, begun["batch"])
    assert Counter((each["provider"], each["state"]) for each in jobs) == {("one", "done"): 5, ("two", "done"): 5}
    for fake, name in ((one, "ONE"), (two, "TWO")):
        assert sorted(each.prompt for each in fake.bill) == wish["prompts"]
        assert {each.headers["Authorization"] for each in fake.asked} == {f"Bearer {KEYS[f'KEY_OF_{name}']}"}


def targets_of(name: str) -> list[dict[str, str]]:
    return [{"provider": name, "model": MODEL}]


def test_two_projects_make_with_profiles_of_their_own_and_never_with_another(tmp_path: Path) -> None:
    one, two = FakeOpenAI(key=KEYS["KEY_OF_ONE"]), FakeOpenAI(key=KEYS["KEY_OF_TWO"])
    with served(one, two) as (at_one, at_two):
        home = home_with(tmp_path, keyed("one", at_one) + keyed("two", at_two))
        with Process(home, **KEYS) as daemon:
            for name, model in (("one", MODEL), ("two", MODEL), ("gone", "")):
                told(daemon, "project", "create", f"for {name}")
                made = told(daemon, "project", "edit", f"for {name}", "--provider", name, "--model", model)
                assert made["making"] == {"provider": name, "model": model}
            begun = told(daemon, "gen", "a fox", "--project", "for one", "--yes", "--wait")
            assert begun["quote"]["by_projects"] == [{"project": "for one", "provider": "one", "model": MODEL}]
            told(daemon, "gen", "a hare", "--project", "for two", "--yes", "--wait")
            sheet = tmp_path / "both.csv"
            sheet.write_text("prompt,project\nan owl,for one\na mole,for two\na crow,for gone\n", "utf-8")
            done = speak(home, "--json", "gen", "--from", str(sheet), "--yes", "--wait")
            assert [each["code"] for each in done.json["quote"]["faults"]] == ["job.no_provider_of_project"]
            order = {"sheet": "prompt,project\na goat,for one\na ram,\n", "targets": targets_of("two")}
            of = {each["row"]: each["by_project"] for each in daemon.ask("POST", f"{W}/estimate", order)[1]["rows"]}
            assert of == {2: None, 3: None}
            order |= {"by_projects": True, "options": {"quality": "low"}}
            _, quote = daemon.ask("POST", f"{W}/estimate", order)
            assert [each["by_project"] for each in quote["rows"]] == [
                {"project": "for one", "provider": "one", "model": MODEL},
                None,
            ]
            jobs = quiet(daemon, daemon.ask("POST", f"{W}/jobs", order)[1]["batch"])
            assert {each["prompt"]: each["provider"] for each in jobs} == {"a goat": "one", "a ram": "two"}
            refused = speak(home, "gen", "a bear", "--project", "for gone", "--yes")
            assert refused.code == 2 and "“for gone” makes with gone, which is not set up on this device" in refused.err
            taken = told(daemon, "gen", "a bear", "--project", "for gone", *BY_TWO, "--yes", "--wait")
            assert taken["quote"]["by_projects"] == []
    assert [each.prompt for each in one.bill] == ["a fox", "an owl", "a goat"]
    assert [each.prompt for each in two.bill] == ["a hare", "a mole", "a ram", "a bear"]


def test_changed_table_is_used_for_the_next_request_and_shown_without_its_secrets(tmp_path: Path) -> None:
    one, two = FakeOpenAI(models=[MODEL], seconds=3.0), FakeOpenAI(models=[MODEL], key=KEYS["KEY_OF_TWO"])
    one.quirks = two.quirks = Quirks(usage=False)
    with served(one, two) as (at_one, at_two):
        home = home_with(tmp_path, keyed("one", at_one, "openai-compatible", models=f'["{MODEL}"]'))
        config = home / "config.toml"
        with Process(home, **KEYS) as daemon:
            wish = {"prompts": ["a fox"], "targets": [{"provider": "one"}]}
            _, before = daemon.ask("POST", f"{W}/jobs", wish)
            until(lambda: one.asked)
            more = {"key_env": '"KEY_OF_TWO"', "timeout": 45, "idempotent": "true", "response_format": '"none"'}
            fresh = keyed("one", at_two, "openai-compatible", models=f'["{MODEL}"]', **more)
            config.write_text(fresh + '[providers.one.headers]\nX-Studio = "not-for-others"\n')

            def shown() -> str:
                done = speak(home, "provider", "ls", COLUMNS="300")
                return done.out if "45 s" in done.out else ""

            line = next(each for each in until(shown).splitlines() if each.startswith("one"))
            assert at_two in line and "X-Studio" in line and "asked for none" in line and "charges" in line
            assert "not-for-others" not in line and KEYS["KEY_OF_TWO"] not in line
            tested = speak(home, "provider", "test", "one")
            assert tested.code == 0 and "one can be used." in tested.out and "gives up after 45 s" in tested.out
            assert speak(home, "status").out.count("restart") == 0
            done = told(daemon, "gen", "a hare", "--provider", "one", "--wait", "--yes")["jobs"]
            assert [each["state"] for each in done] == ["done"]
            jobs = quiet(daemon, before["batch"])  # what was on its way stayed where it was
            assert [each["state"] for each in jobs] == ["done"]
            config.write_text("[providers.sketch]\n")
            until(lambda: [each["name"] for each in told(daemon, "provider", "ls")["providers"]] == ["sketch"])
    assert ([each.prompt for each in one.bill], [each.prompt for each in two.bill]) == (["a fox"], ["a hare"])
    (asked,) = two.asked
    headers = {name.lower(): value for name, value in asked.headers.items()}
    assert headers["x-studio"] == "not-for-others" and headers["idempotency-key"]
    assert "response_format" not in asked.body


def test_wrong_table_changes_nothing_and_is_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Process(home) as daemon:
        (home / "config.toml").write_text("[providers.sketch]\ntimeout = 9\n")
        told_of = until(
            lambda: [each for each in told(daemon, "status")["attention"] if each["code"] == "config.wrong"]
        )
        assert told_of[0]["problems"][0]["code"] == "config.provider.not_taken"
        assert [each["name"] for each in told(daemon, "provider", "ls")["providers"]] == ["sketch"]


def test_jobs_of_a_provider_that_is_gone_or_out_of_reach_say_so_and_the_status_counts_them(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    config, cloud = home / "config.toml", '[providers.cloud]\nadapter = "openai"\n'
    config.write_text(cloud + keyed("gone", "http://127.0.0.1:9", "openai-compatible", models=f'["{MODEL}"]'))
    with running_daemon(home, "--offline"):
        assert speak(home, "queue", "pause").code == 0
        for name in ("cloud", "gone"):
            begun = speak(home, "gen", "a fox", "--provider", name, "--yes")
            assert begun.code == 0, begun.err
        config.write_text(cloud)

        def shown() -> str:
            out = speak(home, "queue", "ls", COLUMNS="200").out
            return out if "not set up" in out else ""

        said = until(shown)
        assert "queued: gone is not set up" in said and "queued: Gesso is offline" in said
        status = speak(home, "status").out
        assert "wait for a provider that is not set up: 1" in status and "for Gesso is offline: 1" in status
        zh = speak(home, "queue", "ls", GESSO_LANGUAGE="zh-TW").out
        assert "gone 已不在設定裡" in zh and "離線模式" in zh
