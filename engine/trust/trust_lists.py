"""Lists of authorities that others vouch for: who may sign, and who may stamp a time.

    <configuration>/trust/signers.json     such as the C2PA trust list
    <configuration>/trust/stamps.json      such as the C2PA list of time-stamp authorities

Nothing is trusted that was not put here: none ships, and nothing is fetched but by
`reelwright trust update` (SIGNING.md beside this file says why).  A list comes as PEM text, or as
the JSON in which the C2PA publishes its own (a list of trusted entities, ETSI TS 119 602).  It is
not signed: it is as good as the way it came.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import warnings
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from pydantic import BaseModel, ConfigDict, ValidationError

from engine.atomic import replacing
from engine.errors import InvalidInput, StorageFailed
from engine.folders import config_folder
from engine.trust.certificates import pem

MAX_BYTES: Final = 8 << 20
_MAX_CERTIFICATES: Final = 2000
_TRUSTED: Final = "/trusted"
_YEAR: Final = timedelta(days=365)
_CLOCKS_DIFFER: Final = timedelta(days=1)


class Kind(StrEnum):
    """What a list's authorities are trusted with."""

    SIGNERS = "signers"
    STAMPS = "stamps"


class TrustList(BaseModel):
    """A list as it is kept: `certificates` is PEM text, times are RFC 3339 or empty.

    `digest` is the sha256, in hex, of the file that it was read from: the lists are not signed, so
    this is what two people can compare.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    source: str
    digest: str = ""
    issued: str = ""
    next_update: str = ""
    installed: str = ""
    count: int
    certificates: str

    def overdue(self, now: datetime) -> bool:
        """Whether the list says that a newer one should have come by now."""
        return bool(self.next_update) and _moment(self.next_update) < now

    def age(self, now: datetime) -> timedelta:
        """How long ago it was issued; where it does not say, how long ago it was put here."""
        since = self.issued or self.installed
        return max(now - _moment(since), timedelta(0)) if since else timedelta(0)

    def ahead(self, now: datetime) -> bool:
        """Whether it was issued, or put here, on a day that has not come yet."""
        days = [_moment(each) for each in (self.issued, self.installed) if each]
        return any(day > now + _CLOCKS_DIFFER for day in days)

    def outdated(self, now: datetime) -> str:
        """Why the list should be looked at, in one sentence; empty while it is in date."""
        if self.ahead(now):
            return "The list is dated ahead of this computer's clock: one of them is wrong."
        if self.overdue(now):
            said = f"{_moment(self.next_update):%Y-%m-%d}"
            return f"The list says itself that a newer one was due on {said}."
        if self.age(now) > _YEAR:
            return f"The list is {self.age(now).days} days old: who was taken off is still on it."
        return ""


def installed(kind: Kind, folder: Path | None = None) -> TrustList | None:
    """The list of a kind that was put here; None where none was.

    Raises InvalidInput for a damaged one, StorageFailed for one that cannot be read.
    """
    path = _place(kind, folder)
    try:
        return TrustList.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageFailed(
            f"The trust list '{path}' cannot be read: {error.strerror}.", remedy="Check its rights."
        ) from error
    except ValidationError as error:
        raise InvalidInput(
            f"The trust list '{path}' is damaged.",
            remedy="Remove it with 'reelwright trust remove', and update it anew.",
        ) from error


def roots_of(kind: Kind, folder: Path | None = None) -> str:
    """The certificates of the installed list as PEM text; empty where there is none."""
    found = installed(kind, folder)
    return "" if found is None else found.certificates


def install(
    kind: Kind,
    content: bytes,
    source: str,
    folder: Path | None = None,
    now: datetime | None = None,
) -> TrustList:
    """Put a list in the place of the one that is here.

    Raises InvalidInput for what is no list, and for one older than the one that is here: somebody
    may want an authority back that was taken off.
    """
    moment = now or datetime.now(UTC)
    new = read_list(content, source)
    old = installed(kind, folder)
    if old is not None and old.issued and new.issued and _moment(new.issued) < _moment(old.issued):
        raise InvalidInput(
            f"The list from '{source}' was issued on {new.issued}, before the one that is here "
            f"({old.issued}).",
            remedy="To go back to it all the same, first 'reelwright trust remove'.",
        )
    kept = new.model_copy(update={"installed": moment.isoformat(timespec="seconds")})
    with replacing(_place(kind, folder)) as draft:
        draft.write_text(kept.model_dump_json(indent=1), encoding="utf-8")
    return kept


def remove(kind: Kind, folder: Path | None = None) -> bool:
    """Trust a kind's list no longer; the answer is whether there was one."""
    path = _place(kind, folder)
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def content_of(path: Path) -> bytes:
    """The bytes of a list in a file.  Raises StorageFailed for one that cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise StorageFailed(
            f"The trust list '{path}' cannot be read: {error.strerror}.", remedy="Check the path."
        ) from error


def read_list(content: bytes, source: str) -> TrustList:
    """The list in `content`, JSON or PEM; InvalidInput naming `source` for every fault of it."""
    if len(content) > MAX_BYTES:
        raise _no_list(source, "it is too large to be one")
    as_json = content.lstrip()[:1] == b"{"
    found = _from_json(content, source) if as_json else _from_pem(content, source)
    return found.model_copy(update={"digest": hashlib.sha256(content).hexdigest()})


class _Lax(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Text(_Lax):
    value: str = ""


class _Scheme(_Lax):
    SchemeName: list[_Text] = []
    ListIssueDateTime: datetime
    NextUpdate: datetime | None = None


class _Certificate(_Lax):
    val: str


class _Identity(_Lax):
    X509Certificates: list[_Certificate] = []


class _Information(_Lax):
    ServiceDigitalIdentity: _Identity
    ServiceStatus: str = ""


class _Service(_Lax):
    ServiceInformation: _Information


class _Entity(_Lax):
    TrustedEntityServices: list[_Service] = []


class _Entities(_Lax):
    ListAndSchemeInformation: _Scheme
    TrustedEntitiesList: list[_Entity]


class _Published(_Lax):
    LoTE: _Entities


def _from_pem(content: bytes, source: str) -> TrustList:
    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise _no_list(source, "it is neither the JSON of a trust list nor PEM text") from error
    return _listed(found, source, name=Path(source).name)


def _from_json(content: bytes, source: str) -> TrustList:
    try:
        published = _Published.model_validate_json(content).LoTE
        found = [_certificate(each) for each in _trusted(published)]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise _no_list(source, f"field '{where}': {first['msg']}") from error
    except (ValueError, binascii.Error) as error:
        raise _no_list(source, "a certificate in it cannot be read") from error
    scheme = published.ListAndSchemeInformation
    name = scheme.SchemeName[0].value if scheme.SchemeName else Path(source).name
    times = {"issued": scheme.ListIssueDateTime, "next_update": scheme.NextUpdate}
    return _listed(
        found,
        source,
        name=name,
        **{key: each.astimezone(UTC).isoformat() for key, each in times.items() if each},
    )


def _trusted(published: _Entities) -> list[str]:
    """The certificates of every service that is in force; one that was withdrawn is left out."""
    services = (each for entity in published.TrustedEntitiesList
                for each in entity.TrustedEntityServices)  # fmt: skip
    in_force = (each.ServiceInformation for each in services)
    return [
        certificate.val
        for each in in_force
        if not each.ServiceStatus or each.ServiceStatus.endswith(_TRUSTED)
        for certificate in each.ServiceDigitalIdentity.X509Certificates
    ]


def _certificate(text: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(base64.b64decode(text, validate=True))


def _listed(found: list[x509.Certificate], source: str, **about: Any) -> TrustList:
    if not found:
        raise _no_list(source, "it names no authority")
    if len(found) > _MAX_CERTIFICATES:
        raise _no_list(source, f"it names more than {_MAX_CERTIFICATES} authorities")
    with warnings.catch_warnings():
        # Old authorities have serial numbers that are no longer in order; they are listed.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        return TrustList(source=source, count=len(found), certificates=pem(found), **about)


def _no_list(source: str, fault: str) -> InvalidInput:
    return InvalidInput(
        f"'{source}' is no trust list: {fault}.",
        remedy="Give the JSON that the C2PA publishes, or certificates as PEM text.",
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _place(kind: Kind, folder: Path | None) -> Path:
    return (folder or config_folder()) / "trust" / f"{kind.value}.json"
