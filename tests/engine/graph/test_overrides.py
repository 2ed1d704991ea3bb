"""Parameters are set from outside by their names, and wrong names find the right ones."""

from __future__ import annotations

import pytest

from engine.errors import InvalidInput
from engine.graph.document import Document, Exposed
from engine.graph.overrides import apply_settings, apply_values
from tests.engine.graph.samples import REGISTRY, definition, graph, node

DOCUMENT = graph(
    {
        "paint": node("paint", width=64),
        "old": node("old", version=1, s=2),
        "alien": node("acme.warp", depth=1),
        "sub": node("subgraph/s"),
    },
    subgraphs={"s": definition({"n": node("number")}, params={"amount": ("n", "value")})},
    exposed={
        "size": Exposed(node="paint", param="width"),
        "gone": Exposed(node="nobody", param="width"),
    },
)


def setting(**settings: str) -> Document:
    return apply_settings(
        DOCUMENT, {k.replace("__", "."): v for k, v in settings.items()}, REGISTRY
    )


def test_a_parameter_is_set_by_node_and_name() -> None:
    assert setting(paint__color="blue").nodes["paint"].params == {"width": 64, "color": "blue"}
    assert setting(paint__layers="sky, sea").nodes["paint"].params["layers"] == ["sky", "sea"]
    assert DOCUMENT.nodes["paint"].params == {"width": 64}


def test_a_parameter_is_set_by_its_exposed_name() -> None:
    assert setting(size="128").nodes["paint"].params["width"] == 128


def test_a_promoted_parameter_is_set_on_the_instance() -> None:
    assert setting(sub__amount="2.5").nodes["sub"].params == {"amount": 2.5}


def test_an_old_node_is_brought_up_to_date_before_it_is_set() -> None:
    old = setting(old__width="7").nodes["old"]
    assert (old.version, old.params) == (4, {"width": 7, "height": 2})


def test_several_settings_of_one_node_add_up() -> None:
    params = setting(paint__color="blue", size="32").nodes["paint"].params
    assert params == {"width": 32, "color": "blue"}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("siz", "1", "Cannot set 'siz': there is no such name. Did you mean 'size'?"),
        ("color", "red", "there is no such name. Did you mean 'paint.color'?"),
        ("pant.color", "red", "there is no such name. Did you mean 'paint.color'?"),
        ("paint.colour", "red", "node 'paint' has no parameter 'colour'. Did you mean 'color'?"),
        ("paint.width", "8", "Cannot set 'paint.width': it must be from 16 to 8192 px, not 8."),
        ("size", "big", "Cannot set 'size': it must be a whole number, not 'big'."),
        ("alien.depth", "2", "of node 'alien': 'acme.warp' is not installed."),
        ("gone", "2", "Cannot set 'gone' of node 'nobody': it does not exist."),
        ("", "2", "Cannot set '': there is no such name."),
    ],
)
def test_what_cannot_be_set_is_told(name: str, text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        apply_settings(DOCUMENT, {name: text}, REGISTRY)
    assert sentence in str(caught.value)
    assert caught.value.exit_code == 2


def test_every_wrong_setting_is_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        setting(siz="1", paint__width="x")
    assert len(str(caught.value).splitlines()) == 2


def test_values_come_from_a_file_flat_or_by_node() -> None:
    values = {"size": 128, "paint": {"color": "green"}, "sub.amount": 3}
    document = apply_values(DOCUMENT, values, REGISTRY)
    assert document.nodes["paint"].params == {"width": 128, "color": "green"}
    assert document.nodes["sub"].params == {"amount": 3.0}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"size": "128"}, "Cannot set 'size': it must be a whole number, not '128'."),
        ({"paint": {"colour": "red"}}, "has no parameter 'colour'. Did you mean 'color'?"),
        ({"paint": "red"}, "Cannot set 'paint': there is no such name."),
        ({"paint": {"width": {"x": 1}}}, "it must be a whole number, not {'x': 1}."),
    ],
)
def test_a_wrong_value_in_a_file_is_told(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        apply_values(DOCUMENT, values, REGISTRY)
    assert sentence in str(caught.value)
