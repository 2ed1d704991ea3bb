"""The scene keeps in step with its face, and knows where everything is."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF
from pytestqt.qtbot import QtBot

from engine.graph.document import Document, Link, NodeSpec
from studio.canvas.geometry import HEADER, Box
from studio.canvas.scene import CanvasScene
from studio.document import Selection
from studio.faces import CanvasFace, FrameFace, NoteFace
from studio.runs import NodeRun
from tests.studio.canvas.samples import chain, face, link, node


def test_every_node_and_link_of_the_face_is_there(scene: CanvasScene) -> None:
    scene.set_face(chain())
    assert set(scene.nodes) == {"a", "b", "c"}
    assert set(scene.links) == {("b", "clip"), ("c", "clip")}


def test_what_did_not_change_is_not_touched(scene: CanvasScene) -> None:
    before = chain()
    scene.set_face(before)
    kept, changed = scene.nodes["a"].shape, scene.nodes["b"].shape
    links = dict(scene.links)
    title = replace(before.nodes["b"], title="Other")
    scene.set_face(replace(before, nodes={**before.nodes, "b": title}))
    assert scene.nodes["a"].shape is kept
    assert scene.nodes["b"].shape is not changed
    assert {target: scene.links[target] is links[target] for target in links} == {
        ("b", "clip"): True,
        ("c", "clip"): True,
    }


def test_a_moved_node_keeps_its_picture_and_takes_its_links_along(scene: CanvasScene) -> None:
    before = chain()
    scene.set_face(before)
    scene.nodes["b"].pixmap_key = (1.0, 100)
    scene.set_face(replace(before, nodes={**before.nodes, "b": node("b", 300, 400)}))
    assert scene.nodes["b"].pixmap_key == (1.0, 100)
    assert scene.links[("b", "clip")].curve.pieces[-1].end == scene.nodes["b"].port_pos(
        "clip", False
    )
    assert scene.links[("c", "clip")].curve.start == scene.nodes["b"].port_pos("result", True)


def test_another_look_makes_the_picture_stale(scene: CanvasScene) -> None:
    before = chain()
    scene.set_face(before)
    scene.nodes["b"].pixmap_key = (1.0, 100)
    scene.update_node(replace(before.nodes["b"], run=NodeRun(state="running")))
    assert scene.nodes["b"].pixmap_key is None


def test_what_goes_leaves_nothing_behind(scene: CanvasScene) -> None:
    scene.set_face(chain())
    scene.set_face(CanvasFace())
    assert not scene.nodes
    assert not scene.links
    assert not scene.index.chunks
    assert scene.content_rect().isNull()


def test_a_link_without_one_of_its_ends_is_not_drawn(scene: CanvasScene) -> None:
    scene.set_face(face([node("a")], [link("a", "gone")]))
    assert not scene.links


def test_it_tells_when_something_changed_and_only_then(scene: CanvasScene, qtbot: QtBot) -> None:
    shown = chain()
    with qtbot.waitSignal(scene.face_changed, timeout=100):
        scene.set_face(shown)
    with qtbot.assertNotEmitted(scene.face_changed):
        scene.set_face(replace(shown))


def test_which_nodes_are_at_work_is_known(scene: CanvasScene) -> None:
    shown = chain()
    scene.set_face(shown)
    scene.update_node(replace(shown.nodes["b"], run=NodeRun(state="running")))
    assert scene.running == {"b"}
    (flowing,) = scene.flowing_rects()
    assert flowing.contains(scene.port_pos("a", "result", True))
    scene.update_node(replace(shown.nodes["b"], run=NodeRun(state="done")))
    assert not scene.running


# -- dragging ----------------------------------------------------------------------------------


def test_dragged_nodes_and_their_links_follow(scene: CanvasScene) -> None:
    scene.set_face(chain())
    at = scene.port_pos("b", "clip", False)
    scene.offset_nodes({"b"}, 30, 40)
    assert scene.port_pos("b", "clip", False) == at + QPointF(30, 40)
    assert scene.lifted is not None
    ends = {each.face.target: each.curve.pieces[-1].end for each in scene.lifted.border}
    assert ends[("b", "clip")] == (at.x() + 30, at.y() + 40)


def test_what_is_dragged_is_not_hit(scene: CanvasScene) -> None:
    scene.set_face(chain())
    scene.offset_nodes({"b"}, 0, 200)
    assert scene.hit(QPointF(400, HEADER / 2 + 200)).kind == "nothing"
    assert scene.hit(QPointF(100, HEADER / 2)).node == "a"


def test_offsets_are_counted_from_where_the_document_has_the_node(scene: CanvasScene) -> None:
    scene.set_face(chain())
    for step in range(5):
        scene.offset_nodes({"a", "b"}, step * 10, 0)
    assert scene.node_rect("a").x() == 40
    assert scene.node_rect("b").x() == 340


def test_without_nodes_everything_is_back_in_its_place(scene: CanvasScene) -> None:
    scene.set_face(chain())
    before = {target: each.curve for target, each in scene.links.items()}
    scene.offset_nodes({"a", "b"}, 30, 40)
    scene.offset_nodes((), 0, 0)
    assert scene.node_rect("a").topLeft() == QPointF(0, 0)
    assert scene.hit(QPointF(100, HEADER / 2)).node == "a"
    assert {target: each.curve for target, each in scene.links.items()} == before


def test_an_edit_ends_dragging_and_the_document_decides(scene: CanvasScene) -> None:
    shown = chain()
    scene.set_face(shown)
    scene.offset_nodes({"a", "b"}, 30, 40)
    scene.set_face(replace(shown, nodes={**shown.nodes, "b": node("b", 330, 40)}))
    assert scene.lifted is None
    assert scene.node_rect("a").topLeft() == QPointF(0, 0)
    assert scene.node_rect("b").topLeft() == QPointF(330, 40)


def test_news_of_a_run_do_not_end_dragging(scene: CanvasScene) -> None:
    shown = chain()
    scene.set_face(shown)
    scene.offset_nodes({"b"}, 30, 40)
    scene.update_node(replace(shown.nodes["b"], run=NodeRun(state="running")))
    assert scene.node_rect("b").topLeft() == QPointF(330, 40)


def test_held_frames_are_drawn_elsewhere_until_the_document_changes(scene: CanvasScene) -> None:
    frame = FrameFace("f", (0, 0), (100, 100), "", "")
    note = NoteFace("n", (0, 0), (50, 50), "", "")
    shown = face([], frames={"f": frame}, notes={"n": note})
    scene.set_face(shown)
    scene.hold_boxes({"f": Box(10, 20, 120, 90), "n": Box(1, 2, 3, 4)})
    assert [(each.at, each.size) for each in scene.shown_frames()] == [((10, 20), (120, 90))]
    assert [(each.at, each.size) for each in scene.shown_notes()] == [((1, 2), (3, 4))]
    scene.set_face(replace(shown))
    assert list(scene.shown_frames()) == [frame]


# -- finding, placing, selecting ---------------------------------------------------------------


def test_a_marquee_takes_the_nodes_that_it_meets(scene: CanvasScene) -> None:
    scene.set_face(chain())
    assert scene.nodes_in(QRectF(150, 0, 200, 20)) == {"a", "b"}
    assert scene.nodes_in(QRectF(0, 2000, 10, 10)) == frozenset()


def test_nodes_far_apart_are_all_found(scene: CanvasScene) -> None:
    scene.set_face(face([node(f"n{k}", k * 3_000, -k * 2_500) for k in range(6)]))
    for k in range(6):
        assert scene.hit(QPointF(k * 3_000 + 50, -k * 2_500 + 10)).node == f"n{k}"


def test_the_content_holds_nodes_frames_and_notes(scene: CanvasScene) -> None:
    frame = FrameFace("f", (-500, 0), (100, 100), "", "")
    note = NoteFace("n", (0, 900), (50, 50), "", "")
    scene.set_face(face([node("a")], frames={"f": frame}, notes={"n": note}))
    assert scene.content_rect() == QRectF(-500, 0, 700, 950)
    assert scene.content_rect(["a"]) == scene.node_rect("a")


def test_nodes_without_a_place_are_laid_out_along_their_links(scene: CanvasScene) -> None:
    nodes = [replace(node(id), at=None) for id in "ab"]
    graph = Document(
        nodes={id: NodeSpec(type="test.node", version=1) for id in "ab"},
        links=(Link(source=("a", "result"), target=("b", "clip")),),
    )
    scene.set_face(face(nodes, [link("a", "b")]), graph)
    assert scene.node_rect("a").right() < scene.node_rect("b").left()
    assert set(scene.unplaced()) == {"a", "b"}


def test_a_new_node_without_a_place_moves_no_other(scene: CanvasScene) -> None:
    homeless = [replace(node(id), at=None) for id in "abc"]
    scene.set_face(face(homeless[:2]))
    before = scene.unplaced()
    scene.set_face(face(homeless))
    assert {id: scene.place_of(id) for id in "ab"} == before
    assert not any(scene.node_rect("c").intersects(scene.node_rect(id)) for id in "ab"), (
        "it lies on another node"
    )


def test_what_is_selected_comes_to_the_top(scene: CanvasScene) -> None:
    scene.set_face(face([node("a"), node("b", 50, 0)]))
    assert scene.hit(QPointF(100, 10)).node == "b"
    scene.set_selection(Selection.of_nodes(["a"]))
    assert scene.hit(QPointF(100, 10)).node == "a"


def test_without_previews_nodes_are_lower(scene: CanvasScene) -> None:
    scene.set_face(face([node("a", run=NodeRun(preview=b"jpeg"))]))
    high = scene.node_rect("a").height()
    scene.show_previews(False)
    assert scene.node_rect("a").height() < high - 80
    scene.show_previews(True)
    assert scene.node_rect("a").height() == high


def test_a_port_says_what_it_takes(scene: CanvasScene) -> None:
    scene.set_face(chain())
    assert scene.port_tip("a", "clip", False) == "Clip: Clip (required)"
    assert scene.port_tip("a", "result", True) == "Result: Clip"
    assert scene.port_tip("a", "gone", True) == ""
