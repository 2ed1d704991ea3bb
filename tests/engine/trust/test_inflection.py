"""English words in their forms, regular and not."""

import pytest

from engine.trust.inflection import forms


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("kill", "kill kills killed killing"),
        ("stab", "stab stabs stabbed stabbing"),
        ("slit", "slit slits slitting"),
        ("carry", "carry carries carried carrying"),
        ("crush", "crush crushes crushed crushing"),
        ("force", "force forces forced forcing"),
        ("die", "die dies died dying"),
        ("behead", "behead beheads beheaded beheading"),
        ("shoot", "shoot shoots shot shooting"),
        ("knife", "knife knifes knives knifed knifing"),
        ("policeman", "policeman policemen"),
        ("person", "person persons people"),
    ],
)
def test_a_word_has_its_forms(word: str, found: str) -> None:
    assert set(forms(word)) == set(found.split())


def test_a_human_is_no_man() -> None:
    assert "humen" not in forms("human")
    assert "humans" in forms("human")
