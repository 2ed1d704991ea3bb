"""A report's file: what was measured of which weights, kept part by part, so that a report that was
stopped goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from engine.atomic import replacing
from engine.errors import InvalidInput
from engine.models.starter.training.generate import SamplingPlan

SECTIONS: Final = ("tables", "sound", "editing", "quality", "controls", "seconds a clip")
"""Tables of rows by their titles; the order of a file."""

Results = Mapping[str, Mapping[str, Any]]


class Measured:
    """The file of a report.  A part is kept with how many clips it is of."""

    def __init__(self, path: Path, weights: str, plan: SamplingPlan, replace: bool = False) -> None:
        """Open what is there, or begin.

        Raises InvalidInput for a file of other weights or another plan that is not to be replaced,
        and for one that is no report.
        """
        self.path = path
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
        spent = {stage: round(value, 1) for stage, value in seconds.items()}
        self.document.setdefault("parts", {})[part] = {"clips": clips, "core seconds": spent}
        ordered = {name: self.document[name] for name in _ORDER if name in self.document}
        self.document = ordered | self.document
        with replacing(self.path) as partial:
            partial.write_text(json.dumps(self.document, indent=1) + "\n", encoding="utf-8")


_ORDER: Final = ("weights", "plan", "figures", *SECTIONS, "parts")


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
