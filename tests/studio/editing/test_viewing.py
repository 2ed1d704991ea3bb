"""What any node made can be looked at, without touching the user's document."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.graph.document import dump_document
from engine.graph.flatten import flatten
from engine.graph.registry import Registry, installed_registry
from studio.editing.viewing import view_node
from tests.engine.graph.samples import NODES, definition, graph, node

REGISTRY = Registry.of(
    *NODES,
    *(
        found.node
        for name in ("output.video", "output.image", "output.preview")
        if (found := installed_registry().get(name)) is not None
    ),
)
FILM = graph(
    {
        "paint": node("paint"),
        "film": node("film"),
        "split": node("split"),
        "number": node("number"),
        "save": node("save"),
        "old": node("lost"),
    },
    "paint -> film.image",
    "film -> split.clip",
    "film -> save.what",
)
INNER = definition({"blur": node("blur"), "paint": node("paint")}, "paint -> blur.image")
OUTER = definition({"in": node("subgraph/inner"), "add": node("number")})
NESTED = graph({"out": node("subgraph/outer")}, subgraphs={"inner": INNER, "outer": OUTER})


@pytest.mark.parametrize(
    ("path", "shown_by"),
    [("film", "output.video"), ("paint", "output.image"), ("number", "output.preview")],
)
def test_the_output_follows_the_type(path: str, shown_by: str) -> None:
    text = dump_document(FILM)
    viewing = view_node(FILM, path, REGISTRY)
    (output,) = viewing.outputs
    assert viewing.document.nodes[output].type == shown_by
    flat = flatten(viewing.document, REGISTRY, viewing.outputs)
    assert list(flat.nodes)[-2:] == [path, output]
    assert dump_document(FILM) == text


def test_one_of_several_outputs_is_chosen() -> None:
    viewing = view_node(FILM, "split", REGISTRY, "sound")
    assert viewing.document.nodes[viewing.outputs[0]].type == "output.preview"
    with pytest.raises(InvalidInput, match="no output 'x'"):
        view_node(FILM, "split", REGISTRY, "x")


def test_an_output_node_shows_itself() -> None:
    viewing = view_node(FILM, "save", REGISTRY)
    assert viewing.document is FILM
    assert viewing.outputs == ("save",)


def test_a_node_deep_inside_is_led_out() -> None:
    viewing = view_node(NESTED, "out/in/blur", REGISTRY)
    flat = flatten(viewing.document, REGISTRY, viewing.outputs)
    assert list(flat.nodes) == ["out/in/paint", "out/in/blur", viewing.outputs[0]]
    assert flat.nodes[viewing.outputs[0]].inputs["image"] == ("out/in/blur", "result")


def test_what_cannot_be_shown_is_told() -> None:
    with pytest.raises(InvalidInput, match="not installed"):
        view_node(FILM, "old", REGISTRY)
    with pytest.raises(InvalidInput, match="Did you mean 'film'"):
        view_node(FILM, "filn", REGISTRY)


def test_without_output_nodes_the_node_itself_is_wanted() -> None:
    assert view_node(FILM, "film", Registry.of(*NODES)).outputs == ("film",)
