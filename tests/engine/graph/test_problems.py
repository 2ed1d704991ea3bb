"""Problems read as sentences, alone and together."""

from __future__ import annotations

from engine.errors import InvalidInput
from engine.graph.problems import SHOWN_PROBLEMS, InvalidDocument, Problem


def test_a_problem_is_a_sentence_and_its_way_out() -> None:
    assert str(Problem("It is open.", "Close it.")) == "It is open. Close it."
    assert str(Problem("It is open.")) == "It is open."


def test_one_problem_is_the_whole_message() -> None:
    error = InvalidDocument([Problem("It is open.", "Close it.", node="a")])
    assert (str(error), error.what, error.remedy) == (
        "It is open. Close it.",
        "It is open.",
        "Close it.",
    )
    assert error.problems[0].node == "a"
    assert isinstance(error, InvalidInput)
    assert error.exit_code == 2


def test_many_problems_are_a_list() -> None:
    error = InvalidDocument([Problem(f"Number {i}.") for i in range(SHOWN_PROBLEMS + 1)])
    lines = str(error).splitlines()
    assert lines[:2] == [f"The graph has {SHOWN_PROBLEMS + 1} problems:", "- Number 0."]
    assert lines[-1] == "- ... and 1 more."
