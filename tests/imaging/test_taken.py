"""When a photograph was taken, from EXIF as cameras write it and as it should not be."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from imaging.inspection import Taken
from tests.imaging.files import MAKE, png, seen, with_exif

TIME, OFFSET, SUBSECONDS = 0x9003, 0x9011, 0x9291


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize("ending", ["jpg", "webp", "png"])
@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({TIME: "2021:03:04 05:06:07"}, Taken(at("2021-03-04T05:06:07Z"), False)),
        ({TIME: "2021:03:04 05:06:07", OFFSET: "+08:00"}, Taken(at("2021-03-03T21:06:07Z"), True)),
        ({TIME: "2021:03:04 05:06:07", OFFSET: "-03:30", SUBSECONDS: "25"}, Taken(at("2021-03-04T08:36:07.25Z"), True)),
        ({TIME: "2021-03-04T05:06:07", OFFSET: "Z"}, Taken(at("2021-03-04T05:06:07Z"), True)),
        ({TIME: "2021:03:04 05:06:07", OFFSET: "   :  "}, Taken(at("2021-03-04T05:06:07Z"), False)),
        ({TIME: "2021:03:04 05:06:07", OFFSET: "+99:00"}, Taken(at("2021-03-04T05:06:07Z"), False)),
        ({TIME: "0000:00:00 00:00:00"}, None),
        ({TIME: "    :  :     :  :  "}, None),
        ({TIME: "2021:02:30 05:06:07"}, None),
        ({TIME: "1980:01:01 00:00:00"}, None),
        ({TIME: "yesterday"}, None),
        ({TIME: 2021}, None),
        ({OFFSET: "+08:00"}, None),
    ],
)
def test_time_of_a_camera(tmp_path: Path, ending: str, fields: dict[int, object], taken: Taken | None) -> None:
    assert seen(with_exif(tmp_path / f"p.{ending}", {MAKE: "a camera"}, fields)).taken == taken


def test_picture_without_one(tmp_path: Path) -> None:
    assert seen(png(tmp_path / "p.png", {"parameters": "a cat"})).taken is None
