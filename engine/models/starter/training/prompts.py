"""Words for scenes: many ways to say one thing, drawn by chance, some attributes left unsaid."""

from __future__ import annotations

from typing import Final

import numpy as np

from engine.models.starter.training.scene import Scene

COLOUR_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "red": ("red", "red", "crimson"),
    "orange": ("orange",),
    "yellow": ("yellow", "yellow", "golden"),
    "green": ("green", "green", "emerald"),
    "blue": ("blue",),
    "purple": ("purple", "purple", "violet"),
    "pink": ("pink",),
    "white": ("white",),
}
SHAPE_WORDS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "ball": (("ball", "balls"), ("ball", "balls"), ("sphere", "spheres"), ("circle", "circles")),
    "cube": (("cube", "cubes"), ("cube", "cubes"), ("box", "boxes"), ("square", "squares")),
    "star": (("star", "stars"),),
    "triangle": (("triangle", "triangles"), ("triangle", "triangles"), ("pyramid", "pyramids")),
    "ring": (("ring", "rings"), ("ring", "rings"), ("hoop", "hoops")),
}
ANY_SHAPE: Final = ("object", "objects")
COUNT_WORDS: Final[dict[int, tuple[str, ...]]] = {1: ("a", "a", "one"), 2: ("two",), 3: ("three",)}
MOTION_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "left": ("left", "to the left", "leftwards", "from right to left"),
    "right": ("right", "to the right", "rightwards", "from left to right"),
    "up": ("up", "upwards", "up", "from bottom to top"),
    "down": ("down", "downwards", "down", "from top to bottom"),
    "up left": ("up and to the left", "diagonally up left", "towards the upper left", "up left"),
    "up right": (
        "up and to the right",
        "diagonally up right",
        "towards the upper right",
        "up right",
    ),
    "down left": (
        "down and to the left",
        "diagonally down left",
        "towards the lower left",
        "down left",
    ),
    "down right": (
        "down and to the right",
        "diagonally down right",
        "towards the lower right",
        "down right",
    ),
}
STILL_WORDS: Final = ("standing still", "resting", "not moving", "motionless", "hovering in place")
BOUNCE_WORDS: Final = (
    "bouncing",
    "bouncing",
    "bouncing up and down",
    "hopping",
    "hopping up and down",
    "jumping up and down",
)
VERBS: Final = (
    "moving",
    "moving",
    "drifting",
    "gliding",
    "flying",
    "floating",
    "sliding",
    "going",
    "travelling",
)
SPEED_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "slow": ("slowly", "slowly", "gently"),
    "fast": ("fast", "quickly", "swiftly"),
}
BACKGROUND_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "night": ("at night", "in the night sky", "under the moon", "in a dark night"),
    "sunset": ("at sunset", "at dusk", "in the evening", "in front of a sunset"),
    "meadow": ("over a meadow", "over a grassy field", "above the grass", "in a meadow"),
    "sea": ("over the sea", "above the ocean", "over the waves", "by the sea"),
    "desert": ("in the desert", "over sand dunes", "above the sand", "over a desert"),
    "studio": (
        "in a studio",
        "in front of a grey wall",
        "on a plain grey background",
        "in a grey studio",
    ),
}
OPENINGS: Final = ("", "", "", "a video of ", "a clip of ", "there is ")
EXTRA_WORDS: Final = (
    "an",
    "are",
    "is",
    "and",
    "the",
    "that",
    "which",
    "with",
    "background",
    "there",
    "in",
    "gray",
)


def _pick(rng: np.random.Generator, words: tuple[str, ...]) -> str:
    return words[rng.integers(len(words))]


def _subject(rng: np.random.Generator, scene: Scene, name_colour: bool, name_shape: bool) -> str:
    plural = scene.count > 1
    shapes = SHAPE_WORDS[scene.shape]
    shape = (shapes[rng.integers(len(shapes))] if name_shape else ANY_SHAPE)[plural]
    count = _pick(rng, COUNT_WORDS[scene.count])
    if not name_colour:
        return _article(f"{count} {shape}")
    colour = _pick(rng, COLOUR_WORDS[scene.colour])
    if rng.random() < 0.08:
        return _article(f"{count} {shape} that {'are' if plural else 'is'} {colour}")
    return _article(f"{count} {colour} {shape}")


def _article(phrase: str) -> str:
    return "an " + phrase[2:] if phrase.startswith("a ") and phrase[2] in "aeo" else phrase


def _movement(rng: np.random.Generator, scene: Scene, name_speed: bool) -> str:
    if scene.motion == "still":
        return _pick(rng, STILL_WORDS)
    if scene.motion == "bounce":
        verb, where = _pick(rng, BOUNCE_WORDS), ""
    else:
        where, verb = " " + _pick(rng, MOTION_WORDS[scene.motion]), _pick(rng, VERBS)
    if not name_speed:
        return f"{verb}{where}"
    speed = _pick(rng, SPEED_WORDS[scene.speed])
    return f"{verb} {speed}{where}" if rng.random() < 0.5 else f"{verb}{where} {speed}"


def write_prompt(scene: Scene, rng: np.random.Generator, complete: bool = False) -> str:
    """One sentence that describes the scene. Unless `complete`, now and then an attribute is left
    unsaid.
    """
    said = rng.random(5) >= (0.0 if complete else 1.0) * np.array([0.05, 0.04, 0.05, 0.05, 0.35])
    name_colour, name_shape, name_motion, name_background, name_speed = (
        bool(value) for value in said
    )
    subject = _subject(rng, scene, name_colour, name_shape)
    movement = _movement(rng, scene, name_speed) if name_motion else ""
    background = _pick(rng, BACKGROUND_WORDS[scene.background]) if name_background else ""
    style = rng.random()
    if style < 0.2 and background:
        parts = [f"{background},", subject, movement]
    elif style < 0.35 and background:
        parts = [subject, background + ("," if movement else ""), movement]
    else:
        comma = "," if rng.random() < 0.2 else ""
        parts = [subject, movement + comma if movement else "", background]
    return _pick(rng, OPENINGS) + " ".join(part for part in parts if part).rstrip(",")


def all_words() -> list[str]:
    """Every word that `write_prompt` can say, and a few small ones besides, sorted."""
    phrases: list[str] = [*ANY_SHAPE, *STILL_WORDS, *BOUNCE_WORDS, *VERBS, *OPENINGS, *EXTRA_WORDS]
    for table in (COLOUR_WORDS, COUNT_WORDS, MOTION_WORDS, SPEED_WORDS, BACKGROUND_WORDS):
        for words in table.values():
            phrases.extend(words)
    for pairs in SHAPE_WORDS.values():
        phrases.extend(word for pair in pairs for word in pair)
    return sorted({word for phrase in phrases for word in phrase.split()})
