"""Giving a prompt a look."""

from __future__ import annotations

from typing import get_args

import pytest

from nodes.text.style_prompt import LOOKS, Style, StyledPrompt, StylePrompt
from tests.nodes.recording import RecordingContext


def styled(context: RecordingContext, **fields: object) -> StyledPrompt:
    given: dict[str, object] = {
        "text": "a fox",
        "style": "noir",
        "avoid": "",
        "common_flaws": False,
    }
    return StylePrompt(**(given | fields)).run(context)


def test_every_style_that_is_offered_has_its_words() -> None:
    assert set(get_args(Style)) == set(LOOKS)
    assert all(look.adds and look.avoids for name, look in LOOKS.items() if name != "none")


def test_a_style_adds_words_to_both_prompts(context: RecordingContext) -> None:
    positive, negative = styled(context, avoid="dogs, ")
    assert positive == f"a fox, {LOOKS['noir'].adds}"
    assert negative == f"dogs, {LOOKS['noir'].avoids}"


def test_common_flaws_are_avoided_if_wanted(context: RecordingContext) -> None:
    assert "flicker" in styled(context, style="none", common_flaws=True).negative


@pytest.mark.parametrize("text", ["a fox", "a fox, "])
def test_no_style_leaves_the_prompt_as_it_is(context: RecordingContext, text: str) -> None:
    assert styled(context, text=text, style="none") == StyledPrompt("a fox", "")
