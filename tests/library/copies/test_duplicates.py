"""The same picture brought in on several devices is one picture, one blob on each, and every place it came from."""

from __future__ import annotations

from tests.library.copies.between import fetch, originals, tell_all
from tests.library.house import picture
from tests.library.studio import Studio, digests, send


async def test_one_picture_from_three_devices_is_one_blob_and_keeps_three_origins(studio: Studio) -> None:
    alice, bob, carol = await studio.trio()
    for name in ("bob", "carol"):
        await studio.admit(name, "editor")
    for each in (bob, carol):
        await send(alice, each)
    for name, library in (("fox.png", alice), ("貓.png", bob), ("harbour.png", carol)):
        folder = studio.folder / f"of {name}"
        folder.mkdir()
        (folder / name).write_bytes(picture((9, 9, 9)))
        await library.ingest.import_paths([folder])
    libraries = [alice, bob, carol]
    for _ in range(2):
        for one in libraries:
            for other in libraries:
                if one is not other:
                    await send(one, other)
    await tell_all(libraries)
    assert len(await digests(*libraries)) == 1
    for each in libraries:
        assert await each.copies.wanted() == []  # nothing that is here is ever asked for
        assert await fetch(alice, each) == 0
        (item,) = (await each.search.page()).items
        detail = await each.assets.show(item.id)
        assert detail.sources == ["fox.png", "harbour.png", "貓.png"]
        assert len([entry for entry in detail.history if entry.intent.startswith("asset.import")]) == 3
        assert len(originals(each)) == 1
        files = [path for path in (each.workspace.folder / "blobs").rglob("*") if path.is_file()]
        assert len(files) == len(set(files)) == 2  # the original and its small picture
        assert [copy.state for copy in detail.copies] == ["here", "claimed", "claimed"]
        assert item.sync == "here"
        assert (await each.care.verify(read_data=True)).problems == []
