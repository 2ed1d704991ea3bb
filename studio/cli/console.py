"""The two streams: results go to standard output, everything said about them to standard error."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import IO, Final

from rich.console import Console
from rich.text import Text

# Piped output is read by programs: it must not be folded to a terminal that is not there.
PIPE_WIDTH: Final = 200
GAP: Final = "  "
NARROWEST: Final = 20


def results() -> Console:
    """Standard output: only what was asked for."""
    return _console(sys.stdout)


def messages() -> Console:
    """Standard error: progress, notes, warnings and errors."""
    return _console(sys.stderr)


def say(console: Console, prefix: str, sentence: str, style: str = "") -> None:
    """Print `prefix: sentence`; further lines stand below the first."""
    lead = f"{prefix}: "
    below = sentence.rstrip().replace("\n", "\n" + " " * len(lead))
    console.print(Text.assemble((lead, style), below), soft_wrap=True)


def print_json(value: object) -> None:
    """Print one JSON value to standard output."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def print_columns(
    console: Console,
    rows: Sequence[Sequence[str]],
    *,
    indent: int = 0,
    header: bool = False,
    right: Collection[int] = (),
) -> None:
    """Print rows as columns without lines; the last one is folded on a terminal, never in a pipe.

    `header` sets the first row apart; `right` are the columns of figures, counted from 0.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    hang = indent + sum(width + len(GAP) for width in widths[:-1])
    for number, row in enumerate(rows):
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        first, *more = folded(console, cells[-1].rstrip(), hang)
        lines = [" " * indent + GAP.join([*cells[:-1], first])]
        lines += [" " * hang + line for line in more]
        style = "bold" if header and number == 0 else ""
        for line in lines:
            console.print(line.rstrip(), style=style, soft_wrap=True)


def folded(console: Console, text: str, hang: int) -> list[str]:
    """The lines of `text` in what is right of column `hang`; as they are where no one looks."""
    lines = text.splitlines() or [""]
    room = console.width - hang
    if not console.is_terminal or room < NARROWEST:
        return lines
    return [part for line in lines for part in textwrap.wrap(line, room) or [""]]


def shown_path(path: Path) -> str:
    """A path as people want it: from here, where it lies below here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def count(number: int, what: str) -> str:
    """'1 node', '12 nodes'."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _console(stream: IO[str]) -> Console:
    width = None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    return Console(file=stream, highlight=False, emoji=False, markup=False, width=width)
