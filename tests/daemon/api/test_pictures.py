"""Pictures over HTTP, with a real daemon: in, found, shown as bytes, edited, undone."""

from __future__ import annotations

import http.client
import io
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from daemon.api.handlers.blobs import sniffed
from tests.daemon.process import Process

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    root = tmp_path_factory.mktemp("pictures")
    (root / "in").mkdir()
    Image.effect_noise((1200, 1000), 90).save(root / "in" / "貓.png")
    with Process(root / "home") as found:
        _, task = found.ask("POST", "/api/v1/w/-/imports", {"paths": [str(root / "in")]})
        for _ in range(200):
            task = found.ask("GET", f"/api/v1/tasks/{task['id']}")[1]
            if task["state"] != "running":
                break
            time.sleep(0.05)
        assert task["state"] == "done" and task["result"]["imported"] == 1, task
        yield found


def get(daemon: Process, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", int(daemon.url.rpartition(":")[2]))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request("GET", path, headers={"Authorization": f"Bearer {daemon.token}", **named})
    answer = line.getresponse()
    body = answer.read()
    line.close()
    return answer.status, answer.msg, body


def upload(daemon: Process, body: bytes, action: str = "", also: str = "") -> tuple[int, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", int(daemon.url.rpartition(":")[2]))
    headers = {"Authorization": f"Bearer {daemon.token}", "Content-Type": "application/octet-stream"}
    together = f"&action={action}" if action else ""
    line.request("POST", f"/api/v1/w/-/uploads?name=drop.png{together}{also}", body, headers)
    answer = line.getresponse()
    found = answer.status, answer.read()
    line.close()
    return found


def test_bytes_whole_in_part_and_not_again(daemon: Process) -> None:
    asset = daemon.ask("GET", "/api/v1/w/-/assets")[1]["items"][0]
    path = f"/api/v1/w/-/blobs/{asset['sha256']}"
    status, headers, whole = get(daemon, path)
    assert (status, len(whole), headers["Content-Type"]) == (200, asset["bytes"], "image/png")
    assert len(whole) > 1024 * 1024, "large enough to be sent in pieces"
    assert headers["ETag"] == f'"{asset["sha256"]}"' and "immutable" in headers["Cache-Control"]
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    for asked, start, end in (("0-9", 0, 10), ("5-", 5, None), ("-7", -7, None), ("10-99999999", 10, None)):
        status, headers, part = get(daemon, path, Range=f"bytes={asked}")
        assert (status, part) == (206, whole[start:end]), asked
        assert headers["Content-Range"].endswith(f"/{len(whole)}")
    for asked in ("bytes=0-1,3-4", "bytes=9-5", "bytes=-", "lines=1-2", "bytes=x-y"):
        assert get(daemon, path, Range=asked)[0] == 200, asked
    assert get(daemon, path, Range=f"bytes={len(whole)}-")[0] == 416
    assert get(daemon, path, Range="bytes=0-1", If_Range='"other"')[0] == 200
    status, _, body = get(daemon, path, If_None_Match=f'W/"x", "{asset["sha256"]}"')
    assert (status, body) == (304, b"")
    assert get(daemon, f"/api/v1/w/-/blobs/{'0' * 64}")[0] == 404


def test_name_for_saving_cannot_break_out_of_its_header(daemon: Process) -> None:
    asset = daemon.ask("GET", "/api/v1/w/-/assets")[1]["items"][0]
    path = f"/api/v1/w/-/blobs/{asset['thumbnail']}?download=a%22%3B%0d%0aX%3A%20y%E8%B2%93.png"
    status, headers, _ = get(daemon, path)
    assert status == 200 and headers["X"] is None
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%22%3B%0D%0AX%3A%20y%E8%B2%93.png"


def test_pictures_uploaded_together_are_counted_together(daemon: Process) -> None:
    action = "ab" * 16
    for shade in range(3):
        file = io.BytesIO()
        Image.new("L", (30, 20 + shade), shade).save(file, "PNG")
        assert upload(daemon, file.getvalue(), action)[0] == 200
    entry = daemon.ask("GET", "/api/v1/w/-/timeline?limit=1")[1]["entries"][0]
    assert (entry["action"], entry["params"]["count"]) == (action, 3)
    daemon.ask("POST", "/api/v1/w/-/undo", {"action": action})
    assert daemon.ask("GET", "/api/v1/w/-/timeline?limit=1")[1]["entries"][0]["params"]["count"] == 3


def test_months_of_a_list_by_date(daemon: Process) -> None:
    status, found = daemon.ask("GET", "/api/v1/w/-/months?q=-drop&sort=oldest")
    assert status == 200 and found["total"] == sum(each["count"] for each in found["months"]) == 1
    assert found["months"][0]["at"] == 0
    assert daemon.ask("GET", "/api/v1/w/-/months?sort=name")[0] == 422


def test_uploaded_picture_has_the_time_of_its_file(daemon: Process) -> None:
    begun = time.time_ns() // 1_000_000

    def created(shade: int, also: str) -> int:
        file = io.BytesIO()
        Image.new("L", (41, 30 + shade), shade).save(file, "PNG")
        status, body = upload(daemon, file.getvalue(), also=also)
        assert status == 200, body
        asset = daemon.ask("GET", f"/api/v1/w/-/assets/{msgspec.json.decode(body)['asset']}")[1]["asset"]
        return int(asset["created_at"])

    assert created(1, "&modified=1700000000123") == 1_700_000_000_123
    assert created(2, "&modified=0") == 0
    assert begun <= created(3, "") <= created(4, f"&modified={1 << 52}") <= time.time_ns() // 1_000_000
    for wrong in ("-1", str(1 << 53), "1.5", "yesterday", ""):
        assert upload(daemon, b"", also=f"&modified={wrong}")[0] == 422, wrong


def test_edit_and_undo(daemon: Process) -> None:
    asset = daemon.ask("GET", "/api/v1/w/-/assets")[1]["items"][0]["id"]
    status, edited = daemon.ask("PATCH", f"/api/v1/w/-/assets/{asset}", {"rating": 4, "add_tags": ["cat"]})
    assert status == 200 and edited["action"]
    assert daemon.ask("GET", "/api/v1/w/-/assets?q=tag:cat")[1]["total"] == 1
    assert daemon.ask("POST", "/api/v1/w/-/undo", {"action": edited["action"]})[0] == 200
    assert daemon.ask("GET", "/api/v1/w/-/assets?q=tag:cat")[1]["total"] == 0
    assert daemon.ask("PATCH", f"/api/v1/w/-/assets/{asset}", {"ratign": 4})[0] == 422


def test_upload_of_a_picture_and_of_something_else(daemon: Process, tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), (9, 9, 9)).save(tmp_path / "a.png")
    status, body = upload(daemon, (tmp_path / "a.png").read_bytes())
    assert (status, b'"outcome":"imported"' in body) == (200, True)
    assert b'"outcome":"duplicate"' in upload(daemon, (tmp_path / "a.png").read_bytes())[1]
    status, body = upload(daemon, b"<html><script>alert(1)</script>")
    assert (status, b'"code":"not_a_picture"' in body) == (422, True)
    assert upload(daemon, b"")[0] == 422
    assert list((daemon.home / "data").glob("workspaces/*/blobs/incoming/*")) == []


def test_upload_begins_with_the_text_that_lay_beside_the_picture(daemon: Process) -> None:
    words = "霓虹貓咪，雨夜".encode("cp950")
    for shade, text in enumerate((words, words + b"a" * (65_536 - len(words)), b"")):
        file = io.BytesIO()
        Image.new("L", (43, 30 + shade), shade).save(file, "PNG")
        status, body = upload(daemon, text + file.getvalue(), also=f"&beside={len(text)}")
        assert status == 200, body
        asset = daemon.ask("GET", f"/api/v1/w/-/assets/{msgspec.json.decode(body)['asset']}")[1]["asset"]
        assert asset["prompt"] == (text.decode("cp950").encode()[:65_536].decode() or None)
    assert list((daemon.home / "data").glob("workspaces/*/blobs/incoming/*")) == []


def test_text_of_an_upload_that_cannot_be_is_refused(daemon: Process) -> None:
    file = io.BytesIO()
    Image.new("L", (44, 30), 7).save(file, "PNG")
    whole = file.getvalue()
    before = daemon.ask("GET", "/api/v1/w/-/assets")[1]["total"]
    for wrong in ("-1", "1.5", "all", "", "65537", str(1 << 64), "5&beside=5"):
        status, body = upload(daemon, whole, also=f"&beside={wrong}")
        assert (status, msgspec.json.decode(body)["errors"][0]["pointer"]) == (422, "?beside"), wrong
    for body, wrong in ((whole, len(whole) + 1), (whole, 65_536), (b"", 1)):
        status, told = upload(daemon, body, also=f"&beside={wrong}")
        assert (status, msgspec.json.decode(told)["code"]) == (400, "text_cut_off"), wrong
    # Cut elsewhere than between the two: what is left is no picture.
    for wrong, code in ((1, "not_a_picture"), (len(whole), "empty")):
        status, told = upload(daemon, whole, also=f"&beside={wrong}")
        assert (status, msgspec.json.decode(told)["code"]) == (422, code), wrong
    assert daemon.ask("GET", "/api/v1/w/-/assets")[1]["total"] == before
    assert list((daemon.home / "data").glob("workspaces/*/blobs/incoming/*")) == []


def test_import_tells_the_action_that_undo_takes(daemon: Process, tmp_path: Path) -> None:
    Image.new("RGB", (31, 21), (9, 90, 9)).save(tmp_path / "b.png")
    before = daemon.ask("GET", "/api/v1/w/-/assets")[1]["total"]

    def imported(**more: bool) -> str | None:
        task = daemon.ask("POST", "/api/v1/w/-/imports", {"paths": [str(tmp_path)], **more})[1]
        action = task["action"]
        while task["state"] == "running":
            task = daemon.ask("GET", f"/api/v1/tasks/{task['id']}")[1]
        assert task["state"] == "done" and task["action"] == action
        return None if action is None else str(action)

    assert imported(dry_run=True) is None
    action = imported()
    assert daemon.ask("GET", "/api/v1/w/-/assets")[1]["total"] == before + 1
    assert daemon.ask("POST", "/api/v1/w/-/undo", {"action": imported()})[1]["code"] == "no_action"  # known already
    assert daemon.ask("POST", "/api/v1/w/-/undo", {"action": action})[0] == 200
    assert daemon.ask("GET", "/api/v1/w/-/assets")[1]["total"] == before


def test_some_pictures_are_shown_by_id_also_binned_ones(daemon: Process) -> None:
    one = daemon.ask("GET", "/api/v1/w/-/assets")[1]["items"][0]["id"]
    daemon.ask("POST", "/api/v1/w/-/assets/bin", {"assets": [one]})
    status, found = daemon.ask("GET", f"/api/v1/w/-/assets/some?id={one}&id={'ab' * 16}&id={one}")
    daemon.ask("POST", "/api/v1/w/-/assets/unbin", {"assets": [one]})
    assert status == 200 and [each["id"] for each in found["items"]] == [one] and found["items"][0]["binned_at"]
    for wrong in ("", "?id=", "?id=zz", "?" + "&".join([f"id={one}"] * 51)):
        assert daemon.ask("GET", f"/api/v1/w/-/assets/some{wrong}")[0] == 422, wrong


@pytest.mark.parametrize(
    ("head", "recorded", "shown"),
    [
        (b"\x89PNG\r\n\x1a\n", "text/html", "image/png"),
        (b"RIFF\0\0\0\0WEBP", "", "image/webp"),
        (b"\xff\xd8\xff\xe0", "", "image/jpeg"),
        (b"GIF89a", "", "image/gif"),
        (b"II*\0", "", "image/tiff"),
        (b"<html>", "image/png", "application/octet-stream"),
        (b"<svg xmlns", "image/svg+xml", "application/octet-stream"),
        (b"<html>", "application/json", "application/octet-stream"),
        (b'{"a":1}', "application/json", "application/json"),
        (b'{"a":1}', "text/html", "application/octet-stream"),
        (b"", "image/png", "application/octet-stream"),
    ],
)
def test_type_is_told_by_the_bytes(head: bytes, recorded: str, shown: str) -> None:
    assert sniffed(head, recorded) == shown
