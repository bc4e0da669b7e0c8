"""A device's TLS certificate, and what tells that the other side of a connection is a certain device.

The certificate holds the device's own key and is signed by it, so a handshake proves that key. Its issuer is named by
the key; the trust anchor of that name is computed from the raw public key. Whoever knows a device from the membership
log can therefore trust it without ever having seen its certificate, and nobody else is let in. An anchor's signature
is not looked at by anyone.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from identity.errors import Impostor
from identity.keys import DeviceKey, verify

FROM, UNTIL = datetime(1970, 1, 1), datetime(9999, 12, 31)  # clocks decide nothing
SUBJECT = "gesso device"
_NOBODY = Ed25519PrivateKey.from_private_bytes(bytes(32))  # signs anchors, which nobody verifies


def server_context(key: DeviceKey, devices: Iterable[bytes]) -> ssl.SSLContext:
    """For accepting connections of these devices (raw public keys), and of no others."""
    return _context(ssl.PROTOCOL_TLS_SERVER, key, devices)


def client_context(key: DeviceKey, devices: Iterable[bytes]) -> ssl.SSLContext:
    """For connecting to these devices, and to no others."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, key, devices)


def device_of(certificate: bytes) -> bytes:
    """The public key of the device that a verified certificate (DER) is of; Impostor for any other certificate."""
    try:
        read = x509.load_der_x509_certificate(certificate)
        public = read.public_key()
    except ValueError as error:
        raise Impostor(f"the certificate cannot be read: {error}") from error
    if not isinstance(public, Ed25519PublicKey):
        raise Impostor("the certificate holds another kind of key")
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    if read.issuer != _name(raw.hex()) or not verify(raw, read.tbs_certificate_bytes, read.signature):
        raise Impostor("the certificate is not signed by the device that it names")
    return raw


def _context(protocol: int, key: DeviceKey, devices: Iterable[bytes]) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # devices have keys, not names
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    _load(context, key)
    anchors = b"".join(_anchor(device) for device in sorted(set(devices)))
    if anchors:
        context.load_verify_locations(cadata=anchors)
    return context


def _load(context: ssl.SSLContext, key: DeviceKey) -> None:
    """The library takes keys from files only: this one lives for the length of the call and is its owner's alone."""
    private = Ed25519PrivateKey.from_private_bytes(key.to_bytes())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "device.pem"
        path.touch(0o600)
        path.write_bytes(
            private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + _certificate(private, key.public).public_bytes(Encoding.PEM)
        )
        context.load_cert_chain(path)


def _certificate(private: Ed25519PrivateKey, public: bytes) -> x509.Certificate:
    """Always the same for a key."""
    builder = _builder(SUBJECT, public.hex(), private.public_key(), 1)
    return builder.sign(private, None)


@lru_cache(maxsize=1024)
def _anchor(device: bytes) -> bytes:
    builder = _builder(device.hex(), device.hex(), Ed25519PublicKey.from_public_bytes(device), 2)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(_NOBODY, None).public_bytes(Encoding.DER)


def _builder(subject: str, issuer: str, public: Ed25519PublicKey, serial: int) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
