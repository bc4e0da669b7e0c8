"""The product's pure pieces that a replica is put together from, and altered copies of them.

An altered copy is the product's source with one place replaced, compiled beside it: the product itself stays as it is.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from tests.tree import ROOT

# In the order of their imports: a copy of one sees the copies of those before it.
COPIED = (
    *("documents.delivery", "documents.change"),
    *("identity.lineage", "identity.standing", "identity.membership", "library.replica.verdicts"),
)


class Pieces(NamedTuple):
    """What a mutant may be made of."""

    decide: Callable[..., Any]
    Rule: Callable[..., Any]
    weigh: Callable[..., Any]
    missing: Callable[..., Any]
    needs: Callable[..., Any]
    read_header: Callable[..., Any]
    check_actor: Callable[..., Any]


class Alteration(NamedTuple):
    """One place of a module's source and what stands there instead."""

    module: str
    old: str
    new: str


def in_force() -> Pieces:
    return _pieces(importlib.import_module)


def altered(*alterations: Alteration) -> Pieces:
    """The pieces as they would be with other words in some places."""
    copies: dict[str, ModuleType] = {}
    for name in COPIED:
        source = (ROOT / (name.replace(".", "/") + ".py")).read_text("utf-8")
        for each in alterations:
            if each.module == name:
                if source.count(each.old) != 1:
                    raise LookupError(f"{name} must hold {each.old!r} once, not {source.count(each.old)} times")
                source = source.replace(each.old, each.new)
        copies[name] = _compiled(name, source, copies)
    return _pieces(copies.__getitem__)


def _compiled(name: str, source: str, copies: dict[str, ModuleType]) -> ModuleType:
    def find(asked: str, *where: Any) -> ModuleType:
        return copies[asked] if asked in copies else builtins.__import__(asked, *where)

    module = ModuleType(name)
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": find}
    vars(module)["__file__"] = sys.modules[name].__file__ if name in sys.modules else name
    exec(_code(name, source), vars(module))
    return module


@cache
def _code(name: str, source: str) -> Any:
    return compile(source, f"altered {name}", "exec")


def _pieces(find: Callable[[str], ModuleType]) -> Pieces:
    membership, verdicts = find("identity.membership"), find("library.replica.verdicts")
    delivery, change = find("documents.delivery"), find("documents.change")
    return Pieces(
        membership.decide,
        membership.Rule,
        verdicts.weigh,
        delivery.missing,
        delivery.needs,
        change.read_header,
        change.check_actor,
    )
