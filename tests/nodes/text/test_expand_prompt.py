"""Filling a prompt with detail by templates."""

from __future__ import annotations

import pytest

from engine.models.starter.training.prompts import all_words
from nodes.text.expand_prompt import TEMPLATES, ExpandPrompt
from tests.nodes.recording import RecordingContext


def expanded(context: RecordingContext, **fields: object) -> str:
    given: dict[str, object] = {"text": "a red ball.", "template": "film", "detail": 4, "seed": 0}
    return ExpandPrompt(**(given | fields)).run(context)


def test_the_same_prompt_and_seed_give_the_same_text_everywhere(context: RecordingContext) -> None:
    assert expanded(context, template="scene", detail=2, seed=1) == (
        "a red ball moving slowly to the right over the sea"
    )


def test_seeds_give_different_texts(context: RecordingContext) -> None:
    assert len({expanded(context, seed=seed) for seed in range(20)}) > 10


@pytest.mark.parametrize("detail", [0, 1, 4])
def test_detail_is_how_many_phrases_are_added(context: RecordingContext, detail: int) -> None:
    text = expanded(context, detail=detail)
    assert text.startswith("a red ball")
    assert text.count(", ") == detail


def test_an_empty_prompt_becomes_the_detail_alone(context: RecordingContext) -> None:
    assert expanded(context, text="", template="scene", detail=1)[0].isalpha()
    assert not expanded(context, text=" . ").startswith(",")


def test_scenes_use_only_words_that_the_starter_model_knows() -> None:
    words = {word for slot in TEMPLATES["scene"] for phrase in slot for word in phrase.split()}
    assert words <= set(all_words())
