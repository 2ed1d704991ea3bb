"""Every kind of value and every node has a colour, known or not."""

from __future__ import annotations

from studio.theme.colors import NODE_COLORS
from studio.theme.theme import DARK, LIGHT


def test_a_list_has_the_color_of_what_it_holds() -> None:
    assert DARK.type_color("list of Number") == DARK.type_color("Number")


def test_a_choice_of_kinds_has_the_color_of_the_first() -> None:
    assert DARK.type_color("Image | Clip") == DARK.type_color("Image")


def test_pythons_names_and_readable_names_mean_the_same() -> None:
    assert DARK.type_color("str") == DARK.type_color("Text")
    assert DARK.type_color("") == DARK.type_color("Anything")


def test_a_kind_of_a_foreign_pack_always_has_the_same_color() -> None:
    assert DARK.type_color("PointCloud") == DARK.type_color("PointCloud")
    assert DARK.type_color("PointCloud") in DARK.types.values()


def test_both_themes_know_the_same_kinds_and_nodes() -> None:
    assert set(DARK.types) == set(LIGHT.types)
    assert set(DARK.nodes) == set(LIGHT.nodes) == set(NODE_COLORS)


def test_an_unknown_node_color_draws_as_the_default() -> None:
    assert LIGHT.node_color("mauve") == LIGHT.colors.node_header
