"""The OpenAPI 3.1 document, made from the table of routes and the types of the handlers. Nothing is written by hand."""

from __future__ import annotations

import http
import inspect
import json
from typing import Any

import msgspec
from aiohttp import web

from daemon.api.answers import PROBLEM, Refusal
from daemon.api.endpoint import Endpoint, Nothing
from daemon.api.guard import BYTES, CHANGING, JSON, OPEN
from daemon.api.table import Table
from daemon.errors import TITLES

TEMPLATE = "#/components/schemas/{name}"
ABOUT = (
    "The local face of one Gesso daemon. Send `Authorization: Bearer TOKEN`; the token file is shown by `gesso paths`. "
    "Requests that change something from a browser session carry `X-Gesso: 1`."
)
SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "For programs: the token of the home's token file."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "gesso_INSTANCE",
        "description": "For the page: from POST /api/v1/session. Changing requests need the header X-Gesso: 1 as well.",
    },
}


def document(table: Table, version: str) -> dict[str, Any]:
    """Every route with its parameters, bodies, answers and errors."""
    endpoints = [each for each in table.endpoints if each.route.kind != "page"]
    schemas = Schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        operations = paths.setdefault(endpoint.route.path, {})
        operations[endpoint.route.method.lower()] = _operation(endpoint, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gesso", "version": version, "description": ABOUT, "license": {"name": "Apache-2.0"}},
        "paths": paths,
        "components": {"schemas": schemas.components, "responses": _problems(), "securitySchemes": SECURITY},
    }


class Schemas:
    """JSON schemas of all types that occur, made in one go so that references meet."""

    def __init__(self, endpoints: list[Endpoint]) -> None:
        types: list[Any] = [Refusal]
        for endpoint in endpoints:
            types += [kind for kind in (endpoint.body_type, _json_answer(endpoint)) if kind is not None]
            types += endpoint.path_types.values()
            types += [field.type for field in _query_fields(endpoint)]
        made, components = msgspec.json.schema_components(types, ref_template=TEMPLATE)
        self.components = components
        self._made = dict(zip(map(repr, types), made, strict=True))

    def of(self, kind: Any) -> dict[str, Any]:
        return dict(self._made[repr(kind)])


def statuses(endpoint: Endpoint) -> list[int]:
    """Every error status that a route can answer."""
    route = endpoint.route
    # 422 everywhere: a parameter that a route does not have is wrong input too.
    found = {400, 403, 421, 422, 500, 503, *route.refusals}
    if route.kind not in OPEN or route.kind == "login":
        found.add(401)
    if endpoint.path_types:
        found.add(404)
    if "workspace" in endpoint.path_types:
        found.add(409)  # two workspaces may have one name
    if route.method not in ("GET", "HEAD"):
        found |= {415}
    if endpoint.body_type is not None or route.kind == "upload":
        found |= {408, 413}
    if route.kind in ("api-write", "upload"):
        found |= {409, 507}
    return sorted(found)


def _operation(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    route = endpoint.route
    summary, _, rest = (inspect.getdoc(route.handler) or "").partition("\n")
    noun = route.handler.__module__.rpartition(".")[2]
    operation: dict[str, Any] = {
        "operationId": f"{noun}.{route.handler.__name__}",
        "tags": [noun],
        "summary": summary,
        "security": [] if route.kind in OPEN else [{"token": []}, {"session": []}],
        "parameters": _parameters(endpoint, schemas),
        "responses": _responses(endpoint, schemas),
    }
    if rest.strip():
        operation["description"] = rest.strip()
    body = _request_body(endpoint, schemas)
    if body:
        operation["requestBody"] = body
    return operation


def _parameters(endpoint: Endpoint, schemas: Schemas) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(schemas.of(kind))}
        for name, kind in endpoint.path_types.items()
    ]
    for field in _query_fields(endpoint):
        schema = _without_null(schemas.of(field.type))
        if field.default is not msgspec.NODEFAULT and field.default is not None:
            schema["default"] = field.default
        found.append({"name": field.encode_name, "in": "query", "required": field.required, "schema": schema})
    if endpoint.route.kind == "events":
        found.append({"name": "Last-Event-ID", "in": "header", "required": False, "schema": {"type": "string"}})
    if endpoint.route.kind in CHANGING:
        # Programs with a token need it only to get a session, where there is no other credential.
        needed = endpoint.route.kind == "login"
        one = {"type": "string", "enum": ["1"]}
        found.append({"name": "X-Gesso", "in": "header", "required": needed, "schema": one})
    return found


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter that may be absent: in a query there is no null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else schema


def _path_schema(schema: dict[str, Any]) -> dict[str, Any]:
    # An empty step of a path is another path.
    return {"minLength": 1, **schema} if schema.get("type") == "string" and "pattern" not in schema else schema


def _request_body(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any] | None:
    if endpoint.route.kind == "upload":
        binary = {"schema": {"type": "string", "format": "binary"}}
        return {"required": True, "content": {BYTES: binary}}
    if endpoint.body_type is None:
        return None
    needed = endpoint.body_type is not Nothing and any(
        field.required for field in msgspec.structs.fields(endpoint.body_type)
    )
    return {"required": needed, "content": {JSON: {"schema": schemas.of(endpoint.body_type)}}}


def _responses(endpoint: Endpoint, schemas: Schemas) -> dict[str, Any]:
    route = endpoint.route
    found: dict[str, Any] = {}
    good: dict[str, Any] = {"description": http.HTTPStatus(route.status).phrase}
    if _json_answer(endpoint) is not None:
        good["content"] = {JSON: {"schema": schemas.of(endpoint.answer_type)}}
    elif route.status != 204:
        good["content"] = {kind: {"schema": {}} for kind in route.produces}
    found[str(route.status)] = good
    for status in route.also:
        found[str(status)] = {"description": http.HTTPStatus(status).phrase}
        if status == 206:
            found["206"]["content"] = good["content"]
    for status in statuses(endpoint):
        found[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return found


def _problems() -> dict[str, Any]:
    content = {PROBLEM: {"schema": {"$ref": TEMPLATE.format(name=Refusal.__name__)}}}
    return {str(status): {"description": title, "content": content} for status, title in TITLES.items()}


def _json_answer(endpoint: Endpoint) -> Any:
    """The struct that a route answers; None for empty and foreign answers."""
    kind = endpoint.answer_type
    if kind is type(None) or kind is None:
        return None
    return None if isinstance(kind, type) and issubclass(kind, web.StreamResponse) else kind


def _query_fields(endpoint: Endpoint) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(endpoint.query_type) if endpoint.query_type else ()


def rendered(table: Table, version: str) -> bytes:
    """The document as bytes, once per start."""
    return json.dumps(document(table, version), ensure_ascii=False, separators=(",", ":")).encode()
