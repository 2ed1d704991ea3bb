"""A time-stamp authority (RFC 3161) on this computer, for tests: no network, any time it likes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from engine.trust.certificates import Issued, issue, pem

SEQUENCE, SET, INTEGER, OCTETS, OBJECT, TIME = 0x30, 0x31, 0x02, 0x04, 0x06, 0x18
_SHA256 = "2.16.840.1.101.3.4.2.1"
_ECDSA_SHA256 = "1.2.840.10045.4.3.2"
_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TIME_INFO = "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"


class Authority(NamedTuple):
    """`address` is where it answers, `roots` the PEM text of who vouches for it."""

    address: str
    roots: str


def der(tag: int, *parts: bytes) -> bytes:
    """A DER value: tag, length, content."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _number(value: int) -> bytes:
    return der(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _object(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(arc & 0x7F | 0x80)
        content += bytes(reversed(digits))
    return der(OBJECT, bytes(content))


def _algorithm(dotted: str) -> bytes:
    return der(SEQUENCE, _object(dotted))


def parts_of(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """Tag, content and whole of each value in a DER content."""
    found, at = [], 0
    while at < len(data):
        start, tag, size = at, data[at], data[at + 1]
        at += 2
        if size & 0x80:
            length = size & 0x7F
            size = int.from_bytes(data[at : at + length], "big")
            at += length
        found.append((tag, data[at : at + size], data[start : at + size]))
        at += size
    return found


class _Stamper:
    def __init__(self, time: datetime) -> None:
        self.time = time
        self.root = issue(_name("Stamps Root"), None, path_length=0, now=time, years=5)
        self.leaf = _stamping(self.root, time)

    def answer(self, request: bytes) -> bytes:
        """The response to a TimeStampReq."""
        fields = parts_of(parts_of(request)[0][1])
        imprint = fields[1][2]
        nonce = b"".join(whole for tag, _, whole in fields[2:] if tag == INTEGER)
        info = der(
            SEQUENCE,
            _number(1),
            _object("1.3.6.1.4.1.4146.2.3"),
            imprint,
            _number(77),
            der(TIME, self.time.strftime("%Y%m%d%H%M%SZ").encode()),
            nonce,
        )
        return der(SEQUENCE, der(SEQUENCE, _number(0)), self._token(info))

    def _token(self, info: bytes) -> bytes:
        encoded = self.leaf.certificate.public_bytes(Encoding.DER)
        content = der(SEQUENCE, _object(_TIME_INFO), der(0xA0, der(OCTETS, info)))
        signed = der(
            SEQUENCE,
            _number(3),
            der(SET, _algorithm(_SHA256)),
            content,
            der(0xA0, encoded, self.root.certificate.public_bytes(Encoding.DER)),
            der(SET, self._signer(info, encoded)),
        )
        return der(SEQUENCE, _object(_SIGNED_DATA), der(0xA0, signed))

    def _signer(self, info: bytes, encoded: bytes) -> bytes:
        certificate = self.leaf.certificate
        identified = der(SEQUENCE, der(SEQUENCE, der(OCTETS, hashlib.sha256(encoded).digest())))
        attributes = b"".join(
            sorted(
                [
                    _attribute(_CONTENT_TYPE, _object(_TIME_INFO)),
                    _attribute(_DIGEST, der(OCTETS, hashlib.sha256(info).digest())),
                    _attribute(_CERTIFICATE_V2, der(SEQUENCE, identified)),
                ]
            )
        )
        signature = self.leaf.key.sign(der(SET, attributes), ec.ECDSA(hashes.SHA256()))
        issuer = certificate.issuer.public_bytes()
        return der(
            SEQUENCE,
            _number(1),
            der(SEQUENCE, issuer, _number(certificate.serial_number)),
            _algorithm(_SHA256),
            der(0xA0, attributes),
            _algorithm(_ECDSA_SHA256),
            der(OCTETS, signature),
        )


def _attribute(kind: str, value: bytes) -> bytes:
    return der(SEQUENCE, _object(kind), der(SET, value))


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "A Clock"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _stamping(root: Issued, now: datetime) -> Issued:
    """A certificate that may stamp times and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name("The Clock"))
        .issuer_name(root.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()),
            critical=False,
        )
        .sign(root.key, hashes.SHA256())
    )
    return Issued(certificate, key)


@contextmanager
def time_authority(time: datetime | None = None, *, status: int = 200) -> Iterator[Authority]:
    """Serve on this computer; every stamp says `time` (default: now)."""
    stamper = _Stamper((time or datetime.now(UTC)).replace(microsecond=0))

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            content = stamper.answer(request) if status == 200 else b"no"
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *said: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Authority(
            f"http://127.0.0.1:{server.server_port}/stamp", pem([stamper.root.certificate])
        )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
