"""A report's file: what was measured of which weights, kept part by part, so that a report that was
stopped goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from engine.atomic import replacing
from engine.errors import InvalidInput
from engine.models.starter.training.generate import SamplingPlan

SECTIONS: Final = ("tables", "sound", "editing", "quality", "controls", "seconds a clip")
"""Tables of rows by their titles; the order of a file."""

_ROWS: Final = ("figures", *SECTIONS)
_ORDER: Final = ("weights", "plan", *_ROWS, "parts")

Results = Mapping[str, Mapping[str, Any]]


class Measured:
    """The file of a report. Parts are kept with how many clips they are of, and their rows."""

    def __init__(
        self,
        path: Path,
        weights: str,
        plan: SamplingPlan,
        order: Sequence[str],
        replace: bool = False,
    ) -> None:
        """Open what is there, or begin; rows stand in the `order` of their parts.

        Raises InvalidInput for a file of other weights or another plan that is not to be replaced,
        and for one that is no report.
        """
        self.path, self.order = path, order
        mine = {"weights": weights, "plan": asdict(plan)}
        kept = read_report(path) if path.exists() else mine
        if {name: kept.get(name) for name in mine} != mine:
            if not replace:
                raise InvalidInput(
                    f"'{path}' is a report of other weights, or of another plan of sampling.",
                    remedy="Write to another file, or replace what it holds with --replace.",
                )
            kept = mine
        self.document: dict[str, Any] = kept

    def has(self, part: str, clips: int) -> bool:
        """Whether a part is there, of so many clips or more."""
        kept = self.document.get("parts", {}).get(part)
        return kept is not None and int(kept["clips"]) >= clips

    def keep(self, part: str, clips: int, results: Results, seconds: Mapping[str, float]) -> None:
        """Put a part's rows into the file, with what it spent; rows of the same title are replaced.

        Raises StorageFailed.
        """
        for section, rows in results.items():
            self.document.setdefault(section, {}).update(rows)
        self.document.setdefault("parts", {})[part] = {
            "clips": clips,
            "core seconds": {stage: round(value, 1) for stage, value in seconds.items()},
            "rows": sorted({title for rows in results.values() for title in rows}),
        }
        self.document = self._in_order()
        with replacing(self.path) as partial:
            partial.write_text(json.dumps(self.document, indent=1) + "\n", encoding="utf-8")

    def _in_order(self) -> dict[str, Any]:
        """The document with parts and rows in their order, whichever part was ready first."""
        parts = self.document["parts"]
        parts = {name: parts[name] for name in sorted(parts, key=self._place)}
        places: dict[str, int] = {}
        for name, part in parts.items():
            for title in part.get("rows", ()):
                places.setdefault(title, self._place(name))
        document = {**self.document, "parts": parts}
        for section in _ROWS:
            rows = document.get(section, {})
            document[section] = {t: rows[t] for t in sorted(rows, key=lambda t: places.get(t, -1))}
        ordered = {name: document[name] for name in _ORDER if document.get(name)}
        return ordered | {n: kept for n, kept in document.items() if n not in _ORDER}

    def _place(self, part: str) -> int:
        return self.order.index(part) if part in self.order else -1

    def take(self, path: Path) -> None:
        """Keep every part of another report of the same weights.

        Raises InvalidInput and StorageFailed.
        """
        other = read_report(path)
        for part, kept in other["parts"].items():
            results: dict[str, dict[str, Any]] = {
                section: {t: row for t, row in other[section].items() if t in kept["rows"]}
                for section in _ROWS
                if section in other
            }
            self.keep(part, kept["clips"], results, kept["core seconds"])


def read_report(path: Path) -> dict[str, Any]:
    """A report as it was written.  Raises InvalidInput for a file that is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(
            f"'{path}' cannot be read: {error.strerror}.",
            remedy="Name the file that a report was written to.",
        ) from None
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("plan"), dict):
        raise InvalidInput(
            f"'{path}' holds no report of the starter model.",
            remedy="Name the file that a report was written to, or remove this one.",
        )
    return document
