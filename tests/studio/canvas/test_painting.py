"""What is seen on the canvas, near by and from afar."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from studio.canvas.geometry import HEADER
from studio.document import Selection
from studio.faces import FrameFace, NodeFace, NoteFace
from studio.runs import NodeRun, NodeState
from studio.theme import DARK, LIGHT
from tests.studio.canvas.conftest import Look
from tests.studio.canvas.samples import chain, face, link, node

STATES: tuple[NodeState, ...] = (
    "idle", "waiting", "running", "done", "cached", "failed", "skipped", "cancelled",
)  # fmt: skip
CANVAS = QColor(DARK.colors.canvas)
ACCENT = QColor(DARK.colors.accent)


def close(one: QColor, other: QColor, by: int = 24) -> bool:
    """Whether two colours are nearly the same."""
    pairs = zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)
    return all(abs(a - b) <= by for a, b in pairs)


def header(look: Look, of: NodeFace) -> QColor:
    """The colour of a node's header, at its upper right where no text is."""
    look.show(face([of]))
    return look.color(120, 4)


def test_the_ground_is_the_themes_canvas(look: Look) -> None:
    look.show(chain())
    assert look.color(-50, -50) == CANVAS or look.color(-53, -47) == CANVAS


def test_a_nodes_header_has_its_categorys_colour_or_its_own(look: Look) -> None:
    assert header(look, node("a")) == QColor(DARK.node_color("teal"))
    assert header(look, node("a", color="violet")) == QColor(DARK.node_color("violet"))


@pytest.mark.parametrize("zoom", [2.0, 1.0, 0.4, 0.2, 0.05])
def test_nodes_are_seen_at_every_zoom(look: Look, zoom: float) -> None:
    look.show(chain(), zoom)
    for x in (100, 320):
        assert not close(look.color(x, HEADER + 8), CANVAS, 6)


@pytest.mark.parametrize("zoom", [1.0, 0.4, 0.2])
def test_links_have_the_colour_of_what_they_carry(look: Look, zoom: float) -> None:
    look.show(chain(), zoom)
    y = look.scene.port_pos("a", "result", True).y()
    colors = [look.color(250, y + step / 2 / zoom) for step in range(-3, 4)]
    clip = QColor(DARK.type_color("Clip"))
    bluest = max(colors, key=QColor.blue)
    assert bluest.blue() > 0.35 * clip.blue()
    assert bluest.blue() > bluest.red() + 40


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("zoom", [1.0, 0.4, 0.2])
def test_every_state_can_be_told_from_being_idle(look: Look, state: NodeState, zoom: float) -> None:
    run = NodeRun(state=state, done=3, total=10, message="It broke.", seconds=2.0)
    idle = face([node("a")])
    look.show(idle, zoom)
    before = look.image()
    look.show(face([node("a", run=run)]), zoom)
    quiet_from_afar = zoom < 0.27 and state in ("waiting", "skipped", "cancelled")
    if state != "idle" and not quiet_from_afar:
        assert look.image() != before


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "mute"},
        {"mode": "bypass"},
        {"missing": True},
        {"problem": "It needs a clip."},
        {"collapsed": True},
        {"subgraph": "inside"},
        {"color": "rose"},
        {"title": "Mine"},
    ],
)
def test_every_look_differs_from_the_plain_one(look: Look, change: dict[str, object]) -> None:
    look.show(face([node("a")]))
    before = look.image()
    look.show(face([node("a", **change)]))
    assert look.image() != before


def test_a_muted_node_hides_what_lies_under_it(look: Look) -> None:
    look.show(face([node("a", mode="mute")]))
    alone = look.color(100, 50)
    look.show(face([node("under", -20, -20, color="rose"), node("over", mode="mute")]))
    assert look.color(100, 50) == alone


def test_selected_nodes_are_marked(look: Look) -> None:
    for zoom, aside in ((1.0, 1.2), (0.4, 3), (0.2, 5)):
        look.show(chain(), zoom)
        look.scene.set_selection(Selection.of_nodes(["a"]))
        middle = look.scene.node_rect("a").height() / 2
        at = look.surface.from_scene(QPointF(100, look.scene.node_rect("a").bottom()))
        image = look.image()
        column = [image.pixelColor(at.x(), at.y() + step) for step in range(-1, 4)]
        assert any(close(color, ACCENT, 60) for color in column), (zoom, aside, middle)


def test_a_picture_of_another_zoom_does_until_there_is_time(look: Look, qtbot: QtBot) -> None:
    look.show(chain())
    look.image()
    look.scene.painting.sprites.patience = 0.0
    look.surface.camera.zoom_by(1.1, QPointF(400, 300))
    look.surface.camera.finish()
    with qtbot.waitSignal(look.scene.wants_time, timeout=2_000):
        look.surface.viewport().update()
    assert look.scene.painting.behind
    look.scene.painting.sprites.patience = 60.0
    look.image()
    assert not look.scene.painting.behind


def test_a_node_for_which_there_was_no_time_at_all_is_a_box_meanwhile(look: Look) -> None:
    look.scene.painting.sprites.patience = 0.0
    look.show(chain())
    assert look.color(150, 50) == QColor(DARK.colors.node)


def test_hidden_nodes_are_not_painted(look: Look) -> None:
    look.show(face([node("a"), node("far", 50_000, 0)]))
    look.image()
    assert look.scene.nodes["a"].pixmap is not None
    assert look.scene.nodes["far"].pixmap is None


def test_dragged_nodes_are_drawn_where_the_hand_is(look: Look) -> None:
    for zoom in (1.0, 0.4, 0.2):
        look.show(chain(), zoom)
        look.scene.offset_nodes({"a", "b"}, 0, 300)
        assert not close(look.color(100, HEADER + 308), CANVAS, 6)
        assert close(look.color(107, 47), CANVAS, 6)
        look.scene.offset_nodes((), 0, 0)
        assert not close(look.color(100, HEADER + 8), CANVAS, 6)


def test_another_theme_changes_everything(look: Look) -> None:
    for zoom in (1.0, 0.2):
        look.show(chain(), zoom)
        look.image()
        look.scene.set_theme(LIGHT)
        assert look.color(100, 50).lightness() > 180
        look.scene.set_theme(DARK)
        assert look.color(100, 50).lightness() < 120


def test_frames_and_notes_are_seen(look: Look) -> None:
    frame = FrameFace("f", (-40.0, -60.0), (400.0, 300.0), "Frame", "rose")
    note = NoteFace("n", (0.0, 300.0), (200.0, 80.0), "Remember", "")
    look.show(face([node("a")], frames={"f": frame}, notes={"n": note}))
    assert look.color(300, 200).red() > CANVAS.red() + 10
    assert close(look.color(190, 370), QColor(DARK.colors.note))


def test_a_faulty_link_is_drawn_in_the_colour_of_danger(look: Look) -> None:
    broken = link("a", "b", problem="A Clip is no Image.")
    look.show(face([node("a"), node("b", 300)], [broken]))
    y = look.scene.port_pos("a", "result", True).y()
    row = [look.color(x, y) for x in range(215, 290)]
    assert any(close(color, QColor(DARK.colors.danger), 40) for color in row)


# -- what gestures show ------------------------------------------------------------------------


def test_a_dragged_link_and_its_reason_are_seen_and_go_away(look: Look) -> None:
    look.show(chain())
    before = look.image()
    look.scene.show_draft_link(
        QPointF(0, 300), QPointF(200, 350), "Clip", False, "It does not fit."
    )
    refused = look.image()
    look.scene.show_draft_link(QPointF(0, 300), QPointF(200, 350), "Clip", True)
    assert before != refused != look.image() != before
    look.scene.hide_draft_link()
    assert look.image() == before


def test_a_marquee_is_seen_and_goes_away(look: Look) -> None:
    look.show(chain())
    before = look.image()
    look.scene.show_marquee(QRectF(10, 200, 100, 100))
    assert look.image() != before
    look.scene.show_marquee(None)
    assert look.image() == before


def test_nodes_without_a_fitting_port_are_veiled(look: Look) -> None:
    look.show(chain())
    plain = {x: look.color(x, 4) for x in (120, 420)}
    look.scene.highlight_ports(lambda id, port, is_output: id == "a" and not is_output)
    assert look.color(120, 4) == plain[120]
    assert look.color(420, 4) != plain[420]
    look.scene.highlight_ports(None)
    assert look.color(420, 4) == plain[420]


def test_each_port_is_asked_once_whether_it_fits(look: Look) -> None:
    look.show(chain())
    asked: list[tuple[str, str, bool]] = []

    def fits(id: str, port: str, is_output: bool) -> bool:
        asked.append((id, port, is_output))
        return True

    look.scene.highlight_ports(fits)
    look.image()
    look.image()
    assert sorted(asked) == sorted(set(asked))
    assert {("a", "clip", False), ("a", "result", True), ("a", "steps", False)} <= set(asked)


def test_a_flowing_link_moves_on(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work = replace(node("b", 300), run=NodeRun(state="running"))
    look.show(face([node("a"), at_work], [link("a", "b")]))
    times = iter((10.0, 10.05, 10.05))
    monkeypatch.setattr("studio.canvas.painting.monotonic", lambda: next(times))
    assert look.image() != look.image()
