"""Every route, once, as it is meant: with what really is there, by a program with the token, it does what it says."""

from __future__ import annotations

import http.client
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from daemon.api.routes import ROUTES, A, W
from library.models import AssetChange
from tests.daemon.process import Process
from tests.daemonhouse import until
from tests.elsewhere import Elsewhere

pytestmark = pytest.mark.process

SECONDS = 20


class Asking:
    """Asks one route after the other, each answered as its line in the table says, and remembers which."""

    def __init__(self, daemon: Process) -> None:
        self.daemon = daemon
        self.asked: set[tuple[str, str]] = set()

    def ask(self, method: str, route: str, content: Any = None, query: str = "", **names: str) -> Any:
        (known,) = [each for each in ROUTES if (each.method, each.path) == (method, route)]
        path = route.replace("{workspace}", "-").replace("{rest...}", "")
        for name, value in names.items():
            path = path.replace("{" + name + "}", value)
        body = content if isinstance(content, bytes) else json.dumps({} if content is None else content).encode()
        headers = {"Authorization": f"Bearer {self.daemon.token}", "X-Gesso": "1"}
        if method not in ("GET", "DELETE"):
            headers["Content-Type"] = "application/octet-stream" if known.kind == "upload" else "application/json"
        line = http.client.HTTPConnection("127.0.0.1", int(self.daemon.url.rpartition(":")[2]), timeout=SECONDS)
        line.request(method, path + query, None if method in ("GET", "DELETE") else body, headers)
        answer = line.getresponse()
        kind = answer.headers.get_content_type()
        told = b"" if known.kind == "events" else answer.read()
        assert answer.status in (known.status, *known.also), (method, path, answer.status, told)
        assert answer.status == 204 or kind in known.produces or known.kind == "page", (method, path, kind)
        line.close()
        self.asked.add((method, route))
        return json.loads(told) if kind == "application/json" else told

    def refused(self, method: str, route: str, content: Any = None, **names: str) -> Any:
        """The problem with which a route answers, that cannot do more here."""
        path = route.replace("{workspace}", "-")
        for name, value in names.items():
            path = path.replace("{" + name + "}", value)
        headers = {"Authorization": f"Bearer {self.daemon.token}", "Content-Type": "application/json"}
        line = http.client.HTTPConnection("127.0.0.1", int(self.daemon.url.rpartition(":")[2]), timeout=SECONDS)
        line.request(method, path, json.dumps(content or {}) if method != "DELETE" else None, headers)
        answer = line.getresponse()
        told = json.loads(answer.read())
        line.close()
        assert answer.status >= 400, told
        self.asked.add((method, route))
        return told

    def finished(self, task: Any) -> Any:
        """What a task has come to."""

        def done() -> Any:
            now = self.ask("GET", A + "/tasks/{id}", id=task["id"])
            return now if now["state"] == "done" else None

        return until(done, SECONDS)["result"]


def drawn(number: int) -> Image.Image:
    """A picture like no other: saved again otherwise it is known by what it shows."""
    image = Image.effect_noise((16, 16), 200).convert("RGB").resize((320, 240))
    ImageDraw.Draw(image).ellipse((20 * number, 20, 120 + 20 * number, 150), fill=(200, 40 * number, 30))
    return image


@pytest.mark.timeout(120)
def test_every_route_does_what_it_is_for(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    images = [drawn(number) for number in range(4)]
    for number, image in enumerate(images):
        image.save(pictures / f"{number}.png")
    home = tmp_path / "home"
    home.mkdir()
    with talking(b"lost") as url:
        (home / "config.toml").write_text(f'[providers.talk]\nadapter = "openai"\nbase_url = "{url}"\n')
        every_route(tmp_path, home, pictures, images)


def every_route(tmp_path: Path, home: Path, pictures: Path, images: list[Image.Image]) -> None:
    with Process(home) as daemon:
        asking = Asking(daemon)
        of_the_daemon(asking)
        ids = bring_in(asking, pictures, images)
        of_pictures(asking, ids)
        of_conflicts(asking, tmp_path, ids[0])
        of_copies(asking, ids)
        of_projects_and_searches(asking, ids)
        of_albums(asking, ids)
        of_prompts(asking)
        of_presets(asking, tmp_path, ids)
        of_the_past(asking, ids)
        of_devices(asking)
        of_stopped(asking)
        of_jobs(asking)
        of_words(asking)
        of_people(asking)
        of_care(asking, tmp_path)
        asking.ask("POST", A + "/stop")
        assert daemon.end()[0] == 0
    assert asking.asked == {(each.method, each.path) for each in ROUTES}


def of_the_daemon(asking: Asking) -> None:
    ask = asking.ask
    for path in ("/health", "/metrics", "/openapi.json", "/{rest...}", A + "/status", A + "/settings", A + "/doctor"):
        assert ask("GET", path)
    assert ask("GET", A + "/proof", query=f"?challenge={'ab' * 32}")
    ask("GET", A + "/events")
    assert ask("GET", A + "/tasks")["tasks"] == []
    code = ask("POST", A + "/launch")["url"].rpartition("=")[2]
    ask("POST", A + "/session", {"code": code})
    ask("DELETE", A + "/session")
    assert ask("PATCH", A + "/settings", {"theme": "dark"})["theme"] == "dark"
    for on in (True, False):
        assert ask("POST", A + "/offline", {"on": on}) == {"on": on}
    made = ask("POST", A + "/workspaces", {"name": "Client"})
    assert ask("PATCH", A + "/workspaces/{id}", {"name": "Customer"}, id=made["id"])["name"] == "Customer"
    assert len(ask("GET", A + "/workspaces")["workspaces"]) == 2


def bring_in(asking: Asking, pictures: Path, images: list[Image.Image]) -> list[str]:
    """Four pictures, and two that show what two of them do."""
    ask, result = asking.ask, asking.finished
    report = result(ask("POST", W + "/imports", {"paths": [str(pictures)]}))
    assert report["imported"] == len(images)
    for number in (0, 1):
        saved = io.BytesIO()
        images[number].save(saved, "JPEG", quality=80)
        ask("POST", W + "/uploads", saved.getvalue(), query=f"?name=again{number}.jpg")
    watched = ask("POST", W + "/watched", {"path": str(pictures)})
    assert len(ask("GET", W + "/watched")["watched"]) == 1
    ask("DELETE", W + "/watched/{id}", id=watched["id"])
    assert ask("DELETE", A + "/tasks/{id}", id=ask("GET", A + "/tasks")["tasks"][0]["id"])
    return list(report["assets"])


def of_devices(asking: Asking) -> None:
    ask = asking.ask
    own = next(each for each in ask("GET", W + "/devices")["devices"] if each["own"])
    ask("PATCH", W + "/devices/{id}", {"name": "Workstation"}, id=own["id"])
    assert ask("GET", W + "/devices")["devices"][0]["name"] == "Workstation"
    assert ask("GET", W + "/devices/{id}/only", id=own["id"]) == {"originals": 0, "bytes": 0, "pictures": []}
    assert ask("GET", W + "/copies/incoming")["bytes"] == 0
    refused = asking.refused("DELETE", W + "/devices/{id}", id=own["id"])
    assert refused["code"] == "own_device"
    code = ask("POST", W + "/pairing")["code"]
    assert ask("GET", W + "/pairing")["code"] == code
    ask("DELETE", W + "/pairing")
    assert ask("GET", W + "/pairing")["state"] == "closed"
    assert asking.refused("POST", A + "/pair", {"code": code, "address": "127.0.0.1:1"})["code"] == "peer_unreachable"
    assert ask("POST", A + "/peers", {"address": "127.0.0.1:1"})["paused"] is False
    assert ask("DELETE", A + "/peers/{address}", address="127.0.0.1:1")["ways"] == []
    assert ask("PATCH", A + "/peers", {"paused": True})["paused"] is True
    assert ask("GET", A + "/peers")["connected"] == []


def of_pictures(asking: Asking, ids: list[str]) -> None:
    ask = asking.ask
    pairs = until(lambda: len(found := ask("GET", W + "/alike")["pairs"]) == 2 and found, SECONDS)
    named = [{"newer": each["newer"]["id"], "older": each["older"]["id"]} for each in pairs]
    ask("POST", W + "/alike/other", {"pairs": named[:1]})
    ask("POST", W + "/alike/same", {"pairs": named[1:]})
    joined = ask("GET", W + "/assets/{id}", id=named[1]["older"])
    ask("POST", W + "/assets/{id}/apart", {"version": joined["versions"][-1]["id"]}, id=named[1]["older"])
    assert ask("GET", W + "/assets")["total"] == 6
    for path in ("/assets/ids", "/facets", "/months"):
        assert ask("GET", W + path)
    wanted = "&".join(f"id={id}" for id in reversed(ids))
    assert [each["id"] for each in ask("GET", W + "/assets/some", query=f"?{wanted}")["items"]] == ids[::-1]
    assert ask("PATCH", W + "/assets/{id}", {"rating": 4}, id=ids[3])
    assert ask("POST", W + "/assets/edit", {"assets": ids, "change": {"add_tags": ["a"]}})
    ask("POST", W + "/assets/bin", {"assets": ids[3:]})
    assert len(ask("GET", W + "/bin")["items"]) == 1
    ask("POST", W + "/assets/unbin", {"assets": ids[3:]})
    shown = ask("GET", W + "/assets/{id}", id=ids[3])
    assert ask("GET", W + "/blobs/{sha256}", sha256=shown["asset"]["sha256"]).startswith(b"\x89PNG")
    history = ask("GET", W + "/assets/{id}/history", id=ids[3])["entries"]
    step = {"document": ids[3], "field": "note", "text": "a note", "was": "", "sitting": "ab" * 16, "step": 1}
    assert ask("POST", W + "/texts", step) == {"text": "a note", "action": "ab" * 16} == ask("POST", W + "/texts", step)
    ask("POST", W + "/assets/{id}/restore", {"action": history[-1]["action"]}, id=ids[3])


def of_conflicts(asking: Asking, folder: Path, asset: str) -> None:
    """What another device rated at the same time."""

    def speak(method: str, path: str, body: Any) -> Any:
        status, answer = asking.daemon.ask(method, "/api/v1" + path, body)
        assert status < 300, answer
        return answer

    bob = Elsewhere(folder, speak)
    bob.catch_up()
    asking.ask("PATCH", W + "/assets/{id}", {"rating": 1, "flag": "pick"}, id=asset)
    bob.edit(lambda library: library.assets.edit_one(asset, AssetChange(rating=5, flag="reject")))
    bob.meet()
    flag = {"document": asset, "field": "flag", "value": "reject", "seen": ["pick", "reject"]}
    many = asking.ask("POST", W + "/conflicts/resolve-many", {"settlings": [flag, flag | {"seen": ["pick"]}]})
    assert (many["changed"], many["settled"], many["passed_over"]) == (1, 1, 1)
    (found,) = asking.ask("GET", W + "/conflicts")["items"]
    assert sorted(each["value"] for each in found["choices"]) == [1, 5]
    wish = {"document": asset, "field": "rating", "value": 5, "seen": [5, 1]}
    assert asking.ask("POST", W + "/conflicts/resolve", wish)["changed"] == 1
    assert asking.ask("GET", W + "/conflicts")["total"] == 0


def of_copies(asking: Asking, ids: list[str]) -> None:
    ask = asking.ask
    place = ask("GET", W + "/assets/{id}/copies", id=ids[2])
    assert ([each["where"] for each in place["copies"]], place["wanted"]) == (["library"], True)
    assert ask("POST", W + "/copies/pin", {"subjects": ids[2:3]}) == {"changed": 1}
    assert ask("GET", W + "/copies/policy")["pinned"] == ids[2:3]
    assert ask("POST", W + "/copies/unpin", {"subjects": ids[2:3]}) == {"changed": 1}
    assert ask("POST", W + "/copies/want", {"blobs": [place["sha256"]]}) == {"asked": 0}
    told = ask("PUT", W + "/copies/policy", {"kind": "recent", "days": 7, "copies": 2, "quota": 5})
    assert (told["default"], told["copies"], told["quota"]) == ({"kind": "recent", "days": 7}, 2, 5)
    done = asking.finished(ask("POST", W + "/copies/evict", {"assets": ids[2:3]}))
    assert (done["pictures"], [each["reason"] for each in done["kept"]]) == (0, ["only_here"])


def of_projects_and_searches(asking: Asking, ids: list[str]) -> None:
    ask = asking.ask
    now = "2999-01-01T00:00:00Z"
    for noun, new, change in (
        ("projects", {"name": "Poster"}, {"brief": "loud"}),
        ("searches", {"name": "good", "query": "rating:>=3"}, {"query": "rating:>=4"}),
    ):
        made = ask("POST", f"{W}/{noun}", new)["id"]
        one = f"{W}/{noun}/{{id}}"
        assert ask("PATCH", one, change, id=made) and ask("GET", one, id=made) and ask("GET", f"{W}/{noun}")[noun]
        assert ask("GET", f"{one}/history", id=made)["entries"]
        if noun == "projects":
            assert ask("POST", f"{one}/duplicate", {"name": "Poster 2"}, id=made)
            assert ask("GET", f"{one}/at", query=f"?when={now}", id=made)
            assert ask("POST", f"{one}/restore", {"when": now}, id=made)
        else:
            assert "items" in ask("GET", f"{one}/assets", id=made)
            ask("DELETE", one, id=made)


def of_albums(asking: Asking, ids: list[str]) -> None:
    ask = asking.ask
    made = ask("POST", W + "/albums", {"name": "Best"})["id"]
    one = W + "/albums/{id}"
    assert ask("PATCH", one, {"notes": "loud"}, id=made)["notes"] == "loud"
    assert ask("POST", one + "/add", {"assets": ids}, id=made)["changed"] == len(ids)
    ask("POST", one + "/move", {"assets": ids[2:3], "before": ids[0]}, id=made)
    ask("POST", one + "/remove", {"assets": ids[3:]}, id=made)
    assert [each["id"] for each in ask("GET", one + "/assets", id=made)["items"]] == [ids[2], ids[0], ids[1]]
    assert ask("GET", one, id=made)["assets"] == ask("GET", W + "/albums")["albums"][0]["assets"] == 3
    assert len(ask("GET", one + "/history", id=made)["entries"]) == 5
    ask("DELETE", one, id=made)


def of_prompts(asking: Asking) -> None:
    ask = asking.ask
    made = ask("POST", W + "/prompts", {"name": "Market", "text": "a {{subject}}"})["id"]
    one = W + "/prompts/{id}"
    assert ask("PATCH", one, {"variables": {"subject": "cat"}}, id=made)["variables"] == {"subject": "cat"}
    assert ask("POST", one + "/duplicate", {"name": "Market 2"}, id=made)["variables"] == {"subject": "cat"}
    assert ask("GET", one, id=made)["assets"] == 0 and len(ask("GET", W + "/prompts")["prompts"]) == 2
    assert len(ask("GET", one + "/history", id=made)["entries"]) == 2
    ask("DELETE", one, id=made)


def of_presets(asking: Asking, folder: Path, ids: list[str]) -> None:
    ask = asking.ask
    made = ask("POST", W + "/presets", {"name": "Small", "source": "web", "size": "100"})["id"]
    one = W + "/presets/{id}"
    assert ask("PATCH", one, {"pattern": "{n:03}"}, id=made)["size"] == "100"
    assert ask("GET", one, id="Small")["id"] == made and len(ask("GET", W + "/presets")["presets"]) == 4
    wish = {"path": str(folder / "small"), "assets": ids[:2], "preset": "Small"}
    found = asking.finished(ask("POST", W + "/export", {**wish, "dry_run": True}))
    assert [(each["file"], each["width"]) for each in found["files"]] == [("001.jpg", 100), ("002.jpg", 100)]
    assert not (folder / "small").exists()
    assert asking.finished(ask("POST", W + "/export", wish))["written"] == 2
    assert sorted(path.name for path in (folder / "small").iterdir()) == ["001.jpg", "002.jpg"]
    tried = ask("POST", W + "/presets/try", {"source": made, "size": "50", "asset": ids[0]})["file"]
    assert (tried["file"], tried["width"]) == ("001.jpg", 50) and tried["bytes"] > 0
    packed = asking.finished(ask("POST", W + "/parcels", {"assets": ids[:2], "preset": "Small"}))
    with zipfile.ZipFile(io.BytesIO(ask("GET", W + "/parcels/{id}", id=packed["parcel"]["id"]))) as archive:
        assert (archive.namelist(), archive.testzip()) == (["001.jpg", "002.jpg"], None)
    ask("DELETE", W + "/parcels/{id}", id=packed["parcel"]["id"])
    ask("DELETE", one, id=made)


def of_stopped(asking: Asking) -> None:
    """No other device was ever connected: nobody is stopped or described, and a decision about nobody is refused."""
    assert not any(each["described"] for each in asking.ask("GET", W + "/peers/doctor")["peers"])
    planned = asking.ask("POST", W + "/sync/plan")
    assert (planned["added"], planned["paused"]) == (0, True)
    assert asking.ask("GET", W + "/sync/plans/{id}", id=planned["id"])["done"]
    assert asking.refused("POST", W + "/sync/now")["code"] == "peers_paused"
    asking.ask("PATCH", A + "/peers", {"paused": False})
    assert asking.ask("POST", W + "/sync/now")["connected"] == []
    assert asking.ask("GET", W + "/stopped") == {"stopped": []}
    with pytest.raises(AssertionError, match="no_stop"):
        asking.ask("POST", W + "/stopped", {"id": "0" * 32, "decision": "approve"})
    asking.asked.add(("POST", W + "/stopped"))


def of_the_past(asking: Asking, ids: list[str]) -> None:
    ask = asking.ask
    ask("PATCH", W + "/assets/{id}", {"title": "last"}, id=ids[2])
    assert ask("GET", W + "/timeline")["entries"]
    assert ask("POST", W + "/undo") and ask("POST", W + "/redo")
    ask("POST", W + "/checkpoints", {"name": "sent"})
    assert ask("GET", W + "/checkpoints")["checkpoints"]


def of_jobs(asking: Asking) -> None:
    """Two pictures are asked for while the queue rests; one is called off and comes back, one moved; both are made."""
    ask = asking.ask
    assert [each["name"] for each in ask("GET", A + "/providers")["providers"]] == ["sketch", "talk"]
    assert ask("POST", A + "/providers/{name}/check", name="sketch")["ok"]
    ask("PUT", W + "/drafts/{tab}", {"time": 5, "text": "a lamp, not sent"}, tab="ab" * 16)
    assert [each["text"] for each in ask("GET", W + "/drafts")["drafts"]] == ["a lamp, not sent"]
    order = {"prompts": ["a lamp", "a tree"], "width": 64, "height": 64, "key": "once"}
    quote = ask("POST", W + "/estimate", order)
    assert (quote["jobs"], quote["free"]) == (2, 2)
    refused(asking, "invalid", "POST", "/estimate", {**order, "variables": {f"v{at}": "" for at in range(1001)}})
    refused(asking, "invalid", "POST", "/estimate", {**order, "options": {f"setting {at}": 1 for at in range(101)}})
    assert ask("POST", W + "/jobs/pause", {"paused": True})["paused"]
    begun = ask("POST", W + "/jobs", order)
    again = ask("POST", W + "/jobs", order)
    assert (again["batch"], len(again["jobs"])) == (begun["batch"], 2)
    first, second = (each["id"] for each in begun["jobs"])
    assert ask("POST", W + "/jobs/{id}/move", {"first": True}, id=second)["state"] == "queued"
    assert [each["id"] for each in ask("GET", W + "/jobs")["jobs"]] == [second, first]
    assert ask("GET", W + "/spend") == {"shares": [], "projects": [], "open": [], "open_unknown": 0}
    assert ask("GET", W + "/jobs/{id}/preview", id=first) == b""  # tests/flows/test_previews.py has one that runs
    assert ask("POST", W + "/jobs/cancel", {"ids": [first]})["outcomes"] == {first: "cancelled"}
    assert ask("POST", W + "/jobs/retry/estimate", {"ids": [first, second]})["free"] == 1
    assert ask("POST", W + "/jobs/retry", {"ids": [first]})["count"] == 1
    ask("POST", W + "/jobs/pause", {"paused": False})
    of_batch = W + "/batches/{id}"
    until(lambda: all(each["state"] == "done" for each in ask("GET", of_batch, id=begun["batch"])["jobs"]), SECONDS)
    assert len(ask("GET", W + "/jobs/{id}", id=first)["assets"]) == 1
    (batch,) = ask("GET", W + "/batches", query=f"?id={begun['batch']}")["batches"]
    assert (batch["batch"], [each["id"] for each in batch["jobs"]]) == (begun["batch"], [first, second])
    (latest,) = ask("GET", W + "/batches/latest")["batches"]
    assert (latest["batch"], latest["counts"], latest["prompt"]) == (
        begun["batch"],
        {"done": 2},
        batch["jobs"][0]["prompt"],
    )
    of_one = ask("GET", W + "/jobs", query=f"?batch={begun['batch']}&ended=true")
    assert ([*{each["batch"] for each in of_one["jobs"]}], of_one["counts"]) == ([begun["batch"]], {"done": 2})
    # No provider here loses an outcome: that it is refused to decide one that is known is all there is to see.
    resolve(asking, first)


@contextmanager
def talking(lost: bytes) -> Iterator[str]:
    """A server that answers in words; what is asked with these it takes, and never answers."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if lost in body:
                self.close_connection = True
                return
            told = json.dumps({"choices": [{"message": {"content": "Hello."}, "finish_reason": "stop"}]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    server.shutdown()
    server.server_close()


def of_words(asking: Asking) -> None:
    """A question is answered, at once and as it comes; one whose answer is lost is decided."""
    ask = asking.ask
    question = {"text": "Say hello.", "provider": "talk", "model": "gpt-5.6-luna"}
    quote = ask("POST", W + "/ask/estimate", question)
    assert (quote["engine"], quote["model"], quote["price"]["basis"]) == ("talk", "gpt-5.6-luna", "price_table")
    told = ask("POST", W + "/ask", question)
    assert (told["text"], told["engine"], told["cost"]["basis"]) == ("Hello.", "talk", "unknown")
    lines = [json.loads(each) for each in ask("POST", W + "/ask/stream", question).splitlines()]
    assert [lines[0], lines[-1]["stop"]] == [{"text": "Hello."}, "end"]
    assert ask("GET", W + "/calls")["calls"] == []
    with pytest.raises(AssertionError, match=r"provider\.unknown"):
        ask("POST", W + "/ask", {**question, "text": "lost"})
    (call,) = ask("GET", W + "/calls")["calls"]
    assert call["about"] == "lost"
    assert ask("POST", W + "/calls/{id}/resolve", {"charged": False}, id=call["id"])["cost"] is None
    refused(asking, "no_call", "POST", "/calls/resolve", {"ids": [call["id"]], "charged": False})
    assert ask("GET", W + "/calls")["calls"] == []


def resolve(asking: Asking, job: str) -> None:
    path = W + "/jobs/{id}/resolve"
    with pytest.raises(AssertionError, match="job_known"):
        asking.ask("POST", path, {"charged": False}, id=job)
    asking.asked.add(("POST", path))
    refused(asking, "job_known", "POST", "/jobs/resolve", {"ids": [job], "charged": False})


def of_people(asking: Asking) -> None:
    ask = asking.ask
    (own,) = ask("GET", W + "/members")["members"]
    assert ask("PATCH", W + "/members/{id}", {"name": "Ann"}, id=own["id"])["name"] == "Ann"
    assert ask("GET", W + "/members/{id}", id="Ann")["role"] == "admin"
    assert ask("GET", W + "/members/{id}/only", id="Ann") == {"originals": 0, "bytes": 0, "pictures": []}
    made = ask("POST", W + "/invitations", {"name": "Bob", "role": "viewer"})
    assert [each["id"] for each in ask("GET", W + "/invitations")["invitations"]] == [made["id"]]
    ask("DELETE", W + "/invitations/{id}", id=made["id"])
    kit = ask("POST", W + "/recovery")
    assert [each["id"] for each in ask("GET", W + "/recovery")["kits"]] == [kit["id"]]
    assert ask("POST", W + "/recovery/check", {"code": kit["code"]})["state"] == "good"
    assert ask("GET", W + "/quarantine")["quarantine"] == []
    refused(asking, "own_member", "DELETE", "/members/{id}", id=own["id"])
    refused(asking, "already_in", "POST", "/recovery/use", {"code": kit["code"]})
    refused(asking, "not_in_quarantine", "POST", "/quarantine", {"device": "ab" * 32, "decision": "accept"})


def refused(asking: Asking, code: str, method: str, path: str, content: Any = None, **names: str) -> None:
    """What takes a second device is asked for all the same; what it does stands in the tests of the library."""
    with pytest.raises(AssertionError, match=code):
        asking.ask(method, W + path, content, **names)
    asking.asked.add((method, W + path))


def of_care(asking: Asking, folder: Path) -> None:
    ask, result = asking.ask, asking.finished
    assert ask("GET", W + "/digest")["digest"]
    assert result(ask("POST", W + "/verify"))["problems"] == []
    result(ask("POST", W + "/rebuild"))
    result(ask("POST", W + "/backup", {"path": str(folder / "backup")}))
    assert result(ask("POST", W + "/export", {"path": str(folder / "export"), "everything": True}))["problems"] == []
    checked = result(ask("POST", A + "/restore", {"path": str(folder / "backup"), "dry_run": True}))
    assert checked["checked"] and checked["problems"] == []
