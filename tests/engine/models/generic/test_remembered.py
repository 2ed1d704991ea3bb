"""What was asked before is answered at once, by value; what draws is asked anew."""

from __future__ import annotations

import torch

from engine.models.generic.remembered import KEPT, Remembered


class Doubling:
    """Counts how often it computes."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, value: torch.Tensor, **options: object) -> tuple[torch.Tensor, None]:
        self.times += 1
        return 2 * value, None


def test_equal_arguments_are_computed_once_and_their_answer_is_ones_own() -> None:
    remembered, double = Remembered(), Doubling()
    first, _ = remembered.answer(double, torch.ones(2), device=torch.device("cpu"), words=["a"])
    first.zero_()
    again, _ = remembered.answer(double, torch.ones(2), device=torch.device("cpu"), words=["a"])
    assert double.times == 1
    assert torch.equal(again, torch.full((2,), 2.0))


def test_other_arguments_are_computed() -> None:
    remembered, double = Remembered(), Doubling()
    for value in (torch.ones(2), torch.zeros(2), torch.ones(3), torch.ones(2, dtype=torch.int64)):
        assert torch.equal(remembered.answer(double, value)[0], 2 * value)
    remembered.answer(double, torch.ones(2), words=["a"])
    assert double.times == 5


def test_what_is_given_a_generator_is_computed_each_time() -> None:
    remembered, double = Remembered(), Doubling()
    for _ in range(2):
        remembered.answer(double, torch.ones(2), generators=[torch.Generator()])
    assert double.times == 2


def test_only_the_last_answers_are_kept() -> None:
    remembered, double = Remembered(), Doubling()
    for value in range(KEPT + 1):
        remembered.answer(double, torch.tensor(value))
    remembered.answer(double, torch.tensor(0))
    assert double.times == KEPT + 2
