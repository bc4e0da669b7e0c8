"""The document says what the table and the types say: all of it, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from daemon.api.openapi import document
from daemon.api.routes import ROUTES
from daemon.api.table import Table
from tests.daemon.house import running

DOCUMENT = document(Table(ROUTES), "0.0")
DOCS = Path(__file__).parents[3] / "docs" / "api.md"


def operations() -> dict[tuple[str, str], Any]:
    return {(method.upper(), path): each for path, found in DOCUMENT["paths"].items() for method, each in found.items()}


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(each) for each in value.values()))
    return set().union(*(references(each) for each in value)) if isinstance(value, list) else set()


def test_every_route_is_in_the_document_and_no_other() -> None:
    assert set(operations()) == {(route.method, route.path) for route in ROUTES if route.kind != "page"}


def test_every_operation_is_complete() -> None:
    for (method, path), each in operations().items():
        assert each["summary"].endswith("."), (method, path)
        named = {parameter["name"] for parameter in each["parameters"] if parameter["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), path
        assert all("schema" in parameter for parameter in each["parameters"])
        assert any(status.startswith("2") for status in each["responses"])
        assert {"400", "403", "421", "422", "500"} <= set(each["responses"])
        open_to_all = path in ("/health", "/api/v1/proof") or (method, path) == ("POST", "/api/v1/session")
        assert bool(each["security"]) != open_to_all, path
        assert ("401" in each["responses"]) != (path in ("/health", "/api/v1/proof"))
        if method in ("POST", "PATCH"):
            assert "requestBody" in each and {"413", "415"} <= set(each["responses"])


def test_names_are_unique_and_references_lead_somewhere() -> None:
    names = [each["operationId"] for each in operations().values()]
    assert len(set(names)) == len(names)
    for reference in references(DOCUMENT):
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    assert not any("." in name for name in DOCUMENT["components"]["schemas"])


def test_page_of_routes_names_every_route() -> None:
    text = DOCS.read_text("utf-8")
    missing = [f"{route.method} {route.path}" for route in ROUTES if f"| {route.method} | `{route.path}` |" not in text]
    assert missing == []


async def test_document_is_served(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        answer = await house.call("GET", "/openapi.json")
        assert answer.json == json.loads(json.dumps(DOCUMENT))
