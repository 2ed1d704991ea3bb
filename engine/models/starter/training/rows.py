"""From looks at clips to the rows of a report: scores, sound against picture, quality, controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from engine.models.starter.training import quality
from engine.models.starter.training.evaluate import Row, Table, score, share_row
from engine.models.starter.training.looks import Look
from engine.models.starter.training.scene import Scene
from engine.models.starter.training.spoiled import WORSE
from engine.models.starter.training.sync import compare, in_time

LATE: Final = 0.15  # seconds: sound so late must fail
CHANCE: Final = 0.05  # of clips: what was not told the prompt may not agree with it more often
BY_CHECKER: Final = {
    "object class": "shape",
    "colour": "colour",
    "scene": "background",
    "spatial relationship": "motion",
}
"""VBench's names of what the checker sees."""
MULTIPLE: Final = "multiple objects"


def scores(looks: Sequence[Look], scenes: Sequence[Scene]) -> Table:
    """Each attribute, and all of them."""
    return score([look.finding for look in looks], scenes)


def sound_rows(title: str, looks: Sequence[Look], controls: bool = False) -> dict[str, Any]:
    """How impacts meet onsets in clips that were heard, and the controls that must fail."""
    if not looks:
        return {}
    impacts, seconds = [look.impacts for look in looks], looks[0].seconds
    onsets = [look.onsets for look in looks if look.onsets is not None]
    rows = {title: compare(impacts, onsets, seconds)}
    if controls and len(looks) > 1:
        rows[f"{title}, sound 150 ms late"] = compare(impacts, onsets, seconds, LATE)
        others = onsets[1:] + onsets[:1]
        rows[f"{title}, another clip's sound"] = compare(impacts, others, seconds)
    return rows


def bouncing(looks: Sequence[Look], scenes: Sequence[Scene]) -> list[Look]:
    """The clips that should bounce."""
    return [look for look, scene in zip(looks, scenes, strict=True) if scene.motion == "bounce"]


def quality_row(
    measured: Sequence[Mapping[str, float]], looks: Sequence[Look], scenes: Sequence[Scene]
) -> dict[str, Row]:
    """Means of the measures over those clips that were measured, and what the checker saw."""
    agreed = [look.finding.agrees(scene) for look, scene in zip(looks, scenes, strict=True)]
    several = [
        agrees["shape"] and agrees["count"]
        for agrees, scene in zip(agreed, scenes, strict=True)
        if scene.count > 1
    ]
    return {
        **measure_rows(measured),
        **{name: share_row([a[own] for a in agreed]) for name, own in BY_CHECKER.items()},
        MULTIPLE: share_row(several),
    }


def measure_rows(measured: Sequence[Mapping[str, float]]) -> dict[str, Row]:
    """Each measure's mean with its 95 % interval; of the dynamic degree the share."""
    rows: dict[str, Row] = {}
    for name in quality.METRICS:
        values = np.array([each[name] for each in measured])
        if name == quality.DYNAMIC:
            rows[name] = share_row([bool(value) for value in values])
            continue
        half = 1.96 * float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
        mean = float(values.mean())
        rows[name] = {"mean": mean, "low": mean - half, "high": mean + half, "n": len(values)}
    return rows


def spoiled_controls(
    measured: Sequence[Mapping[str, float]], spoiled: Sequence[Mapping[str, float]]
) -> dict[str, Any]:
    """That each measure falls where clips are spoiled in the way that it is there to find out."""
    rows = {}
    for name, (how, _) in WORSE.items():
        own, worse = (float(np.mean([each[name] for each in some])) for some in (measured, spoiled))
        rows[f"{name}: {how}"] = {
            "measured": worse, "unspoiled": own, "n": len(spoiled), "fails": worse < own,
        }  # fmt: skip
    return rows


def chance_control(title: str, table: Table) -> dict[str, Any]:
    """That clips which were told nothing of the prompt do not show it."""
    share = table["all"]["share"]
    return {title: {"measured": share, "n": table["all"]["n"], "fails": share <= CHANCE}}


def sound_controls(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """That late sound, and another clip's, are not taken for sound in time."""
    return {
        title: {
            "measured": row["within 120 ms"]["share"],
            "n": row["within 120 ms"]["n"],
            "fails": not in_time(row),
        }
        for title, row in rows.items()
        if title.endswith(("late", "another clip's sound"))
    }
