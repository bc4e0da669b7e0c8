"""All situations by name."""

from __future__ import annotations

from tests.histories import situations_of_devices, situations_of_members
from tests.histories.house import SITUATIONS, House, fails

__all__ = ["SITUATIONS", "House", "fails", "situations_of_devices", "situations_of_members"]
