"""D3 and STALL are higher for what is too steady or unlike recordings, and numbers alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.trust.vision.made.statistics import (
    directions,
    learnt,
    read_recordings,
    second_order,
    statistics,
)


def walk(seed: int, spread: float = 1.0, shift: float = 0.0) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(shift, spread, (16, 6))
    return np.cumsum(steps, axis=0).astype(np.float32)


def test_d3_is_the_deviation_of_the_second_difference_of_distances() -> None:
    line = np.array([[0.0], [1.0], [3.0], [4.0], [8.0]], np.float32)
    distances = np.array([1.0, 2.0, 1.0, 4.0])
    assert second_order(line) == pytest.approx(-np.log(np.diff(distances).std()), abs=1e-5)
    with pytest.raises(ValueError, match="4 frames"):
        second_order(line[:3])


def test_an_even_motion_is_more_like_what_machines_make() -> None:
    assert second_order(walk(1, spread=0.01, shift=1.0)) > second_order(walk(1))


def test_recordings_are_likelier_than_other_motion() -> None:
    known = learnt([walk(seed) for seed in range(30)])
    recorded = [known.unlikelihood(walk(seed)) for seed in range(50, 60)]
    made = [known.unlikelihood(walk(seed, shift=2.0)) for seed in range(50, 60)]
    assert abs(float(np.mean(recorded))) < 1.5
    assert min(made) > max(recorded)


def test_directions_are_of_unit_length_and_standing_still_has_none() -> None:
    assert np.linalg.norm(directions(walk(1)), axis=1) == pytest.approx(np.ones(15), abs=1e-5)
    assert not directions(np.zeros((3, 2), np.float32)).any()


def test_what_recordings_look_like_is_kept_and_damage_is_told(tmp_path: Path) -> None:
    known = learnt([walk(seed) for seed in range(5)])
    known.write(tmp_path / "known")
    video = walk(9)
    again = read_recordings(tmp_path / "known")
    assert again.unlikelihood(video) == pytest.approx(known.unlikelihood(video), rel=1e-4)
    assert set(statistics(video, None)) == {"d3"}
    assert set(statistics(video, again)) == {"d3", "stall"}
    (tmp_path / "known").write_bytes(b"no weights")
    for place in ("known", "missing"):
        with pytest.raises(InvalidInput, match="missing or damaged"):
            read_recordings(tmp_path / place)
    with pytest.raises(ValueError, match="two recordings"):
        learnt([video])
