"""Decoding input: everything that does not fit is named, nothing unfit reaches a handler."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import msgspec
import pytest

from daemon.api.call import Call, encoded
from daemon.api.endpoint import MIB, Endpoint, Route
from daemon.api.table import Table
from tests.daemon.house import Answer, Running


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str = ""
    tags: list[str] = []
    deep: dict[str, list[int]] = {}


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 100
    tag: list[str] = []
    few: Annotated[list[str], msgspec.Meta(max_length=2)] = []
    deep: bool = False


class Seen(msgspec.Struct):
    text: str


async def write(call: Call, name: str, query: Query, body: Body) -> Seen:
    """Echo."""
    return Seen(f"{name} {query} {body}")


ECHO = Route("POST", "/api/v1/echo/{name}", "api-write", write)


@pytest.fixture
async def house(house: Running) -> Running:
    house.server._table = Table([ECHO])
    return house


async def post(house: Running, body: bytes, path: str = "/api/v1/echo/x") -> Answer:
    headers = {"Authorization": f"Bearer {house.credentials.token}", "Content-Type": "application/json"}
    return await house.ask("POST", path, headers, body)


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"{", 400, None),
        (b"[" * 50_000, 422, ""),
        (b'{"deep":' + b"[" * 50_000, 422, "/deep"),
        (b'{"text":"\\ud800"}', 400, None),
        (b'{"text":"\xff"}', 400, None),
        (b"\xef\xbb\xbf{}", 400, None),
        (b'{"text":NaN}', 400, None),
        (b"null", 422, ""),
        (b"[]", 422, ""),
        (b'{"text":1}', 422, "/text"),
        (b'{"txt":""}', 422, ""),
        (b'{"tags":["a",1]}', 422, "/tags/1"),
        (b'{"deep":{"a":[1,"b"]}}', 422, "/deep"),
        (b'{"text":"a\\u0000b"}', 422, ""),
        (b'{"tags":["\\u0000"]}', 422, ""),
        (b'{"deep":{"\\u0000":[]}}', 422, ""),
    ],
)
async def test_unfit_body_is_refused_with_its_place(
    house: Running, body: bytes, status: int, pointer: str | None
) -> None:
    answer = await post(house, body)
    assert answer.status == status, answer
    assert [each["pointer"] for each in answer.json["errors"]] == ([] if pointer is None else [pointer])


@pytest.mark.parametrize("body", [b"", b"{}", b'{"text":"\\\\u0000"}', b'{"text":"\\ud83d\\ude00 \xe8\xb2\x93"}'])
async def test_fit_body_passes(house: Running, body: bytes) -> None:
    assert (await post(house, body)).status == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=1&tag=a&tag=b&deep=true", 200),
        ("limit=0", 422),
        ("limit=201", 422),
        ("limit=" + "9" * 5000, 422),
        ("limit=１", 422),
        ("limit=1&limit=2", 422),
        ("limt=1", 422),
        ("few=a&few=b", 200),
        ("few=a&few=b&few=c", 422),
        ("tag=%00", 422),
        ("tag=%ff", 400),
        ("tag=%ed%a0%80", 400),
        ("&".join(["tag=a"] * 65), 400),
        ("deep=maybe", 422),
    ],
)
async def test_query(house: Running, query: str, status: int) -> None:
    encoded_query = query.replace("１", "%EF%BC%91")
    assert (await post(house, b"{}", f"/api/v1/echo/x?{encoded_query}")).status == status


async def test_steps_of_a_path_are_decoded_once(house: Running) -> None:
    answer = await post(house, b"{}", "/api/v1/echo/a%2Fb%252F%20%E8%B2%93")
    assert answer.json["text"].startswith("a/b%2F 貓 ")
    assert (await post(house, b"{}", "/api/v1/echo/%00")).status == 422
    assert (await post(house, b"{}", "/api/v1/echo/%ff")).status == 400
    assert (await post(house, b"{}", "/api/v1/echo/a/b")).status == 404


async def test_body_over_the_limit_is_refused_before_and_while_reading(house: Running) -> None:
    big = b'{"text":"' + b"a" * (1024 * 1024) + b'"}'
    assert (await post(house, big)).status == 413
    head = (
        f"POST /api/v1/echo/x HTTP/1.1\r\nHost: {house.host}\r\nAuthorization: Bearer {house.credentials.token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    assert (await house.raw(head + b"%x\r\n" % len(big) + big + b"\r\n0\r\n\r\n")).status == 413


async def test_only_what_is_meant_to_be_long_may_be_as_long_as_a_body(house: Running) -> None:
    """What makes objects is decoded in one go."""
    house.server._table = Table([dataclasses.replace(ECHO, limit=8 * MIB, bulk=("text",))])
    long = b"a" * (3 * MIB)
    assert (await post(house, b'{"text":"' + long + b'","tags":["b"]}')).status == 200
    for body, name in (
        (b'{"text":"a","tags":["' + long + b'"]}', "tags"),
        (b'{"tags":["b"],"deep":{' + b",".join(b'"%d":[]' % at for at in range(300_000)) + b"}}", "deep"),
    ):
        answer = await post(house, body)
        assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, f"/{name}"), answer.json
    for body, status in ((b"[" + long, 422), (b'["' + long + b'"]', 422), (b'{"text":"' + long, 400)):
        assert (await post(house, body)).status == status


async def test_client_that_waits_for_leave_gets_it(house: Running) -> None:
    headers = {"Authorization": f"Bearer {house.credentials.token}", "Content-Type": "application/json"}
    answer = await house.ask("POST", "/api/v1/echo/x", {**headers, "Expect": "100-continue"}, b"{}")
    assert answer.status == 100


async def test_failing_handler_says_nothing_of_its_inside(house: Running, caplog: pytest.LogCaptureFixture) -> None:
    async def fail(call: Call) -> None:
        raise RuntimeError("inside")

    house.server._table = Table([Route("POST", "/api/v1/fail", "api-write", fail)])
    answer = await post(house, b"{}", "/api/v1/fail")
    assert (answer.status, answer.json["code"]) == (500, "defect")
    assert b"inside" not in answer.body
    assert "inside" in caplog.text


async def test_full_disk_is_said(house: Running) -> None:
    async def fail(call: Call) -> None:
        raise OSError(28, "No space left on device")

    house.server._table = Table([Route("POST", "/api/v1/fail", "api-write", fail)])
    answer = await post(house, b"{}", "/api/v1/fail")
    assert (answer.status, answer.json["code"]) == (507, "disk_full")


def test_handler_that_wants_what_nothing_gives_is_a_mistake() -> None:
    async def lost(call: Call, elsewhere: str) -> None: ...

    with pytest.raises(TypeError, match="elsewhere"):
        Endpoint.of(Route("GET", "/api/v1/lost", "api-read", lost))


def test_two_routes_in_one_place_are_a_mistake() -> None:
    with pytest.raises(TypeError, match="twice"):
        Table([ECHO, ECHO])


def test_names_that_are_not_unicode_can_be_shown() -> None:
    broken: Any = {"name": "a\udcff", "list": ["\ud800"], "\udcfe": 1}
    assert encoded(broken) == b'{"name":"a?","list":["?"],"?":1}'
