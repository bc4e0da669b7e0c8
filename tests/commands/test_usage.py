"""What all verbs share: words that make no command, options anywhere, languages, JSON, quiet and loud."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from commands.errors import told
from commands.terminal.texts import language
from daemon.errors import AlreadyRunning, DaemonError, PortTaken
from tests.commands.house import House, Library, speak, variables_set
from tests.daemonhouse import environ

WRONG = {
    "an unknown verb": (["rat"], "Did you mean “rate”?", "您是指「rate」嗎？"),
    "an unknown verb of a noun": (["project", "lst"], "Did you mean “ls”?", "您是指「ls」嗎？"),
    "what another tool calls it": (["ls"], "Did you mean “search”?", "「search」"),
    "what another tool calls it, in a group": (["album", "list"], "Did you mean “ls”?", "「ls」"),
    "a word that is like none": (["frobnicate"], "There is no verb “frobnicate”", "沒有「frobnicate」這個指令"),
    "an unknown option": (["rate", "--jsn"], "Did you mean --json?", "您是指 --json 嗎？"),
    "an option that is like none": (["rate", "--frob"], "There is no option --frob", "沒有 --frob 這個選項"),
    "a missing word": (["rate"], "ASSET is missing", "缺少 ASSET"),
    "words too many": (["digest", "twice", "more"], "Too many words: twice more", "多餘的字：twice more"),
    "a number out of bounds": (["rate", "01ab", "9"], "no whole number from 0 to 5", "不是 0 到 5 的整數"),
    "a word that is no choice": (["flag", "01ab", "up"], "none of: pick, reject, none", "不在這些選項之中"),
    "an option without its value": (["search", "--limit"], "--limit", "--limit"),
    "a flag with a value": (["verify", "--read-data=yes"], "--read-data", "--read-data"),
}


@pytest.mark.parametrize(("words", "english", "chinese"), WRONG.values(), ids=WRONG.keys())
def test_wrong_usage_exits_2_and_says_what_is_wrong(
    tmp_path: Path, words: list[str], english: str, chinese: str
) -> None:
    done = speak(tmp_path, *words)
    assert (done.code, done.out) == (2, "")
    assert english in done.err and "--help" in done.err
    assert chinese in speak(tmp_path, *words, LANG="zh_TW.UTF-8").err


def test_wrong_usage_in_json(tmp_path: Path) -> None:
    done = speak(tmp_path, "--json", "rate")
    assert (done.code, done.json["error"]["code"]) == (2, "usage")


@pytest.mark.parametrize("words", [[], ["project"], ["bin"]])
def test_no_verb_shows_the_help_and_is_wrong_usage(tmp_path: Path, words: list[str]) -> None:
    done = speak(tmp_path, *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: gesso")


def test_help_is_a_result(tmp_path: Path) -> None:
    done = speak(tmp_path, "rate", "--help")
    assert done.code == 0
    assert done.out.startswith("Usage: gesso rate")
    assert speak(tmp_path, "rate", "-h").out == done.out


def test_options_stand_before_and_after_the_verb(library: Library) -> None:
    speak_plain = library.house.speak
    for words in (
        ["--json", "--workspace", library.name, "search", "neon"],
        ["search", "--json", "neon", "--workspace", library.name],
        ["search", "neon", "--workspace", library.name, "--json"],
        ["--workspace", "nothing", "search", "neon", "--json", "--workspace", library.name],
    ):
        assert speak_plain(*words).json["total"] == 1
    assert speak_plain("bin", "--json", "ls", "--workspace", library.name).json["total"] == 0


def test_quiet_leaves_out_confirmations_and_counts_but_no_results(library: Library) -> None:
    done = library.speak("-q", "rate", library.assets[0], "4")
    assert (done.code, done.out, done.err) == (0, "", "")
    done = library.speak("search", "neon", "-q")
    assert len(done.out.splitlines()) == 2 and done.err == ""


def test_loud_tells_the_requests_on_stderr(library: Library) -> None:
    done = library.speak("-v", "rate", library.assets[0], "4")
    assert "PATCH /api/v1/w/" in done.err
    assert "PATCH" not in done.out


def test_color_is_left_out_of_pipes(library: Library) -> None:
    for words in (["search"], ["show", library.assets[0]], ["status"]):
        assert "\x1b" not in library.speak(*words, NO_COLOR="").out


def test_reader_who_has_enough_is_no_error(library: Library) -> None:
    command = f"{sys.executable} -P -m cli --workspace '{library.name}' search | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], env=environ(library.house.home), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-TW"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-TW"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW.UTF-8"}, "zh-TW"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh-TW"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "de:zh_TW:en"}, "zh-TW"),
        ({"LANGUAGE": "zh_TW", "LC_ALL": "C"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": ""}, "en"),
        ({"LANG": "en_US.UTF-8", "GESSO_LANGUAGE": "zh-TW"}, "zh-TW"),
        ({"LANG": "zh_TW.UTF-8", "GESSO_LANGUAGE": "en"}, "en"),
        ({"LANG": "zh_TW@radical"}, "zh-TW"),
    ],
)
def test_language_is_the_persons(variables: dict[str, str], expected: str) -> None:
    assert language(variables) == expected


def test_problem_of_the_daemon_is_told_in_chinese(house: House) -> None:
    done = house.speak("show", "01" + "ab" * 15, LANG="zh_TW.UTF-8")
    assert done.code == 1
    assert done.err == f"gesso: 這裡沒有圖片 01{'ab' * 15}。\n請檢查 ID；`gesso search` 會列出圖片。\n"


LONG = "字" * 201
REFUSED = {
    ("project", "create", ""): "需要名稱。",
    ("project", "create", " "): "需要名稱。",
    ("project", "create", LONG): "文字太長：最多 200 個字元。",
    ("saved", "add", "", "neon"): "需要名稱。",
    ("saved", "add", LONG, "neon"): "文字太長：最多 400 位元組；一個中文字佔三個。",
    ("saved", "add", "x", "neon", "--color", "pinkish"): (
        "沒有「pinkish」這個顏色；可用的有 red, orange, yellow, green, teal, blue, purple, pink, grey。"
    ),
    ("workspace", "new", ""): "需要名稱。",
    ("workspace", "new", LONG): "文字太長：最多 200 個字元。",
    ("workspace", "new", LONG[:100]): "文字太長：最多 200 位元組；一個中文字佔三個。",
    ("workspace", "new", "-"): "工作區不能叫 -：這個名稱代表預設工作區。",
    ("checkpoint", ""): "需要名稱。",
    ("search", "--after", "xyz"): "這不是這個清單的游標。",
    ("search", "--after", "AAAA"): "這不是這個清單的游標。",
    ("search", "--at", ""): "at 不能是空的。",
    ("log", "--after", "x"): "這不是這個清單的游標。",
    ("search", "字" * 2001): "文字太長：最多 2000 個字元。",
    ("export", "/tmp", "--query", "rating:9"): "rating: 的值是 0 到 5 的數字，不能是「9」。",
    ("tag", "ASSET", "--add", ""): "標籤不能是空的。",
    ("tag", "ASSET", "+ "): "標籤不能是空的。",
    ("tag", "ASSET", "+" + LONG): "文字太長：最多 200 位元組；一個中文字佔三個。",
    ("title", "ASSET", "字" * 22_000): "文字太長：最多 65536 位元組；一個中文字佔三個。",
    ("note", "ASSET", "字" * 22_000): "文字太長：最多 65536 位元組；一個中文字佔三個。",
    ("watch", "add", "HOME"): "不能監看圖庫自己的資料夾，也不能監看包含它的資料夾。",
}


@pytest.mark.parametrize(("words", "said"), REFUSED.items(), ids=[" ".join(words)[:40] for words in REFUSED])
def test_wrong_input_exits_2_and_is_told_in_the_persons_language(
    library: Library, words: tuple[str, ...], said: str
) -> None:
    meant = {"ASSET": library.assets[0], "HOME": str(library.house.home)}
    done = library.speak(*(meant.get(word, word) for word in words), LANG="zh_TW.UTF-8")
    assert (done.code, done.out, done.err.splitlines()[0]) == (2, "", f"gesso: {said}")


def test_json_is_one_document_in_utf8_even_where_the_locale_is_not(library: Library) -> None:
    library.told("title", library.assets[0], "貓 \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"))
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cli", "--workspace", library.name, "--json", "show", library.assets[0]],
        env={**environ(library.house.home), "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["title"] == "貓 😀"


def test_number_below_zero_is_not_called_an_option(tmp_path: Path) -> None:
    done = speak(tmp_path / "home", "rate", "01c3f2", "-1")
    assert done.code == 2 and "below zero" in done.err


def test_home_that_is_unfit_is_told_in_the_persons_language(tmp_path: Path) -> None:
    home = tmp_path / "Dropbox" / "home"
    done = speak(home, "up", LANG="zh_TW.UTF-8")
    assert done.code == 1 and f"而造成損壞。 ({tmp_path / 'Dropbox'}) 請把圖庫放到別處" in done.err
    english = speak(home, "up").err
    assert "A cloud drive keeps this folder in step" in english and "accept_unsafe_home" in english


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (AlreadyRunning("/home/x", None, None), "Gesso 已在使用 /home/x，或正在啟動、停止。"),
        (PortTaken("No port is free.", first=8463, last=8562), "127.0.0.1 上 8463 到 8562 沒有可用的連接埠。"),
    ],
)
def test_what_keeps_a_daemon_from_starting_is_told_in_the_persons_language(error: DaemonError, said: str) -> None:
    with variables_set({"LANG": "zh_TW.UTF-8"}):
        assert str(told(error)).startswith(said)


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [
        (("start", "--port"), "--port needs a value", "--port 後面要有值"),
        (("start", "--open=yes"), "--open takes no value", "--open 不接受值"),
    ],
)
def test_value_too_few_or_too_many(tmp_path: Path, words: tuple[str, ...], english: str, chinese: str) -> None:
    done = speak(tmp_path, *words)
    assert (done.code, english in done.err, "gesso start --help" in done.err) == (2, True, True)
    assert chinese in speak(tmp_path, *words, LANG="zh_TW.UTF-8").err
