from __future__ import annotations

import pytest

from studio.cli.pace import Pace, duration_text, rate_text, remaining_text


def test_the_rate_counts_from_the_first_report_not_from_zero() -> None:
    pace = Pace.starting(done=10, now=100.0)  # ten steps came from a checkpoint
    pace.report(done=14, now=102.0)
    assert pace.rate == 2.0
    assert pace.remaining(total=30) == 8.0


def test_there_is_no_rate_before_there_is_anything_to_measure() -> None:
    pace = Pace.starting(done=1, now=5.0)
    assert pace.rate is None
    assert pace.remaining(total=30) is None
    pace.report(done=2, now=5.0)
    assert pace.rate is None


def test_nothing_remains_of_work_that_is_done_twice_over() -> None:
    pace = Pace.starting(done=0, now=0.0)
    pace.report(done=12, now=1.0)
    assert pace.remaining(total=10) == 0


@pytest.mark.parametrize(
    ("rate", "text"),
    [(None, ""), (3.21, "3.2 steps/s"), (0.25, "4.0 s/step"), (1234.5, "1,234 steps/s")],
)
def test_rates_read_well_at_every_size(rate, text) -> None:
    assert rate_text(rate, "steps") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "under 0.1 s"),
        (0.06, "0.1 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1:00 min"),
        (187, "3:07 min"),
        (3600, "1:00 h"),
        (8100, "2:15 h"),
        (300 * 3600, "12 days"),
    ],
)
def test_durations_read_well_at_every_size(seconds, text) -> None:
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (0.2, "1 s"), (17.1, "18 s"), (59.5, "1:00 min")]
)
def test_what_remains_is_told_in_whole_seconds(seconds, text) -> None:
    assert remaining_text(seconds) == text
