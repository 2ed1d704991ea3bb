"""Sentences for scenes: they say what the scene shows, in words the vocabulary holds."""

from __future__ import annotations

import numpy as np
import pytest

from engine.models.starter.text import Vocabulary
from engine.models.starter.training.prompts import (
    BACKGROUND_WORDS,
    CAMERA_WORDS,
    COLOUR_WORDS,
    EXTRA_WORDS,
    MATERIAL_WORDS,
    SIZE_WORDS,
    all_words,
    write_prompt,
)
from engine.models.starter.training.scene import PLAIN, VARIED, WIDER, Extent, draw_scenes


@pytest.mark.parametrize("extent", [PLAIN, VARIED, WIDER])
def test_the_vocabulary_is_what_sentences_say_and_they_are_short_enough(extent: Extent) -> None:
    vocabulary = Vocabulary(tuple(all_words(extent)))
    rng = np.random.default_rng(0)
    said: set[str] = set()
    for scene in draw_scenes(3000, seed=2, extent=extent):
        prompt = write_prompt(scene, rng)
        assert vocabulary.unknown_words(prompt) == []
        words = vocabulary.split(prompt)
        assert len(words) < vocabulary.max_words
        said.update(words)
    assert said | set(EXTRA_WORDS) == set(vocabulary.words)


def test_complete_sentences_name_all_that_is_not_as_usual() -> None:
    rng = np.random.default_rng(0)
    for scene in draw_scenes(200, seed=3, extent=WIDER):
        prompt = write_prompt(scene, rng, complete=True)
        assert any(word in prompt for word in COLOUR_WORDS[scene.colour])
        assert any(words in prompt for words in BACKGROUND_WORDS[scene.background])
        for usual, shown, table in (
            ("medium", scene.size, SIZE_WORDS),
            ("plastic", scene.material, MATERIAL_WORDS),
            ("still", scene.camera, CAMERA_WORDS),
        ):
            said = {
                value for value, words in table.items() if any(word in prompt for word in words)
            }
            assert said == {shown} or (shown == usual and said <= {usual})


def test_the_same_seed_writes_the_same_sentences() -> None:
    scenes = draw_scenes(20, seed=3)
    first, second = (
        [write_prompt(scene, rng) for scene in scenes]
        for rng in (np.random.default_rng(5), np.random.default_rng(5))
    )
    assert first == second
