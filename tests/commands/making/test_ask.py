"""Asking in words: on this computer for nothing, elsewhere for money, and what becomes of an answer that broke off."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from commands.client import connect
from daemon.paths import Paths
from providers.fakes.faults import Fault
from providers.fakes.openai import FakeOpenAI
from tests.commands.house import House, speak
from tests.daemon.process import Process
from tests.daemonhouse import Done, environ, running_daemon, until
from tests.providers.servers import own_and_paid, served, table

pytestmark = pytest.mark.process
LUNA = "gpt-5.6-luna"


class Talk(NamedTuple):
    """A daemon with a server of this computer, `own`, and one that wants money, `paid`."""

    house: House
    own: FakeOpenAI
    paid: FakeOpenAI

    def ask(self, *words: str, **variables: str) -> Done:
        return self.house.speak("ask", *words, **variables)

    def told(self, *words: str) -> Any:
        done = self.house.speak(*words, "--json")
        assert done.code == 0, done.err
        return done.json

    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.told("queue", "ls")["calls"]
        return found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Talk]:
    home = tmp_path_factory.mktemp("talk") / "home"
    home.mkdir()
    own, paid = (
        FakeOpenAI(models=["qwen3-8b", "nomic"], told={"nomic": {"type": "embeddings"}}),
        FakeOpenAI(models=[LUNA]),
    )
    with served(own, paid) as addresses:
        (home / "config.toml").write_text(own_and_paid(*addresses))
        with running_daemon(home) as url:
            yield Talk(House(home, url), own, paid)


@pytest.fixture
def talk(running: Talk) -> Talk:
    """The same, with nothing asked and nothing open."""
    for each in running.calls():
        running.told("queue", "resolve", each["id"], "--not-charged")
    for fake in (running.own, running.paid):
        fake.bill.clear()
        fake.asked.clear()
    return running


PAID = ("--provider", "paid", "--model", LUNA)


def test_answer_comes_from_this_computer_where_it_can(talk: Talk) -> None:
    done = talk.ask("三隻狐狸", "--system", "Be brief.")
    assert (done.code, done.out, done.err) == (0, "Be brief. You said: 三隻狐狸\n", "")
    told = talk.told("ask", "a fox")
    free = {"amount": 0.0, "currency": "", "basis": "free", "credits": None}
    assert told == {
        "text": "You said: a fox", "engine": "own", "model": "qwen3-8b", "offline": True, "stop": "end", "cost": free,
    }  # fmt: skip
    assert talk.paid.asked == [] and talk.calls() == []


def test_answer_that_wants_money_is_counted_by_what_it_used(talk: Talk) -> None:
    before = talk.told("status")["spend"]["month"]
    done = talk.ask("a red fox", *PAID)
    micros = talk.paid.billed
    assert (done.code, done.out, micros) == (0, "You said: a red fox\n", 3 * 1 + 5 * 6)
    assert "Cost: 0.000033 USD" in done.err
    assert talk.told("status")["spend"]["month"] == pytest.approx(before + micros / 1e6)
    assert talk.calls() == []


def test_what_an_answer_may_cost_is_said_before_it_is_asked_for(talk: Talk) -> None:
    assert talk.ask("a red fox", "--dry-run").out == "own · qwen3-8b: free\n"
    told = talk.told("ask", "三隻狐狸", *PAID, "--dry-run")
    assert (told["engine"], told["model"], told["offline"]) == ("paid", LUNA, True)
    price = told["price"]
    assert (price["basis"], price["least"], price["as_of"]) == ("price_table", 0.000002, "2026-11-23")
    assert price["most"] == pytest.approx((12 + 16) * 1e-6 + 32_000 * 6e-6)
    said = talk.ask("三隻狐狸", *PAID, "--dry-run", GESSO_LANGUAGE="zh-TW").out
    assert "依回答的長度而定（2026-11-23 的價格）" in said and "0.192028 USD" in said
    assert talk.own.asked == talk.paid.asked == []
    talk.ask("a red fox", *PAID)
    assert talk.paid.asked[0].body["max_completion_tokens"] == 32_000


@pytest.mark.parametrize(
    "fault", [Fault("drop"), Fault("cut"), Fault("error", 500), Fault("garbage", body=b"<html>", type="text/html")]
)
def test_paid_answer_that_broke_off_is_listed_and_never_sent_again(talk: Talk, fault: Fault) -> None:
    talk.paid.script.add(fault)
    done = talk.ask("one two three four", *PAID)
    assert done.code == 4 and "gesso queue resolve" in done.err
    (call,) = talk.calls()
    assert (call["provider"], call["model"], call["about"]) == ("paid", LUNA, "one two three four")
    listed = talk.house.speak("queue", "ls")
    assert re.search(rf"{call['id'][:8]} +paid +outcome unknown +0\.00\S* USD +one two three four", listed.out)
    assert any(each["code"] == "jobs.unknown" for each in talk.told("status")["attention"])
    assert len(talk.paid.asked) == 1
    assert "counted as spent" in talk.house.speak("queue", "resolve", call["id"][:8], "--charged").out
    assert talk.calls() == [] and talk.told("status")["spend"]["unpriced"] > 0
    assert talk.house.speak("queue", "resolve", call["id"], "--charged").code == 1


def test_free_answer_that_broke_off_is_nobodys_to_decide(talk: Talk) -> None:
    talk.own.script.add(Fault("cut"))
    done = talk.ask("one two three four")
    assert done.code == 1 and done.out.startswith("You said:") and talk.calls() == []


@pytest.mark.parametrize(
    ("fault", "code", "said", "gesagt"),
    [
        (Fault("rate"), "provider.rate", "too many requests", "太多"),
        (Fault("quota"), "provider.quota", "no credit", "額度"),
        (Fault("refuse"), "provider.content", "refuses this by its rules", "規定"),
    ],
)
def test_refusal_costs_nothing_and_says_why(talk: Talk, fault: Fault, code: str, said: str, gesagt: str) -> None:
    talk.paid.script.add(fault, fault)
    try:
        done = talk.ask("x", *PAID, "--json")
        assert (done.code, done.json["error"]["code"]) == (1, code)
        if fault.what == "rate":
            asked = len(talk.paid.asked)
            assert talk.ask("x", *PAID).code == 1 and len(talk.paid.asked) == asked, "it was asked while it rests"
            until(lambda: talk.ask("x", *PAID).code == 1 and len(talk.paid.asked) > asked)
        else:
            assert gesagt in talk.ask("x", *PAID, GESSO_LANGUAGE="zh-TW").err
        assert said in done.json["error"]["message"].lower()
        assert talk.calls() == [] and talk.paid.bill == []
    finally:
        until(lambda: talk.ask("x", *PAID).code == 0)  # what was scripted is over, and it takes requests again


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--provider", "paid"), "ask.which_model"),
        (("--model", LUNA), "ask.paid"),  # the one that is free does not list it, and may want money for it
        (("--provider", "sketch"), "ask.mute"),
        (("--provider", "nobody"), "no_provider"),
        (("--provider", "own", "--model", "nomic"), "ask.no_words"),
        (("--provider", "own", "--model", "gone"), "provider.invalid"),
    ],
)
def test_question_that_nobody_can_answer_says_what_to_do(talk: Talk, words: tuple[str, ...], code: str) -> None:
    done = talk.ask("x", *words, "--json")
    assert (done.code, done.json["error"]["code"], talk.calls()) == (1, code, [])


def test_nobody_is_set_up(house: House) -> None:
    done = house.speak("ask", "x")
    assert done.code == 1 and "[providers.local]" in done.err
    assert "設定" in house.speak("ask", "x", GESSO_LANGUAGE="zh-TW").err


def test_nothing_leaves_this_computer_offline(talk: Talk, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(table("away", "https://example.com/v1", "openai-compatible"))
    with running_daemon(home, "--offline"):
        done = speak(home, "ask", "x", "--json")
    assert (done.code, done.json["error"]["code"]) == (1, "ask.offline")


def test_killed_daemon_asks_nothing_again(talk: Talk, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    fake = FakeOpenAI(models=[LUNA], faults=[Fault("hang")])
    with served(fake) as (url,):
        (home / "config.toml").write_text(table("paid", url))
        with Process(home) as daemon:

            def ask() -> None:
                with contextlib.suppress(OSError):  # it is killed under the question
                    daemon.ask("POST", "/api/v1/w/-/ask", {"text": "x", "provider": "paid", "model": LUNA})

            asking = threading.Thread(target=ask)
            asking.start()
            until(lambda: fake.asked)
            daemon.process.kill()
            asking.join()
        with running_daemon(home):
            assert speak(home, "ask", "z", "--json").json["error"]["code"] == "ask.paid"
            (call,) = speak(home, "queue", "ls", "--json").json["calls"]
            assert (call["about"], len(fake.asked)) == ("x", 1)
            assert speak(home, "ask", "y", *PAID).out == "You said: y\n"
            assert [each["id"] for each in speak(home, "queue", "ls", "--json").json["calls"]] == [call["id"]]
            assert [each.body["messages"][-1]["content"] for each in fake.asked] == ["x", "y"]


def test_provider_says_what_it_answers_to(talk: Talk) -> None:
    said = talk.house.speak("provider", "test", "own").out
    assert "text: yes, qwen3-8b answered" in said and "vectors: yes, nomic answered" in said
    assert "pictures: not known" in said
    found = {each["what"]: each for each in talk.told("provider", "test", "paid")["answers"]}
    assert (found["speak"]["answers"], found["speak"]["tried"]) == (True, False) and talk.paid.asked == []
    assert "文字：可以" in talk.house.speak("provider", "test", "paid", GESSO_LANGUAGE="zh-TW").out
    listed = talk.house.speak("models", "ls").out
    assert re.search(r"own +qwen3-8b +not told +free", listed) and re.search(r"own +nomic +vectors +free", listed)
    assert re.search(rf"paid +{LUNA} +text +1\.00–6\.00 USD a million tokens", listed)


def test_model_that_talks_paints_nothing(talk: Talk) -> None:
    done = talk.house.speak("gen", "a fox", *PAID, "--dry-run", "--json")
    assert done.code == 2 and [each["code"] for each in done.json["quote"]["faults"]] == ["job.no_model"]


class Thinking(BaseHTTPRequestHandler):
    """A server of this computer that thinks for ever, and knows when nobody waits for it any more."""

    begun, left = threading.Event(), threading.Event()

    def do_GET(self) -> None:
        body = json.dumps({"object": "list", "data": [{"id": "slow", "object": "model"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.begun.set()
        while self.connection.recv(1):
            pass
        self.left.set()

    def log_message(self, *_: object) -> None:
        """Not here."""


@pytest.mark.parametrize("way", ["a page that stops", "a command that is interrupted"])
def test_free_answer_that_nobody_waits_for_any_more_is_not_thought_out(tmp_path: Path, way: str) -> None:
    Thinking.begun.clear()
    Thinking.left.clear()
    home = tmp_path / "home"
    home.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), Thinking) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}/v1"
        (home / "config.toml").write_text(table("own", address, "openai-compatible", free="true"))
        try:
            with running_daemon(home):
                hang_up = page(home) if way.startswith("a page") else command(home)
                assert Thinking.begun.wait(20)
                hang_up()
                assert Thinking.left.wait(8)
        finally:
            server.shutdown()


def page(home: Path) -> Callable[[], object]:
    daemon = connect(Paths.of(home, environ(home)))
    headers = {"Authorization": f"Bearer {daemon._token}", "Content-Type": "application/json"}
    daemon._line.request("POST", "/api/v1/w/-/ask", json.dumps({"text": "a fox"}).encode(), headers)
    return daemon.hang_up


def command(home: Path) -> Callable[[], object]:
    asking = subprocess.Popen([sys.executable, "-P", "-m", "cli", "ask", "a fox"], env=environ(home), cwd=home)

    def interrupted() -> None:
        asking.send_signal(signal.SIGINT)
        assert asking.wait(20) == 130

    return interrupted
