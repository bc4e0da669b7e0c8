"""Both languages say everything, with the same places to fill, in the words and characters of Taiwan."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tree import ROOT, files, parsed, write

# Where texts stand, and the code that uses them: both are checked wherever they exist.
CATALOGUES = ("commands/text", "web/src/text")
PLACE = re.compile(r"\{(\w+)")
# Characters that Big5 holds as rare variants, and which a text for Taiwan never means.
VARIANTS = set("万与价优体党听圣坏复庄异怀怜惊扰据晒机极构柜气洁离种网胜荐虫触适厂确")
# Mainland word → the word of Taiwan.
TERMS = {
    "軟件": "軟體", "網絡": "網路", "圖像": "影像", "默認": "預設", "設置": "設定", "文件夾": "資料夾", "文檔": "文件",
    "隊列": "佇列", "提示語": "提示詞", "視頻": "影片", "信息": "資訊", "鼠標": "滑鼠", "屏幕": "螢幕", "菜單": "選單",
    "窗口": "視窗", "服務器": "伺服器", "硬盤": "硬碟", "磁盤": "磁碟", "內存": "記憶體",
    "緩存": "快取", "接口": "介面",
    "註冊表": "登錄檔", "打印": "列印", "搜索": "搜尋", "導入": "匯入", "導出": "匯出", "鏈接": "連結", "字符": "字元",
    "字節": "位元組", "線程": "執行緒", "進程": "行程", "端口": "連接埠", "回收站": "回收桶", "剪貼板": "剪貼簿",
    "撤銷": "復原", "激活": "啟用", "卸載": "解除安裝", "快捷鍵": "快速鍵", "全屏": "全螢幕", "標籤頁": "分頁",
}  # fmt: skip
# Of two good words the one that is ours: a thing has one name everywhere (docs/words.md).
OURS = {
    "你": "您", "管理者": "管理員", "歷史": "歷程", "影像": "圖片", "照片": "圖片", "原檔": "原始檔",
    "原始檔案": "原始檔", "複本": "副本", "復本": "副本", "目錄": "資料夾", "垃圾桶": "回收桶", "產生": "生成",
    "製作": "生成", "負面提示詞": "負向提示詞", "提供者": "供應商", "提供商": "供應商", "訂單": "請求", "下單": "送出",
    "等候": "等待", "生成資料": "生成資訊", "更改": "變更", "更動": "變更", "改名": "重新命名", "紀錄": "記錄",
    "日誌": "記錄", "守護行程": "背景服務", "忙線": "忙碌", "無損": "無失真", "定期": "定時", "清出": "騰出",
    "占": "佔", "識別碼": "ID", "這部": "這台", "部裝置": "台裝置", "部電腦": "台電腦", "打開": "開啟", "佈景": "主題",
    "臺": "台", "回覆": "回應", "種子碼": "種子",
}  # fmt: skip
# Names that others gave, and words that are taken as well.
OTHERS = ("負面提示詞、反向提示詞", "種子、種子碼", "系統日誌", "瀏覽器的歷史記錄")
CJK = "[\u4e00-\u9fff]"
# What is written otherwise than Taiwan's typesetters do.
SPACING = {
    "half-width punctuation": re.compile(rf"{CJK}[,;!?()]|[,;!?()]{CJK}"),
    "no space before Latin letters or digits": re.compile(rf"{CJK}[A-Za-z0-9]|[A-Za-z0-9%]{CJK}"),
    "a space before %": re.compile(r"[\d}] %"),
    "a space before …": re.compile(rf"(?:{CJK}|[A-Za-z}}]) …"),
}
QUOTED = re.compile(r"`[^`]*`|\]\([^)]*\)")  # commands, and where a link leads


def flat(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Keys and texts of a catalogue, flat or nested."""
    if isinstance(node, str):
        yield path, node
    else:
        for key, value in node.items():
            yield from flat(value, f"{path}.{key}" if path else key)


def load(folder: Path, language: str) -> dict[str, str]:
    """A catalogue; a key that stands twice is an error, where JSON would take the last."""
    text = (folder / f"{language}.json").read_text("utf-8")
    return dict(flat(json.loads(text, object_pairs_hook=unique)))


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = {key for key, _ in pairs if [name for name, _ in pairs].count(key) > 1}
    assert not twice, f"written twice: {sorted(twice)}"
    return dict(pairs)


def simplified(text: str) -> str:
    """Characters that mainland China's set holds and Taiwan's does not, and variants that Taiwan never means."""
    return "".join(each for each in text if "\u4e00" <= each <= "\u9fff" and (each in VARIANTS or foreign(each)))


def foreign(character: str) -> bool:
    return encodes(character, "gb2312") and not encodes(character, "big5")


def encodes(character: str, charset: str) -> bool:
    try:
        character.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def faults(folder: Path) -> list[str]:
    """Everything wrong between the two catalogues of a folder and in the Chinese one."""
    english, chinese = load(folder, "en"), load(folder, "zh-TW")
    found = [
        f"{key} is missing in zh-TW" for key in english if key not in chinese and not key.endswith((".one", "_one"))
    ]
    found += [f"{key} is missing in en" for key in chinese if key not in english]
    for key in sorted(english.keys() & chinese.keys()):
        if set(PLACE.findall(english[key])) != set(PLACE.findall(chinese[key])):
            found.append(f"{key}: the places to fill differ")
        if bool(english[key].strip()) != bool(chinese[key].strip()):
            found.append(f"{key} is empty in one language")
        if goes_on(english[key]) != goes_on(chinese[key]):
            found.append(f"{key}: one language says that more follows")
    for key, text in chinese.items():
        if strange := simplified(text):
            found.append(f"{key}: Simplified {strange}")
        found += [f"{key}: {term} is {better} in Taiwan" for term, better in TERMS.items() if term in text]
        found += [f"{key}: {fault}" for fault in strays(text, of_command=key.endswith((".example", "_place")))]
    return found


def strays(text: str, of_command: bool = False) -> list[str]:
    """What a Chinese text says or writes otherwise than the others. `of_command`: it stands for one as it is typed."""
    for other in OTHERS:
        text = text.replace(other, "")
    found = [f"{term} is {better} everywhere else" for term, better in OURS.items() if term in text]
    plain = QUOTED.sub("`", text)
    return found + ([] if of_command else [fault for fault, pattern in SPACING.items() if pattern.search(plain)])


def prose(path: Path) -> list[tuple[str, str]]:
    """The lines of a document in Chinese, each with its place, without blocks of code."""
    found, code = [], False
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        code ^= line.startswith("```")
        if not code:
            found.append((f"{path.name}:{number}", line))
    return found


def goes_on(text: str) -> bool:
    """Whether the text ends as one of which more follows."""
    return text.rstrip("」”").endswith("…")


def present() -> list[Path]:
    """The folders with texts. Where a page is, its texts are too."""
    folders = [ROOT / name for name in CATALOGUES if (ROOT / name).is_dir()]
    if any((ROOT / "web" / "src").glob("**/*.tsx")):
        assert ROOT / CATALOGUES[1] in folders, "the page has no texts"
    return folders


@pytest.mark.parametrize("folder", present(), ids=lambda folder: folder.relative_to(ROOT).as_posix())
def test_both_languages_say_everything_as_taiwan_does(folder: Path) -> None:
    assert faults(folder) == []


@pytest.mark.parametrize("path", [*ROOT.glob("*.zh-TW.md"), *ROOT.glob("docs/*.zh-TW.md")], ids=lambda path: path.name)
def test_documents_say_everything_by_the_same_words(path: Path) -> None:
    # The list of commands is written from the texts, with words put beside options.
    lines = prose(path) if path.name != "commands.zh-TW.md" else []
    found = [(place, fault) for place, line in lines for fault in strays(line)]
    found += [(place, f"Simplified {strange}") for place, line in lines if (strange := simplified(line))]
    found += [(place, f"{term} is {better}") for place, line in lines for term, better in TERMS.items() if term in line]
    assert found == []


def test_list_of_words_names_each_that_is_not_ours() -> None:
    listed = (ROOT / "docs" / "words.md").read_text("utf-8")
    assert {word for word in OURS if word not in listed} == set()


def literals(root: Path) -> set[str]:
    """Every string that stands in the command line's code; of f-strings the constant parts."""
    found = set()
    for path in [*files(root / "commands", ".py"), root / "cli.py"]:
        for node in ast.walk(parsed(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def asked_for(root: Path) -> set[str]:
    """Keys that the command line's code asks for by their whole name."""
    found = set()
    for path in [*files(root / "commands", ".py"), root / "cli.py"]:
        for node in ast.walk(parsed(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("say", "session.hint", "heading"):
                found |= {word.value for word in node.args[:1] if isinstance(word, ast.Constant)}
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "session.confirm_line":
                found |= {word.value for word in node.args[1:2] if isinstance(word, ast.Constant)}
    return found


# Families whose keys are put together while running: a verb's help, a daemon's code.
COMPUTED = ("help.", "section.", "column.", "word.", "path.", "intent.", "deed.", "problem.", "import.", "attention.",
            "finding.", "job.state.", "job.why.", "models.takes.", "can.", "undo.", "redo.", "watch.why.",
            "export.reason.", "export.loss.", "parameter.", "system.", "service.warning.", "closed.",
            "basis.", "pair.", "peer.", "quarantine.", "recovery.check.", "stopped.state.", "conflicts.field.",
            "conflicts.of.", "evict.reason.", "sync.", "keep.", "limit.", "peers.why.", "peers.do.",
            "preset.builtin.", "preset.format.", "preset.colour.", "preset.metadata.", "preset.credentials.",
            "preset.folders.")  # fmt: skip


def test_every_text_that_is_asked_for_is_there() -> None:
    texts = load(ROOT / "commands" / "text", "en")
    known = set(texts) | {key.rpartition(".")[0] for key in texts}
    assert sorted(asked_for(ROOT) - known) == []


def test_no_text_is_left_over() -> None:
    used = literals(ROOT)
    texts = load(ROOT / "commands" / "text", "en")
    plain = {key for key in texts if not key.startswith(COMPUTED)}
    assert (
        sorted(key for key in plain if key not in used and key.removesuffix(".one").removesuffix(".other") not in used)
        == []
    )


@pytest.mark.parametrize(
    ("english", "chinese", "fault"),
    [
        ({"a": "cat"}, {}, "a is missing in zh-TW"),
        ({}, {"a": "貓"}, "a is missing in en"),
        ({"a": "{count} cats"}, {"a": "貓"}, "a: the places to fill differ"),
        ({"a": "cat"}, {"a": " "}, "a is empty in one language"),
        ({"a": "cats …"}, {"a": "貓"}, "a: one language says that more follows"),
        ({"a": "software"}, {"a": "体"}, "a: Simplified 体"),
        ({"a": "the pictures"}, {"a": "图片"}, "a: Simplified 图"),
        ({"a": "you"}, {"a": "你"}, "a: 你 is 您 everywhere else"),
        ({"a": "this device"}, {"a": "這部主機"}, "a: 這部 is 這台 everywhere else"),
        ({"a": "see"}, {"a": "請看,再試"}, "a: half-width punctuation"),
        ({"a": "use CSV"}, {"a": "請用CSV檔"}, "a: no space before Latin letters or digits"),
        ({"a": "80 %"}, {"a": "已達 80 %"}, "a: a space before %"),
        ({"a": "{n} …"}, {"a": "{n} 正在想 …"}, "a: a space before …"),
        ({"a": {"b": "default"}}, {"a": {"b": "默認"}}, "a.b: 默認 is 預設 in Taiwan"),
    ],
)
def test_planted_fault_is_found(tmp_path: Path, english: Any, chinese: Any, fault: str) -> None:
    write(tmp_path, "en.json", json.dumps(english))
    write(tmp_path, "zh-TW.json", json.dumps(chinese, ensure_ascii=False))
    assert faults(tmp_path) == [fault]


def test_key_written_twice_is_found(tmp_path: Path) -> None:
    write(tmp_path, "en.json", '{"a": "cat", "a": "dog"}')
    with pytest.raises(AssertionError, match="written twice"):
        load(tmp_path, "en")


def test_words_of_taiwan_are_let_through() -> None:
    assert simplified("軟體 網路 影像 圖片 預設 設定 檔案 資料夾 佇列 提示詞 伙伴 象 里 台灣 裡面 群組 錄製") == ""
