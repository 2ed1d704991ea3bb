from __future__ import annotations

import io

import pytest
from rich.console import Console

from engine.run.events import (
    Checkpointed,
    Event,
    NodeChanged,
    Noted,
    Progressed,
    RunEnded,
    Wrote,
)
from studio.cli.display import RunDisplay


class Screen:
    """A display on a console in memory, with a clock that the test moves."""

    def __init__(self, *, terminal: bool, encoding: str = "utf-8") -> None:
        self.now = 0.0
        self._bytes = io.BytesIO()
        stream = io.TextIOWrapper(self._bytes, encoding=encoding, write_through=True)
        self.console = Console(
            file=stream, force_terminal=terminal, width=100, color_system=None, markup=False
        )
        self.display = RunDisplay(self.console, ("sample", "save"), lambda: self.now)

    def show(self, *events: tuple[float, Event]) -> str:
        with self.display:
            for at, event in events:
                self.now = at
                self.display(event)
        return self._bytes.getvalue().decode(self.console.encoding)


@pytest.fixture
def log() -> Screen:
    """A display that writes to a file."""
    return Screen(terminal=False)


def test_a_bar_shows_how_far_how_fast_and_how_long_still() -> None:
    shown = Screen(terminal=True).show(
        (10, Progressed("sample", 2, 30, "steps")),
        (20, Progressed("sample", 12, 30, "steps")),
    )
    assert "sample" in shown
    assert "12/30 steps  1.0 steps/s  18 s left" in shown


def test_without_a_terminal_progress_is_a_line_now_and_then(log) -> None:
    events = [(0.5 * n, Progressed("sample", n, 100, "steps")) for n in range(50)]
    shown = log.show(*events)
    assert shown.splitlines() == [
        ". sample  20/100 steps  2.0 steps/s  40 s left",
        ". sample  40/100 steps  2.0 steps/s  30 s left",
    ]


def test_a_node_that_took_its_time_gets_a_line_and_a_quick_one_none(log) -> None:
    shown = log.show(
        (1, Progressed("sample", 30, 30, "steps")),
        (2, NodeChanged("sample", "done", 4.21)),
        (3, NodeChanged("save", "done", 0.2)),
    )
    assert shown == "✓ sample  30 steps, 4.2 s\n"


def test_a_note_is_shown_with_its_node(log) -> None:
    shown = log.show((1, Noted("save", "The word 'zebra' is not known.")))
    assert shown == "! save    The word 'zebra' is not known.\n"


def test_a_file_is_shown_with_its_size_and_whether_it_is_signed(log, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(bytes(123_456))
    shown = log.show(
        (1, Wrote("save", str(path), "", True)), (2, Wrote("save", "gone.mp4", "", False))
    )
    assert shown.splitlines() == [
        "✓ save    film.mp4  (123 kB, signed)",
        "✓ save    gone.mp4  (not signed)",
    ]


def test_a_node_that_wrote_a_file_gets_no_second_line(log, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x")
    shown = log.show((1, Wrote("save", str(path), "", True)), (2, NodeChanged("save", "done", 5.0)))
    assert shown == "✓ save    film.mp4  (1 byte, signed)\n"


def test_a_file_that_was_there_already_is_named_once(log, tmp_path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x")
    log.show((1, Wrote("save", str(path), "", True)))
    log.display.present(path, signed=True)
    other = Screen(terminal=False)
    other.display.present(path, signed=True)
    assert other.show() == "✓ film.mp4  (1 byte, signed, already there)\n"
    assert log.show().count("film.mp4") == 1


def test_the_end_counts_what_was_computed_and_what_was_there(log) -> None:
    shown = log.show(
        (1, NodeChanged("sample", "cached")),
        (2, NodeChanged("save", "done", 0.1)),
        (3, RunEnded("r", "succeeded", 75)),
    )
    assert shown == "Done in 1:15 min: 1 node computed, 1 already there.\n"


def test_the_end_says_so_if_everything_was_there(log) -> None:
    shown = log.show((1, NodeChanged("save", "cached")), (2, RunEnded("r", "succeeded", 0.01)))
    assert shown == "Done in under 0.1 s: everything was there already.\n"


def test_being_stopped_names_the_checkpoint_and_the_way_on(log) -> None:
    shown = log.show(
        (1, Checkpointed("sample", 10)),
        (2, Checkpointed("sample", 20)),
        (3, RunEnded("r", "cancelled", 75)),
    )
    assert shown == (
        "Stopped.  A checkpoint is kept of step 20 of 'sample'.  "
        "To go on, run the same command again.\n"
    )


def test_a_node_that_starts_over_is_measured_afresh(log) -> None:
    shown = log.show(
        (0, Progressed("sample", 90, 100, "steps")),
        (5, Progressed("sample", 0, 100, "steps")),
        (15, Progressed("sample", 50, 100, "steps")),
    )
    assert shown == ". sample  50/100 steps  5.0 steps/s  10 s left\n"


def test_a_terminal_without_unicode_gets_signs_that_it_has() -> None:
    shown = Screen(terminal=False, encoding="ascii").show((2, NodeChanged("sample", "done", 4.21)))
    assert shown == "+ sample  4.2 s\n"
