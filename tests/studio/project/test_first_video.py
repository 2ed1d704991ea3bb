"""The first video's graph."""

from __future__ import annotations

import pytest

from engine.graph.registry import installed_registry
from studio.project import templates
from studio.project.first_video import EXAMPLES, first_video, understood


def test_the_first_video_is_the_demo_with_my_words() -> None:
    document = first_video("a blue cube at night", installed_registry())
    assert document.nodes["prompt"].params == {"text": "a blue cube at night"}
    assert first_video("  ", installed_registry()) == templates.document("demo")


@pytest.mark.parametrize("prompt", EXAMPLES)
def test_the_examples_say_colour_shape_motion_and_background(prompt: str) -> None:
    assert {"colour", "shape", "motion", "background"} <= {kind for _, kind in understood(prompt)}
