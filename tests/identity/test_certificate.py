"""Real TLS on loopback between devices that know each other's raw keys, and those that do not."""

from __future__ import annotations

import asyncio
import random
import ssl
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from identity.certificate import client_context, device_of, server_context
from identity.errors import Impostor
from identity.keys import DeviceKey

chance = random.Random(7)
alice, bob, mallory = (DeviceKey.generate(chance) for _ in range(3))


async def handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> tuple[bytes | None, bytes | None]:
    """The device that each side saw, None where there was no handshake: the server's side, the client's."""
    seen: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await writer.start_tls(server)
            seen.set_result(certificate(writer))
            writer.write(b"in")
            await writer.drain()
        except (ssl.SSLError, OSError):
            seen.set_result(None)
        finally:
            writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    found = None
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname="")
        if await reader.read(2) == b"in":
            found = certificate(writer)
        writer.close()
    except (ssl.SSLError, OSError):
        pass
    told = await seen
    listening.close()
    return (None if told is None else device_of(told)), (None if found is None else device_of(found))


def certificate(writer: asyncio.StreamWriter) -> bytes | None:
    found: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return found


async def test_devices_that_know_each_other_are_told_which_ones_they_are() -> None:
    seen = await handshake(server_context(alice, [bob.public, mallory.public]), client_context(bob, [alice.public]))
    assert seen == (bob.public, alice.public)


async def test_unknown_device_gets_nothing() -> None:
    server = server_context(alice, [bob.public])
    assert await handshake(server, client_context(mallory, [alice.public])) == (None, None)
    assert await handshake(server_context(alice, []), client_context(bob, [alice.public])) == (None, None)


async def test_device_is_not_connected_to_another_than_it_meant() -> None:
    assert await handshake(server_context(mallory, [bob.public]), client_context(bob, [alice.public])) == (None, None)


def foreign(issuer: str, key: DeviceKey, signer: DeviceKey, subject: str = "gesso device") -> tuple[bytes, bytes]:
    """A certificate of `key` that says it is `issuer`'s, signed by whoever; with the key, for a context."""
    private = Ed25519PrivateKey.from_private_bytes(key.to_bytes())
    name = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in (subject, issuer)]
    made = (
        x509.CertificateBuilder()
        .subject_name(name[0])
        .issuer_name(name[1])
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(datetime(1970, 1, 1))
        .not_valid_after(datetime(9999, 12, 31))
        .sign(Ed25519PrivateKey.from_private_bytes(signer.to_bytes()), None)
    )
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.DER), pem + made.public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("issuer", "subject"),
    [(bob.public.hex(), "gesso device"), (bob.public.hex(), bob.public.hex()), (mallory.public.hex(), "gesso device")],
)
async def test_same_name_with_another_key_gets_nothing(tmp_path: Path, issuer: str, subject: str) -> None:
    _, pem = foreign(issuer, mallory, mallory, subject)
    client = client_context(mallory, [alice.public])
    path = tmp_path / "forged.pem"
    path.write_bytes(pem)
    client.load_cert_chain(path)
    assert await handshake(server_context(alice, [bob.public]), client) == (None, None)


def test_certificate_that_is_not_its_own_devices_is_an_impostors() -> None:
    for der in (
        foreign(bob.public.hex(), mallory, mallory)[0],
        foreign(mallory.public.hex(), mallory, bob)[0],
        b"",
        b"nothing",
    ):
        with pytest.raises(Impostor):
            device_of(der)
    assert device_of(foreign(bob.public.hex(), bob, bob)[0]) == bob.public


async def test_older_protocol_than_tls_1_3_is_refused() -> None:
    client = client_context(bob, [alice.public])
    client.minimum_version, client.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2
    assert await handshake(server_context(alice, [bob.public]), client) == (None, None)
