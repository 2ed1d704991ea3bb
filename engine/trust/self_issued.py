"""The identity that a computer makes for itself on first use, and keeps in its configuration.

    <configuration>/identity/root.pem     the root's certificate; its key is thrown away
    <configuration>/identity/issuer.pem   the intermediate's certificate and key
    <configuration>/identity/signer.pem   the leaf's certificate and key
    <configuration>/identity-retired-*/   earlier ones; their roots still vouch for old files

A folder appears whole, by one rename, and a renewed leaf replaces the old by another, so several
processes may come at once and all find a complete identity.  Names hold a random number and
nothing of the user or the computer.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.atomic import write_private
from engine.errors import InvalidInput, StorageFailed
from engine.folders import config_folder
from engine.trust.certificates import Issued, common_name, issue, pem, valid_at
from engine.trust.identity import Identity, identity_of
from engine.trust.keys import load_private_key, pkcs8

ORGANISATION = "Reelwright self-issued"

_AUTHORITY_YEARS = 30
_LEAF_YEARS = 10
# Without a trusted time a signature counts only while its certificate is valid, so the leaf is
# renewed early: what is signed today can be verified for five years at least.
_RENEWED_BEFORE_END = timedelta(days=5 * 365)


def self_issued(folder: Path | None = None, now: datetime | None = None) -> Identity:
    """This computer's own identity, made on first use, renewed when it ages.

    Raises StorageFailed where `folder` (default: the configuration folder) cannot be written,
    InvalidInput where what lies there is damaged.
    """
    home = config_folder() if folder is None else folder
    moment = now or datetime.now(UTC)
    try:
        return _kept(home, moment) or _remade(home, moment)
    except OSError as error:
        raise StorageFailed(
            f"The signing identity cannot be kept in '{home}': {error.strerror}.",
            remedy="Make that folder writable, or set REELWRIGHT_CONFIG to another.",
        ) from error


def known_roots(folder: Path | None = None) -> str:
    """The roots ever made here, as PEM text; empty where nothing was signed yet."""
    home = config_folder() if folder is None else folder
    roots = [home / "identity" / "root.pem", *sorted(home.glob("identity-retired-*/root.pem"))]
    return "".join(pem(_certificates(root)) for root in roots if root.is_file())


def _kept(home: Path, now: datetime) -> Identity | None:
    """The identity in `home`, its leaf renewed if need be; None where there is none in force."""
    place = home / "identity"
    if not place.is_dir():
        return None
    root = _certificates(place / "root.pem")[0]
    issuer = _load(place / "issuer.pem")
    if not (valid_at(root, now) and valid_at(issuer.certificate, now)):
        return None
    leaf = _load(place / "signer.pem")
    if not (valid_at(leaf.certificate, now) and _lasts(leaf.certificate, now)):
        leaf = _leaf(issuer, now)
        write_private(place / "signer.pem", _text(leaf).encode())
    return _identity(leaf, issuer, root, place)


def _lasts(leaf: x509.Certificate, now: datetime) -> bool:
    return now + _RENEWED_BEFORE_END < leaf.not_valid_after_utc


def _remade(home: Path, now: datetime) -> Identity:
    """A fresh identity in `home`, or the one that another process put there meanwhile."""
    home.mkdir(parents=True, exist_ok=True)
    place = home / "identity"
    if place.is_dir():
        place.rename(home / f"identity-retired-{secrets.token_hex(4)}")
    draft = Path(tempfile.mkdtemp(prefix=".identity-", dir=home))
    try:
        _write_identity(draft, now)
        try:
            draft.rename(place)
        except OSError:
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    made = _kept(home, now)
    if made is None:
        raise InvalidInput(
            f"The signing identity in '{place}' is not valid now.",
            remedy="Check this computer's clock.",
        )
    return made


def _write_identity(draft: Path, now: datetime) -> None:
    number = secrets.token_hex(4)
    root = issue(_name("root", number), None, path_length=1, now=now, years=_AUTHORITY_YEARS)
    issuer = issue(_name("issuer", number), root, path_length=0, now=now, years=_AUTHORITY_YEARS)
    write_private(draft / "root.pem", pem([root.certificate]).encode())
    write_private(draft / "issuer.pem", _text(issuer).encode())
    write_private(draft / "signer.pem", _text(_leaf(issuer, now)).encode())


def _leaf(issuer: Issued, now: datetime) -> Issued:
    number = common_name(issuer.certificate).rsplit(maxsplit=1)[-1]
    return issue(_name("", number), issuer, path_length=None, now=now, years=_LEAF_YEARS)


def _name(role: str, number: str) -> x509.Name:
    common = " ".join(part for part in (ORGANISATION, role, number) if part)
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _identity(leaf: Issued, issuer: Issued, root: x509.Certificate, place: Path) -> Identity:
    chain = [leaf.certificate, issuer.certificate]
    return identity_of(chain, pkcs8(leaf.key), str(place), pem([root]))


def _text(issued: Issued) -> str:
    return pem([issued.certificate]) + pkcs8(issued.key)


def _load(path: Path) -> Issued:
    key = load_private_key(path.read_bytes(), str(path))
    certificate = _certificates(path)[0]
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != (
        certificate.public_key()
    ):
        raise _damaged(path)
    return Issued(certificate, key)


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except ValueError as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> InvalidInput:
    return InvalidInput(
        f"The signing identity in '{path}' is damaged.",
        remedy=f"Rename the folder '{path.parent}', and a new one is made.",
    )
