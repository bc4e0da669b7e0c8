"""Two devices that share a few digits prove it to each other, and have a key that nobody between them has.

SPAKE2 makes the key, our own confirmation proves it over both devices' ids and everything that was said: a wrong code,
or somebody in the middle, ends here, after one guess. Pure: bytes in, bytes out; who counts guesses is the caller.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from spake2 import SPAKE2_A, SPAKE2_B

from identity.errors import PairingFailed

VERSION = 1
CODE_DIGITS = 6
LABEL = b"gesso pair 1\0"
MESSAGE_BYTES = 33  # of SPAKE2, its side included
Side = Literal["shows", "types"]


class Pairing:
    """One try of one side: `shows` has the code on its screen, `types` was told it."""

    def __init__(self, side: Side, secret: bytes, ours: bytes, entropy: Callable[[int], bytes]) -> None:
        """`secret`: the code, or an invitation's secret. `ours`: this device's public key. `entropy`: random bytes."""
        kind = SPAKE2_A if side == "shows" else SPAKE2_B
        self._side = side
        self._ours = ours
        self._spake = kind(LABEL + secret, idA=LABEL, idB=LABEL, entropy_f=entropy)
        self.message: bytes = self._spake.start()
        self._keys: _Keys | None = None

    def meet(self, theirs: bytes, message: bytes) -> None:
        """Take the other side's public key and message. PairingFailed for what is no message."""
        if len(theirs) != 32 or len(message) != MESSAGE_BYTES:
            raise PairingFailed("what came is no message of pairing")
        try:
            shared = self._spake.finish(message)
        except Exception as error:  # whatever its arithmetic makes of foreign bytes
            raise PairingFailed("what came is no message of pairing") from error
        shows = (self._ours, self.message) if self._side == "shows" else (theirs, message)
        types = (theirs, message) if self._side == "shows" else (self._ours, self.message)
        said = hashlib.sha256(LABEL + b"".join(len(part).to_bytes(4, "big") + part for part in (*shows, *types)))
        self._keys = _Keys(shared, said.digest())

    def confirmation(self) -> bytes:
        """What proves to the other side that this one had the same code."""
        return self._known.proof(self._side)

    def check(self, confirmation: bytes) -> None:
        """Take the other side's proof. PairingFailed: it had another code, or somebody stands between."""
        other: Side = "types" if self._side == "shows" else "shows"
        if not hmac.compare_digest(self._known.proof(other), confirmation):
            raise PairingFailed("the codes are not the same")

    def seal(self, text: bytes) -> bytes:
        """One message to the other side; only after both have proved themselves."""
        return self._known.seal(self._side, text)

    def open(self, sealed: bytes) -> bytes:
        """The other side's message. PairingFailed when it is not theirs."""
        return self._known.open("types" if self._side == "shows" else "shows", sealed)

    def fingerprint(self) -> str:
        """What both people see and may compare: the same on both sides, and another with anybody in between."""
        digits = str(int.from_bytes(self._known.derive(b"fingerprint")[:16], "big") % 10**12).zfill(12)
        return " ".join(digits[start : start + 4] for start in range(0, 12, 4))

    @property
    def _known(self) -> _Keys:
        if self._keys is None:
            raise PairingFailed("nobody was met yet")
        return self._keys


class _Keys:
    """Keys for each purpose and direction, bound to all that was said."""

    def __init__(self, shared: bytes, said: bytes) -> None:
        self._shared = shared
        self._said = said
        self._sent = dict.fromkeys(("shows", "types"), 0)
        self._got = dict.fromkeys(("shows", "types"), 0)

    def derive(self, purpose: bytes) -> bytes:
        return HKDF(SHA256(), 32, salt=self._said, info=LABEL + purpose).derive(self._shared)

    def proof(self, side: Side) -> bytes:
        return hmac.new(self.derive(b"confirm"), side.encode() + self._said, hashlib.sha256).digest()

    def seal(self, side: Side, text: bytes) -> bytes:
        self._sent[side] += 1
        nonce = self._sent[side].to_bytes(12, "big")
        return ChaCha20Poly1305(self.derive(side.encode())).encrypt(nonce, text, self._said)

    def open(self, side: Side, sealed: bytes) -> bytes:
        self._got[side] += 1
        try:
            nonce = self._got[side].to_bytes(12, "big")
            return ChaCha20Poly1305(self.derive(side.encode())).decrypt(nonce, sealed, self._said)
        except (InvalidTag, ValueError) as error:
            raise PairingFailed("a message was changed on its way") from error
