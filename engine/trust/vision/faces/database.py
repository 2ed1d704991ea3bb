"""The database of protected persons: embeddings alone, sealed, with who agreed and why.

No picture is ever kept, and of a person nothing can be read without the key.  The model that made
an embedding stands beside it unsealed: embeddings of different models cannot be compared.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.errors import InvalidInput, StorageFailed
from engine.folders import state_folder
from engine.trust.database import Database, Format
from engine.trust.vision.faces.sealing import Seal, owner_seal

if TYPE_CHECKING:
    from engine.trust.vision.faces.models import Floats

_FORMAT: Final = Format(
    title="a face database",
    application=0x52654661,  # "ReFa"
    version=1,
    schema=(
        "CREATE TABLE persons (number INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, "
        "sealed BLOB NOT NULL) STRICT",
    ),
)


class Person(BaseModel):
    """Who is protected, who agreed to keeping the embeddings, and why."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=200)
    consent: str = Field(min_length=1, max_length=1000)
    reason: str = Field(min_length=1, max_length=1000)


class _Sealed(Person):
    embeddings: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True, eq=False)
class Protected:
    """A person in the database; embeddings are unit vectors made by `model`."""

    number: int
    model: str
    person: Person
    embeddings: tuple[Floats, ...]


@dataclass(frozen=True)
class FaceDatabase:
    """The database in a file, and the key of its owner."""

    path: Path = field(default_factory=lambda: state_folder() / "faces" / "faces.sqlite")
    keys: Path | None = None
    patience: float = 10.0

    def add(self, person: Person, embeddings: Sequence[Floats], model: str) -> int:
        """Protect a person; on the disk on return.  The answer is the person's number.

        Raises StorageFailed for a database that is damaged, locked or cannot be written.
        """
        texts = tuple(map(_text, embeddings))
        content = _Sealed(**person.model_dump(), embeddings=texts).model_dump_json().encode()
        seal = owner_seal(self.keys)
        with self._base().writing() as base:
            cursor = base.execute("INSERT INTO persons (model, sealed) VALUES (?, x'')", (model,))
            number = cursor.lastrowid
            assert number is not None
            sealed = seal.seal(content, _place(number, model))
            base.execute("UPDATE persons SET sealed = ? WHERE number = ?", (sealed, number))
        return number

    def remove(self, number: int) -> None:
        """Forget a person.  Raises InvalidInput for a number that is not there, StorageFailed."""
        with self._base().writing() as base:
            base.execute("PRAGMA secure_delete = ON")
            if not base.execute("DELETE FROM persons WHERE number = ?", (number,)).rowcount:
                raise InvalidInput(
                    f"There is no person {number} in the face database.",
                    remedy="'reelwright faces list' shows who is.",
                )

    def persons(self) -> list[Protected]:
        """Everybody, in the order of their numbers.

        Raises StorageFailed for a database that is damaged, altered or sealed with another key.
        """
        rows = self._rows()
        return [self._opened(owner_seal(self.keys), *row) for row in rows] if rows else []

    def digest(self) -> str:
        """What tells one state of the database from another, '' for an empty one."""
        rows = self._rows()
        whole = hashlib.sha256(b"".join(sealed for _, _, sealed in rows))
        return whole.hexdigest() if rows else ""

    def _rows(self) -> list[tuple[int, str, bytes]]:
        with self._base().reading() as base:
            if base is None:
                return []
            return base.execute(
                "SELECT number, model, sealed FROM persons ORDER BY number"
            ).fetchall()

    def _opened(self, seal: Seal, number: int, model: str, sealed: bytes) -> Protected:
        content = seal.open(sealed, _place(number, model))
        try:
            read = _Sealed.model_validate_json(content)
            embeddings = tuple(map(_vector, read.embeddings))
        except (ValidationError, ValueError) as error:
            raise StorageFailed(
                f"Person {number} in '{self.path}' cannot be read.",
                remedy="Remove it with 'reelwright faces remove' and add it again.",
            ) from error
        person = Person(name=read.name, consent=read.consent, reason=read.reason)
        return Protected(number, model, person, embeddings)

    def _base(self) -> Database:
        return Database(self.path, _FORMAT, self.patience)


def person_of(name: str, consent: str, reason: str) -> Person:
    """A person to protect.  Raises InvalidInput naming what is missing."""
    given = {"name": name, "consent": consent, "reason": reason}
    missing = [f"'--{field}'" for field, text in given.items() if not text.strip()]
    if missing:
        raise InvalidInput(
            f"To protect a person, {' and '.join(missing)} must be given.",
            remedy="Embeddings are biometric data: say whose they are, who agreed, and why.",
        )
    try:
        return Person.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(
            f"The person's '{first['loc'][0]}' cannot be used: {first['msg']}.",
            remedy="Shorten it.",
        ) from error


def _place(number: int, model: str) -> str:
    return f"reelwright faces 1/{number}/{model}"


def _text(embedding: Floats) -> str:
    import numpy as np

    return base64.b64encode(np.asarray(embedding, "<f4").tobytes()).decode("ascii")


def _vector(text: str) -> Floats:
    import numpy as np

    vector = np.frombuffer(base64.b64decode(text, validate=True), "<f4").astype(np.float32)
    if not vector.size or not np.isfinite(vector).all():
        raise ValueError("not an embedding")
    return vector
