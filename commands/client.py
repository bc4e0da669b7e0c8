"""The daemon as the command line sees it: find it, let it prove itself, ask it. The standard library starts fastest."""

from __future__ import annotations

import hmac
import http.client
import json
import secrets
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from commands.errors import CommandError, NoDaemon, ProblemAnswered
from commands.terminal.texts import say, translated
from daemon import credentials, lock
from daemon.paths import Paths

ADDRESS = "127.0.0.1"
PATIENCE = 120.0  # seconds of silence: a bulk edit of a large library may take a while
AGAIN, PAUSE = 5, 0.2  # that a broken line is opened again, each time after so many seconds more
Params = Mapping[str, str | int | float | bool | None]


class Daemon:
    """One connection to the daemon, kept open over several requests."""

    def __init__(self, port: int, token: str, *, pid: int, url: str, loud: bool) -> None:
        self.pid = pid
        self.url = url
        self._token = token
        self._loud = loud
        self._line = http.client.HTTPConnection(ADDRESS, port, timeout=PATIENCE)

    def get(self, path: str, **params: Any) -> Any:
        """The JSON of a GET; parameters that are None are left out."""
        return self._ask("GET", path + query(params), None)

    def post(self, path: str, body: Any = None) -> Any:
        return self._ask("POST", path, {} if body is None else body)

    def put(self, path: str, body: Any) -> Any:
        return self._ask("PUT", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._ask("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path, None)

    def lines(self, path: str, body: Any) -> Iterator[Any]:
        """The lines of JSON that a POST is answered with, as they come; empty ones say that it goes on."""
        answer = self._send("POST", path, body, {})
        _raise_problem(answer)
        try:
            while line := answer.readline():
                if line.strip():
                    yield json.loads(line)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoDaemon(say("client.broke_off"), code="gone", hint=say("client.broke_off.hint")) from error

    def news(self, last: str | None = None) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """Places in the stream with their events, until the daemon stops; the first place has none.

        Silence is filled with heartbeats, so a line that says nothing for long is dead.
        """
        answer = self._send("GET", "/api/v1/events", None, {"Last-Event-ID": last} if last else {})
        _raise_problem(answer)
        place, event = "", None
        while line := answer.readline().decode():
            if line.startswith("id:"):
                place = line[3:].strip()
            elif line.startswith("data:"):
                event = json.loads(line[5:])
            elif not line.strip() and place:
                yield place, event
                place, event = "", None

    def follow(self) -> Iterator[tuple[str, dict[str, Any] | None]]:
        """As `news`, over as many connections as it takes: after one that broke it goes on behind the last place, so
        that nothing is missed. NoDaemon where the daemon does not come back.
        """
        last, failures = "", 0
        while True:
            try:
                for place, event in self.news(last or None):
                    last, failures = place, 0
                    yield place, event
            except (OSError, http.client.HTTPException, NoDaemon) as error:
                if failures == AGAIN:
                    raise NoDaemon(say("client.broke_off"), code="gone", hint=say("client.broke_off.hint")) from error
            self.hang_up()
            failures += 1
            time.sleep(PAUSE * failures)

    def hang_up(self) -> None:
        """End what is being read; the next request opens a new line."""
        self._line.close()

    def _ask(self, method: str, path: str, body: Any) -> Any:
        begun = time.perf_counter()
        answer = self._send(method, path, body, {})
        if self._loud:
            taken = (time.perf_counter() - begun) * 1000
            print(f"{method} {path} → {answer.status}, {taken:.0f} ms", file=sys.stderr)
        _raise_problem(answer)
        content = answer.read()
        return json.loads(content) if content else None

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", **headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        try:
            self._line.request(method, path, data, headers)
            return self._line.getresponse()
        except TimeoutError as error:
            raise CommandError(say("client.silent", seconds=int(PATIENCE)), code="timeout") from error
        except (OSError, http.client.HTTPException) as error:
            raise NoDaemon(say("client.broke_off"), code="gone", hint=say("client.broke_off.hint")) from error


def connect(paths: Paths, *, loud: bool = False) -> Daemon:
    """The daemon of this home. It has proven to be ours before the token is sent anywhere."""
    running = lock.find(paths)
    if running is None:
        raise absent(paths)
    prove(paths, running.port)
    return Daemon(running.port, credentials.token(paths), pid=running.pid, url=running.url, loud=loud)


def absent(paths: Paths) -> NoDaemon:
    """No daemon, or one that is not ready; says which, and how to start one."""
    if lock.is_held(paths):
        return NoDaemon(say("client.not_ready"), code="not_ready", hint=say("client.not_ready.hint"))
    return NoDaemon(say("client.absent"), code="no_daemon", hint=say("client.absent.hint"))


def prove(paths: Paths, port: int) -> None:
    """Ask whoever answers on the port for what only our daemon can compute; raises NoDaemon for a squatter."""
    challenge = secrets.token_bytes(credentials.CHALLENGE_BYTES)
    expected = credentials.prove(credentials.proof_secret(paths), challenge, port).hex()
    line = http.client.HTTPConnection(ADDRESS, port, timeout=PATIENCE)
    try:
        line.request("GET", f"/api/v1/proof?challenge={challenge.hex()}")
        answer = line.getresponse()
        proof = json.loads(answer.read(65_536)).get("proof", "") if answer.status == 200 else ""
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        proof = ""
    finally:
        line.close()
    if not hmac.compare_digest(str(proof).encode(), expected.encode()):
        raise NoDaemon(say("client.squatter", port=port), code="squatter", hint=say("client.squatter.hint"))


def query(params: Params) -> str:
    given = {name: str(value).lower() if isinstance(value, bool) else value for name, value in params.items()}
    text = urlencode({name: value for name, value in given.items() if value is not None})
    return f"?{text}" if text else ""


def _further(errors: Sequence[dict[str, Any]]) -> list[str]:
    """What else is wrong, as far as it can be said in the person's language."""
    return [
        translated("problem", each["code"], each.get("params") or {}, each["detail"])
        for each in errors[1:]
        if each.get("code")
    ]


def _raise_problem(answer: http.client.HTTPResponse) -> None:
    """An error answer in the person's language: by its code when we know it, else the daemon's own English."""
    if answer.status < 400:
        return
    content = answer.read()
    try:
        problem = json.loads(content)
    except ValueError:
        problem = {}
    code, params = str(problem.get("code", "failed")), problem.get("params") or {}
    english = str(problem.get("detail") or f"{answer.status} {answer.reason}")
    # The first is what the message says. Where a code says it in the person's language, more would be said in English.
    errors = (problem.get("errors") or [])[1:] if code == "invalid" else []
    found = "; ".join(f"{each['pointer']}: {each['detail']}" for each in errors)
    message = "\n".join([translated("problem", code, params, english), *_further(problem.get("errors") or [])])
    hint = translated("problem", code, params, str(problem.get("hint") or ""), ".hint")
    raise ProblemAnswered(
        f"{message} ({found})" if found else message, code=code, hint=hint, status=answer.status, params=params
    )
