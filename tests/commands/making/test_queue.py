"""The queue and the providers from the command line."""

from __future__ import annotations

import re
import time

import pytest

from commands.making.spend import costs_of, together
from tests.commands.house import Studio
from tests.daemonhouse import until

LATIN = re.compile(r"[A-Za-z]{2,}")
NAMES = {"ID", "painter", "crowded", "sketch", "slow", "locked", "oil", "ink", "chalk", "gesso", "queue", "USD"}


@pytest.fixture
def paused(studio: Studio) -> Studio:
    """A workspace whose queue rests, with three jobs."""
    studio.told("queue", "pause")
    studio.told("gen", "one", "two", "three", "--provider", "painter", "--yes")
    return studio


def order(studio: Studio) -> list[str]:
    return [job["prompt"] for job in studio.told("queue", "ls")["jobs"]]


def ids(studio: Studio) -> dict[str, str]:
    return {job["prompt"]: job["id"] for job in studio.told("queue", "ls")["jobs"]}


def test_order_is_changed_by_next_move_and_priority(paused: Studio) -> None:
    known = ids(paused)
    assert order(paused) == ["one", "two", "three"]
    assert "runs next" in paused.said("queue", "next", known["three"][:8])
    assert order(paused) == ["three", "one", "two"]
    assert "runs before" in paused.said("queue", "move", known["two"], "--before", known["one"])
    assert order(paused) == ["three", "two", "one"]
    assert "priority 5" in paused.said("queue", "priority", known["one"], "5")
    assert order(paused) == ["one", "three", "two"]
    assert paused.told("queue", "show", known["one"])["priority"] == 5
    assert paused.speak("queue", "priority", known["one"], "--", "-5").code == 0
    assert paused.speak("queue", "priority", known["one"], "101").code == 2


def test_queue_is_watched_until_nothing_goes_on(paused: Studio) -> None:
    paused.said("queue", "priority", ids(paused)["three"], "1")
    paused.said("queue", "resume")
    lines = paused.said("queue", "watch").splitlines()
    ends = [line for line in lines if "  done  " in line]
    assert all("painter" in line for line in lines)
    assert all(line.endswith(("(list price)  one", "(list price)  two", "(list price)  three")) for line in ends)
    assert "The queue is empty" in paused.speak("queue", "watch").err


def test_paused_queue_begins_nothing_until_it_is_resumed(paused: Studio) -> None:
    assert "The queue is paused" in paused.speak("queue", "ls").err
    assert {job["state"] for job in paused.told("queue", "ls")["jobs"]} == {"queued"}
    assert "3 queued" in paused.said("status")
    paused.said("queue", "resume")
    until(lambda: paused.told("queue", "ls")["jobs"] == [])
    assert "The queue is empty" in paused.speak("queue", "ls").err
    ended = paused.said("queue", "ls", "--ended")
    assert ended.count("done") == 3 and "0.04 USD" in ended


def test_cancelled_job_is_never_sent_and_can_be_retried(paused: Studio) -> None:
    known = ids(paused)
    assert "1 job called off" in paused.said("queue", "cancel", known["two"])
    assert order(paused) == ["one", "three"]
    again = paused.speak("queue", "cancel", known["two"])
    assert again.code == 1 and "had ended already" in again.out
    assert paused.speak("queue", "cancel", known["two"], known["one"]).code == 5
    retried = paused.told("queue", "retry", known["two"], "--yes")
    assert (retried["count"], [job["state"] for job in retried["jobs"]]) == (1, ["queued"])
    assert order(paused) == ["three", "two"]
    assert paused.speak("queue", "retry", known["three"], "--yes").code == 1  # it waits already
    assert paused.speak("queue", "cancel", "--all").code == 0 and order(paused) == []
    every = paused.told("queue", "ls", "--all")["jobs"]
    assert sorted(job["state"] for job in every) == ["cancelled"] * 3
    assert len(paused.told("queue", "ls", "--all", "-n", "2")["jobs"]) == 2


def test_all_that_wait_are_called_off_and_what_runs_goes_on_unless_it_is_meant_too(studio: Studio) -> None:
    slow = studio.told("gen", "a lamp", "--provider", "painter", "--model", "chalk")["jobs"][0]["id"]
    until(lambda: studio.told("queue", "show", slow)["state"] == "running")
    studio.told("queue", "pause")
    studio.told("gen", "one", "two", "--provider", "painter", "--yes")
    assert studio.speak("queue", "cancel", "--waiting", "--all").code == 2
    assert studio.said("queue", "cancel", "--waiting") == "2 jobs called off\n"
    assert studio.told("queue", "show", slow)["state"] == "running"
    assert "1 job is running" in studio.said("queue", "cancel", "--all")
    until(lambda: studio.told("queue", "show", slow)["state"] == "cancelled")


def test_failed_jobs_are_retried_together(studio: Studio) -> None:
    assert studio.speak("gen", "broken", "broken too", "--provider", "painter", "--yes", "--wait").code == 1
    studio.told("queue", "pause")
    assert studio.told("queue", "retry", "--failed", "--yes")["count"] == 2
    assert order(studio) == ["broken", "broken too"]


def test_what_was_refused_for_good_is_left_out_where_several_are_retried(studio: Studio) -> None:
    assert studio.speak("gen", "forbidden", "broken", "--provider", "painter", "--yes", "--wait").code == 1
    ended = studio.said("queue", "ls", "--ended")
    assert re.search(r"forbidden — .*\w", ended) and re.search(r"broken — .*\w", ended), "both what and why"
    studio.told("queue", "pause")
    some = studio.speak("--json", "queue", "retry", "--failed", "--yes")
    (left,) = some.json["left"]
    assert (some.code, some.json["count"], left["code"]) == (5, 1, "provider.content")
    assert order(studio) == ["broken"]
    none = studio.speak("queue", "retry", "--failed", "--yes")
    assert none.code == 1 and f"{left['id'][:8]} is left out, for it would be refused again" in none.err
    assert studio.told("queue", "retry", left["id"], "--yes")["count"] == 1


def test_what_the_bill_says_is_what_was_spent(studio: Studio) -> None:
    before = studio.told("status")["spend"]["month"]
    assert studio.speak("gen", "lost", "--provider", "painter", "--yes", "--wait").code == 4
    (job,) = studio.told("queue", "ls")["jobs"]
    for wrong in ("0.03", "-1 USD", "0.03 USD, 1 TWD", "much"):
        refused = studio.speak("queue", "resolve", job["id"], "--cost", wrong)
        assert refused.code == 1 and "0.0317 USD" in refused.err
    nothing = studio.speak("queue", "resolve", job["id"], "--cost", "0.00 USD")
    assert nothing.code == 1 and "What cost nothing was not charged." in nothing.err
    assert studio.told("queue", "show", job["id"])["state"] == "unknown"
    assert studio.speak("queue", "resolve", job["id"], "--not-charged", "--cost", "0.03 USD").code == 2
    assert "0.0317 USD" in studio.said("queue", "resolve", job["id"], "--cost", "0.0317 USD")
    shown = studio.told("queue", "show", job["id"])
    assert (shown["state"], shown["cost"]["amount"], shown["cost"]["basis"]) == ("failed", 0.0317, "decided")
    assert studio.told("status")["spend"]["month"] == pytest.approx(before + 0.0317)


def test_unknown_outcomes_are_decided_together_or_not_at_all(studio: Studio) -> None:
    before = studio.told("status")["spend"]["month"]
    assert studio.speak("gen", "lost", "lost as well", "lost too", "--provider", "painter", "--yes", "--wait").code == 4
    first, *rest = (each["id"] for each in studio.told("queue", "ls")["jobs"])
    studio.told("queue", "resolve", first, "--not-charged")
    assert studio.speak("queue", "resolve", first, *rest, "--charged").code == 1
    assert [each["id"] for each in studio.told("queue", "ls")["jobs"]] == rest
    assert "Counted as spent: 2" in studio.said("queue", "resolve", *rest, "--cost", "0.0317 USD")
    assert studio.told("status")["spend"]["month"] == pytest.approx(before + 2 * 0.0317)


@pytest.mark.parametrize(("word", "spent"), [("--charged", "0.04 USD"), ("--not-charged", "")])
def test_unknown_outcome_is_decided_by_a_person(studio: Studio, word: str, spent: str) -> None:
    assert studio.speak("gen", "lost", "--provider", "painter", "--yes", "--wait").code == 4
    (job,) = studio.told("queue", "ls")["jobs"]
    undecided = studio.speak("queue", "cancel", job["id"])
    assert undecided.code == 1 and "gesso queue resolve" in undecided.out and "ended" not in undecided.out
    assert studio.speak("--json", "queue", "cancel", job["id"]).json["outcomes"] == {job["id"]: "unknown"}
    refused = studio.speak("queue", "retry", job["id"])
    assert refused.code == 1 and "gesso queue resolve" in refused.err
    assert "outcome unknown" in studio.said("queue", "show", job["id"])
    (line,) = [each for each in studio.said("queue", "ls").splitlines() if each.startswith(job["id"][:8])]
    assert line.endswith(job["prompt"])
    status = studio.said("status")
    assert "not known whether jobs in" in status and "up to 0.04 USD not settled yet" in status
    assert studio.speak("queue", "resolve", job["id"]).code == 2
    assert studio.speak("queue", "resolve", job["id"], "--charged", "--not-charged").code == 2
    said = studio.said("queue", "resolve", job["id"], word)
    assert spent in said and "gesso queue retry" in said
    shown = studio.told("queue", "show", job["id"])
    assert (shown["state"], (shown["cost"] or {}).get("amount")) == ("failed", 0.04 if spent else None)
    assert studio.speak("queue", "resolve", job["id"], word).code == 1
    status = studio.said("status")
    assert ((spent in status) or not spent) and "not settled" not in status


def test_job_that_waits_says_why_and_until_when(studio: Studio) -> None:
    studio.told("gen", "a crowd", "--provider", "crowded", "--yes")
    (job,) = until(lambda: [each for each in studio.told("queue", "ls")["jobs"] if each["state"] == "waiting"])
    assert re.search(r"waiting until \d\d:\d\d: rate limit", studio.said("queue", "ls"))
    assert re.search(r"等待到 \d\d:\d\d：請求太頻繁", studio.speak("queue", "ls", GESSO_LANGUAGE="zh-TW").out)
    studio.told("gen", "a lamp", "--provider", "crowded", "--yes")  # which is asked nothing meanwhile
    (behind,) = [each for each in studio.told("queue", "ls")["jobs"] if each["state"] == "queued"]
    assert behind["reason"] == "later" and behind["not_before"] > time.time() * 1000
    assert re.search(r"queued until \d\d:\d\d: crowded takes no more", studio.said("queue", "show", behind["id"]))
    told = studio.speak("queue", "ls", GESSO_LANGUAGE="zh-TW").out
    assert re.search(r"排隊中到 \d\d:\d\d：crowded 暫時不接受更多請求", told), told
    studio.told("queue", "cancel", job["id"], behind["id"])


def test_where_no_limit_is_set_budget_says_where_one_is(studio: Studio) -> None:
    done = studio.speak("budget")
    assert (done.code, done.out) == (0, "") and "No limit is set." in done.err and "config.toml" in done.err
    assert "沒有設定上限" in studio.speak("budget", GESSO_LANGUAGE="zh-TW").err
    assert studio.told("budget") == {"months": []}


def test_spending_is_told_by_month_and_model_and_is_what_the_status_says(studio: Studio) -> None:
    assert "Nothing was spent" in studio.speak("spend").err
    studio.told("gen", "a lamp", "a tree", "--provider", "painter", "--yes", "--wait")
    studio.told("gen", "a lamp", "--provider", "painter", "--model", "ink", "--yes", "--wait")
    assert studio.speak("gen", "lost", "--provider", "painter", "--yes", "--wait").code == 4
    found = studio.told("spend", "--months", "1")
    assert [(each["provider"], each["model"], each["charges"]) for each in found["shares"]] == [
        ("painter", "ink", 1), ("painter", "oil", 2),
    ]  # fmt: skip
    assert [(each["amount"], each["unpriced"]) for each in found["shares"]] == [(0.0, 1), (0.08, 0)]
    spend = studio.told("status")["spend"]
    assert (spend["month"], spend["unpriced"], spend["open"]) == (0.08, 1, [{"currency": "USD", "most": 0.04}])
    assert found["open"] == spend["open"]
    said = studio.said("spend")
    assert re.search(r"\d{4}-\d\d +painter +oil +2 +0\.08 USD", said), said
    assert "1 charge of unknown amount" in said and "up to 0.04 USD not settled yet" in said
    assert "最多另有 0.04 USD 尚未結清" in studio.speak("spend", GESSO_LANGUAGE="zh-TW").out


def test_each_project_stands_on_one_line_whatever_it_was_charged_in() -> None:
    part = {"month": "2026-11", "project": None, "name": "", "charges": 2, "unpriced": 0}
    parts = [
        {**part, "currency": currency, "amount": amount} for currency, amount in (("USD", 0.04), ("TWD", 12.5), ("", 0))
    ]
    (some,) = together(parts, "month", "project")
    assert (sum(each["charges"] for each in some), costs_of(some)) == (6, "0.04 USD + 12.50 TWD")
    assert "USD" not in costs_of(parts[2:])
    unknown = {**part, "currency": "", "amount": 0, "unpriced": 1}
    assert costs_of([unknown, *parts[:1]]) == "0.04 USD and 1 charge of unknown amount"
    assert costs_of([unknown, parts[2], unknown]) == "2 charges of unknown amount"


def test_spending_is_told_by_project_and_comes_to_the_same(studio: Studio) -> None:
    project = studio.told("project", "create", "Poster")["id"]
    studio.told("gen", "a bell", "--provider", "painter", "--project", "Poster", "--yes", "--wait")
    studio.told("gen", "a drum", "--provider", "painter", "--yes", "--wait")
    found = studio.told("spend", "--months", "1")
    of = {each["project"]: each for each in found["projects"]}
    assert (of[project]["name"], of[project]["amount"], of[project]["charges"]) == ("Poster", 0.04, 1)
    assert of[None]["name"] == ""
    for field in ("amount", "charges", "unpriced"):
        models, projects = (sum(each[field] for each in found[way]) for way in ("shares", "projects"))
        assert models == pytest.approx(projects)
    said = studio.said("spend", "--by", "project")
    assert re.search(r"\d{4}-\d\d +Poster +1 +0\.04 USD", said) and "no project" in said, said
    assert "沒有專案" in studio.speak("spend", "--by", "project", GESSO_LANGUAGE="zh-TW").out


@pytest.mark.parametrize(
    "words", [["cancel"], ["retry"], ["cancel", "01ab", "--waiting"], ["retry", "01ab", "--failed"]]
)
def test_jobs_are_named_or_all_are_meant(studio: Studio, words: list[str]) -> None:
    done = studio.speak("queue", *words)
    assert done.code == 2 and "one of the t" in done.err


def test_job_that_is_not_there(studio: Studio) -> None:
    assert studio.speak("queue", "show", "xyz").code == 2
    done = studio.speak("queue", "show", "0123abcd")
    assert done.code == 1 and "There is no job 0123abcd." in done.err
    assert "gesso queue ls" in done.err and "gesso search" not in done.err
    assert "gesso search" not in studio.speak("queue", "cancel", "0123abcd", GESSO_LANGUAGE="zh-TW").err


def test_programs_are_given_the_jobs_that_a_verb_changed(paused: Studio) -> None:
    known = ids(paused)
    assert [job["prompt"] for job in paused.told("queue", "pause")["jobs"]] == ["one", "two", "three"]
    one = paused.told("queue", "cancel", known["one"])
    assert [(job["id"], job["state"]) for job in one["jobs"]] == [(known["one"], "cancelled")]
    every = paused.told("queue", "cancel", "--all")
    assert every["outcomes"] == {known["two"]: "cancelled", known["three"]: "cancelled"}
    assert [job["prompt"] for job in every["jobs"]] == ["two", "three"]
    paused.told("queue", "resume")
    assert paused.speak("--json", "gen", "lost", "--provider", "painter", "--yes", "--wait").code == 4
    (job,) = paused.told("queue", "ls")["jobs"]
    assert [each["state"] for each in paused.told("queue", "resolve", job["id"], "--charged")["jobs"]] == ["failed"]


def test_providers_and_models_tell_what_they_take_and_cost(studio: Studio) -> None:
    found = {each["name"]: each for each in studio.told("provider", "ls")["providers"]}
    assert list(found) == ["sketch", "painter", "crowded", "slow", "locked"]
    assert found["sketch"]["configured"] and found["painter"]["capabilities"] == ["paint"]
    assert "Studio painter" in studio.said("provider", "ls")
    for verb in (("provider", "ls"), ("models", "ls", "sketch")):
        assert "Sketch: draws by rules, no AI model" in studio.said(*verb)
        assert "Sketch：依規則繪圖，不是 AI 模型" in studio.speak(*verb, GESSO_LANGUAGE="zh-TW").out
    assert "can be used" in studio.said("provider", "test", "sketch")
    locked = studio.speak("provider", "test", "locked")
    assert locked.code == 1 and "key_env" in locked.out
    healths = {each["name"]: each["health"] for each in studio.told("provider", "ls")["providers"]}
    assert (healths["sketch"]["ok"], healths["locked"]["code"], healths["slow"]) == (True, "provider.auth", None)
    assert studio.speak("provider", "test", "nobody").code == 1
    said = studio.said("models", "ls")
    assert re.search(r"painter +oil +pictures +0\.04 USD +2026-11-01 +64x64, 128x64", said)
    assert "until 2027-03-31, then oil" in said
    detailed = studio.said("models", "ls", "painter")
    assert "--option quality=low, high (usually low)" in detailed and "0.04 USD (price of 2026-11-01)" in detailed
    models = studio.told("models", "ls", "painter")["models"]
    assert [each["id"] for each in models] == ["oil", "ink", "chalk", "fresco"]
    assert re.search(r"painter +fresco +pictures +0\.04 USD +2026-11-01 +gone, then oil", said)


def test_model_that_is_gone_is_refused_before_anything_is_sent(studio: Studio) -> None:
    words = ("a lamp", "--provider", "painter", "--model", "fresco")
    for verb in (("gen", "--yes"), ("estimate",)):
        done = studio.speak(*verb, *words)
        assert done.code == 2 and "The model fresco is no longer offered; take oil instead." in done.err
    assert "模型 fresco 已停止提供，請改用 oil。" in studio.speak("gen", *words, GESSO_LANGUAGE="zh-TW").err
    assert studio.told("queue", "ls", "--ended")["jobs"] == []


def test_how_a_cost_was_come_by_stands_with_it(studio: Studio) -> None:
    studio.told("gen", "a lamp", "--provider", "painter", "--yes", "--wait")
    studio.told("queue", "pause")
    studio.told("gen", "a tree", "--provider", "painter", "--yes")
    said = studio.said("queue", "ls", "--all")
    assert re.search(r"painter +done +0\.04 USD +list price +a lamp", said)
    assert re.search(r"painter +queued +0\.04 USD +estimated +a tree", said)
    job = studio.told("queue", "ls", "--ended")["jobs"][0]["id"]
    assert re.search(r"Cost +0\.04 USD \(list price\)", studio.said("queue", "show", job))
    assert "依價目表" in studio.speak("queue", "show", job, GESSO_LANGUAGE="zh-TW").out


def test_lists_fit_eighty_columns_and_speak_the_language_of_the_person(studio: Studio) -> None:
    words = ("forbidden " + "long " * 40, "a lamp", "lost")
    studio.speak("gen", *words, "--provider", "painter", "--yes", "--wait")
    for verb in (["queue", "ls", "--all"], ["models", "ls"], ["status"], ["queue", "ls", "--ended"]):
        done = studio.speak(*verb, GESSO_LANGUAGE="zh-TW")
        assert done.code == 0 and "{" not in done.out
    done = studio.speak("queue", "ls", "--all", GESSO_LANGUAGE="zh-TW")
    ours = re.sub(r"a lamp|Not this\.|lost|forbidden|\blong\b", "", done.out)
    assert set(LATIN.findall(re.sub(r"\b[0-9a-f]{8}\b", "", ours))) <= NAMES
    asked = studio.speak("gen", "x", "--provider", "painter", GESSO_LANGUAGE="zh-TW")
    assert asked.code == 2 and "要生成 1 張圖片嗎？費用：0.04 USD" in asked.err
