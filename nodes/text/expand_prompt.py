"""The node that fills a short prompt with detail, by templates."""

from __future__ import annotations

import hashlib
from typing import Final, Literal

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In

Template = Literal["scene", "film", "nature", "product"]

# Each template is a row of slots, the most telling first; `detail` says how many are filled.
# Those of 'scene' use only words that the starter model knows.
TEMPLATES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "scene": (
        ("moving slowly to the right", "drifting upwards", "flying fast to the left"),
        ("at sunset", "over the sea", "over a meadow", "in the night sky", "in the desert"),
    ),
    "film": (
        ("in a slow tracking shot", "in a static wide shot", "in a gentle dolly shot"),
        ("lit by the golden hour", "under overcast daylight", "lit by a single warm lamp"),
        ("with a shallow depth of field", "with everything in focus"),
        ("a calm mood", "a tense mood", "a playful mood"),
    ),
    "nature": (
        ("in the early morning", "at noon", "in the last light of the day"),
        ("with a light wind", "in perfectly still air", "after the rain"),
        ("seen from a low angle", "seen from far above", "seen at eye level"),
        ("small particles drift through the air", "leaves move in the background"),
    ),
    "product": (
        ("on a seamless white background", "on a dark reflective surface", "on a wooden table"),
        ("turning slowly around itself", "with the camera circling it"),
        ("lit by a large softbox", "lit from behind with a bright rim"),
        ("with crisp fine detail", "with clean reflections"),
    ),
}


class ExpandPrompt(
    Node,
    type="text.expand",
    category="Text",
    aliases=("enhance", "enrich", "detail", "template", "upsample prompt"),
):
    """Fill a short prompt with detail: camera, light, motion and place.

    The words come from fixed templates, so the same prompt and seed always give the same text.
    """

    text: In[str]
    template: Template = Param(
        "scene",
        help="What kind of detail is added; 'scene' keeps to words that the starter model knows.",
    )
    detail: int = Param(
        2, ge=0, le=4, unit="phrases", help="How many phrases are added at most; 0 adds none."
    )
    seed: int = Param(
        0, ge=0, le=2**63 - 1, widget="seed", help="Another seed picks other phrases."
    )

    def run(self, ctx: Context) -> str:
        slots = TEMPLATES[self.template][: self.detail]
        phrases = [self._pick(index, slot) for index, slot in enumerate(slots)]
        separator = " " if self.template == "scene" else ", "
        return separator.join(part for part in (self.text.rstrip(" .,"), *phrases) if part)

    def _pick(self, index: int, slot: tuple[str, ...]) -> str:
        """By a hash of seed, text and slot: the same on every machine and Python version."""
        key = f"{self.seed}/{index}/{self.text}".encode()
        return slot[int.from_bytes(hashlib.sha256(key).digest()[:8], "big") % len(slot)]
