"""What is kept of where colours lie: a small mosaic in coarse steps, and no picture."""

from __future__ import annotations

import numpy as np
import pytest

from engine.trust.takedown.layout import FIELDS, layout
from tests.engine.trust.takedown.clips import textured


def test_it_is_a_small_mosaic_in_coarse_steps() -> None:
    made = layout(textured(1)[0])
    assert made.shape == (FIELDS, FIELDS, 3)
    assert set(np.unique(made % 8)) == {4}
    assert set(np.unique(layout(textured(1)[0] // 2) % 4)) == {2}, "a pale one in finer steps"
    assert layout(textured(1)[0][:8, :8]).shape == made.shape


@pytest.mark.parametrize("frames", [1, 5])
def test_it_survives_being_kept(frames: int) -> None:
    from engine.trust.takedown.passages import passages_of, unpacked
    from tests.engine.trust.takedown.clips import clip

    (passage,) = passages_of(clip(1, frames=frames * 4))
    again = unpacked(passage.packed())
    assert passage.layout_KGG is not None
    assert again.layout_KGG is not None
    assert (again.layout_KGG == passage.layout_KGG).all()
