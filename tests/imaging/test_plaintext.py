"""Texts beside pictures in the encodings of the wild: read where it is sure what they say, else left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.imaging.files import canvas, facts, png, raw, seen

SETTINGS = "Steps: 20, Sampler: Euler, CFG scale: 7, Seed: 5"
POEM = "霓虹燈下的一隻貓，坐在雨後的街角。（電影感，35mm）\r\nbest quality, 夜裏的碁盤 €"


def test_text_in_big5_beside_a_picture_is_read(tmp_path: Path) -> None:
    sidecar, picture = tmp_path / "p.txt", png(tmp_path / "p.png", {})
    sidecar.write_bytes(POEM.encode("cp950"))
    assert facts(picture, sidecar).prompt == POEM
    sidecar.write_bytes(f"霓虹貓\nNegative prompt: 模糊\n{SETTINGS}".encode("big5"))
    found = facts(picture, sidecar)
    assert (found.prompt, found.negative, found.seed) == ("霓虹貓", "模糊", "5")
    sidecar.write_bytes(b"a" + "一貓".encode("cp950") * 20_000)  # the bound falls within a character
    assert raw(picture, sidecar)["sidecar"] == "a" + ("一貓" * 16_384)[:-1]


@pytest.mark.parametrize(
    "prompt",
    ["霓虹燈下的貓咪，雨夜街道", "台北夜市 4K 畫質, neon", "穿紅色外套的女孩站在橋上", "1隻貓，傑作，最高品質"],
)
def test_prompt_in_big5_is_read(tmp_path: Path, prompt: str) -> None:
    sidecar = tmp_path / "p.txt"
    sidecar.write_bytes(prompt.encode("cp950"))
    assert facts(png(tmp_path / "p.png", {}), sidecar).prompt == prompt


@pytest.mark.parametrize("whole", ["\ufeff" + "貓" * 30_000, "a" + "貓" * 30_000])
def test_long_text_in_utf8_is_cut_between_characters(tmp_path: Path, whole: str) -> None:
    sidecar = tmp_path / "p.txt"
    sidecar.write_text(whole, "utf-8")
    assert set(facts(png(tmp_path / "p.png", {}), sidecar).prompt or "") <= {"a", "貓"}


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 20,
        b"a cat\0on a wall",
        bytes(range(1, 32)) * 9,
        b"\xff\xfe" + "a cat\0on a wall".encode("utf-16-le"),
        b"\xff\xfe" + b"\0\xd8" * 400,
        "Müller trinkt Äpfelsaft, schön süß".encode("cp1252"),
        "une élégante à Paris, l\u2019été".encode("cp1252"),
        "Ägyptische Katze, best quality".encode("cp1252"),
        "Äpfel".encode("cp1252"),
        "Århus".encode("cp1252"),
        "Ângela".encode("cp1252"),
        "Ábel".encode("cp1252"),
        "©Anna".encode("cp1252"),
        "¿Que?".encode("cp1252"),
        "¡Hola, best quality".encode("cp1252"),
        "霓虹猫在街".encode("gbk"),
        "고양이 네온".encode("cp949"),
        "猫と街".encode("euc_jp"),
        "猫と街".encode("euc_jp") * 20_000,
        "霓虹灯下的一只猫,坐在雨后的街角".encode("gbk"),
        "夜の街に座る猫、ネオン".encode("shift_jis"),
        "貓".encode("cp950") + b"\x81\x40",
        "霓虹貓".encode("cp950")[:-1],
    ],
)
def test_what_is_no_text_that_can_be_told_is_left_out(tmp_path: Path, data: bytes) -> None:
    sidecar = tmp_path / "p.txt"
    sidecar.write_bytes(data)
    assert facts(png(tmp_path / "p.png", {}), sidecar).prompt is None
    assert seen(tmp_path / "p.png", sidecar).raw is None


def test_picture_beside_a_picture_is_no_text(tmp_path: Path) -> None:
    picture = png(tmp_path / "p.png", {})
    for format in ("PNG", "JPEG", "WEBP", "GIF", "TIFF"):
        canvas().save(tmp_path / "p.txt", format)
        assert seen(picture, tmp_path / "p.txt").raw is None
