"""Where the eye sees less, more can be added."""

from __future__ import annotations

import numpy as np
import pytest

from engine.trust.watermark.neural.noticeable import just_noticeable


@pytest.mark.parametrize(("level", "seen"), [(0, 17), (31.75, 8.5), (127, 0), (191, 4.5), (255, 6)])
def test_even_pictures_take_what_their_brightness_takes(level: float, seen: float) -> None:
    found = just_noticeable(np.full((8, 8), level, np.float32))
    assert found == pytest.approx(np.full((8, 8), seen), abs=1e-4)


def test_an_edge_takes_more_than_what_lies_around() -> None:
    halves = np.full((16, 32), 127, np.float32)
    halves[:, 16:] = 200
    found = just_noticeable(halves)[8]
    assert found[15] > found[4] + 5
    assert found[15] > found[28] + 2
