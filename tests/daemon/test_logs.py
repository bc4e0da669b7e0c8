"""No secret in the log, however it was written."""

from __future__ import annotations

import base64
import io
import json
import logging
import urllib.parse
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import logs
from daemon.credentials import CODE_PREFIX, PROOF_PREFIX, SESSION_PREFIX, TOKEN_PREFIX
from daemon.paths import Paths
from daemon.settings.sections import LogSettings

SECRETS = [prefix + "0123456789abcdef" * 4 for prefix in (TOKEN_PREFIX, PROOF_PREFIX, SESSION_PREFIX, CODE_PREFIX)]
HIDDEN = SECRETS[0].removeprefix(TOKEN_PREFIX)


def forms(secret: str) -> list[str]:
    raw = secret.encode()
    return [
        secret,
        urllib.parse.quote(secret, safe=""),
        raw.hex(),
        raw.hex().upper(),
        repr(raw),
        *(base64.b64encode(b"x" * offset + raw).decode() for offset in range(3)),
        *(base64.urlsafe_b64encode(b"x" * offset + raw).decode() for offset in range(3)),
    ]


@pytest.mark.parametrize("secret", SECRETS)
def test_every_form_of_a_secret_is_masked(secret: str) -> None:
    for form in forms(secret):
        shown = logs.masked(f"before {form} after")
        assert "before" in shown and "after" in shown
        assert form not in shown
        for piece in (HIDDEN[:16], HIDDEN.encode().hex()[:24], base64.b64encode(HIDDEN.encode()).decode()[4:24]):
            assert piece not in shown, (form, shown)


@given(st.text(alphabet=st.characters(blacklist_characters="gGZ"), max_size=200))
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    if "earer" not in text.lower() and "asic" not in text.lower():
        assert logs.masked(text) == text


def test_foreign_credentials_are_masked_too() -> None:
    assert "hunter22" not in logs.masked("Authorization: Basic hunter22hunter22==")


def test_file_and_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # pytest would put the surrogate into its report, which a parallel run cannot send.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    paths = Paths.of(tmp_path, {})
    paths.logs.mkdir(parents=True)
    stream = io.StringIO()
    log = logging.getLogger("gesso.test")
    with logs.written(paths, LogSettings(), stream):
        log.debug("hidden")
        log.info("hello %s", SECRETS[0])
        log.warning("a name with a lone surrogate \udcff")
        try:
            raise ValueError(SECRETS[1])
        except ValueError:
            log.exception("failed")
        logs.set_level("debug")
        log.debug("shown")
        logging.getLogger("aiosqlite").debug("SELECT secret")
    lines = [json.loads(line) for line in paths.log_file.read_text().splitlines()]
    assert [line["message"] for line in lines] == [
        "hello ***", "a name with a lone surrogate \udcff", "failed", "shown",
    ]  # fmt: skip
    assert "ValueError: ***" in lines[2]["error"]
    assert {"time", "level", "where"} <= set(lines[0])
    assert not any(secret in stream.getvalue() + paths.log_file.read_text() for secret in SECRETS)


def test_file_is_put_aside_and_old_ones_go(tmp_path: Path) -> None:
    paths = Paths.of(tmp_path, {})
    paths.logs.mkdir(parents=True)
    with logs.written(paths, LogSettings(file_bytes=10_000, files=2), io.StringIO()):
        for number in range(1000):
            logging.getLogger("gesso.test").info("line %d", number)
    assert sorted(path.name for path in paths.logs.iterdir()) == ["gesso.log", "gesso.log.1", "gesso.log.2"]


def test_what_the_system_keeps_of_a_service_is_emptied_when_it_is_too_large(tmp_path: Path) -> None:
    """launchd appends for ever; the daemon that it starts goes on writing to the same file."""
    paths = Paths.of(tmp_path, {})
    paths.logs.mkdir(parents=True)
    for size, left in ((10_000, 10_000), (10_001, 0)):
        paths.service_log.write_bytes(b"x" * size)
        with paths.service_log.open("a") as stream, logs.written(paths, LogSettings(file_bytes=10_000), stream):
            logging.getLogger("gesso.test").info("goes on")
        line = "INFO gesso.test: goes on\n"
        assert paths.service_log.read_bytes() == b"x" * left + line.encode()
