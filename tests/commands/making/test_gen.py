"""Making pictures from the command line: prompts, sheets, money, waiting, and every way it can end."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commands.errors import CommandError, NoDaemon
from commands.making.gen import begin, named
from commands.making.words import between, digits, range_of
from tests.commands.house import Studio
from tests.daemonhouse import environ, until

PAID = ("--provider", "painter")
SHEET = "prompt,count,size\na red lantern,,\n,2,\n{open,,\na blue lantern,2,64x64\nx,,7x7\n"


def open_jobs(studio: Studio) -> list[dict[str, Any]]:
    jobs: list[dict[str, Any]] = studio.told("queue", "ls")["jobs"]
    return jobs


def test_pictures_are_made_without_any_setting(studio: Studio) -> None:
    made = studio.told("gen", "a {red|blue} lantern", "--size", "128x64", "--seed", "7", "--tag", "rain", "--wait")
    assert {(job["provider"], job["state"], job["seed"]) for job in made["jobs"]} == {("sketch", "done", "7")}
    assert [job["prompt"] for job in made["jobs"]] == ["a red lantern", "a blue lantern"]
    assert made["batch"] and made["quote"]["free"] == 2
    shown = studio.told("show", made["jobs"][0]["assets"][0])
    assert (shown["prompt"], shown["seed"], shown["width"], shown["tags"]) == ("a red lantern", "7", 128, ["rain"])
    assert "2 pictures made" in studio.said("log")


def test_waiting_prints_the_ids_of_the_pictures(studio: Studio) -> None:
    ids = studio.said("gen", "a lamp", "a tree", "--size", "64x64", "--wait").split()
    assert len(ids) == 2 and all(studio.told("show", each)["id"] == each for each in ids)


def test_without_waiting_the_jobs_are_told_and_go_on(studio: Studio) -> None:
    done = studio.speak("gen", "a lamp", "--size", "64x64")
    assert done.code == 0 and "1 job begun (free)" in done.out and "gesso queue ls" in done.err
    until(lambda: studio.told("search", "lamp")["total"] == 1)


@pytest.mark.parametrize(
    "words",
    [("a lamp", "a tree", "--count", "501"), ("a lamp", *PAID, "--provider", "sketch", "--count", "501")],
    ids=["prompts", "providers"],
)
def test_counts_and_providers_make_no_batch_larger_than_one_may_be(studio: Studio, words: tuple[str, ...]) -> None:
    done = studio.speak("gen", *words, "--yes")
    assert done.code == 2 and "make 1002 requests; at most 1000" in " ".join(done.err.split()), done.err
    assert open_jobs(studio) == []


def test_counts_of_a_sheet_make_no_batch_larger_than_one_may_be(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("prompt,count\na lamp,1000\na tree,1000\n")
    done = studio.speak("gen", "--from", str(tmp_path / "rows.csv"), "--yes")
    assert done.code == 1 and "make 2000 requests; at most 1000" in " ".join(done.err.split()), done.err
    assert open_jobs(studio) == []


def test_project_and_several_providers(studio: Studio) -> None:
    studio.told("project", "create", "Poster")
    words = ("gen", "a lamp", *PAID, "--provider", "sketch", "--size", "64x64", "--option", "quality=high")
    done = studio.speak("--json", *words, "--project", "Poster", "--yes", "--wait")
    assert done.code == 0, done.err
    assert sorted(job["provider"] for job in done.json["jobs"]) == ["painter", "sketch"]
    assert "Left out where a model does not take it" in studio.speak(*words, "--dry-run").err
    assert studio.told("project", "show", "Poster")["total"] == 2


def test_nothing_is_spent_before_somebody_agrees(studio: Studio) -> None:
    done = studio.speak("gen", "a lamp", *PAID, "--count", "3")
    assert done.code == 2 and "Make 3 pictures for 0.12 USD?" in done.err and "--yes" in done.err
    assert studio.speak("--json", "gen", "a lamp", *PAID).code == 2
    assert studio.speak("gen", "a lamp", *PAID, "--model", "ink").code == 2  # nobody knows its price
    assert open_jobs(studio) == [] and studio.told("queue", "ls", "--ended")["jobs"] == []
    made = studio.told("gen", "a lamp", *PAID, "--yes", "--wait")
    assert made["jobs"][0]["cost"] == {"amount": 0.04, "currency": "USD", "basis": "price_table", "credits": None}
    assert "0.04 USD today" in studio.said("status")


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("\n", 1), ("y\n", 0)])
def test_person_is_asked_on_a_terminal(studio: Studio, answer: str, code: int) -> None:
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", "gen", "a lamp", *PAID, "--wait"],
        stdin=end, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environ(studio.house.home, GESSO_WORKSPACE=studio.name),
    )  # fmt: skip
    os.close(end)
    os.write(terminal, answer.encode())
    out, err = process.communicate(timeout=30)
    os.close(terminal)
    assert process.returncode == code, err
    assert b"Make 1 picture for 0.04 USD?" in err and bool(out.strip()) == (code == 0)


def test_estimate_and_dry_run_say_the_same_and_begin_nothing(studio: Studio) -> None:
    words = ("a {big|small} lamp", *PAID, "--count", "2")
    quote = studio.told("estimate", *words)
    assert (quote["jobs"], quote["sums"]) == (4, [{"currency": "USD", "least": 0.16, "most": 0.16}])
    dry = studio.told("gen", *words, "--dry-run")
    assert dry == {"batch": None, "jobs": [], "quote": quote}
    said = studio.said("estimate", *words)
    assert "4 pictures: 0.16 USD (prices of 2026-11-01)" in said and "a big lamp" in said
    assert "a price nobody knows" in studio.said("estimate", "a lamp", *PAID, "--model", "ink")
    assert open_jobs(studio) == []


def test_outcome_that_nobody_knows_ends_with_4(studio: Studio) -> None:
    done = studio.speak("gen", "lost", "a lamp", *PAID, "--yes", "--wait")
    assert done.code == 4 and len(done.out.split()) == 1
    assert "may have been carried out and paid" in done.err and "gesso queue resolve" in done.err


def test_some_refused_end_with_5_and_all_with_1(studio: Studio) -> None:
    some = studio.speak("gen", "forbidden", "a lamp", *PAID, "--yes", "--wait")
    assert some.code == 5 and "refuses this by its rules: Not this." in some.err and len(some.out.split()) == 1
    all_of_them = studio.speak("--json", "gen", "forbidden", *PAID, "--yes", "--wait")
    assert (all_of_them.code, all_of_them.json["jobs"][0]["error"]["code"]) == (1, "provider.content")


def test_bad_rows_are_told_and_the_others_made_once(studio: Studio, tmp_path: Path) -> None:
    sheet = tmp_path / "scenes.csv"
    sheet.write_text(SHEET)
    done = studio.speak("--json", "gen", "--from", str(sheet), *PAID, "--yes", "--wait")
    lines = done.err.splitlines()
    assert done.code == 5 and len(done.json["jobs"]) == 3, done.err
    assert [line.split(": ")[0] for line in lines] == [f"{sheet}:{number}" for number in (3, 4, 6)]
    assert "This row has no prompt." in lines[0] and "This brace is never closed" in lines[1]
    assert "there are: 64x64" in lines[2]
    sheet.write_text(SHEET.replace("{open", "a green lantern"))
    again = studio.speak("--json", "gen", "--from", str(sheet), *PAID, "--yes", "--wait")
    assert [job["prompt"] for job in again.json["jobs"]] == ["a green lantern"]
    assert "3 were asked for before and are passed over" in again.err
    assert studio.speak("--json", "gen", "--from", str(sheet), *PAID, "--again", "--dry-run").json["quote"]["jobs"] == 4
    assert studio.told("queue", "ls", "--ended")["counts"]["done"] == 4


def test_rows_of_which_nothing_can_be_begun_are_no_usable_rows_and_are_told_in_the_order_of_the_file(
    studio: Studio, tmp_path: Path
) -> None:
    sheet = tmp_path / "scenes.csv"
    sheet.write_text("prompt,count,size\na {open,,\na lamp,,64x64\na fox,many,\na fern,,256x256\n__nowhere__,,\n")
    words = ("gen", "--from", str(sheet), "--dry-run")
    one = studio.speak("--json", *words, *PAID).json["quote"]
    assert [fault["row"] for fault in one["faults"]] == [2, 4, 5, 6]
    assert ([row["row"] for row in one["rows"]], one["row_count"], one["jobs"]) == ([3], 1, 1)
    # One that any of its models takes can be used.
    both = studio.speak("--json", *words, *PAID, "--provider", "sketch").json["quote"]
    assert [fault["row"] for fault in both["faults"]] == [2, 4, 5, 6]
    assert ([row["row"] for row in both["rows"]], both["row_count"], both["jobs"]) == ([3, 5], 2, 3)


def test_sheet_with_nothing_good_begins_nothing(studio: Studio, tmp_path: Path) -> None:
    sheet = tmp_path / "bad.csv"
    sheet.write_text("prompt\n{a\n")
    done = studio.speak("--json", "gen", "--from", str(sheet))
    assert (done.code, done.json["batch"], done.json["jobs"]) == (1, None, [])
    assert done.json["quote"]["faults"][0]["line"] == 2
    sheet.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x01")
    assert "The sheet is empty, or no text." in studio.speak("gen", "--from", str(sheet)).err


def test_sheet_that_is_too_large_and_tag_that_cannot_be_read_are_refused_in_plain_words(
    studio: Studio, tmp_path: Path
) -> None:
    sheet = tmp_path / "large.csv"
    sheet.write_bytes(b"prompt\n" + b"a" * (16 << 20))
    large = studio.speak("gen", "--from", str(sheet))
    assert large.code == 2 and "That file is too large: at most 16 MiB." in large.err and "bytes" not in large.err
    assert "檔案太大：最多 16 MiB。" in studio.speak("gen", "--from", str(sheet), GESSO_LANGUAGE="zh-TW").err
    unseen = studio.speak("gen", "a lamp", "--tag", "x\u202egpj")
    assert unseen.code == 2 and "U+202E" in unseen.err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "big5"])
def test_sheet_is_read_as_the_text_that_it_is(studio: Studio, tmp_path: Path, encoding: str) -> None:
    sheet = tmp_path / "scenes.csv"
    sheet.write_bytes("提示詞\n雨中的紅色燈籠與老街\n".encode(encoding))
    quote = studio.told("estimate", "--from", str(sheet))
    assert quote["prompts"] == ["雨中的紅色燈籠與老街"]


def test_sheet_comes_from_standard_input_too(studio: Studio) -> None:
    lines = "".join(json.dumps({"mood": mood}) + "\n" for mood in ("calm", "wild"))
    words = ["gen", "a {{mood}} sea", "--from", "-", "--size", "64x64", "--json", "--wait"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cli", *words],
        input=lines.encode(), capture_output=True, timeout=60, check=False,
        env=environ(studio.house.home, GESSO_WORKSPACE=studio.name),
    )  # fmt: skip
    assert [job["prompt"] for job in json.loads(done.stdout)["jobs"]] == ["a calm sea", "a wild sea"], done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "PROMPT is missing"),
        (["a", "b", "--from", "x.csv"], "one PROMPT only"),
        (["a", "--model", "oil"], "Say --provider too"),
        (["a", "--size", "big"], "no size like 1024x768"),
        (["a", "--size", "0x512"], "each side of 1 to 16384 pixels"),
        (["a", "--size", "99999x64"], "each side of 1 to 16384 pixels"),
        (["a", "--option", "quality"], "not NAME=VALUE"),
        (["a", "--count", "0"], "no whole number from 1"),
        (["a", "--provider", "nobody"], "provider nobody is not set up"),
        (["a", *PAID, "--model", "nothing"], "no model nothing"),
        (["a", *PAID, "--size", "65x64"], "there are: 64x64, 128x64"),
        (["a", *PAID, "--option", "quality=best"], "quality can be: low, high"),
        (["a {b|c"], "never closed"),
        (["  "], "A prompt would be empty."),
    ],
)
def test_words_that_cannot_be_meant_begin_nothing(studio: Studio, words: list[str], said: str) -> None:
    done = studio.speak("gen", *words, "--yes")
    assert done.code == 2 and said in done.err, done.err
    assert open_jobs(studio) == []


def test_file_that_is_not_there(studio: Studio) -> None:
    done = studio.speak("gen", "--from", "/nowhere/x.csv")
    assert done.code == 1 and "No such file" in done.err


def test_interrupting_the_wait_leaves_the_jobs(studio: Studio) -> None:
    words = ["gen", "a lamp", "--provider", "slow", "--model", "chalk", "--wait"]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environ(studio.house.home, GESSO_WORKSPACE=studio.name),
    )  # fmt: skip
    until(lambda: [job["state"] for job in open_jobs(studio)] == ["running"])
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    # The job may run before the answer to its order is read.
    assert process.returncode == 130 and (b"the jobs stay in the queue" in err or b"jobs may be in the queue" in err)
    assert [job["state"] for job in open_jobs(studio)] == ["running"]
    studio.told("queue", "cancel", "--all")


class Cut:
    def post(self, path: str, body: Any) -> Any:
        raise KeyboardInterrupt


def test_interrupting_an_order_says_that_it_may_have_begun() -> None:
    with pytest.raises(CommandError, match="its jobs may be in the queue") as caught:
        begin(Cut(), "jobs", {})
    assert (caught.value.code, caught.value.exit) == ("interrupted", 130)


class Lossy:
    """A line to a daemon that loses answers; what was sent is kept."""

    def __init__(self, losses: int, code: str = "gone") -> None:
        self.losses, self.code = losses, code
        self.sent: list[Any] = []

    def post(self, path: str, body: Any) -> Any:
        self.sent.append(body)
        if len(self.sent) <= self.losses:
            raise NoDaemon("gone", code=self.code)
        return {"batch": "b"}

    def hang_up(self) -> None:
        return None


def test_lost_answer_is_asked_for_once_more_with_the_same_key() -> None:
    line = Lossy(1)
    assert begin(line, "path", {"key": "k"}) == {"batch": "b"}
    assert line.sent == [{"key": "k"}] * 2
    with pytest.raises(NoDaemon):
        begin(Lossy(2), "path", {"key": "k"})
    with pytest.raises(CommandError):
        begin(refusing := Lossy(1, "invalid"), "path", {})
    assert len(refusing.sent) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=low", "low"),
        ("a=3", 3),
        ("a=0.5", 0.5),
        ("a=true", True),
        ('a="3"', "3"),
        ("a=[1]", "[1]"),
        ("a=x=y", "x=y"),
    ],
)
def test_option_is_what_it_looks_like(text: str, value: Any) -> None:
    assert named(text) == ("a", value) and type(named(text)[1]) is type(value)


def test_money_is_written_to_its_last_digit() -> None:
    assert [digits(each) for each in (1.0, 0.04, 0.005, 1234.5, 0.000001)] == [
        "1.00", "0.04", "0.005", "1,234.50", "0.000001",
    ]  # fmt: skip
    assert between(0.04, 0.06, "USD") == "0.04–0.06 USD"
    assert range_of({"least": 0.08, "most": 0.08, "currency": "EUR", "basis": "price_table", "credits": 6.5}) == (
        "0.08 EUR (6.5 credits)"
    )
    unknown = {"least": None, "most": None, "currency": "", "basis": "unknown", "credits": 1200.0}
    assert range_of(unknown) == "unknown (1,200 credits)"


def test_what_is_not_there_is_told_with_what_is(studio: Studio, tmp_path: Path) -> None:
    studio.told("project", "create", "Teahouse")
    (tmp_path / "rows.csv").write_text("prompt,project\na lamp,Teahose\na tree,Zebra\n")
    lines = studio.speak("gen", "--from", str(tmp_path / "rows.csv"), "--yes").err
    assert "There is no project Teahose. Is it Teahouse?" in lines
    assert "There is no project Zebra. Make it with `gesso project create NAME`" in lines
    done = studio.speak("gen", "a lamp", "--provider", "painter", "--option", "foo=bar", "--yes")
    assert (
        done.code != 0 and " has no option foo" in done.err and ("It has: " in done.err or "nor any other" in done.err)
    )
