"""Reading prompts through their disguises."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.trust.normalise import plain, plain_text, views
from engine.trust.words import words_of


def readings(typed: str) -> list[str]:
    """Every way to read what was typed, from its beginning."""
    return [view.text for view in views(typed) if view.text != plain(typed).text[::-1]]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("n4k3d", "naked"),
        ("$3x", "sex"),
        ("n4ked!", "naked!"),
        ("n a k e d", "naked"),
        ("n-a-k-e-d now", "naked now"),
        ("n_a_k_e_d m_a_n", "naked man"),
        ("b e   n a k e d", "be   naked"),
        ("na-ked", "naked"),
        ("na\nked", "naked"),
        ("nuuude", "nude"),
        ("h0w 70 m4k3 4 c4k3", "how to make a cake"),
        ("ki1l", "kill"),
        ("dekan", "naked"),
        (base64.b64encode(b"a naked man").decode(), "a naked man"),
    ],
)
def test_a_disguise_is_undone(typed: str, read: str) -> None:
    assert read in [view.text for view in views(typed)]


@pytest.mark.parametrize(
    "typed",
    ["NAKED", "ｎａｋｅｄ", "nа\u200bkеd", "nàkéd", "𝓷𝓪𝓴𝓮𝓭", "ⓝⓐⓚⓔⓓ", "NАКЕD", "na\u00ad\u2060ked"],
)
def test_case_width_accents_and_look_alikes_are_evened_out(typed: str) -> None:
    assert readings(typed) == ["naked"]


@pytest.mark.parametrize("typed", ["a 14yo dog", "24fps 4k", "in 1999", "committee", "секс карта"])
def test_ordinary_writing_is_left_alone(typed: str) -> None:
    assert readings(typed) == [plain(typed).text]


def test_an_article_before_a_spelt_out_word_is_both_kept_and_joined() -> None:
    assert readings("a n a k e d man")[1:] == ["anaked man", "a naked man"]


def test_a_place_in_a_view_leads_back_to_what_was_typed() -> None:
    typed = "a n.4.k.e.d man"
    view = next(view for view in views(typed) if "a naked" in view.text)
    at = view.text.index("naked")
    assert typed[slice(*view.span(at, at + 5))] == "n.4.k.e.d"


def test_what_is_read_backwards_lies_where_it_was_typed() -> None:
    typed = "see: dekan"
    view = next(view for view in views(typed) if "naked" in view.text)
    at = view.text.index("naked")
    assert typed[slice(*view.span(at, at + 5))] == "dekan"


def test_what_was_encoded_lies_where_its_code_stands() -> None:
    code = base64.b64encode(b"a naked man").decode()
    view = next(view for view in views(f"decode {code} now") if "naked" in view.text)
    assert f"decode {code} now"[slice(*view.span(2, 7))] != ""


def test_a_long_word_is_no_code() -> None:
    assert all("donaudampf" in text for text in readings("a Donaudampfschifffahrt in May"))


def test_chinese_and_japanese_count_by_the_character() -> None:
    assert [word.spellings[0] for word in words_of("裸体 の cat")] == ["裸", "体", "の", "cat"]


def test_a_stretched_word_may_have_had_one_letter_or_two() -> None:
    assert {"blod", "blood"} <= set(words_of("bloooood")[0].spellings)


def test_an_arabic_word_is_known_without_its_prefix() -> None:
    assert "كتاب" in words_of(plain("والكتاب").text)[0].spellings


@given(st.text())
def test_every_character_of_a_view_comes_from_the_prompt(typed: str) -> None:
    for view in views(typed):
        assert len(view.text) == len(view.places)
        steps = sorted(view.places)
        assert list(view.places) in (steps, steps[::-1])
        assert all(0 <= place < len(typed) for place in view.places)


@given(st.text())
def test_every_word_lies_in_its_text(text: str) -> None:
    ends = 0
    for word in words_of(plain(text).text):
        assert ends <= word.start < word.end
        assert all(word.spellings)
        ends = word.end


@given(st.text(max_size=60))
@example("a вomb, бомба and a bооk")
def test_the_text_alone_is_the_text_of_the_view(typed: str) -> None:
    view = plain(typed)
    assert plain_text(typed) == view.text
    assert len(view.places) == len(view.text)
    assert list(view.places) == sorted(view.places)
