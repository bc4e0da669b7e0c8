"""A provider's pictures onto this disk: bounded, hashed, durable, in the attempt's folder."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from library.jobs.models import AttemptId, Output
from library.jobs.storing import Storing
from library.surroundings import Surroundings
from providers.base import Answer, Provider
from providers.errors import GenerationFailed

MOST_BYTES = 128 << 20  # of one picture


async def gathered(provider: Provider, answer: Answer) -> list[bytes]:
    """The bytes of one picture."""
    found, size = list[bytes](), 0
    async for piece in _one(answer.data) if answer.data is not None else provider.fetch(answer):
        size += len(piece)
        if size > MOST_BYTES:
            raise GenerationFailed(f"The picture is larger than {MOST_BYTES >> 20} MiB; it is not taken.")
        found.append(piece)
    return found


class Fetching:
    """Writes what was fetched into the folder of its attempt."""

    def __init__(self, storing: Storing, surroundings: Surroundings, attempt: AttemptId) -> None:
        self._storing = storing
        self._surroundings = surroundings
        self._attempt = attempt
        self._begun = False  # whether the folder is there, with nothing of an earlier try in it
        self._beginning = asyncio.Lock()

    async def keep(self, number: int, answer: Answer, pieces: Sequence[bytes]) -> Output:
        """One picture, durable when this returns."""
        async with self._beginning:
            if not self._begun:
                await self._surroundings.in_thread(self._storing.make_folder, self._attempt)
                self._begun = True
        place = self._storing.folder(self._attempt) / f"{number}"
        sha256 = await self._surroundings.in_thread(self._write, place, pieces)
        return Output(place.name, sha256, answer.seed, answer.told)

    def _write(self, place: Path, pieces: Sequence[bytes]) -> bytes:
        files, digest = self._surroundings.files, hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
        files.remove(place)  # of a try that the disk cut short
        files.write_pieces(place, pieces)
        files.sync([place])
        files.sync_folders([place.parent])
        return digest.digest()


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data
