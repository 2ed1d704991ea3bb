"""Simulated time: moments in order, and a clock on the wall that may be wrong."""

from __future__ import annotations

from cluster_agent.simulation.clock import EPOCH, Clock


def test_what_is_set_happens_in_the_order_of_its_moments() -> None:
    clock, said = Clock(), []
    clock.after(2.0, lambda: said.append(("late", clock.now)))
    clock.at(1.0, lambda: said.append(("early", clock.now)))
    clock.run(10.0)
    assert said == [("early", 1.0), ("late", 2.0)]
    assert clock.now == 10.0


def test_what_is_set_for_one_moment_happens_in_the_order_in_which_it_was_set() -> None:
    clock, said = Clock(), []
    for word in ["one", "two", "three"]:
        clock.at(1.0, lambda word=word: said.append(word))
    clock.run(1.0)
    assert said == ["one", "two", "three"]


def test_what_is_set_for_a_moment_that_is_over_happens_now() -> None:
    clock, said = Clock(), []
    clock.at(5.0, lambda: clock.at(1.0, lambda: said.append(clock.now)))
    clock.run(5.0)
    assert said == [5.0]


def test_time_stops_where_it_is_done() -> None:
    clock, said = Clock(), []
    for moment in (1.0, 2.0, 3.0):
        clock.at(moment, lambda: said.append(clock.now))
    clock.run(9.0, lambda: len(said) == 2)
    assert said == [1.0, 2.0]
    assert clock.now == 2.0


def test_what_is_set_for_later_waits_for_the_next_run() -> None:
    clock, said = Clock(), []
    clock.at(3.0, lambda: said.append(clock.now))
    clock.run(2.0)
    assert said == []
    clock.run(4.0)
    assert said == [3.0]


def test_a_clock_on_the_wall_that_is_set_wrong_moves_no_moment() -> None:
    clock = Clock()
    clock.skew = -3600.0
    clock.run(7.0)
    assert clock.now == 7.0
    assert clock.wall == EPOCH + 7.0 - 3600.0
