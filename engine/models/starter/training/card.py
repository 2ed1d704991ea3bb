"""Writes the figures of a report into the model card: each table is found by its head and replaced.

Run: python -m engine.models.starter.training.card --report engine/models/starter/evaluation.json \\
         --card engine/models/starter/MODEL_CARD.md
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from engine.atomic import replacing
from engine.errors import InvalidInput, ReelwrightError
from engine.models.starter.training.evaluate import NAMES
from engine.models.starter.training.measured import read_report

SCORES_HEAD: Final = f"| what | n | {' | '.join(NAMES)} |"
SYNC_HEAD: Final = (
    "| what | clips | impacts | within 120 ms | within 50 ms | median | 95th percentile | missed "
    "| extra |"
)
EDITING_HEAD: Final = "| made from | n | all | each |"
QUALITY_HEAD: Final = "| measure | ground truth | reconstruction | samples |"
CONTROLS_HEAD: Final = "| control | n | measured | unspoiled | fails, as it must |"
TIME_HEAD: Final = "| steps | whole | sampling | frames | sound | prompt |"

Rows = Mapping[str, Mapping[str, Any]]


def scores_rows(tables: Rows) -> list[str]:
    """A row a table: shares in percent with their intervals."""
    return [
        f"| {title} | {table['all']['n']} | "
        + " | ".join(_interval(table[name]) for name in NAMES)
        + " |"
        for title, table in tables.items()
    ]


def sync_rows(sound: Rows) -> list[str]:
    """A row a comparison of impacts with onsets."""
    return [
        f"| {title} | {row['clips']} | {row['impacts']} | {_interval(row['within 120 ms'])} | "
        f"{_interval(row['within 50 ms'])} | {_milliseconds(row['median distance ms'])} | "
        f"{_milliseconds(row['95th percentile ms'])} | {100 * row['missed']:.1f} | "
        f"{100 * row['extra']:.1f} |"
        for title, row in sound.items()
    ]


def editing_rows(editing: Rows) -> list[str]:
    """A row a way of editing: all of what its checker looks at, and each."""
    return [
        f"| {title} | {checks['all']['n']} | {_interval(checks['all'])} | "
        + ", ".join(f"{name} {_interval(row)}" for name, row in checks.items() if name != "all")
        + " |"
        for title, checks in editing.items()
    ]


def quality_rows(quality: Rows) -> list[str]:
    """A row a measure, with the ground truth's value, and the autoencoder's, beside the samples'.

    What was not measured is '-'.
    """
    sides = [quality.get(side, {}) for side in ("ground truth", "reconstruction", "samples")]
    names = dict.fromkeys(name for side in sides for name in side)
    return [
        f"| {name} | "
        + " | ".join(_measure(side[name]) if name in side else "-" for side in sides)
        + " |"
        for name in names
    ]


def controls_rows(controls: Rows) -> list[str]:
    """A row a control: what was spoiled, or told nothing, and must be found out."""
    return [
        f"| {title} | {row['n']} | {row['measured']:.3f} | "
        f"{'-' if 'unspoiled' not in row else format(row['unspoiled'], '.3f')} | "
        f"{'yes' if row['fails'] else '**no**'} |"
        for title, row in controls.items()
    ]


def time_rows(seconds: Rows) -> list[str]:
    """A row a number of steps, fewest first: seconds of a clip, whole and by stage."""
    stages = ("whole", "sampling", "frames", "sound", "prompt")
    return [
        f"| {row['steps']:.0f} | " + " | ".join(f"{row[stage]:.2g}" for stage in stages) + " |"
        for row in sorted(seconds.values(), key=lambda row: float(row["steps"]))
    ]


def _measure(row: Mapping[str, float]) -> str:
    """A share in percent; a mean in three digits, in decibels in one."""
    if "share" in row:
        return _interval(row)
    digits = 1 if row["mean"] > 2 else 3
    mean, low, high = (f"{row[name]:.{digits}f}" for name in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def with_table(card: str, head: str, rows: list[str]) -> str:
    """The card with the rows of the table under this head replaced; the head itself may still be
    missing after a comment that names it.

    Raises InvalidInput where the card has no place for such a table.
    """
    lines = card.split("\n")
    place = f"<!-- {head.strip('| ').split(' |')[0]} -->"
    if head not in lines and place in lines:
        rule = "|---" * (head.count("|") - 1) + "|"
        first = lines.index(place) + 1
        lines[first:first] = ["", head, rule]
    if head not in lines:
        raise InvalidInput(
            f"The model card has no table with the head '{head}'.",
            remedy=f"Put the line '{place}' where the table belongs.",
        )
    first = lines.index(head) + 2
    last = first
    while last < len(lines) and lines[last].startswith("|"):
        last += 1
    return "\n".join([*lines[:first], *rows, *lines[last:]])


def _interval(row: Mapping[str, float]) -> str:
    return f"{100 * row['share']:.1f} [{100 * row['low']:.1f}, {100 * row['high']:.1f}]"


def _milliseconds(milliseconds: float | None) -> str:
    return "none" if milliseconds is None else f"{milliseconds:.0f} ms"


TABLES: Final = (
    ("tables", SCORES_HEAD, scores_rows),
    ("sound", SYNC_HEAD, sync_rows),
    ("editing", EDITING_HEAD, editing_rows),
    ("quality", QUALITY_HEAD, quality_rows),
    ("controls", CONTROLS_HEAD, controls_rows),
    ("seconds a clip", TIME_HEAD, time_rows),
)
"""Sections of a report, the heads of their tables, and what writes the rows."""


def write_card(report: Path, card: Path) -> None:
    """Put the report's figures into the card; tables of what was not measured stay as they are.

    Raises InvalidInput where a table has no place, or the report is none.
    """
    measured = read_report(report)
    text = card.read_text(encoding="utf-8")
    for section, head, rows in TABLES:
        if measured.get(section):
            text = with_table(text, head, rows(measured[section]))
    with replacing(card) as partial:
        partial.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--card", type=Path, required=True)
    arguments = parser.parse_args()
    try:
        write_card(arguments.report, arguments.card)
    except ReelwrightError as error:
        sys.exit(str(error))
