"""Words for scenes: many ways to say one thing, drawn by chance, some attributes left unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.models.starter.training.scene import EXTENT, MOTIONS, Extent, Scene, drawn

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
ALONE_WORDS: Final[dict[str, tuple[str, ...]]] = {  # of what goes nowhere
    "still": ("standing still", "resting", "not moving", "motionless", "hovering in place"),
    "bounce": (
        "bouncing",
        "bouncing",
        "bouncing up and down",
        "hopping",
        "hopping up and down",
        "jumping up and down",
    ),
    "spin": ("spinning", "spinning", "spinning around", "rotating", "turning around"),
    "orbit": ("circling", "circling around", "orbiting", "moving in a circle"),
}
ROLL_WORDS: Final = {  # and then where to
    "roll left": MOTION_WORDS["left"],
    "roll right": MOTION_WORDS["right"],
}
RISING: Final = {"up": ("rising",), "down": ("falling", "sinking")}  # verbs that say where to
SIZE_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "small": ("small", "small", "little", "tiny"),
    "medium": (),
    "large": ("big", "big", "large", "huge"),
}
MATERIAL_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "plastic": ("plastic",),
    "metal": ("metal", "metal", "metallic", "steel"),
    "wood": ("wooden", "wooden", "wood"),
}
CAMERA_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "still": (),
    "pan left": ("the camera pans left", "the camera pans to the left", "camera panning left"),
    "pan right": ("the camera pans right", "the camera pans to the right", "camera panning right"),
    "zoom in": ("the camera zooms in", "zooming in", "the camera moves closer"),
    "zoom out": ("the camera zooms out", "zooming out", "the camera moves away"),
}
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


@dataclass(frozen=True)
class _Said:
    """Which attributes a sentence names."""

    colour: bool
    shape: bool
    motion: bool
    background: bool
    speed: bool
    size: bool = False
    material: bool = False
    camera: bool = False

    @classmethod
    def draw(cls, rng: np.random.Generator, scene: Scene, complete: bool) -> _Said:
        """All where the sentence is to be complete, else most; what is usual is never said, but now
        and then that a thing is of plastic, where there are other things.
        """
        names = ("colour", "shape", "motion", "background", "speed")
        said = dict(zip(names, _named(rng, (0.05, 0.04, 0.05, 0.05, 0.35), complete), strict=True))
        if _is_plain(scene):
            return cls(**said)
        size, material, camera = _named(rng, (0.06, 0.06, 0.05), complete)
        if scene.material == "plastic":
            material = bool(rng.random() < 0.2)
        return cls(
            **said,
            size=size and scene.size != "medium",
            material=material,
            camera=camera and scene.camera != "still",
        )


def _named(rng: np.random.Generator, unsaid: Sequence[float], complete: bool) -> list[bool]:
    shares = (0.0 if complete else 1.0) * np.array(unsaid)
    return [bool(value) for value in rng.random(len(unsaid)) >= shares]


def _is_plain(scene: Scene) -> bool:
    """Whether nothing shows that the world has sizes, materials and a camera."""
    return (scene.size, scene.material, scene.camera) == ("medium", "plastic", "still")


def _subject(rng: np.random.Generator, scene: Scene, said: _Said) -> str:
    plural = scene.count > 1
    shapes = SHAPE_WORDS[scene.shape]
    shape = (shapes[rng.integers(len(shapes))] if said.shape else ANY_SHAPE)[plural]
    count = _pick(rng, COUNT_WORDS[scene.count])
    size = _pick(rng, SIZE_WORDS[scene.size]) if said.size else ""
    material = _pick(rng, MATERIAL_WORDS[scene.material]) if said.material else ""
    after = ""
    if material and rng.random() < 0.12:
        material, after = "", f"made of {scene.material}"
    colour = _pick(rng, COLOUR_WORDS[scene.colour]) if said.colour else ""
    if colour and not after and rng.random() < 0.08:
        colour, after = "", f"that {'are' if plural else 'is'} {colour}"
    words = (count, size, colour, material, shape, after)
    return _article(" ".join(word for word in words if word))


def _article(phrase: str) -> str:
    return "an " + phrase[2:] if phrase.startswith("a ") and phrase[2] in "aeo" else phrase


def _movement(rng: np.random.Generator, scene: Scene, name_speed: bool) -> str:
    verb, where = _verb(rng, scene)
    if not name_speed or scene.motion == "still":
        return f"{verb}{where}"
    speed = _pick(rng, SPEED_WORDS[scene.speed])
    return f"{verb} {speed}{where}" if rng.random() < 0.5 else f"{verb}{where} {speed}"


def _verb(rng: np.random.Generator, scene: Scene) -> tuple[str, str]:
    """What it does, and where to."""
    motion = scene.motion
    if motion in ALONE_WORDS:
        return _pick(rng, ALONE_WORDS[motion]), ""
    if motion in ROLL_WORDS:
        return "rolling", " " + _pick(rng, ROLL_WORDS[motion])
    if motion in RISING and not _is_plain(scene) and rng.random() < 0.3:
        return _pick(rng, RISING[motion]), ""
    where = " " + _pick(rng, MOTION_WORDS[motion])
    return _pick(rng, VERBS), where


def write_prompt(scene: Scene, rng: np.random.Generator, complete: bool = False) -> str:
    """One sentence that describes the scene. Unless `complete`, now and then an attribute is left
    unsaid.
    """
    said = _Said.draw(rng, scene, complete)
    subject = _subject(rng, scene, said)
    movement = _movement(rng, scene, said.speed) if said.motion else ""
    background = _pick(rng, BACKGROUND_WORDS[scene.background]) if said.background else ""
    style = rng.random()
    if style < 0.2 and background:
        parts = [f"{background},", subject, movement]
    elif style < 0.35 and background:
        parts = [subject, background + ("," if movement else ""), movement]
    else:
        comma = "," if rng.random() < 0.2 else ""
        parts = [subject, movement + comma if movement else "", background]
    sentence = _pick(rng, OPENINGS) + " ".join(part for part in parts if part).rstrip(",")
    if not said.camera:
        return sentence
    camera = _pick(rng, CAMERA_WORDS[scene.camera])
    return f"{camera}: {sentence}" if rng.random() < 0.25 else f"{sentence}, {camera}"


def all_words(extent: Extent = EXTENT) -> list[str]:
    """Every word that `write_prompt` says of such scenes, and a few small ones besides, sorted.

    A word of what no scene shows is none of them: nobody learns what it means.
    """
    phrases: list[str] = [*ANY_SHAPE, *OPENINGS, *EXTRA_WORDS]
    for pairs in SHAPE_WORDS.values():
        phrases.extend(word for pair in pairs for word in pair)
    for motion in drawn(MOTIONS, extent.motions):
        phrases.extend(_movement_phrases(motion))
    for table in (COLOUR_WORDS, COUNT_WORDS, SPEED_WORDS, BACKGROUND_WORDS):
        for words in table.values():
            phrases.extend(words)
    more = {
        "size": (SIZE_WORDS, extent.sizes),
        "material": (MATERIAL_WORDS, extent.materials),
        "camera": (CAMERA_WORDS, extent.cameras),
    }
    shown = [each for attribute, each in more.items() if attribute in extent.attributes]
    for table, weights in shown:
        for words in drawn(table.values(), weights):
            phrases.extend(words)
    if shown:  # scenes are not all plain
        phrases.extend(word for words in RISING.values() for word in words)
    if "material" in extent.attributes:
        phrases.append("made of")
    return sorted({word for phrase in phrases for word in phrase.split()})


def _movement_phrases(motion: str) -> tuple[str, ...]:
    """All that a sentence can say of a motion, but verbs that say where to."""
    if motion in ALONE_WORDS:
        return ALONE_WORDS[motion]
    if motion in ROLL_WORDS:
        return ("rolling", *ROLL_WORDS[motion])
    return (*VERBS, *MOTION_WORDS[motion])
