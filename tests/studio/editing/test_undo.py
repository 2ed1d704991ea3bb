"""Every operation on every graph is undone to the identical document, and redone the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from engine.errors import InvalidInput
from engine.graph.document import Document, dump_document, parse_document
from engine.graph.edits import Edit
from studio.editing import (
    adding,
    arrange,
    clipboard,
    connect,
    copying,
    deleting,
    frames,
    grouping,
    insert,
    layout,
    looks,
    modes,
    notes,
    waypoints,
)
from studio.editing.arrange import Box
from studio.editing.level import Level
from tests.studio.editing.graphs import TYPES, after, documents, level

Operation = Callable[[Level, st.DataObject], Edit]


def some(here: Level, data: st.DataObject) -> list[str]:
    return data.draw(st.lists(st.sampled_from(list(here.graph.nodes)), min_size=1, unique=True))


def one(here: Level, data: st.DataObject) -> str:
    return data.draw(st.sampled_from(list(here.graph.nodes)))


def a_target(here: Level, data: st.DataObject) -> tuple[str, str]:
    targets = [link.target for link in here.graph.links]
    return data.draw(st.sampled_from(targets)) if targets else ("n0", "none")


def a_port(here: Level, data: st.DataObject, outputs: bool) -> tuple[str, str]:
    id = one(here, data)
    type = here.type_of(id)
    assert type is not None
    names = list(type.outputs) if outputs else [*type.inputs, *type.params]
    return id, data.draw(st.sampled_from(names)) if names else "none"


def boxes(here: Level, data: st.DataObject) -> dict[str, Box]:
    spot = st.integers(-300, 300)
    return {id: Box(data.draw(spot), data.draw(spot), 200, 80) for id in some(here, data)}


def group_and_ungroup(here: Level, data: st.DataObject) -> Edit:
    added = grouping.group(here, some(here, data), "Inside")
    grouped = here.after(after(here.document, added.edit))
    after(grouped.document, grouping.ungroup(grouped, added.id))
    return added.edit


def led_out(here: Level, data: st.DataObject) -> Edit:
    inner = Level(here.document, "soft" if here.document.subgraphs else "", here.registry)
    return grouping.lead_out(inner, a_port(inner, data, False), "inputs")


OPERATIONS: dict[str, Operation] = {
    "connect": lambda at, d: connect.connect(at, a_port(at, d, True), a_port(at, d, False)),
    "move an end": lambda at, d: connect.move_end(at, a_target(at, d), a_port(at, d, False)),
    "disconnect": lambda at, d: connect.disconnect(at, [a_target(at, d)]),
    "add": lambda at, d: adding.add_node(at, d.draw(st.sampled_from(TYPES)), (1, 2)).edit,
    "add from an output": lambda at, d: (
        adding.add_linked(
            at, d.draw(st.sampled_from(TYPES)), (1, 2), a_port(at, d, True), True
        ).edit
    ),
    "add from an input": lambda at, d: (
        adding.add_linked(
            at, d.draw(st.sampled_from(TYPES)), (1, 2), a_port(at, d, False), False
        ).edit
    ),
    "insert": lambda at, d: insert.insert(at, one(at, d), a_target(at, d), (0, 0)),
    "add on a link": lambda at, d: (
        insert.add_on_link(at, d.draw(st.sampled_from(TYPES)), a_target(at, d), (0, 0)).edit
    ),
    "delete": lambda at, d: deleting.delete(
        at, some(at, d), [a_target(at, d)][: len(at.graph.links)]
    ),
    "delete frames": lambda at, d: deleting.delete(at, frames=["f"], notes=["n"]),
    "delete and reconnect": lambda at, d: deleting.delete_and_reconnect(at, some(at, d)),
    "duplicate": lambda at, d: clipboard.duplicate(at, some(at, d), ["f"], ["n"]).edit,
    "duplicate linked": lambda at, d: clipboard.duplicate(at, some(at, d), linked=True).edit,
    "paste": lambda at, d: (
        clipboard.paste_text(
            at, copying.copy_text(at.document, "", some(at, d), ["f"]), (5, 5), linked=True
        ).edit
    ),
    "bypass": lambda at, d: modes.toggle_bypass(at, some(at, d)),
    "mute": lambda at, d: modes.toggle_mute(at, some(at, d)),
    "align": lambda at, d: arrange.align("", boxes(at, d), "middle"),
    "distribute": lambda at, d: arrange.distribute("", boxes(at, d), "horizontal"),
    "snap": lambda at, d: arrange.snap("", boxes(at, d)),
    "lay out": lambda at, d: layout.lay_out(at, {}, some(at, d)),
    "frame": lambda at, d: frames.frame_around(at.document, "", boxes(at, d)).edit,
    "move all": lambda at, d: frames.move_all(
        at.document, "", {one(at, d): (1.0, 2.0)}, ["f"], ["n"], (3, 4)
    ),
    "resize a frame": lambda at, d: frames.resize_frame("f", Box(0, 0, 10, 10)),
    "note": lambda at, d: notes.add_note(at.document, "", (1, 1), "hello").edit,
    "write": lambda at, d: notes.write_note("n", "other"),
    "reroute": lambda at, d: waypoints.add_waypoint(at.document, "", a_target(at, d), (7, 7)),
    "color": lambda at, d: looks.color(at.document, "", some(at, d), "sky"),
    "uncolor": lambda at, d: looks.color(at.document, "", some(at, d), ""),
    "collapse": lambda at, d: looks.toggle_collapsed(at.document, "", some(at, d)),
    "title": lambda at, d: looks.retitle(at.document, "", one(at, d), "Mine"),
    "width": lambda at, d: looks.set_width(at.document, "", some(at, d), 321),
    "group": group_and_ungroup,
    "lead out": led_out,
    "offer": lambda at, d: grouping.offer(at, *a_port(at, d, False)),
    "withdraw": lambda at, d: grouping.withdraw(at, "n0", "width"),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@given(document=documents(), data=st.data())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_every_operation_is_undone(operation: str, document: Document, data: st.DataObject) -> None:
    try:
        edit = OPERATIONS[operation](level(document), data)
        edit.apply(document)
    except InvalidInput:
        return
    edited = after(document, edit)
    assert parse_document(dump_document(edited)) == edited
    assert edit.label


strange: st.SearchStrategy[JsonValue] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["", "x", "soft"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["at", "size", "n0", "f", "within", "title"]), inner),
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("operation", OPERATIONS)
@given(document=documents(), data=st.data())
@settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_whatever_stands_in_the_view_does_no_harm(
    operation: str, document: Document, data: st.DataObject
) -> None:
    parts = st.sampled_from(["nodes", "frames", "notes", "waypoints"])
    keys = st.sampled_from(["n0", "n1", "f", "n", "soft:blur", "n1.image"])
    entries = st.one_of(strange, st.dictionaries(keys, strange, max_size=4))
    view = data.draw(st.dictionaries(parts, entries, max_size=4))
    test_every_operation_is_undone.hypothesis.inner_test(  # type: ignore[attr-defined]
        operation, document.model_copy(update={"view": view}), data
    )
