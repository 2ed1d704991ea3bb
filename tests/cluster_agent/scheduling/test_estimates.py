"""What jobs of a kind are expected to take."""

from __future__ import annotations

import pytest

from cluster_agent.scheduling.estimates import WINDOW, Estimates, Kind

KIND = Kind("wan", 1000, 30)


def test_an_unseen_kind_takes_what_the_caller_thinks() -> None:
    assert Estimates().seconds(KIND, unseen=45.0) == 45.0


def test_the_estimate_is_the_mean_of_what_was_seen() -> None:
    estimates = Estimates()
    for seconds in (10.0, 20.0, 60.0):
        estimates.learn(KIND, seconds)
    estimates.learn(KIND._replace(steps=4), 1.0)
    assert estimates.seconds(KIND, unseen=0.0) == pytest.approx(30.0)


def test_the_mean_follows_a_change_even_after_many_jobs() -> None:
    estimates = Estimates()
    for _ in range(10_000):
        estimates.learn(KIND, 100.0)
    for _ in range(3 * WINDOW):
        estimates.learn(KIND, 10.0)
    assert estimates.seconds(KIND, unseen=0.0) == pytest.approx(10.0, abs=6.0)


def test_what_was_learned_can_be_carried_over() -> None:
    estimates = Estimates()
    estimates.learn(KIND, 12.5)
    assert Estimates(estimates.means()).means() == estimates.means()
