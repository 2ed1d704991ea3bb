"""What lies under the pointer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF

from studio.canvas.geometry import HEADER
from studio.canvas.hits import Hit
from studio.canvas.scene import CanvasScene
from studio.faces import FrameFace, NoteFace
from tests.studio.canvas.samples import chain, face, link, node

TARGET = ("b", "clip")


def hit(scene: CanvasScene, x: float, y: float, zoom: float = 1.0) -> Hit:
    return scene.hit(QPointF(x, y), zoom)


@pytest.fixture
def row(scene: CanvasScene) -> CanvasScene:
    """Three nodes in a row."""
    scene.set_face(chain())
    return scene


def test_a_header_is_the_node(row: CanvasScene) -> None:
    found = hit(row, 400, HEADER / 2)
    assert (found.kind, found.node) == ("node", "b")


def test_a_port_is_hit_around_its_middle(row: CanvasScene) -> None:
    at = row.port_pos("b", "clip", False)
    found = hit(row, at.x() - 8, at.y())
    assert (found.kind, found.node, found.port, found.is_output) == ("port", "b", "clip", False)
    found = hit(row, at.x() + 200, at.y())
    assert (found.kind, found.port, found.is_output) == ("port", "result", True)


def test_a_parameter_is_a_widget_with_its_field(row: CanvasScene) -> None:
    box = row.nodes["b"].shape.rows[0].box.moved(300, 0)
    found = hit(row, box.x + 20, box.y + 5)
    assert (found.kind, found.node, found.port, found.index) == ("widget", "b", "steps", 0)
    assert found.box == box


def test_a_link_is_hit_near_its_curve(row: CanvasScene) -> None:
    at = row.port_pos("a", "result", True)
    found = hit(row, 250, at.y() + 5)
    assert (found.kind, found.target, found.index) == ("link", TARGET, 0)
    assert hit(row, 250, at.y() + 40).kind == "nothing"


def test_from_afar_links_are_as_easy_to_hit_on_the_screen(row: CanvasScene) -> None:
    at = row.port_pos("a", "result", True)
    assert hit(row, 250, at.y() + 12, zoom=1.0).kind == "nothing"
    assert hit(row, 250, at.y() + 12, zoom=0.4).kind == "link"


def test_waypoints_are_hit_and_tell_their_number(scene: CanvasScene) -> None:
    led = link("a", "b", waypoints=((250.0, 300.0), (500.0, 300.0)))
    scene.set_face(face([node("a"), node("b", 700)], [led]))
    found = hit(scene, 503, 302)
    assert (found.kind, found.target, found.index) == ("waypoint", TARGET, 1)


def test_a_link_says_before_which_waypoint_a_new_one_belongs(scene: CanvasScene) -> None:
    led = link("a", "b", waypoints=((250.0, 300.0), (500.0, 300.0)))
    scene.set_face(face([node("a"), node("b", 700)], [led]))
    points = scene.links[TARGET].points
    each = (len(points) - 1) // 3
    for number in range(3):
        x, y = points[number * each + each // 2]
        assert (hit(scene, x, y).kind, hit(scene, x, y).index) == ("link", number)


def test_a_node_hides_what_lies_under_it(scene: CanvasScene) -> None:
    scene.set_face(face([node("a"), node("b", 100, 20)]))
    at = scene.port_pos("a", "result", True)
    assert hit(scene, at.x(), at.y()).node == "b"


def test_a_collapsed_node_can_be_taken_between_its_ports(scene: CanvasScene) -> None:
    scene.set_face(face([node("a", collapsed=True)]))
    assert hit(scene, 100, HEADER / 2).kind == "node"
    assert hit(scene, -3, HEADER / 2).kind == "port"


def test_frames_are_taken_by_their_title_and_their_edges(scene: CanvasScene) -> None:
    frame = FrameFace("f", (0.0, 0.0), (400.0, 300.0), "Frame", "")
    scene.set_face(face([], frames={"f": frame}))
    assert (hit(scene, 100, 15).kind, hit(scene, 100, 15).id) == ("frame", "f")
    corner = hit(scene, 399, 299)
    assert (corner.kind, corner.edges) == ("frame-edge", {"right", "bottom"})
    assert hit(scene, 200, 150).kind == "nothing", "inside, a marquee may begin"


def test_notes_are_taken_anywhere(scene: CanvasScene) -> None:
    scene.set_face(face([], notes={"n": NoteFace("n", (0.0, 0.0), (200.0, 100.0), "Hello", "")}))
    found = hit(scene, 100, 50)
    assert (found.kind, found.id, found.edges) == ("note", "n", frozenset())
    assert hit(scene, 198, 50).edges == {"right"}


def test_where_nothing_lies_nothing_is_hit(row: CanvasScene) -> None:
    assert hit(row, 100, 5_000) == Hit()


def test_a_hit_tells_where_the_node_lies(scene: CanvasScene) -> None:
    scene.set_face(face([replace(node("a"), at=(40.0, 60.0))]))
    assert hit(scene, 100, 70).box == scene.nodes["a"].box
