"""Every route for every role: who may not is told so before anything is begun, and who may is not refused."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest

from daemon.api.rights import NEEDS, WORKSPACE, Need, may, need_of
from daemon.api.routes import ROUTES, A
from identity.keys import DeviceKey, verify
from identity.membership import heads_to_name
from identity.operations import encode_operation
from library.people.models import NewPerson
from library.replica.receiving import receive
from tests.daemon.process import Process
from tests.library.house import device

ROLES = ("admin", "editor", "reviewer", "viewer", "none")
# What each need lets through: the page's own table (docs/api.md) in one word per role.
LETS: dict[Need, tuple[str, ...]] = {
    "anyone": ROLES,
    "member": ROLES[:4],
    "write": ROLES[:2],
    "admin": ROLES[:1],
}
PICTURE, PROJECT, ALBUM, PROMPT = ("01" * 16, "03" * 16, "04" * 16, "05" * 16)
SOME = {"assets": [PICTURE]}
PAIR = {"pairs": [{"newer": PICTURE, "older": "01" + "02" * 15}]}
# Bodies that can be read, where `{}` cannot.
BODIES: dict[str, Any] = {
    "POST /assets/edit": {"assets": [PICTURE], "change": {"rating": 1}},
    "POST /assets/bin": SOME,
    "POST /assets/unbin": SOME,
    "POST /assets/{id}/restore": {"version": "ab" * 32},
    "POST /alike/same": PAIR,
    "POST /alike/other": PAIR,
    "POST /assets/{id}/apart": {"version": "ab" * 32},
    "POST /checkpoints": {"name": "x"},
    "POST /imports": {"paths": ["/nowhere"]},
    "POST /watched": {"path": "/nowhere"},
    "POST /projects": {"name": "x"},
    "POST /projects/{id}/duplicate": {"name": "x"},
    "POST /projects/{id}/restore": {"when": "x"},
    "POST /searches": {"name": "x", "query": "x"},
    "POST /albums": {"name": "x"},
    "POST /albums/{id}/add": SOME,
    "POST /albums/{id}/remove": SOME,
    "POST /albums/{id}/move": SOME,
    "POST /prompts": {"name": "x", "text": "x"},
    "POST /prompts/{id}/duplicate": {"name": "x"},
    "POST /presets": {"name": "x"},
    "POST /jobs": {"prompts": ["x"]},
    "POST /jobs/retry": {"ids": ["ab" * 16]},
    "POST /invitations": {"name": "x", "role": "viewer"},
    "POST /quarantine": {"device": "ab" * 32, "decision": "accept"},
    "PATCH /devices/{id}": {"name": "x"},
    "POST /conflicts/resolve": {"document": PICTURE, "field": "rating", "value": 1},
    "POST /conflicts/resolve-many": {
        "settlings": [{"document": PICTURE, "field": "rating", "value": 1, "seen": [1, 2]}]
    },
    "POST /texts": {"document": PICTURE, "field": "note", "text": "x", "was": ""},
}


class Workspace(NamedTuple):
    id: str
    own: str  # the member of this device


async def workspaces_of_every_role(data: Path) -> dict[str, Workspace]:
    """In each this device has another role, as another admin saw to it."""
    found: dict[str, Workspace] = {}
    other = DeviceKey.generate(random.Random(5))
    async with device(data, 1) as workspaces:
        for role in ROLES:
            library = workspaces.get((await workspaces.create(role)).id)
            people, workspace = library.people, library.workspace
            await people.admit(other.public, "other", NewPerson("Other", "admin"))
            own = next(each.id for each in people.members() if each.mine)
            if role not in ("admin", "none"):
                await people.set_role(own, role)  # type: ignore[arg-type]
            if role == "none":
                await people.set_role(own, "viewer")
                gone = encode_operation(
                    workspace=workspace.id,
                    kind="remove",
                    subject=bytes.fromhex(own),
                    prev=heads_to_name(workspace.members.rule.decision),
                    author=other.public,
                    sign=other.sign,
                )
                await receive(workspace, [], verify, [gone.raw])
            assert (workspace.role or "none") == role
            found[role] = Workspace(library.id, own)
    return found


class Asking:
    def __init__(self, daemon: Process) -> None:
        port = int(daemon.url.rpartition(":")[2])
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self._token = daemon.token

    def ask(self, method: str, path: str, content: Any, upload: bool = False) -> tuple[int, str]:
        """The status, and the code of a problem."""
        headers = {"Authorization": f"Bearer {self._token}"}
        body = None
        if method not in ("GET", "DELETE"):
            headers["Content-Type"] = "application/octet-stream" if upload else "application/json"
            body = b"no picture" if upload else json.dumps(content).encode()
        self._line.request(method, path, body, headers)
        answer = self._line.getresponse()
        told = answer.read()
        if answer.headers.get_content_type() != "application/problem+json":
            return answer.status, ""
        return answer.status, json.loads(told)["code"]


def test_every_route_that_changes_a_workspace_says_which_role_it_takes() -> None:
    changing = [
        f"{each.method} {each.path.removeprefix(WORKSPACE)}"
        for each in ROUTES
        if each.path.startswith(WORKSPACE) and each.method != "GET"
    ]
    assert sorted(changing) == sorted(NEEDS)
    assert set(LETS) == set(get_args(Need)) and set(BODIES) <= set(NEEDS)


@pytest.mark.parametrize("role", ROLES)
def test_needs_are_the_table_of_the_documents(role: str) -> None:
    for need, roles in LETS.items():
        assert may(None if role == "none" else role, need) == (role in roles)  # type: ignore[arg-type]
    assert need_of("GET", WORKSPACE + "/members") == need_of("POST", A + "/stop") == "anyone"
    assert need_of("POST", WORKSPACE + "/something/new") == "write"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Asking, dict[str, Workspace]]]:
    home = tmp_path_factory.mktemp("roles") / "home"
    (home / "data").mkdir(parents=True)
    found = asyncio.run(workspaces_of_every_role(home / "data"))
    with Process(home) as daemon:
        yield Asking(daemon), found


def path_of(route: str, workspace: Workspace) -> str:
    path = route.replace("{workspace}", workspace.id).replace("{sha256}", "ab" * 32).replace("{tab}", "x")
    kinds = {"/assets/": PICTURE, "/projects/": PROJECT, "/albums/": ALBUM, "/prompts/": PROMPT}
    if "/devices/" in path:
        return path.replace("{id}", "ab" * 32)
    id = next((id for step, id in kinds.items() if step in path), "04" * 16)
    return path.replace("{id}", workspace.own if "/members/" in path else id)


@pytest.mark.process
@pytest.mark.timeout(120)
@pytest.mark.parametrize("role", ROLES)
def test_route_by_role(house: tuple[Asking, dict[str, Workspace]], role: str) -> None:
    asking, found = house
    wrong = []
    for route in (each for each in ROUTES if each.path.startswith(WORKSPACE)):
        need = need_of(route.method, route.path)
        key = f"{route.method} {route.path.removeprefix(WORKSPACE)}"
        path = path_of(route.path, found[role]) + ("?name=x.png" if route.kind == "upload" else "")
        status, code = asking.ask(route.method, path, BODIES.get(key, {}), route.kind == "upload")
        refused = (status, code) == (403, "no_right")
        if refused != (role not in LETS[need]) or status >= 500:
            wrong.append((key, need, status, code))
    assert wrong == []


@pytest.mark.process
@pytest.mark.parametrize("role", ROLES)
def test_name_of_the_workspace_is_changed_by_editors_only(
    house: tuple[Asking, dict[str, Workspace]], role: str
) -> None:
    asking, found = house
    status, code = asking.ask("PATCH", f"{A}/workspaces/{found[role].id}", {"name": f"called by {role}"})
    assert (status, code) == ((200, "") if role in LETS["write"] else (403, "no_right"))
