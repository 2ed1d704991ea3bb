"""The first video: the demo's graph with one's own words, and which of them the model knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from engine.graph.document import Document
from engine.graph.overrides import apply_values
from engine.graph.registry import Registry
from studio.project import templates

TEMPLATE: Final = "demo"

# What the starter model was taught to draw, the plainest word first.  Its other words (verbs,
# articles, prepositions) only join these.
MEANINGS: Final[Mapping[str, str]] = {
    "how many": "one two three",
    "size": "small little tiny big large huge",
    "colour": "red crimson orange yellow golden green emerald blue purple violet pink white",
    "material": "plastic metal metallic steel",
    "shape": "ball balls sphere spheres circle circles cube cubes box boxes square squares "
    "star stars triangle triangles pyramid pyramids ring rings hoop hoops object objects",
    "motion": "left right up down upwards downwards leftwards rightwards upper lower "
    "still motionless resting hovering bouncing hopping jumping circling orbiting "
    "rising falling sinking",
    "speed": "slowly gently fast quickly swiftly",
    "background": "night moon dark sunset dusk evening meadow grass grassy sea ocean waves "
    "desert dunes sand studio grey gray",
}
TRY: Final = "two blue stars moving left at night"
EXAMPLES: Final = (
    "a red ball moving right over a meadow",
    TRY,
    "a big red metal ball bouncing slowly in the desert",
    "a pink triangle moving up at sunset",
    "a small yellow star circling fast over the sea",
    "three golden stars flying fast to the right over the sea",
)


def understood(prompt: str) -> list[tuple[str, str]]:
    """The words of a prompt that say something to the model, each with what it says."""
    kinds = {word: kind for kind, words in MEANINGS.items() for word in words.split()}
    words = dict.fromkeys(re.findall(r"[a-z]+", prompt.lower()))
    return [(word, kinds[word]) for word in words if word in kinds]


def first_video(prompt: str, registry: Registry) -> Document:
    """The demo's graph for a prompt; without one, for its own."""
    document = templates.document(TEMPLATE)
    return apply_values(document, {"prompt": prompt}, registry) if prompt.strip() else document
