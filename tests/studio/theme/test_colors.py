"""Both themes can be read."""

from __future__ import annotations

import re
from dataclasses import asdict
from itertools import combinations

import pytest

from studio.theme.colors import NODE_COLORS, channels, contrast, mixed
from studio.theme.theme import THEMES, Theme

READABLE = 4.5
VISIBLE = 3.0  # what WCAG asks of graphics

GROUNDS = {
    "text": (
        *("window", "panel", "raised", "field", "hover", "pressed", "selection", "canvas"),
        *("node", "node_header", "danger_wash", "warning_wash", "success_wash", "info_wash"),
    ),
    "muted": ("window", "panel", "raised", "field", "hover", "node", "node_header", "canvas"),
    "accent": ("window", "panel", "raised", "field", "node", "canvas"),
    "danger": ("window", "panel", "raised", "field", "node", "canvas", "danger_wash"),
    "warning": ("window", "panel", "raised", "field", "node", "canvas", "warning_wash"),
    "success": ("window", "panel", "raised", "field", "node", "canvas", "success_wash"),
    "info": ("window", "panel", "raised", "field", "node", "canvas", "info_wash"),
    "on_accent": ("accent", "accent_hover"),
    "on_note": ("note",),
}


@pytest.fixture(params=list(THEMES), scope="module")
def theme(request: pytest.FixtureRequest) -> Theme:
    return THEMES[request.param]


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("front", GROUNDS)
def test_text_is_readable_on_everything_it_stands_on(theme: Theme, front: str) -> None:
    values = asdict(theme.colors)
    pale = {
        ground: round(contrast(values[front], values[ground]), 2)
        for ground in GROUNDS[front]
        if contrast(values[front], values[ground]) < READABLE
    }
    assert not pale


def test_every_color_is_one(theme: Theme) -> None:
    values = {**asdict(theme.colors), **theme.types, **theme.nodes}
    assert not [name for name, color in values.items() if not re.fullmatch("#[0-9a-f]{6}", color)]


def test_ports_and_links_are_visible_on_nodes_and_canvas(theme: Theme) -> None:
    for kind, color in theme.types.items():
        for ground in (theme.colors.node, theme.colors.canvas):
            assert contrast(color, ground) >= VISIBLE, kind


def test_titles_are_readable_on_every_node_color(theme: Theme) -> None:
    for name in NODE_COLORS:
        assert contrast(theme.colors.text, theme.node_color(name)) >= READABLE, name


def test_kinds_that_meet_often_look_different(theme: Theme) -> None:
    often = ("VideoModel", "Conditioning", "Latent", "Clip", "Image", "Audio", "Text", "Number")
    for one, other in combinations(often, 2):
        distance = sum(
            (a - b) ** 2
            for a, b in zip(
                channels(theme.type_color(one)), channels(theme.type_color(other)), strict=True
            )
        )
        assert distance > 35**2, (one, other)


def test_mixing_goes_from_one_color_to_the_other() -> None:
    assert mixed("#000000", "#ffffff", 0) == "#000000"
    assert mixed("#000000", "#ffffff", 0.5) == "#808080"
    assert mixed("#102030", "#ffffff", 1) == "#ffffff"
