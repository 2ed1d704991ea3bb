"""Finding terms in texts, whichever text comes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.trust.lexicon import Lexicon

TERMS = [
    "red",
    "red ball",
    "red ball+ of the *",
    "throw+",
    "throw+ it",
    "run* away",
    "rain*",
    "e-mail",
    "Café au lait",
    "爆弾",
    "бомба*",
    "* of war",
    "snake_case",
    "& sons",
    "& co",
    "re:[1-9] ?(?:km|miles)",
    "re:(a+)b\\1",
]
LEXICON = Lexicon(TERMS)


def found(lexicon: Lexicon, text: str) -> set[tuple[str, str]]:
    """The terms in a text, and what stands there."""
    return {(each.term, text[each.start : each.end]) for each in lexicon.find(text)}


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a red balloon", {("red", "red")}),
        ("red, ball", {("red", "red"), ("red ball", "red, ball")}),
        ("ball red", {("red", "red")}),
        ("red balls of the forest", {("red", "red"), (TERMS[2], "red balls of the forest")}),
        ("threw it", {("throw+", "threw"), ("throw+ it", "threw it")}),
        ("running away", {("run* away", "running away")}),
        ("rainy", {("rain*", "rainy")}),
        ("an e-mail", {("e-mail", "e-mail")}),
        ("cafe au lait", {("Café au lait", "cafe au lait")}),
        ("大爆弾", {("爆弾", "爆弾")}),
        ("gods of war", {("* of war", "gods of war")}),
        ("snake-case", {("snake_case", "snake-case")}),
        ("heirs and sons", {("& sons", "sons")}),
        ("smith & co", {("& co", "co")}),
        ("r*d", {("red", "r*d")}),
        ("ra*ny", {("rain*", "ra*ny")}),
        ("7 km", {(TERMS[-2], "7 km")}),
        ("aabaa", {(TERMS[-1], "aabaa")}),
        ("aabaa 7km", {(TERMS[-1], "aabaa"), (TERMS[-2], "7km")}),
        ("aaba", set()),
    ],
)
def test_a_term_is_found_as_it_is_written(text: str, terms: set[tuple[str, str]]) -> None:
    assert found(LEXICON, text) == terms


WORDS = ["red", "ball", "balls", "of", "the", "war", "threw", "it", "running", "away", "r*d", "7km"]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


@given(TEXTS, TEXTS)
def test_what_was_looked_for_before_changes_nothing(before: str, text: str) -> None:
    used = Lexicon(TERMS)
    used.find(before)
    assert used.find(text) == Lexicon(TERMS).find(text)


def test_a_star_of_its_own_stands_beside_the_beginning_of_a_word() -> None:
    lexicon = Lexicon(["a *", "a word*"])
    assert found(lexicon, "a w*rdy") == {("a word*", "a w*rdy")}
    assert found(lexicon, "a wordy") == {("a *", "a wordy"), ("a word*", "a wordy")}


def test_expressions_with_groups_stand_beside_others() -> None:
    groups = [r"re:(x)y\1", r"re:(u)v\1", r"re:(?P<q>k)l(?P=q)"]
    lexicon = Lexicon([*groups, "re:z+"])
    assert found(lexicon, "xyx uvu klk zz") == {
        *zip(groups, ["xyx", "uvu", "klk"], strict=True),
        ("re:z+", "zz"),
    }
    assert found(lexicon, "uvu") == {(groups[1], "uvu")}
