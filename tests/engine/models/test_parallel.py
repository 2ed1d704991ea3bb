"""Attention that several processes share gives what one alone gives, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.models.attention import full_attention
from engine.models.parallel import Team, attend, share, team, together, whole
from tests.engine.models.parallel_rank import everything, sequence

ROOT = Path(__file__).parents[3]


def run_ranks(folder: Path, size: int, length: int) -> None:
    ranks = [
        subprocess.Popen(
            [
                sys.executable, "-m", "tests.engine.models.parallel_rank",
                str(rank), str(size), str(folder), str(length),
            ],
            cwd=ROOT,
        )
        for rank in range(size)
    ]  # fmt: skip
    try:
        assert [rank.wait(120) for rank in ranks] == [0] * size
    finally:
        for rank in ranks:
            rank.kill()
            rank.wait()


@pytest.mark.parametrize(("size", "length"), [(2, 48), (2, 75), (3, 41)])
def test_several_ranks_see_what_one_sees(tmp_path: Path, size: int, length: int) -> None:
    run_ranks(tmp_path, size, length)
    for name, alone in everything(length).items():
        for rank in range(size):
            np.testing.assert_array_equal(np.load(tmp_path / f"{name}-{rank}.npy"), alone.numpy())


def test_who_works_alone_gives_nothing_away() -> None:
    q, k, v = sequence(9)
    assert team() is None
    assert share(q, 2) is q
    assert whole(q, 2, 9) is q
    torch.testing.assert_close(attend(full_attention, q, k, v, 9), full_attention(q, k, v))


def test_places_are_shared_out_as_evenly_as_can_be() -> None:
    assert Team(None, 0, 3).sizes(8) == [3, 3, 2]
    with together(Team(None, 2, 3)):
        assert share(torch.arange(8), 0).tolist() == [6, 7]
    assert team() is None


def test_heads_that_cannot_be_shared_out_are_refused() -> None:
    q, k, v = sequence(8)
    with together(Team(None, 0, 4)), pytest.raises(ValueError, match="6 heads"):
        attend(full_attention, q, k, v, 8)
