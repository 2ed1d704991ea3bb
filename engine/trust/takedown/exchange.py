"""Handing what is blocked to other computers: hashes in a signed file, and nothing about people.

Who imports such a file must know its signer; what was imported from a signer before is replaced by
what is newer.  It is kept as it came, and its signature is checked again whenever it is read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from engine.atomic import write_private
from engine.errors import InvalidInput, StorageFailed
from engine.trust.audit.entry import canonical
from engine.trust.audit.head import sign_bytes, signature_holds, signer_known, signer_of
from engine.trust.identity import Identity

if TYPE_CHECKING:
    from engine.trust.takedown.passages import Passage

_LARGEST: Final = 256 << 20
_NAMED: Final = 16


class Superseded(InvalidInput):
    """What a signer gave before is newer."""


class DamagedImport(StorageFailed):
    """What was imported is no longer what it was."""


class Blocked(BaseModel):
    """One request's hashes, in base64, by its number where it was registered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request: int = Field(ge=1)
    hashes: tuple[str, ...]


class Exported(BaseModel):
    """What a computer blocks, at a time; `chain` (PEM, leaf first) and `signature` (hex) its."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["reelwright takedown 1"] = "reelwright takedown 1"
    time: AwareDatetime
    blocked: tuple[Blocked, ...]
    chain: str
    signature: str = Field(default="", pattern=r"^[0-9a-f]*$")

    def sealed(self) -> bytes:
        """What the signature covers."""
        return canonical(self.model_dump(mode="json", exclude={"signature"})).encode("ascii")

    @property
    def source(self) -> str:
        """Whose it is, as a name for files: a signer replaces what it gave before."""
        return hashlib.sha256(self.chain.encode()).hexdigest()[:_NAMED]


def exported(
    blocked: Mapping[int, Sequence[Passage]], identity: Identity, now: datetime
) -> Exported:
    """The hashes signed by an identity."""
    entries = tuple(
        Blocked(request=number, hashes=tuple(map(_text, passages)))
        for number, passages in blocked.items()
    )
    bare = Exported(time=now, blocked=entries, chain=identity.chain)
    return bare.model_copy(update={"signature": sign_bytes(identity, bare.sealed()).hex()})


def read_exported(path: Path, roots: str, leaves: Sequence[str]) -> Exported:
    """What a file hands over, from a signer under `roots` or among `leaves` (PEM).

    Raises InvalidInput for another file, an altered one, and a signer who is not known;
    StorageFailed for one that cannot be read.
    """
    found = _read(path)
    if not signature_holds(found):
        raise InvalidInput(
            f"'{path}' was altered: its signature does not hold.",
            remedy="Have it exported and sent again.",
        )
    if not signer_known(found, roots, leaves):
        raise InvalidInput(
            f"'{path}' was signed by '{signer_of(found)}', who is not known here.",
            remedy="Give the signer's certificate with '--signer', if you trust it.",
        )
    return found


def read_trusted(path: Path, signer: Path | None) -> Exported:
    """What a file hands over from who is known on this computer, or whose certificate is given.

    Raises as `read_exported`, and for a certificate that cannot be read.
    """
    from engine.trust.audit.recording import own_signers

    known = own_signers()
    given = () if signer is None else (_read_certificate(signer),)
    return read_exported(
        path, "\n".join(filter(None, (known.roots, *given))), (*known.leaves, *given)
    )


class Imported:
    """What was imported, in a folder: one file a signer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, exported: Exported) -> None:
        """Put it in the place of what its signer gave before.

        Raises Superseded where that is newer, InvalidInput, StorageFailed.
        """
        place = self._folder / f"{exported.source}.json"
        if place.is_file() and self._checked(place).time > exported.time:
            raise Superseded(
                f"What '{signer_of(exported)}' gave before is newer.",
                remedy="Export it again there.",
            )
        exported_passages(exported)
        write_private(place, exported.model_dump_json().encode())

    def signers(self) -> dict[str, Exported | None]:
        """What each signer gave, by its source; None for what is damaged.  Raises StorageFailed."""
        found = dict[str, Exported | None]()
        for place in self._places():
            try:
                found[place.stem] = self._checked(place)
            except DamagedImport:
                found[place.stem] = None
        return found

    def forget(self, source: str) -> None:
        """Block no longer what a signer gave, named by its source or the beginning of one.

        Raises InvalidInput for one that is not there or not the only one, StorageFailed.
        """
        meant = [place for place in self._places() if source and place.stem.startswith(source)]
        if len(meant) != 1:
            count = "no signer's source" if not meant else f"the sources of {len(meant)} signers"
            raise InvalidInput(
                f"'{source}' begins {count}.", remedy="'reelwright takedown signers' lists them."
            )
        try:
            meant[0].unlink()
        except OSError as error:
            raise StorageFailed(
                f"'{meant[0]}' cannot be removed: {error.strerror}.", remedy="Check its rights."
            ) from error

    def passages(self) -> dict[str, list[Passage]]:
        """The hashes of all signers, by what tells their requests.  Raises StorageFailed."""
        return {
            name: passages
            for place in self._places()
            for name, passages in exported_passages(self._checked(place)).items()
        }

    def digest(self) -> str:
        """What tells one set of imports from another, '' for none."""
        whole = hashlib.sha256()
        places = self._places()
        for place in places:
            whole.update(place.read_bytes())
        return whole.hexdigest() if places else ""

    def _places(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))

    def _checked(self, place: Path) -> Exported:
        """As it was imported: it lies where the user's own programs write."""
        try:
            found = _read(place)
        except InvalidInput as error:
            raise _damaged(place) from error
        if not signature_holds(found) or place.stem != found.source:
            raise _damaged(place)
        return found


def exported_passages(exported: Exported) -> dict[str, list[Passage]]:
    """The hashes, by what tells their requests.  Raises InvalidInput for what is none."""
    from engine.trust.takedown.passages import unpacked

    signer = signer_of(exported)
    try:
        return {
            f"{each.request} of {signer}": [
                unpacked(base64.b64decode(text, validate=True)) for text in each.hashes
            ]
            for each in exported.blocked
        }
    except ValueError as error:
        raise InvalidInput(
            f"What '{signer}' exported holds a hash that cannot be read.",
            remedy="Use the same version of Reelwright on both computers.",
        ) from error


def _read(path: Path) -> Exported:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST)
        return Exported.model_validate_json(content)
    except OSError as error:
        raise _unread(path, error) from error
    except ValidationError as error:
        raise InvalidInput(
            f"'{path}' is no exported takedown register.",
            remedy="Give a file that 'reelwright takedown export' wrote.",
        ) from error


def _read_certificate(path: Path) -> str:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        content = path.read_bytes()
        load_pem_x509_certificates(content)
    except OSError as error:
        raise _unread(path, error) from error
    except ValueError as error:
        raise InvalidInput(f"'{path}' holds no certificate.", remedy="Give a PEM file.") from error
    return content.decode("ascii", "replace")


def _unread(path: Path, error: OSError) -> StorageFailed:
    return StorageFailed(
        f"'{path}' cannot be read: {error.strerror}.", remedy="Check the path and its rights."
    )


def _damaged(place: Path) -> DamagedImport:
    return DamagedImport(
        f"The imported takedowns in '{place}' are damaged or were altered.",
        remedy=f"Import them again, or 'reelwright takedown forget {place.stem}'.",
    )


def _text(passage: Passage) -> str:
    return base64.b64encode(passage.packed()).decode("ascii")
