"""The routes as a tree of steps: what stands at a path."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from daemon.api.endpoint import PART, Endpoint, Route

# Below these nothing is ever the page's: an unknown path there is an error, and only for those let in.
CLOSED = frozenset({"api", "metrics", "openapi.json", "health"})


class Node:
    """One step of the paths: named steps first, else any step, else all the rest."""

    __slots__ = ("any", "endpoints", "named", "rest")

    def __init__(self) -> None:
        self.named: dict[str, Node] = {}
        self.any: Node | None = None
        self.rest: Node | None = None
        self.endpoints: dict[str, Endpoint] = {}


class Found(NamedTuple):
    """What stands at a path: an endpoint per method, and what the variable steps are."""

    endpoints: dict[str, Endpoint]
    values: tuple[str, ...]

    def path(self, endpoint: Endpoint) -> dict[str, str]:
        return dict(zip(endpoint.path_types, self.values, strict=True))


class Table:
    """All routes, found step by step: the time does not grow with their number."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.endpoints = [Endpoint.of(route) for route in routes]
        self._root = Node()
        for endpoint in self.endpoints:
            self._add(endpoint)

    def _add(self, endpoint: Endpoint) -> None:
        node = self._root
        for step in endpoint.route.path.split("/")[1:]:
            part = PART.fullmatch(step)
            if part is None:
                node = node.named.setdefault(step, Node())
            elif part[2]:
                node.rest = node = node.rest or Node()
            else:
                node.any = node = node.any or Node()
        if endpoint.route.method in node.endpoints:
            raise TypeError(f"{endpoint.route.method} {endpoint.route.path} stands twice in the table")
        node.endpoints[endpoint.route.method] = endpoint

    def find(self, steps: Sequence[str]) -> Found | None:
        """What stands at the decoded steps of a path; None when nothing does."""
        node, values, rest = self._root, [], self._root.rest
        for step in steps:
            following = node.named.get(step)
            if following is None and node.any is not None:
                following = node.any
                values.append(step)
            if following is None:
                return Found(rest.endpoints, ("/".join(steps),)) if rest and steps[0] not in CLOSED else None
            node = following
        if not node.endpoints:
            return Found(rest.endpoints, ("/".join(steps),)) if rest and steps[0] not in CLOSED else None
        return Found(node.endpoints, tuple(values))
