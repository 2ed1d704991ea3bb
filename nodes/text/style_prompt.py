"""The node that adds a look to a prompt, and says what to stay away from."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In


class Look(NamedTuple):
    """Words that a style adds to the prompt, and words that it wants absent."""

    adds: str
    avoids: str


Style = Literal[
    "none", "cinematic", "documentary", "animation", "watercolour", "claymation", "noir"
]

LOOKS: Final[dict[str, Look]] = {
    "none": Look("", ""),
    "cinematic": Look(
        "cinematic, shallow depth of field, soft key light, film grain, 35 mm",
        "flat lighting, overexposed, video noise",
    ),
    "documentary": Look(
        "documentary footage, natural light, handheld camera, true colours",
        "stylised, oversaturated, studio lighting",
    ),
    "animation": Look(
        "2D animation, clean outlines, flat colours, smooth motion",
        "photorealistic, film grain, noise",
    ),
    "watercolour": Look(
        "watercolour painting, wet edges, paper texture, muted palette",
        "photorealistic, hard outlines, neon colours",
    ),
    "claymation": Look(
        "claymation, stop motion, modelling clay, miniature set",
        "photorealistic, motion blur",
    ),
    "noir": Look(
        "film noir, black and white, hard shadows, low key light",
        "colourful, bright, flat lighting",
    ),
}
FLAWS: Final = "blurry, distorted, flickering, watermark, text, low quality"


class StyledPrompt(NamedTuple):
    """The prompt with its look, and what the video should not show."""

    positive: str
    negative: str


class StylePrompt(
    Node,
    type="text.style",
    category="Text",
    aliases=("style", "negative", "look", "preset", "aesthetic"),
):
    """Give a prompt a look, and make the negative prompt that goes with it.

    A style is nothing but added words: a model that does not know them says so and goes without.
    """

    text: In[str]
    style: Style = Param(
        "cinematic", help="The look whose words are added; 'none' leaves the prompt as it is."
    )
    avoid: str = Param(
        "",
        max_length=2000,
        widget="text",
        help="What the video should not show, besides what the style already avoids.",
    )
    common_flaws: bool = Param(
        True, help="Also avoid common flaws: blur, distortion, flicker, watermarks, lettering."
    )

    def run(self, ctx: Context) -> StyledPrompt:
        look = LOOKS[self.style]
        flaws = FLAWS if self.common_flaws else ""
        return StyledPrompt(
            positive=_listed(self.text, look.adds),
            negative=_listed(self.avoid, look.avoids, flaws),
        )


def _listed(*parts: str) -> str:
    return ", ".join(part.strip(" ,") for part in parts if part.strip(" ,"))
