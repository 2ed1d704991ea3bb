"""What the mouse does on the canvas, from press to release, without a screen."""

from __future__ import annotations

import pytest

from engine.graph.document import dump_document
from studio.canvas.geometry import Box as SceneBox
from studio.canvas.gestures.machine import GestureMachine
from studio.canvas.gestures.stage import Pointer
from studio.canvas.hits import Hit
from studio.document import Selection
from studio.editing.arrange import Box
from studio.faces import ParamFace
from tests.engine.graph.samples import REGISTRY, graph, node
from tests.studio.canvas.gestures.fake_stage import FakeStage, entry_of, pointer
from tests.studio.editing.graphs import pairs

FILM = graph(
    {
        "paint": node("paint"),
        "film": node("film"),
        "blur": node("blur"),
        "number": node("number"),
    },
    "paint -> film.image",
    view={
        "nodes": {
            "paint": {"at": [0, 0]},
            "film": {"at": [600, 0]},
            "blur": {"at": [0, 400]},
            "number": {"at": [600, 400]},
        },
        "frames": {"f": {"at": [-50, 350], "size": [300, 200], "title": "F"}},
        "notes": {"n": {"at": [1000, 1000], "size": [100, 50], "text": "n"}},
    },
)
OUT = Hit("port", "paint", "result", True)
IN = Hit("port", "film", "image", False)


class Mouse:
    """A mouse on a stage; `menus` are the context menus that were asked for."""

    def __init__(self) -> None:
        self.stage = FakeStage(FILM)
        self.menus: list[Hit] = []
        self.machine = GestureMachine(self.stage, lambda hit, _: self.menus.append(hit))

    def drag(self, *pointers: Pointer) -> None:
        self.hold(*pointers)
        self.machine.release(pointers[-1])

    def hold(self, *pointers: Pointer) -> None:
        self.machine.press(pointers[0])
        for each in pointers[1:]:
            self.machine.move(each)

    def click(self, at: Pointer) -> None:
        self.machine.press(at)
        self.machine.release(at)

    @property
    def selected(self) -> frozenset[str]:
        return self.stage.opened.selection.nodes

    def at(self, id: str) -> object:
        return entry_of(self.stage.opened.document, "nodes", id)["at"]

    @property
    def unchanged(self) -> bool:
        return dump_document(self.stage.opened.document) == dump_document(FILM)


@pytest.fixture
def mouse() -> Mouse:
    return Mouse()


def test_a_click_selects_and_shift_adds_and_takes_away(mouse: Mouse) -> None:
    mouse.click(pointer(10, 10))
    assert mouse.selected == {"paint"}
    mouse.click(pointer(610, 10, shift=True))
    assert mouse.selected == {"paint", "film"}
    mouse.click(pointer(10, 10, shift=True))
    assert mouse.selected == {"film"}
    mouse.click(pointer(300, 300))
    assert not mouse.selected


def test_a_click_on_one_of_several_selected_leaves_it_alone(mouse: Mouse) -> None:
    mouse.stage.opened.select(Selection.of_nodes(["paint", "film"]))
    mouse.click(pointer(10, 10))
    assert mouse.selected == {"paint"}


def test_a_marquee_selects_what_is_inside(mouse: Mouse) -> None:
    mouse.hold(pointer(-100, -100), pointer(300, 700))
    assert mouse.stage.marquee == Box(-100, -100, 400, 800)
    assert mouse.selected == {"paint", "blur"}
    assert mouse.stage.opened.selection.frames == {"f"}
    mouse.machine.release(pointer(300, 700))
    assert mouse.stage.marquee is None
    mouse.drag(pointer(590, -10, shift=True), pointer(900, 200, shift=True))
    assert mouse.selected == {"paint", "blur", "film"}


def test_escape_brings_the_selection_back(mouse: Mouse) -> None:
    mouse.stage.opened.select(Selection.of_nodes(["film"]))
    mouse.hold(pointer(-100, -100), pointer(300, 700))
    assert mouse.machine.give_up()
    assert mouse.selected == {"film"}
    assert not mouse.machine.busy


def test_a_drag_moves_what_is_selected_in_one_step(mouse: Mouse) -> None:
    mouse.stage.opened.select(Selection.of_nodes(["paint", "film"]))
    mouse.hold(pointer(10, 10), pointer(20, 20), pointer(43, 28))
    assert mouse.stage.offset == (frozenset({"paint", "film"}), (33, 18))
    assert mouse.unchanged
    mouse.machine.release(pointer(43, 28))
    assert (mouse.at("paint"), mouse.at("film"), mouse.at("blur")) == (
        [33, 18],
        [633, 18],
        [0, 400],
    )
    assert mouse.stage.offset[0] == frozenset()
    mouse.stage.opened.undo()
    assert mouse.unchanged


def test_a_node_that_is_not_selected_is_when_it_is_dragged(mouse: Mouse) -> None:
    mouse.stage.opened.select(Selection.of_nodes(["film"]))
    mouse.drag(pointer(10, 10), pointer(60, 10))
    assert mouse.selected == {"paint"}
    assert mouse.at("film") == [600, 0]


def test_what_is_dragged_snaps_unless_ctrl_is_held(mouse: Mouse) -> None:
    mouse.stage.snaps = True
    mouse.drag(pointer(10, 10), pointer(43, 28))
    assert mouse.at("paint") == [40, 20]
    mouse.drag(pointer(60, 30), pointer(73, 38, ctrl=True))
    assert mouse.at("paint") == [53, 28]


def test_a_press_that_hardly_moves_is_a_click(mouse: Mouse) -> None:
    mouse.drag(pointer(10, 10), pointer(12, 11))
    assert mouse.unchanged


def test_escape_puts_down_what_was_dragged(mouse: Mouse) -> None:
    mouse.hold(pointer(10, 10), pointer(99, 99))
    mouse.machine.give_up()
    assert mouse.stage.offset == (frozenset(), (0, 0))
    assert mouse.unchanged
    assert not mouse.machine.release(pointer(99, 99))
    assert mouse.unchanged


def test_a_frame_takes_its_nodes_along(mouse: Mouse) -> None:
    mouse.stage.hits[(0, 351)] = Hit("frame", id="f", box=SceneBox(-50, 350, 300, 200))
    mouse.hold(pointer(0, 351), pointer(100, 351))
    assert mouse.stage.held == {"f": Box(50, 350, 300, 200)}
    mouse.machine.release(pointer(100, 351))
    assert mouse.at("blur") == [100, 400]
    assert entry_of(mouse.stage.opened.document, "frames", "f")["at"] == [50, 350]
    assert mouse.stage.opened.position == 1


def test_a_node_dropped_on_a_link_is_put_into_it_unless_alt_is_held(mouse: Mouse) -> None:
    mouse.hold(pointer(10, 410), pointer(310, 10))
    assert mouse.stage.hot_link == ("film", "image")
    mouse.machine.move(pointer(310, 10, alt=True))
    assert mouse.stage.hot_link is None
    mouse.machine.release(pointer(310, 10))
    assert "blur.result -> film.image" in pairs(mouse.stage.opened.document)
    assert mouse.at("blur") == [300, 0]
    mouse.stage.opened.undo()
    assert mouse.unchanged


def test_a_link_is_dragged_from_an_output_to_an_input(mouse: Mouse) -> None:
    mouse.stage.hits |= {(200, 40): OUT, (1, 440): Hit("port", "blur", "mask", False)}
    mouse.hold(pointer(200, 40), pointer(300, 200))
    assert mouse.stage.marked == {("film", "image"), ("blur", "image"), ("blur", "mask")}
    assert mouse.stage.draft == ("Image", False, "")
    mouse.machine.move(pointer(1, 440))
    assert mouse.stage.draft == ("Image", True, "")
    mouse.machine.release(pointer(1, 440))
    assert "paint.result -> blur.mask" in pairs(mouse.stage.opened.document)
    assert mouse.stage.draft is None
    assert mouse.stage.marked is None


def test_why_a_link_does_not_fit_is_shown_and_told(mouse: Mouse) -> None:
    wrong = Hit("widget", "film", "seconds")
    mouse.stage.hits |= {(200, 40): OUT, (610, 60): wrong}
    mouse.hold(pointer(200, 40), pointer(610, 60))
    reason = "'seconds' takes Number, but this gives Image."
    assert mouse.stage.draft == ("Image", False, reason)
    mouse.machine.release(pointer(610, 60))
    assert mouse.stage.said == [reason]
    assert mouse.unchanged


def test_a_link_dropped_on_a_node_finds_the_port_that_fits(mouse: Mouse) -> None:
    mouse.stage.hits[(200, 40)] = OUT
    mouse.drag(pointer(200, 40), pointer(100, 450))
    assert "paint.result -> blur.mask" in pairs(mouse.stage.opened.document)
    mouse.drag(pointer(200, 40), pointer(700, 450))
    assert mouse.stage.said == ["Nothing on this node takes Image."]


def test_a_link_makes_a_port_of_a_parameter(mouse: Mouse) -> None:
    mouse.stage.hits |= {
        (800, 440): Hit("port", "number", "result", True),
        (650, 60): Hit("widget", "film", "seconds"),
    }
    mouse.drag(pointer(800, 440), pointer(650, 60))
    assert "number.result -> film.seconds" in pairs(mouse.stage.opened.document)


def test_a_link_dropped_in_the_void_asks_for_a_node(mouse: Mouse) -> None:
    mouse.stage.hits[(200, 40)] = OUT
    mouse.drag(pointer(200, 40), pointer(300, 300))
    assert mouse.stage.searched == ((300, 300), ("paint", "result"), True)
    mouse.stage.hits[(0, 440)] = Hit("port", "blur", "mask", False)
    mouse.drag(pointer(0, 440), pointer(-300, 300))
    assert mouse.stage.searched == ((-300, 300), ("blur", "mask"), False)


def test_the_end_of_a_link_is_led_elsewhere_or_taken_away(mouse: Mouse) -> None:
    mouse.stage.hits |= {(600, 40): IN, (1, 440): Hit("port", "blur", "image", False)}
    mouse.drag(pointer(600, 40), pointer(1, 440))
    assert pairs(mouse.stage.opened.document) == {"paint.result -> blur.image"}
    mouse.stage.opened.undo()
    mouse.drag(pointer(600, 40), pointer(400, 300))
    assert not pairs(mouse.stage.opened.document)
    assert mouse.stage.searched is None


def test_a_link_put_back_where_it_was_changes_nothing(mouse: Mouse) -> None:
    mouse.stage.hits |= {(600, 40): IN}
    mouse.drag(pointer(600, 40), pointer(400, 300), pointer(600, 40))
    assert mouse.unchanged


@pytest.mark.parametrize(
    "press",
    [pointer(400, -50, cutting=True), pointer(400, -50, "right", ctrl=True)],
    ids=["key", "right button"],
)
def test_a_stroke_cuts_links(mouse: Mouse, press: Pointer) -> None:
    mouse.hold(press, pointer(400, 20, press.button))
    assert len(mouse.stage.cut) == 2
    mouse.machine.move(pointer(400, 90, press.button))
    mouse.machine.release(pointer(400, 90, press.button))
    assert not pairs(mouse.stage.opened.document)
    assert mouse.stage.cut == ()


@pytest.mark.parametrize(
    "press",
    [pointer(400, 40, alt=True), pointer(400, 40, "right", shift=True)],
    ids=["alt", "right button"],
)
def test_a_reroute_is_dragged_out_of_a_link(mouse: Mouse, press: Pointer) -> None:
    mouse.stage.hits[(400, 40)] = Hit("link", target=("film", "image"), index=0)
    mouse.drag(press, pointer(400, 140, press.button))
    ways = mouse.stage.opened.document.view["waypoints"]
    assert ways == {"film.image": [[400, 140]]}
    assert mouse.stage.opened.position == 1
    mouse.stage.opened.undo()
    assert mouse.unchanged


def test_alt_click_puts_a_reroute_and_escape_takes_it_back(mouse: Mouse) -> None:
    mouse.stage.hits[(400, 40)] = Hit("link", target=("film", "image"), index=0)
    mouse.click(pointer(400, 40, alt=True))
    assert mouse.stage.opened.document.view["waypoints"] == {"film.image": [[400, 40]]}
    mouse.stage.hits[(400, 40)] = Hit("waypoint", target=("film", "image"), index=0)
    mouse.hold(pointer(400, 40), pointer(450, 90))
    mouse.machine.give_up()
    assert mouse.stage.opened.document.view["waypoints"] == {"film.image": [[400, 40]]}


def test_a_right_click_selects_and_opens_a_menu(mouse: Mouse) -> None:
    mouse.click(pointer(10, 10, "right"))
    assert mouse.selected == {"paint"}
    assert [hit.kind for hit in mouse.menus] == ["node"]
    mouse.drag(pointer(10, 10, "right"), pointer(90, 90, "right"))
    assert len(mouse.menus) == 1
    assert mouse.unchanged


def test_a_frame_is_resized_by_its_edges(mouse: Mouse) -> None:
    box = SceneBox(-50, 350, 300, 200)
    edges = frozenset({"right", "bottom"})
    mouse.stage.hits[(250, 550)] = Hit("frame-edge", id="f", edges=edges, box=box)
    mouse.hold(pointer(250, 550), pointer(300, 500))
    assert mouse.stage.held == {"f": Box(-50, 350, 350, 150)}
    mouse.machine.release(pointer(300, 500))
    frame = entry_of(mouse.stage.opened.document, "frames", "f")
    assert (frame["at"], frame["size"]) == ([-50, 350], [350, 150])


def test_a_node_is_made_wider_at_its_edge(mouse: Mouse) -> None:
    mouse.hold(pointer(198, 80), pointer(258, 80), pointer(300, 80))
    mouse.machine.release(pointer(300, 80))
    assert entry_of(mouse.stage.opened.document, "nodes", "paint")["width"] == 302
    assert mouse.stage.opened.position == 1


def test_a_number_is_scrubbed_and_clicked(mouse: Mouse) -> None:
    spec = REGISTRY.get("test.film").params["seconds"]  # type: ignore[union-attr]
    hit = Hit("widget", "film", "seconds", box=SceneBox(608, 60, 184, 20))
    mouse.stage.params["film", "seconds"] = ParamFace(spec, 1.0, False)
    mouse.stage.hits[(700, 70)] = hit
    mouse.click(pointer(700, 70))
    assert mouse.stage.edited == hit
    mouse.hold(pointer(700, 70), pointer(740, 70))
    assert mouse.stage.opened.document.nodes["film"].params == {"seconds": 2.0}
    mouse.machine.move(pointer(720, 70))
    assert mouse.stage.opened.document.nodes["film"].params == {"seconds": 1.5}
    mouse.machine.release(pointer(720, 70))
    assert mouse.stage.opened.position == 1
    mouse.hold(pointer(700, 70), pointer(740, 70))
    mouse.machine.give_up()
    assert mouse.stage.opened.document.nodes["film"].params == {"seconds": 1.5}


def test_a_parameter_is_a_port_at_its_left_end(mouse: Mouse) -> None:
    hit = Hit("widget", "film", "seconds", box=SceneBox(608, 60, 184, 20))
    mouse.stage.hits |= {(610, 70): hit, (800, 440): Hit("port", "number", "result", True)}
    mouse.drag(pointer(610, 70), pointer(800, 440))
    assert "number.result -> film.seconds" in pairs(mouse.stage.opened.document)


def test_the_middle_button_is_left_to_the_view(mouse: Mouse) -> None:
    assert not mouse.machine.press(pointer(0, 0, "middle"))
    assert not mouse.machine.move(pointer(9, 9, ""))
