"""At the edge of the canvas a drag goes on into what is not seen yet."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint

from studio.canvas.gestures.edge_pan import FASTEST, speed
from tests.studio.canvas.gestures.conftest import LEFT, Hands


@pytest.mark.parametrize(
    ("at", "expected"),
    [(400, 0), (30, 0), (14, FASTEST / 2), (-50, FASTEST), (786, -FASTEST / 2), (900, -FASTEST)],
)
def test_nearer_to_the_edge_is_faster(at: float, expected: float) -> None:
    assert speed(at, 800) == expected


def test_a_node_is_dragged_beyond_what_is_seen(hands: Hands) -> None:
    x, y = hands.head("check")
    seen = hands.view.camera.seen()
    edge = (seen.right() - 4, y)
    hands.hold((x, y), (x + 50, y), edge)
    assert hands.on._edge.panning
    for _ in range(20):
        hands.on._edge.tick()
    assert hands.view.camera.seen().left() > seen.left() + 100
    hands.qtbot.mouseRelease(hands.view.viewport(), LEFT, pos=QPoint(796, 40))
    assert not hands.on._edge.panning
    boxes = hands.document.view["nodes"]
    assert isinstance(boxes, dict)
    assert boxes["check"]["at"][0] > seen.right()  # type: ignore[index, call-overload, operator]


def test_scrubbing_a_number_does_not_move_the_canvas(hands: Hands) -> None:
    x, y = hands.row("sample", "steps")
    edge = (hands.view.camera.seen().right() - 2, y)
    hands.hold((x, y), (x + 10, y), edge)
    assert not hands.on._edge.panning
    hands.on.machine.give_up()
