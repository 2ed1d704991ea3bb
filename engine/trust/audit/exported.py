"""An audit log as one text file: a JSON line an entry, and its head as the last line.

It can be checked like the log itself, anywhere, without a database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from engine.errors import InvalidInput, StorageFailed
from engine.trust.audit.chain import Row, check_chain
from engine.trust.audit.entry import canonical
from engine.trust.audit.head import Head, read_head_or_none
from engine.trust.audit.log import AuditLog
from engine.trust.audit.report import Heads, Report, Signers, report

_NAMES: Final = ("number", "time", "event", "previous", "digest")
_LONGEST_LINE: Final = 1 << 20


def lines(log: AuditLog) -> Iterator[str]:
    """The log as lines, without their ends.  Raises StorageFailed for a damaged log."""
    for row in log.rows():
        yield canonical({name: getattr(row, name) for name in _NAMES})
    head = read_head_or_none(log.head)
    if head is not None:
        yield canonical({"head": head.model_dump()})


def verify_exported(path: Path, signers: Signers, against: Head | None = None) -> Report:
    """Check an exported log like the log itself.

    Raises InvalidInput for a file that is none, StorageFailed for one that cannot be read.
    """
    head = _head_in(path)
    heads = Heads(head, against)
    return report(path, check_chain(_rows_in(path), heads.watched), heads, signers)


def _head_in(path: Path) -> Head | None:
    for number, value in _values(path):
        if "head" in value:
            try:
                return Head.model_validate(value["head"])
            except ValueError as error:
                raise _no_export(path, number) from error
    return None


def _rows_in(path: Path) -> Iterator[Row]:
    for number, value in _values(path):
        if set(value) == set(_NAMES):
            yield Row(**value)
        elif set(value) != {"head"}:
            raise _no_export(path, number)


def _values(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(_LONGEST_LINE):
                number += 1
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise _no_export(path, number) from error
                if not isinstance(value, dict):
                    raise _no_export(path, number)
                yield number, value
    except OSError as error:
        raise StorageFailed(
            f"'{path}' cannot be read: {error.strerror}.", remedy="Check the path and its rights."
        ) from error


def _no_export(path: Path, line: int) -> InvalidInput:
    return InvalidInput(
        f"'{path}' is no exported audit log, or line {line} of it is damaged.",
        remedy="Give a file that 'reelwright audit export' wrote.",
    )
