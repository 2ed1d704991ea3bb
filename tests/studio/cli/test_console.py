from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from studio.cli.console import count, print_columns, shown_path

ROWS = [
    ("Name", "Size", "What it is"),
    ("ball", "1", "round and round and round it goes"),
    ("x", "20", ""),
]


def printed(*, terminal: bool) -> list[str]:
    console = Console(file=io.StringIO(), width=36, force_terminal=terminal, color_system=None)
    print_columns(console, ROWS, indent=2, header=True)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_columns_are_folded_under_themselves_on_a_terminal() -> None:
    assert printed(terminal=True) == [
        "  Name  Size  What it is",
        "  ball  1     round and round and",
        "              round it goes",
        "  x     20",
    ]


def test_columns_are_never_folded_in_a_pipe_and_leave_no_blanks_behind() -> None:
    assert printed(terminal=False) == [
        "  Name  Size  What it is",
        "  ball  1     round and round and round it goes",
        "  x     20",
    ]


def test_paths_are_told_from_here_if_they_are_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "out" / "a.mp4") == "out/a.mp4"
    assert shown_path(tmp_path.parent / "a.mp4") == str(tmp_path.parent / "a.mp4")


def test_what_is_counted_agrees_in_number() -> None:
    assert [count(number, "node") for number in (0, 1, 1234)] == [
        "0 nodes",
        "1 node",
        "1,234 nodes",
    ]
