"""What two devices did with a workspace's key at once is set right by the daemon, with nobody asking."""

from __future__ import annotations

import asyncio
from pathlib import Path

from identity.keys import DeviceKey
from library.people.models import NewPerson
from library.people.signing import Signing
from library.workspace import Plan
from tests.library.house import device


async def test_copy_that_is_lacking_is_handed_on_while_the_daemon_looks_after_things(tmp_path: Path) -> None:
    async with device(tmp_path / "home", 1) as workspaces:
        library = workspaces.get("-")
        people = library.people
        await people.admit(DeviceKey(b"b" * 32).public, "b", NewPerson("Bob", "editor"))
        signing = Signing(library.workspace)
        tablet = DeviceKey(b"t" * 32)
        signing.add("add-device", tablet.public, bytes.fromhex(people.member("Bob").id))
        await library.workspace.append(Plan("member.admit", operations=signing.made))
        assert set(people.keys.lacking()) == {tablet.public}
        looking = asyncio.create_task(workspaces.look_after())
        async with asyncio.timeout(10):
            while people.keys.lacking():  # noqa: ASYNC110 - the loop that does it has no bell
                await asyncio.sleep(0.01)
        looking.cancel()
        assert not people.keys.exposed() and not people.to_tend()
