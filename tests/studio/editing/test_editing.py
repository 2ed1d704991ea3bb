"""Adding, inserting, deleting, grouping, framing, arranging: what each of them comes to."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from pydantic import JsonValue

from engine.errors import InvalidInput
from engine.graph.document import Exposed
from engine.graph.edits import Move
from engine.graph.registry import installed_registry
from studio.editing import (
    adding,
    arrange,
    deleting,
    frames,
    grouping,
    insert,
    looks,
    modes,
    notes,
    waypoints,
)
from studio.editing.arrange import Box
from studio.editing.level import Level
from tests.engine.graph.samples import definition, graph, node
from tests.studio.editing.graphs import after, level, pairs, typed

FILM = graph(
    {"paint": node("paint"), "blur": node("blur"), "film": node("film"), "soft": node("blur")},
    "paint -> blur.image",
    "blur -> film.image",
    exposed={"size": Exposed(node="paint", param="width")},
    view={
        "nodes": {"paint": {"at": [0, 0]}, "blur": {"at": [300, 0]}, "film": {"at": [600, 100]}},
        "waypoints": {"film.image": [[350, 40], [550, 80]]},
    },
)
BOXES = {"a": Box(0, 0, 100, 50), "b": Box(130, 20, 50, 90), "c": Box(400, 10, 100, 50)}


def test_a_node_is_added_where_it_was_asked_for() -> None:
    added = adding.add_node(level(FILM), typed("film"), (10, 20))
    document = after(FILM, added.edit)
    assert added.id == "film_2"
    assert added.edit.label == "Add film image"
    assert document.view["nodes"]["film_2"] == {"at": [10, 20]}  # type: ignore[index, call-overload]


def test_a_node_from_a_dragged_link_is_linked() -> None:
    forth = adding.add_linked(level(FILM), typed("film"), (0, 0), ("paint", "result"), True)
    assert "paint.result -> film_2.image" in pairs(after(FILM, forth.edit))
    back = adding.add_linked(level(FILM), typed("paint"), (0, 0), ("soft", "mask"), False)
    assert "paint_2.result -> soft.mask" in pairs(after(FILM, back.edit))
    none = adding.add_linked(level(FILM), typed("add"), (0, 0), ("paint", "result"), True)
    assert pairs(after(FILM, none.edit)) == pairs(FILM)


def test_a_dropped_file_makes_the_node_that_loads_it() -> None:
    here = Level(FILM, "", installed_registry())
    added = adding.add_loader(here, PurePath("/films/Cat.MP4"), (0, 0))
    document = after(FILM, added.edit)
    assert document.nodes["video"].type == "input.video"
    assert document.nodes["video"].params == {"path": "/films/Cat.MP4"}
    with pytest.raises(InvalidInput, match=r"No node loads 'letter\.doc'"):
        adding.add_loader(here, PurePath("letter.doc"), (0, 0))


def test_a_subgraph_is_not_added_to_itself() -> None:
    inner = definition({"blur": node("blur")})
    outer = definition({"i": node("subgraph/inner")})
    document = graph({}, subgraphs={"inner": inner, "outer": outer})
    inside = level(document, "inner")
    for name, reason in (("inner", "cannot contain itself"), ("outer", "contains 'inner'")):
        type = inside.lookup(f"subgraph/{name}")
        assert type is not None
        with pytest.raises(InvalidInput, match=reason):
            adding.add_node(inside, type, (0, 0))


def test_a_node_is_put_on_a_link() -> None:
    document = after(FILM, insert.insert(level(FILM), "soft", ("film", "image"), (450, 0)))
    assert pairs(document) == {
        "paint.result -> blur.image",
        "blur.result -> soft.image",
        "soft.result -> film.image",
    } or pairs(document) == {
        "paint.result -> blur.image",
        "blur.result -> soft.mask",
        "soft.result -> film.image",
    }
    ways = document.view["waypoints"]
    assert isinstance(ways, dict)
    assert sorted(ways.values()) == [[[350, 40]], [[550, 80]]]


def test_what_does_not_fit_on_a_link_is_refused() -> None:
    for node_id in ("paint", "film", "blur"):
        assert insert.insertion(level(FILM), node_id, ("film", "image")) is None
    with pytest.raises(InvalidInput, match="does not fit on this link"):
        insert.insert(level(FILM), "paint", ("film", "image"))


def test_a_node_that_leans_on_the_end_of_a_link_is_not_put_before_it() -> None:
    chain = graph(
        {"a": node("paint"), "b": node("blur"), "c": node("blur")}, "a -> b.image", "b -> c.image"
    )
    assert insert.insertion(level(chain), "c", ("b", "image")) is None


def test_a_new_node_is_put_on_a_link() -> None:
    added = insert.add_on_link(level(FILM), typed("blur"), ("film", "image"), (450, 0))
    assert f"{added.id}.result -> film.image" in pairs(after(FILM, added.edit))
    assert insert.fits_on_link(level(FILM), typed("blur"), ("film", "image"))
    assert not insert.fits_on_link(level(FILM), typed("film"), ("film", "image"))


def test_deleting_leaves_nothing_of_a_node() -> None:
    document = after(FILM, deleting.delete(level(FILM), ["blur", "paint"]))
    assert list(document.nodes) == ["film", "soft"]
    assert not document.links
    assert not document.exposed
    assert document.view == {"nodes": {"film": {"at": [600, 100]}}}


def test_deleting_inside_closes_the_border() -> None:
    inner = definition({"blur": node("blur")}, inputs={"image": ("blur", "image")})
    document = graph(
        {"paint": node("paint"), "s": node("subgraph/soft")},
        "paint -> s.image",
        subgraphs={"soft": inner},
    )
    edited = after(document, deleting.delete(level(document, "soft"), ["blur"]))
    assert edited.subgraphs["soft"].inputs == {}
    assert not edited.links


def test_the_gap_is_closed_where_types_fit() -> None:
    document = after(FILM, deleting.delete_and_reconnect(level(FILM), ["blur"]))
    assert pairs(document) == {"paint.result -> film.image"}
    ends = after(FILM, deleting.delete_and_reconnect(level(FILM), ["paint", "film"]))
    assert pairs(ends) == set()
    chain = graph(
        {"paint": node("paint"), "a": node("blur"), "b": node("blur"), "film": node("film")},
        "paint -> a.image",
        "a -> b.image",
        "b -> film.image",
    )
    both = after(chain, deleting.delete_and_reconnect(level(chain), ["a", "b"]))
    assert pairs(both) == {"paint.result -> film.image"}


def test_a_gap_stays_where_types_do_not_fit() -> None:
    document = graph(
        {"film": node("film"), "any": node("pass"), "blur": node("blur")},
        "film -> any.value",
        "any -> blur.image",
    )
    edited = after(document, deleting.delete_and_reconnect(level(document), ["any"]))
    assert pairs(edited) == set()


def test_modes_are_toggled_together() -> None:
    once = after(FILM, modes.toggle_bypass(level(FILM), ["paint", "blur"]))
    assert {once.nodes["paint"].mode, once.nodes["blur"].mode} == {"bypass"}
    mixed = after(once, modes.toggle_mute(level(once), ["paint", "film"]))
    assert {mixed.nodes["paint"].mode, mixed.nodes["film"].mode} == {"mute"}
    back = after(once, modes.toggle_bypass(level(once), ["paint", "blur"]))
    assert back == FILM


def test_a_subgraph_stands_where_its_nodes_were() -> None:
    added = grouping.group(level(FILM), ["blur", "film"], "Make it soft")
    document = after(FILM, added.edit)
    assert list(document.subgraphs) == ["Make_it_soft"]
    assert document.view["nodes"][added.id] == {"at": [450.0, 50.0]}  # type: ignore[index, call-overload]
    assert document.view["waypoints"] == {"Make_it_soft:film.image": [[350, 40], [550, 80]]}
    apart = after(document, grouping.ungroup(level(document), added.id))
    boxes = apart.view["nodes"]
    assert isinstance(boxes, dict)
    assert boxes["blur"] == {"at": [300, 0]}
    assert boxes["film"] == {"at": [600, 100]}


def test_frames_notes_and_waypoints_go_in_and_come_out() -> None:
    seen: dict[str, JsonValue] = {
        "nodes": {"blur": {"at": [300, 0]}, "film": {"at": [600, 100]}},
        "waypoints": {"film.image": [[450, 40]]},
        "frames": {"f": {"at": [280, -40], "size": [600, 300], "title": "F"}},
        "notes": {"n": {"at": [0, 0], "text": "stays"}},
    }
    document = FILM.model_copy(update={"view": seen})
    added = grouping.group(level(document), ["blur", "film"], "Soft", frames=["f"])
    grouped = after(document, added.edit)
    assert grouped.view["waypoints"] == {"Soft:film.image": [[450, 40]]}
    assert grouped.view["frames"]["f"]["within"] == "Soft"  # type: ignore[index, call-overload]
    far = after(grouped, Move({added.id: (1450.0, 50.0)}))
    apart = after(far, grouping.ungroup(level(far), added.id))
    assert apart.view["waypoints"] == {"film.image": [[1450, 40]]}
    assert apart.view["frames"]["f"]["at"] == [1280, -40]  # type: ignore[index, call-overload]
    assert apart.view["frames"]["f"]["within"] == ""  # type: ignore[index, call-overload]
    assert apart.view["notes"] == seen["notes"]


def test_ports_are_led_to_the_border_and_back() -> None:
    inner = definition({"blur": node("blur"), "paint": node("paint")}, "paint -> blur.image")
    document = graph({"s": node("subgraph/soft")}, subgraphs={"soft": inner})
    inside = level(document, "soft")
    led = after(document, grouping.lead_out(inside, ("blur", "mask"), "inputs"))
    assert led.subgraphs["soft"].inputs == {"mask": ("blur", "mask")}
    assert after(led, grouping.take_in(level(led, "soft"), ("blur", "mask"), "inputs")) == document
    with pytest.raises(InvalidInput, match="on the border already, as 'mask'"):
        grouping.lead_out(level(led, "soft"), ("blur", "mask"), "inputs")
    with pytest.raises(InvalidInput, match="A link feeds"):
        grouping.lead_out(inside, ("blur", "image"), "inputs")
    with pytest.raises(InvalidInput, match="Only a subgraph has a border"):
        grouping.lead_out(level(document), ("s", "x"), "inputs")


def test_parameters_are_offered_on_every_level() -> None:
    top = after(FILM, grouping.offer(level(FILM), "film", "seconds"))
    assert top.exposed["seconds"].label == "Seconds"
    assert after(top, grouping.withdraw(level(top), "film", "seconds")) == FILM
    inner = definition({"paint": node("paint")})
    document = graph({"s": node("subgraph/p")}, subgraphs={"p": inner})
    inside = after(document, grouping.offer(level(document, "p"), "paint", "width"))
    assert inside.subgraphs["p"].params == {"width": ("paint", "width")}


def test_definitions_that_nothing_uses_are_known() -> None:
    document = graph(
        {}, subgraphs={"a": definition({"b": node("subgraph/b")}), "b": definition({})}
    )
    assert grouping.unused_definitions(document) == ("a", "b")


def test_definitions_that_nothing_uses_are_removed_with_how_they_looked() -> None:
    unused = {"a": definition({"b": node("subgraph/b")}), "b": definition({})}
    document = graph(
        {"kept": node("subgraph/c")},
        subgraphs={**unused, "c": definition({})},
        view={
            "nodes": {"a:b": {"at": [0, 0]}, "kept": {"at": [1, 1]}},
            "notes": {"n": {"within": "b", "text": ""}, "m": {"within": "", "text": ""}},
        },
    )
    left = after(document, grouping.remove_unused(document))
    assert list(left.subgraphs) == ["c"]
    assert left.view["nodes"] == {"kept": {"at": [1, 1]}}
    assert left.view["notes"] == {"m": {"within": "", "text": ""}}
    with pytest.raises(InvalidInput, match="is used"):
        grouping.remove_unused(left)


@pytest.mark.parametrize(
    ("side", "places"),
    [
        ("left", {"b": (0, 20), "c": (0, 10)}),
        ("right", {"a": (400, 0), "b": (450, 20)}),
        ("bottom", {"a": (0, 60), "c": (400, 60)}),
        ("center", {"a": (200, 0), "b": (225, 20), "c": (200, 10)}),
        ("middle", {"a": (0, 30), "b": (130, 10), "c": (400, 30)}),
    ],
)
def test_boxes_are_lined_up(side: arrange.Side, places: dict[str, tuple[float, float]]) -> None:
    edit = arrange.align("", BOXES, side)
    document = graph({id: node("paint") for id in BOXES})
    edited = after(document, edit)
    boxes = edited.view["nodes"]
    assert isinstance(boxes, dict)
    assert {id: tuple(box["at"]) for id, box in boxes.items()} == places  # type: ignore[index, call-overload, arg-type]


def test_gaps_are_made_equal() -> None:
    document = graph({id: node("paint") for id in BOXES})
    edited = after(document, arrange.distribute("", BOXES, "horizontal"))
    assert edited.view["nodes"] == {"b": {"at": [225.0, 20]}}


def test_a_frame_is_drawn_around_nodes_and_takes_them_along() -> None:
    added = frames.frame_around(FILM, "", BOXES, "Sampling")
    document = after(FILM, added.edit)
    frame = frames.frame_of(document, added.id)
    assert frame == Box(-20, -52, 540, 182)
    assert frames.nodes_inside(frame, BOXES) == {"a", "b", "c"}
    assert frames.nodes_inside(frame, {"far": Box(1000, 0, 10, 10)}) == frozenset()
    moved = after(
        document, frames.move_all(document, "", {"paint": (5, 6)}, [added.id], [], (5, 6))
    )
    assert frames.frame_of(moved, added.id) == Box(-15, -46, 540, 182)


def test_frames_and_notes_stay_big_enough() -> None:
    document = after(FILM, frames.add_frame(FILM, "", Box(0, 0, 300, 200)).edit)
    small = after(document, frames.resize_frame("frame", Box(0, 0, 1, 1)))
    assert frames.frame_of(small, "frame") == Box(0, 0, 80, 60)
    noted = after(FILM, notes.add_note(FILM, "", (1, 2), "Try 8 steps").edit)
    tiny = after(noted, notes.resize_note("note", Box(1, 2, 1, 1)))
    assert notes.note_of(tiny, "note") == Box(1, 2, 80, 40)


def test_looks_come_and_go_without_a_trace() -> None:
    document = after(FILM, looks.color(FILM, "", ["soft"], "sky"))
    assert document.view["nodes"]["soft"] == {"color": "sky"}  # type: ignore[index, call-overload]
    assert after(document, looks.color(document, "", ["soft"], "")) == FILM
    assert looks.entries_of(after(FILM, looks.set_width(FILM, "", ["soft"], 9999)), "nodes")[
        "soft"
    ] == {"width": 800}


def test_links_are_led_through_places() -> None:
    target = ("film", "image")
    path = [(310, 0), (350, 40), (550, 80), (600, 110)]
    assert waypoints.place_on(path, (450, 65)) == 1
    assert waypoints.place_on(path, (590, 100)) == 2
    more = after(FILM, waypoints.add_waypoint(FILM, "", target, (450, 60), 1))
    assert waypoints.waypoints_of(more, "", target) == ((350, 40), (450, 60), (550, 80))
    fewer = after(more, waypoints.remove_waypoint(more, "", target, 1))
    assert fewer == FILM
    moved = after(FILM, waypoints.move_waypoint(FILM, "", target, 0, (1, 1)))
    assert waypoints.waypoints_of(moved, "", target)[0] == (1, 1)
