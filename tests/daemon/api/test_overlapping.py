"""Long work over HTTP that would overlap other long work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.daemon.house import running
from tests.library.house import device


@pytest.mark.parametrize("kind", ["backup", "export"])
async def test_folder_that_is_being_filled_is_refused_by_any_of_its_names(tmp_path: Path, kind: str) -> None:
    (tmp_path / "usb").mkdir()
    (tmp_path / "drive").symlink_to(tmp_path / "usb")
    async with (
        device(tmp_path / "library", 1) as workspaces,
        running(tmp_path / "home", workspaces=workspaces) as house,
    ):
        place = f"/api/v1/w/-/{kind}"  # whose work does not begin here, so that it does not end
        assert (await house.call("POST", place, {"path": str(tmp_path / "usb")})).status == 202
        for other in ("backup", "export"):
            answer = await house.call("POST", f"/api/v1/w/-/{other}", {"path": str(tmp_path / "drive" / "x" / "..")})
            assert (answer.status, answer.json["code"]) == (409, f"{kind}_under_way")
        assert (await house.call("POST", place, {"path": str(tmp_path / "elsewhere")})).status == 202
