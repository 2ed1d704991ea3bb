"""Colours and texts that are made once."""

from __future__ import annotations

import pytest

from studio.canvas.paints import Paints, color_of_category
from studio.theme import DARK, NODE_COLORS


@pytest.fixture
def paints(qapp: object) -> Paints:
    return Paints(DARK)


def test_a_paragraph_keeps_its_lines(paints: Paints) -> None:
    one = paints.paragraph("Two short lines", "note", 400).size().height()
    two = paints.paragraph("Two\nshort lines", "note", 400).size().height()
    assert two > 1.5 * one


def test_a_text_is_cut_to_its_width_on_one_line(paints: Paints) -> None:
    text = paints.text("A title that is\nmuch too long for its place", "title", 80)
    assert text.text().endswith("…")
    assert text.size().width() <= 82


def test_texts_and_pens_are_remembered(paints: Paints) -> None:
    assert paints.text("Title", "title", 80) is paints.text("Title", "title", 80)
    color = paints.named("accent")
    assert paints.pen(color, 2.0) is paints.pen(color, 2.0)
    assert paints.pen(color, 2.0) is not paints.pen(color, 2.0, cosmetic=True)


def test_every_category_has_a_colour_that_stays_the_same() -> None:
    assert color_of_category("Generate") == "amber"
    assert color_of_category("Someone's own") in NODE_COLORS
    assert color_of_category("Someone's own") == color_of_category("Someone's own")
    assert color_of_category("") == ""
