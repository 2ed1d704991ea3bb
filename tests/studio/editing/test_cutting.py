"""A stroke cuts the links that it crosses, and no others."""

from __future__ import annotations

from studio.editing.cutting import crosses, links_cut

FLAT = [(0.0, 0.0), (100.0, 0.0)]


def test_lines_that_cross_meet() -> None:
    assert crosses(FLAT, [(50, -10), (50, 10)])
    assert crosses([(0, 0), (50, 50), (100, 0)], [(0, 25), (40, 25)])
    assert not crosses(FLAT, [(50, 1), (50, 10)])
    assert not crosses(FLAT, [(101, -10), (101, 10)])


def test_lines_that_touch_meet() -> None:
    assert crosses(FLAT, [(50, 0), (50, 10)])
    assert crosses(FLAT, [(40, 0), (60, 0)])
    assert not crosses(FLAT, [(110, 0), (160, 0)])


def test_a_stroke_cuts_what_it_crosses() -> None:
    links = {("a", "x"): FLAT, ("b", "x"): [(0, 50), (100, 50)], ("c", "x"): [(0, 99), (9, 99)]}
    assert links_cut([(50, -5), (50, 60)], links) == (("a", "x"), ("b", "x"))
    assert links_cut([(50, -5)], links) == ()
    assert links_cut([], links) == ()
