"""A course that is put down and taken up again is the uninterrupted one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from engine.models.starter.training.progress import Course, load_tensors


def course(path: Path) -> Course:
    torch.manual_seed(0)
    return Course(path, nn.Linear(3, 2), rate=0.01, decay=0.9)


def walk(taken: Course, steps: int) -> None:
    for _ in range(steps):
        seed = torch.Generator().manual_seed(taken.step)
        loss = taken.network(torch.randn(4, 3, generator=seed)).square().mean()
        taken.learn(loss, share=0.2)


def test_a_resumed_course_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, cut = course(tmp_path / "whole"), course(tmp_path / "cut")
    walk(whole, 5)
    walk(cut, 2)
    cut.save()
    resumed = course(tmp_path / "cut")
    assert resumed.step == 2
    walk(resumed, 3)
    for each in (whole, resumed):
        each.save()
    (expected, _), (made, _) = load_tensors(tmp_path / "whole"), load_tensors(tmp_path / "cut")
    assert expected.keys() == made.keys()
    assert all(torch.equal(expected[name], made[name]) for name in expected)


def test_a_course_ends_after_its_steps_with_what_it_has_saved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = course(tmp_path / "state")
    weight = next(taken.network.parameters())
    taken.run(3, lambda _: weight.square().mean(), lambda: "saved")
    assert taken.step == 3
    assert capsys.readouterr().out.splitlines()[-1] == "done step 3 saved"
