"""Reading prompts through their disguises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trust.normalise import views


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("n4k3d", "naked"),
        ("$3x", "sex"),
        ("n4ked!", "naked!"),
        ("n a k e d", "naked"),
        ("n-a-k-e-d now", "naked now"),
        ("n_a_k_e_d", "naked"),
        ("nuuude", "nude"),
    ],
)
def test_a_disguise_is_undone(typed: str, read: str) -> None:
    assert views(typed)[1].text == read


@pytest.mark.parametrize("typed", ["NAKED", "ｎａｋｅｄ", "nа\u200bkеd", "nàkéd", "𝓷𝓪𝓴𝓮𝓭"])
def test_case_width_accents_and_look_alikes_are_evened_out(typed: str) -> None:
    assert [view.text for view in views(typed)] == ["naked"]


@pytest.mark.parametrize("typed", ["a 14yo dog", "24fps 4k", "in 1999", "committee"])
def test_ordinary_writing_is_left_alone(typed: str) -> None:
    assert [view.text for view in views(typed)] == [typed]


def test_an_article_before_a_spelt_out_word_is_both_kept_and_joined() -> None:
    assert [view.text for view in views("a n a k e d man")][1:] == ["anaked man", "a naked man"]


def test_a_place_in_a_view_leads_back_to_what_was_typed() -> None:
    typed = "a n.4.k.e.d man"
    view = views(typed)[-1]
    at = view.text.index("naked")
    assert typed[slice(*view.span(at, at + 5))] == "n.4.k.e.d"


@given(st.text())
def test_every_character_of_a_view_comes_from_the_prompt(typed: str) -> None:
    for view in views(typed):
        assert len(view.text) == len(view.places)
        assert list(view.places) == sorted(view.places)
        assert all(0 <= place < len(typed) for place in view.places)
