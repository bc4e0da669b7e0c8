"""A route with the types of its handler: decodes what comes in, says what goes out.

A handler is `async def name(call, …) -> Answer`. Parameters named like a part of the path are that part; `query`
and `body` are structs. The same types make the OpenAPI document, so it cannot say anything else.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from daemon.api.call import Call
from daemon.api.guard import RouteClass
from daemon.api.rights import Need, check_right, need_of
from daemon.errors import Refused

Handler = Callable[..., Awaitable[Any]]
PART = re.compile(r"\{(\w+)(\.\.\.)?\}")
PLACE = re.compile(r" - at `([^`]*)`$")
STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
# What people can come to type, as msgspec says it.
LACKS = re.compile(r"Expected `str` of length >= 1\.")
EXCEEDS = re.compile(r"Expected `str` of length <= (\d+)\.")
OUTWEIGHS = re.compile(r"Expected `bytes` of length <= (\d+)\.")
MIB = 1024 * 1024
FIELDS_AT_ONCE = 64


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No content: an empty body or `{}`."""


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table in routes.py. `produces` is for handlers that answer no JSON."""

    method: str
    path: str
    kind: RouteClass
    handler: Handler
    status: int = 200
    produces: tuple[str, ...] = ("application/json",)
    also: tuple[int, ...] = ()  # further good statuses
    refusals: tuple[int, ...] = ()  # statuses beyond those that the class and the types imply
    limit: int = MIB
    bulk: tuple[str, ...] = ()  # fields of the body that may be as long as that; all others together have 2 MiB at most

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the variable parts of the path."""
        return tuple(match[0] for match in PART.findall(self.path))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route ready to be called."""

    route: Route
    path_types: dict[str, Any]
    query_type: type[msgspec.Struct] | None
    body_type: Any
    answer_type: Any
    decoder: msgspec.json.Decoder[Any] | None = field(repr=False, default=None)
    lists: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()  # names of the handler's parameters
    need: Need = "anyone"

    @classmethod
    def of(cls, route: Route) -> Endpoint:
        if route.kind not in typing.get_args(RouteClass):
            raise TypeError(f"{route.method} {route.path}: there is no route class {route.kind!r}")
        hints = typing.get_type_hints(route.handler, include_extras=True)
        names = list(inspect.signature(route.handler).parameters)[1:]
        strange = [name for name in names if name not in (*route.parts, "query", "body")]
        if strange:
            raise TypeError(f"{route.method} {route.path}: the handler takes {strange}, which nothing gives")
        takes_body = route.method not in ("GET", "DELETE", "HEAD") and route.kind != "upload"
        body = hints.get("body", Nothing) if takes_body else None
        query = hints.get("query")
        return cls(
            route=route,
            path_types={name: hints.get(name, str) for name in route.parts},
            query_type=query,
            body_type=body,
            answer_type=hints["return"],
            decoder=msgspec.json.Decoder(body) if body else None,
            lists=_lists(query),
            wanted=frozenset(names),
            need=need_of(route.method, route.path),
        )

    async def answer(self, call: Call) -> Any:
        """Decode, call the handler, return its answer; raises Refused for input that does not fit."""
        given: dict[str, Any] = {}
        for name, kind in self.path_types.items():
            value = _part(name, call.path[name], kind)
            if name in self.wanted:
                given[name] = value
        query = self._query(call)
        if query is not None:
            given["query"] = query
        if self.decoder is not None:
            body = self._body(await call.body(self.route.limit))
            if "body" in self.wanted:
                given["body"] = body
        check_right(call, self.need)
        return await self.route.handler(call, **given)

    def _query(self, call: Call) -> Any:
        fields = _fields(call.query_text)
        table: dict[str, Any] = {}
        for name, value in fields:
            if name in self.lists:
                table.setdefault(name, []).append(value)
            elif name in table:
                raise _unfit([(f"?{name}", "It is given twice.")])
            else:
                table[name] = value
        if self.query_type is None:
            if table:
                raise _unfit([(f"?{name}", "There is no such parameter.") for name in table])
            return None
        try:
            return msgspec.convert(table, self.query_type, strict=False)
        except msgspec.ValidationError as error:
            raise _unfit([_located(error, "?")]) from error

    def _body(self, raw: bytes) -> Any:
        assert self.decoder is not None
        try:
            if self.route.bulk and len(raw) > 2 * MIB:
                _ensure_light(raw, self.route.bulk)
            value = self.decoder.decode(raw or b"{}")
        except msgspec.ValidationError as error:
            raise _unfit([_located(error, "/")]) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refused(400, "json", f"The body is not JSON that can be read: {error}.") from error
        # Only a body with such an escape can hold a NUL, so the walk is rare.
        if rb"\u0000" in raw and _has_nul(msgspec.to_builtins(value)):
            raise _unfit([("", "Text cannot hold the NUL character.")])
        return value


def _ensure_light(raw: bytes, bulk: Sequence[str]) -> None:
    """What makes objects is decoded in one go, and nobody else has a turn meanwhile."""
    fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    heavy = [(name, len(bytes(value))) for name, value in fields.items() if name not in bulk]
    if sum(size for _, size in heavy) > 2 * MIB:
        name = max(heavy, key=lambda each: each[1])[0]
        message = f"It is too long: all but {' and '.join(bulk)} may have 2 MiB together."
        params = {"name": name, "mib": 2}
        raise Refused(422, "invalid.heavy", f"/{name}: {message}", errors=[(f"/{name}", message)], params=params)


def _fields(text: str) -> list[tuple[str, str]]:
    if not text:
        return []
    try:
        fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS_AT_ONCE)
    except UnicodeDecodeError as error:
        raise Refused(400, "encoding", "The query is not UTF-8.") from error
    except ValueError as error:
        raise Refused(400, "query", "The query has too many parts.") from error
    for name, value in fields:
        if "\0" in name or "\0" in value:
            raise _unfit([(f"?{name}", "Text cannot hold the NUL character.")])
    return fields


def _part(name: str, text: str, kind: Any) -> Any:
    if "\0" in text:
        raise _unfit([("{" + name + "}", "Text cannot hold the NUL character.")])
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _unfit([("{" + name + "}", _sentence(error))]) from error


def _unfit(errors: list[tuple[str, str]]) -> Refused:
    where, what = errors[0]
    code, params = "invalid", dict[str, Any]()
    if LACKS.fullmatch(what):
        name = where.rpartition("/")[2].lstrip("?")
        code, params = ("no_name", {}) if name == "name" else ("invalid.empty", {"name": name})
    elif most := EXCEEDS.fullmatch(what):
        code, params = "invalid.long", {"most": int(most[1])}
    elif most := OUTWEIGHS.fullmatch(what):
        code, params = "invalid.large", {"mib": int(most[1]) // MIB}
    return Refused(422, code, f"{where}: {what}" if where else what, errors=errors, params=params)


def _located(error: msgspec.ValidationError, prefix: str) -> tuple[str, str]:
    """(place, sentence): `/tags/0` points into the body, `?limit` at a query parameter."""
    found = PLACE.search(str(error))
    # Below a mapping the place has `[...]` for the key: the mapping itself is as near as it gets.
    steps = [name or number for name, number in STEP.findall(found[1].partition("[...]")[0])] if found else []
    place = "/".join(step.replace("~", "~0").replace("/", "~1") for step in steps)
    return (prefix + place if place or prefix == "?" else "", _sentence(error))


def _sentence(error: msgspec.ValidationError) -> str:
    return PLACE.sub("", str(error)) + "."


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_nul(item) for item in value)


def _lists(query: Any) -> frozenset[str]:
    if query is None:
        return frozenset()
    fields = msgspec.structs.fields(query)
    return frozenset(each.encode_name for each in fields if _is_list(each.type))


def _is_list(kind: Any) -> bool:
    bare = typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Annotated else kind
    return typing.get_origin(bare) is list
