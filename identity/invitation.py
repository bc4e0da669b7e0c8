"""An invitation: a signed text that says who may come into which workspace, in what role, until when.

text = "gesso-invite:" ‖ base64url(body ‖ signature), the body an array in MessagePack, signed by Ed25519 behind
"gesso invitation 1\\0". It holds a secret that only the inviting device and who was given the text know: instead of six
digits the two prove it to each other when they pair. Whoever reads the text first can come in with it, once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from identity.errors import IdentityError
from identity.keys import KEY_BYTES, SIGNATURE_BYTES, verify
from identity.standing import RANK, Role

BEGINNING = "gesso-invite:"
VERSION = 1
DOMAIN = b"gesso invitation 1\0"
PASSWORD = b"gesso invitation password 1\0"
ID_BYTES = SECRET_BYTES = 16
MOST_TEXT = 4096
MOST_ADDRESSES, MOST_ADDRESS, MOST_NAME = 8, 255, 200


class InvitationRefused(IdentityError):
    """A text that is no invitation; `reason` is `form`, `version` or `signature`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Invitation(NamedTuple):
    """What the text says. `addresses` are hints where the inviting device may be reached."""

    workspace: bytes
    workspace_name: str
    role: Role
    person: str
    device: bytes
    device_name: str
    addresses: tuple[str, ...]
    expires: int  # milliseconds since 1970, by the inviting device's clock, which alone judges it
    id: bytes
    secret: bytes

    def password(self) -> bytes:
        """What both sides put into the PAKE: no other invitation has it, and it says nothing of the secret."""
        return hashlib.sha256(PASSWORD + self.workspace + self.device + self.id + self.secret).digest()


class _Body(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    version: int
    workspace: bytes
    workspace_name: str
    role: str
    person: str
    device: bytes
    device_name: str
    addresses: list[str]
    expires: int
    id: bytes
    secret: bytes


def write_invitation(invitation: Invitation, sign: Callable[[bytes], bytes]) -> str:
    """The text, signed by the inviting device."""
    body = msgspec.msgpack.encode([VERSION, *invitation._replace(addresses=invitation.addresses)])
    return BEGINNING + base64.urlsafe_b64encode(body + sign(DOMAIN + body)).decode().rstrip("=")


def read_invitation(text: str) -> Invitation:
    """What an authentic text says, whether it has expired or not. Raises InvitationRefused.

    Blanks and line breaks, which programs for mail put in, are passed over.
    """
    packed = "".join(text.split())
    if len(packed) > MOST_TEXT or not packed.startswith(BEGINNING):
        raise InvitationRefused("form")
    letters = packed.removeprefix(BEGINNING)
    try:
        raw = base64.b64decode(letters + "=" * (-len(letters) % 4), altchars=b"-_", validate=True)
        encoded = raw[:-SIGNATURE_BYTES]
        version = msgspec.msgpack.decode(msgspec.msgpack.decode(encoded, type=list[msgspec.Raw])[0], type=int)
        if version != VERSION:
            raise InvitationRefused("version")
        body = msgspec.msgpack.decode(encoded, type=_Body)
    except (binascii.Error, ValueError, IndexError, RecursionError, msgspec.DecodeError) as error:
        raise InvitationRefused("form") from error
    if not _fits(body):
        raise InvitationRefused("form")
    if not verify(body.device, DOMAIN + encoded, raw[-SIGNATURE_BYTES:]):
        raise InvitationRefused("signature")
    values = msgspec.structs.astuple(body)[1:]
    return Invitation(*values)._replace(addresses=tuple(body.addresses))


def _fits(body: _Body) -> bool:
    names = (body.workspace_name, body.person, body.device_name)
    return (
        len(body.workspace) == len(body.device) == KEY_BYTES
        and len(body.id) == ID_BYTES
        and len(body.secret) == SECRET_BYTES
        and body.role in RANK
        and all(len(name.encode("utf-8", "replace")) <= MOST_NAME for name in names)
        and bool(body.person)
        and len(body.addresses) <= MOST_ADDRESSES
        and all(0 < len(address) <= MOST_ADDRESS for address in body.addresses)
        and 0 < body.expires < 1 << 53
    )
