"""What two devices say to each other: one MessagePack array per frame, its kind first (docs/format.md, "On the wire").

Unknown kinds are passed over, so that a newer program can say more. Ids of workspaces, hashes and keys are raw bytes.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from sync.errors import Malformed

VERSION = 3  # 1 knows no `Preview`, 2 no `Later`
Hash = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Id16 = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Hash8 = Annotated[bytes, msgspec.Meta(min_length=8, max_length=8)]
Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
Name = Annotated[str, msgspec.Meta(max_length=200)]
MOST = 4096  # of segments, operations or small blobs in one message: as they are read they take more room


class Message(msgspec.Struct, frozen=True, array_like=True):
    """Base of all of them."""


class Hello(Message, frozen=True, array_like=True, tag="hello"):
    """The first frame of each side, but to who was removed (`Standing`): the workspaces of which the other device is a
    member too. `quiet`: questions are asked on this connection, and nothing is exchanged.
    """

    version: int
    name: Name
    workspaces: list[Hash]
    quiet: bool = False


class State(Message, frozen=True, array_like=True, tag="state"):
    """What is held of a workspace: heads of the membership log, tips of all chains, the digest's heads last asked."""

    workspace: Hash
    heads: list[Hash]
    tips: list[tuple[Id16, Number, Hash8]]


class Log(Message, frozen=True, array_like=True, tag="log"):
    """Operations and segments, causes before effects; `number` counts these messages from 1. `more`: of what was there
    when the connection began something may still follow.
    """

    workspace: Hash
    number: Number
    operations: Annotated[list[bytes], msgspec.Meta(max_length=MOST)]
    segments: Annotated[list[bytes], msgspec.Meta(max_length=MOST)]
    more: bool


class Taken(Message, frozen=True, array_like=True, tag="taken"):
    """All log messages up to this number are durable here."""

    workspace: Hash
    number: Number


class Want(Message, frozen=True, array_like=True, tag="want"):
    """Blobs, in this order, each from a byte on."""

    workspace: Hash
    blobs: list[tuple[Hash, Number]]


class Blobs(Message, frozen=True, array_like=True, tag="blobs"):
    """Whole small blobs that were wanted."""

    workspace: Hash
    data: Annotated[list[bytes], msgspec.Meta(max_length=MOST)]


class Part(Message, frozen=True, array_like=True, tag="part"):
    """A piece of a wanted blob; `last` ends it."""

    workspace: Hash
    hash: Hash
    offset: Number
    data: bytes
    last: bool


class Lack(Message, frozen=True, array_like=True, tag="lack"):
    """Wanted blobs that cannot be had here now."""

    workspace: Hash
    hashes: list[Hash]


class Hold(Message, frozen=True, array_like=True, tag="hold"):
    """From here on the sender gives no originals; with `why` empty it does again. `seconds`: for about so long; 0 where
    it does not know. `why`: "timetable", "metered", or what a newer program says.
    """

    why: Name
    seconds: Number


class Later(Message, frozen=True, array_like=True, tag="later"):
    """Wanted originals that are not given now: to be asked for again after the `Hold`, or of another device."""

    workspace: Hash
    hashes: list[Hash]


class HaveAfter(Message, frozen=True, array_like=True, tag="have after"):
    """Asks for news of the other's blobs: those after a stamp of the journal so named, all of them for another one."""

    workspace: Hash
    journal: bytes
    stamp: Number


class Have(Message, frozen=True, array_like=True, tag="have"):
    """News of the sender's blobs, eight bytes of each hash."""

    workspace: Hash
    journal: Id16
    after: Number
    stamp: Number
    have: bytes
    lost: bytes
    more: bool


class MayGo(Message, frozen=True, array_like=True, tag="may go"):
    """Asks whether the other has these verified now and will keep them."""

    workspace: Hash
    number: Number
    hashes: list[Hash]


class Kept(Message, frozen=True, array_like=True, tag="kept"):
    """Answers `MayGo`."""

    workspace: Hash
    number: Number
    answers: list[bool]


class Describe(Message, frozen=True, array_like=True, tag="describe"):
    """Asks how the other stands; of these shards of its digest also the documents."""

    workspace: Hash
    number: Number
    shards: Annotated[list[int], msgspec.Meta(max_length=256)]


class Described(Message, frozen=True, array_like=True, tag="described"):
    """Answers `Describe`: a `library.care.differing.Description` as MessagePack."""

    workspace: Hash
    number: Number
    description: bytes


class Preview(Message, frozen=True, array_like=True, tag="preview"):
    """Asks what the other would give now to who holds this; nothing is changed by it, nor held back."""

    workspace: Hash
    number: Number
    heads: list[Hash]
    tips: list[tuple[Id16, Number, Hash8]]
    journal: Annotated[bytes, msgspec.Meta(max_length=16)]
    stamp: Number


class Previewed(Message, frozen=True, array_like=True, tag="previewed"):
    """A piece of the answer to `Preview`; the last one says so. `more`: all of them together are the beginning of it.
    Heads, tips and news of blobs stand in the first; `rest`: there is more of that news.
    """

    workspace: Hash
    number: Number
    heads: list[Hash]
    tips: list[tuple[Id16, Number, Hash8]]
    journal: Annotated[bytes, msgspec.Meta(max_length=16)]
    stamp: Number
    have: bytes
    lost: bytes
    rest: bool
    operations: Annotated[list[bytes], msgspec.Meta(max_length=MOST)]
    segments: Annotated[list[bytes], msgspec.Meta(max_length=MOST)]
    more: bool
    last: bool


class Standing(Message, frozen=True, array_like=True, tag="standing"):
    """What proves to the other device how it stands in a workspace of which it is a member no more, or again:
    membership operations, causes first; `last` ends them. As the sender says: `at` which time it was removed
    (milliseconds, 0 where that is not known), and `by` whom.
    """

    workspace: Hash
    operations: Annotated[list[bytes], msgspec.Meta(max_length=MOST)]
    at: Number
    by: Name
    last: bool


class Understood(Message, frozen=True, array_like=True, tag="understood"):
    """Answers the last `Standing`: what came is durable, and whether it shows the sender that it was removed."""

    workspace: Hash
    removed: bool


class Ping(Message, frozen=True, array_like=True, tag="ping"):
    """Says that this side is there; the other answers with the same number."""

    number: Number
    answer: bool


class Unknown(Message, frozen=True, array_like=True, tag="?"):
    """A message of a newer program."""


KINDS = (
    *(Hello, State, Log, Taken, Want, Blobs, Part, Lack, HaveAfter, Have, MayGo, Kept, Describe, Described),
    *(Preview, Previewed, Ping, Hold, Later, Standing, Understood),
)
_TAGS = {kind.__struct_config__.tag: kind for kind in KINDS}
_any = msgspec.msgpack.Decoder(
    Hello
    | State
    | Log
    | Taken
    | Want
    | Blobs
    | Part
    | Lack
    | HaveAfter
    | Have
    | MayGo
    | Kept
    | Describe
    | Described
    | Preview
    | Previewed
    | Ping
    | Hold
    | Later
    | Standing
    | Understood
)
_first = msgspec.msgpack.Decoder(list[msgspec.Raw])
_encoder = msgspec.msgpack.Encoder()


def encode(message: Message) -> bytes:
    return _encoder.encode(message)


def decode(frame: bytes) -> Message:
    """The message of a frame; Malformed for what is none."""
    try:
        message: Any = _any.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        if _is_newer(frame):
            return Unknown()
        raise Malformed(f"not a message: {str(error)[:200]}") from error
    assert isinstance(message, Message)
    return message


def _is_newer(frame: bytes) -> bool:
    """Whether it has the form of a message, and a kind that is not known here."""
    try:
        parts = _first.decode(frame)
        return bool(parts) and msgspec.msgpack.decode(parts[0], type=str) not in _TAGS
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return False
