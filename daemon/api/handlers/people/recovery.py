"""Recovery kits: made, listed, checked, and used on a device that is in no more."""

from __future__ import annotations

from typing import Annotated

import msgspec

from daemon.api.call import Call
from daemon.api.inputs import Strict
from library.models import Changed
from library.people.models import Kit, KitCheck, KitInfo


class KitList(msgspec.Struct, frozen=True):
    """The recovery kits that count, of everybody, own ones first."""

    kits: list[KitInfo]


class NewKit(Strict, frozen=True):
    """With `replace` former kits of this member open nothing from now on: that takes an admin."""

    replace: bool = False


class WrittenCode(Strict, frozen=True):
    """The code as it stands on paper, in whatever groups."""

    code: Annotated[str, msgspec.Meta(max_length=200)]


async def index(call: Call) -> KitList:
    """Which kits there are; their codes stand on paper only."""
    return KitList(await call.library.kits.list())


async def make(call: Call, body: NewKit) -> Kit:
    """A new kit of this device's member. The code is shown this once, and stored nowhere."""
    return await call.library.kits.make(body.replace)


async def check(call: Call, body: WrittenCode) -> KitCheck:
    """What a code opens in this workspace today."""
    return await call.library.kits.check(body.code)


async def use(call: Call, body: WrittenCode) -> Changed:
    """Let this device in by a code: as one of the member's whose code it is, with every key that it opens."""
    return await call.library.kits.use(body.code)
