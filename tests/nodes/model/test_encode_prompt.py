"""Encoding a prompt."""

from __future__ import annotations

from engine.values import VideoModel
from nodes.model.encode_prompt import EncodePrompt
from tests.nodes.recording import RecordingContext


def test_known_words_are_encoded_without_a_word(
    context: RecordingContext, model: VideoModel
) -> None:
    conditioning = EncodePrompt(model=model, text="a red ball").run(context)
    assert conditioning.text == "a red ball"
    assert context.notes == []


def test_a_word_that_the_model_does_not_know_is_named(
    context: RecordingContext, model: VideoModel
) -> None:
    EncodePrompt(model=model, text="a red zeppelin").run(context)
    (note,) = context.notes
    assert "'zeppelin'" in note
