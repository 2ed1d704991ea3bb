"""The takedown register on disk: requests, what became of them, and hashes; never the media."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from engine.errors import InvalidInput, StorageFailed
from engine.folders import state_folder
from engine.trust.database import Database, Format
from engine.trust.takedown.exchange import Imported
from engine.trust.takedown.request import BLOCKING, Case, Request, State, following

if TYPE_CHECKING:
    from engine.trust.takedown.passages import Passage

_FORMAT: Final = Format(
    title="a takedown register",
    application=0x52655464,  # "ReTd"
    version=1,
    schema=(
        "CREATE TABLE cases (number INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL, "
        "state TEXT NOT NULL, received TEXT NOT NULL, resolved TEXT, reason TEXT NOT NULL) STRICT",
        "CREATE TABLE passages (number INTEGER PRIMARY KEY, for_case INTEGER NOT NULL "
        "REFERENCES cases (number), hash BLOB NOT NULL) STRICT",
        "CREATE INDEX passages_by_case ON passages (for_case)",
    ),
)
_CASES: Final = (
    "SELECT number, request, state, received, resolved, reason, "
    "(SELECT count(*) FROM passages WHERE for_case = cases.number) FROM cases"
)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Register:
    """The register in a file."""

    path: Path = field(default_factory=lambda: state_folder() / "takedown" / "register.sqlite")
    clock: Callable[[], datetime] = _now
    patience: float = 10.0

    def add(self, request: Request, passages: Sequence[Passage], received: datetime) -> Case:
        """Register a request and the hashes of its material; on the disk on return.

        Raises StorageFailed for a register that is damaged, locked, or cannot be written.
        """
        with self._base().writing() as base:
            number = base.execute(
                "INSERT INTO cases (request, state, received, reason) VALUES (?, ?, ?, '')",
                (request.model_dump_json(), State.OPEN.value, received.isoformat()),
            ).lastrowid
            assert number is not None
            base.executemany(
                "INSERT INTO passages (for_case, hash) VALUES (?, ?)",
                [(number, passage.packed()) for passage in passages],
            )
            return self._case(base, number)

    def resolve(self, number: int, state: State, reason: str) -> Case:
        """Say what became of a request.

        Raises InvalidInput for one that is not there or cannot become this, StorageFailed.
        """
        with self._base().writing() as base:
            following(self._case(base, number), state, reason)
            base.execute(
                "UPDATE cases SET state = ?, reason = ?, resolved = ? WHERE number = ?",
                (state.value, reason.strip(), self.clock().isoformat(), number),
            )
            return self._case(base, number)

    def cases(self) -> list[Case]:
        """All requests, in the order in which they were registered.  Raises StorageFailed."""
        with self._base().reading() as base:
            if base is None:
                return []
            return [self._read(row) for row in base.execute(f"{_CASES} ORDER BY number")]

    def blocking(self) -> dict[int | str, list[Passage]]:
        """The hashes that block now: of this register, and of those that were imported.

        Raises StorageFailed.
        """
        found: dict[int | str, list[Passage]] = {}
        for named in (self.passages(), self.imported.passages()):
            for request, passages in named.items():
                found[request] = passages
        return found

    @property
    def imported(self) -> Imported:
        """What other computers handed over."""
        return Imported(self.path.parent / "imported")

    def passages(self) -> dict[int, list[Passage]]:
        """The own hashes that block now, by the number of their request.  Raises StorageFailed."""
        from engine.trust.takedown.passages import unpacked

        found: dict[int, list[Passage]] = {}
        for case, _, data in self._blocking("hash"):
            try:
                found.setdefault(case, []).append(unpacked(data))
            except ValueError as error:
                raise self._damaged(f"a hash of request {case} cannot be read") from error
        return found

    def digest(self) -> str:
        """What tells one set of blocking hashes from another, '' for none."""
        numbers = " ".join(str(number) for _, number, _ in self._blocking("x''"))
        whole = f"{numbers}|{self.imported.digest()}"
        return hashlib.sha256(whole.encode()).hexdigest() if whole != "|" else ""

    def _blocking(self, column: str) -> list[tuple[int, int, bytes]]:
        """Case, number and a column of every hash that blocks now."""
        states = ", ".join(f"'{state}'" for state in sorted(BLOCKING))
        with self._base().reading() as base:
            if base is None:
                return []
            return base.execute(
                f"SELECT for_case, passages.number, {column} FROM passages "
                f"JOIN cases ON for_case = cases.number WHERE state IN ({states}) "
                "ORDER BY passages.number"
            ).fetchall()

    def _case(self, base: sqlite3.Connection, number: int) -> Case:
        row = base.execute(f"{_CASES} WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise InvalidInput(
                f"There is no request {number}.", remedy="See 'reelwright takedown list'."
            )
        return self._read(row)

    def _read(self, row: tuple[object, ...]) -> Case:
        number, request, state, received, resolved, reason, hashes = row
        try:
            return Case.model_validate(
                {
                    "number": number,
                    "request": Request.model_validate_json(str(request)),
                    "state": state,
                    "received": received,
                    "resolved": resolved,
                    "reason": reason,
                    "hashes": hashes,
                }
            )
        except ValidationError as error:
            raise self._damaged(f"request {number} cannot be read") from error

    def _damaged(self, what: str) -> StorageFailed:
        return StorageFailed(
            f"The takedown register '{self.path}' is damaged: {what}.",
            remedy="Put a good copy in its place.",
        )

    def _base(self) -> Database:
        return Database(self.path, _FORMAT, self.patience)
