"""Saved prompts over HTTP, and what a batch makes of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.daemon.process import Process
from tests.daemonhouse import until

pytestmark = pytest.mark.process

W = "/api/v1/w/-"
NEW = {
    "name": "夜市",
    "text": "a {{subject}} at night",
    "negative": "blurry",
    "variables": {"subject": "cat"},
    "variants": {"zh-TW": {"text": "夜晚的{{subject}}"}},
    "tags": ["night"],
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    with Process(tmp_path_factory.mktemp("prompts") / "home") as found:
        yield found


def saved(daemon: Process, name: str) -> Any:
    status, made = daemon.ask("POST", f"{W}/prompts", {**NEW, "name": name})
    assert status == 201
    return made


def test_made_listed_edited_copied_and_deleted(daemon: Process) -> None:
    made = saved(daemon, "夜市")
    one = f"{W}/prompts/{made['id']}"
    assert made["variants"] == {"zh-TW": {"text": "夜晚的{{subject}}", "negative": ""}} and made["assets"] == 0
    assert len(daemon.ask("GET", f"{W}/prompts?q=night")[1]["prompts"]) == 1
    assert daemon.ask("GET", f"{W}/prompts?q=harbour")[1]["prompts"] == []
    status, edited = daemon.ask("PATCH", one, {"variables": {"subject": None, "light": "neon"}, "archived": True})
    assert (status, edited["variables"], edited["archived"]) == (200, {"light": "neon"}, True)
    assert daemon.ask("GET", f"{W}/prompts?archived=false")[1]["prompts"] == []
    status, told = daemon.ask("PATCH", one, {"variants": {"??": {"text": "x"}}})
    assert (status, told["code"]) == (422, "no_language")
    assert daemon.ask("PATCH", one, {"txt": "x"})[0] == 422
    status, copy = daemon.ask("POST", f"{one}/duplicate", {"name": "other"})
    assert (status, copy["text"]) == (201, NEW["text"])
    assert daemon.ask("POST", f"{one}/duplicate", {"name": "other"})[1]["code"] == "prompt_exists"
    status, deleted = daemon.ask("DELETE", one)
    assert (status, daemon.ask("GET", one)[0]) == (200, 404)
    assert daemon.ask("POST", f"{W}/undo", {"action": deleted["action"]})[0] == 200
    intents = [entry["intent"] for entry in daemon.ask("GET", f"{one}/history")[1]["entries"]]
    assert intents == ["undo", "prompt.delete", "prompt.edit", "prompt.create"]


def test_batch_of_a_saved_prompt_says_what_it_was_given(daemon: Process) -> None:
    id = saved(daemon, "asked")["id"]

    def asked(**given: Any) -> Any:
        status, quote = daemon.ask("POST", f"{W}/estimate", {"prompt": id, **given})
        assert status == 200, quote
        return quote["prompts"]

    assert asked() == ["a cat at night"]
    assert asked(variables={"Subject": "{fox}"}) == ["a {fox} at night"]
    assert asked(variables={"subject": ""}) == ["a cat at night"], "an empty value is none"
    assert asked(language="zh-TW", variables={"subject": "狗"}) == ["夜晚的狗"]
    assert asked(prompts=["my {{subject}}"]) == ["my cat"]
    assert asked(sheet="subject\nfox\n\nowl\n") == ["a fox at night", "a owl at night"]
    status, told = daemon.ask("POST", f"{W}/estimate", {"prompt": id, "negative": "dark"})
    assert [each["code"] for each in told["faults"]] == ["job.no_negative"], "what was asked for is not left out"
    status, told = daemon.ask("POST", f"{W}/estimate", {"prompt": "05" * 16})
    assert (status, told["code"]) == (404, "no_prompt")


def test_picture_of_a_saved_prompt_keeps_its_id_on_the_job_and_on_itself(daemon: Process) -> None:
    id = saved(daemon, "made")["id"]
    wish = {"prompt": id, "variables": {"subject": "fox"}, "count": 2, "width": 64, "height": 64}
    status, begun = daemon.ask("POST", f"{W}/jobs", wish)
    assert status == 202
    assert [each["saved"] for each in begun["jobs"]] == [id, id]
    assert [each["code"] for each in begun["quote"]["left_out"]] == ["job.no_negative"], "sketch has no place for it"

    def done() -> Any:
        jobs = daemon.ask("GET", f"{W}/batches/{begun['batch']}")[1]["jobs"]
        return jobs if all(each["state"] == "done" for each in jobs) else None

    jobs = until(done, 60)
    assert {each["saved"] for each in jobs} == {id}
    assert daemon.ask("GET", f"{W}/prompts/{id}")[1]["assets"] == 2
    found = daemon.ask("GET", f"{W}/assets?q=prompt:{id}")[1]
    assert {each["id"] for each in found["items"]} == {asset for each in jobs for asset in each["assets"]}
    assert {each["prompt"] for each in found["items"]} == {"a fox at night"}
