"""What we write ourselves uses only words that the starter model knows."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from engine.models.starter.load import SETTINGS
from engine.models.starter.text import Vocabulary
from engine.models.starter.training.prompts import all_words
from studio.project import templates
from tests.assets.starter_graphs import starter_graphs


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """The words of the model that ships; while it is being trained, those that it is taught."""
    settings = files("assets").joinpath("starter", SETTINGS)
    if settings.is_file():
        return Vocabulary(tuple(json.loads(settings.read_text("utf-8"))["words"]))
    return Vocabulary(tuple(all_words()))


@pytest.mark.parametrize("name", starter_graphs())
def test_the_prompt_of_an_example_is_understood(name: str, vocabulary: Vocabulary) -> None:
    graph = templates.document(name)
    prompt = graph.nodes[graph.exposed["prompt"].node].params["text"]
    assert prompt
    assert vocabulary.unknown_words(str(prompt)) == []


def test_the_prompt_of_make_demo_is_understood(vocabulary: Vocabulary) -> None:
    makefile = Path(__file__).parents[2] / "Makefile"
    lines = makefile.read_text("utf-8").splitlines()
    (prompt,) = (line.partition("?=")[2] for line in lines if line.startswith("PROMPT"))
    assert prompt.strip()
    assert vocabulary.unknown_words(prompt) == []
