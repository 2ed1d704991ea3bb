"""What a synthetic scene is: its attributes, how one is drawn by chance, and which combinations are
held out. Where its subjects are at which moment stands in `paths.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np

_Value = TypeVar("_Value")
COLOURS: Final[dict[str, tuple[int, int, int]]] = {
    "red": (216, 36, 40),
    "orange": (247, 134, 16),
    "yellow": (252, 224, 52),
    "green": (24, 176, 64),
    "blue": (36, 72, 224),
    "purple": (136, 44, 184),
    "pink": (255, 128, 196),
    "white": (248, 248, 248),
}
SHAPES: Final = ("ball", "cube", "star", "triangle", "ring")
COUNTS: Final = (1, 2, 3)
_DIAGONAL: Final = 0.5**0.5
MOTIONS: Final[dict[str, tuple[float, float]]] = {  # unit vectors: x to the right, y down
    "left": (-1.0, 0.0),
    "right": (1.0, 0.0),
    "up": (0.0, -1.0),
    "down": (0.0, 1.0),
    "up left": (-_DIAGONAL, -_DIAGONAL),
    "up right": (_DIAGONAL, -_DIAGONAL),
    "down left": (-_DIAGONAL, _DIAGONAL),
    "down right": (_DIAGONAL, _DIAGONAL),
    "still": (0.0, 0.0),
    "bounce": (0.0, 0.0),
    "roll left": (-1.0, 0.0),
    "roll right": (1.0, 0.0),
    "spin": (0.0, 0.0),
    "orbit": (0.0, 0.0),
}
ROLLS: Final = ("roll left", "roll right")
TURNING: Final = (*ROLLS, "spin")
GROUNDED: Final = ("bounce", *ROLLS)
BACKGROUNDS: Final = ("night", "sunset", "meadow", "sea", "desert", "studio")
MATERIALS: Final = ("plastic", "metal", "wood")
CAMERAS: Final = ("still", "pan left", "pan right", "zoom in", "zoom out")
SPEEDS: Final[dict[str, float]] = {"slow": 20.0, "fast": 36.0}  # pixels travelled in a clip
# Radii in pixels of a picture 64 wide, by size and count: three large ones have no room, and of
# three small ones too little would be seen.
RADII: Final[dict[str, dict[int, tuple[float, float]]]] = {
    "small": {1: (6.0, 7.0), 2: (5.8, 6.5)},
    "medium": {1: (8.0, 10.0), 2: (7.5, 9.0), 3: (7.0, 7.6)},
    "large": {1: (11.8, 13.4), 2: (10.2, 11.2)},
}
SIZES: Final = tuple(RADII)
BEATS: Final[dict[str, float]] = {"slow": 0.56, "fast": 0.38}  # of the clip, between two impacts

COUNT_WEIGHTS: Final = (0.66, 0.2, 0.14)


@dataclass(frozen=True)
class Extent:
    """How often each motion, size, material and camera is drawn, in the order of their names, and
    whether what is on a floor casts a shadow on it.
    """

    motions: tuple[float, ...]
    sizes: tuple[float, ...]
    materials: tuple[float, ...]
    cameras: tuple[float, ...]
    shadows: bool

    @property
    def attributes(self) -> tuple[str, ...]:
        """In what its scenes differ."""
        more = {"size": self.sizes, "material": self.materials, "camera": self.cameras}
        return (*_ALWAYS, *(name for name, weights in more.items() if 1.0 not in weights))

    def draws(self, scene: Scene) -> bool:
        """Whether it has scenes that move so, of such a size, material and camera."""
        shown = (
            (MOTIONS, self.motions, scene.motion),
            (SIZES, self.sizes, scene.size),
            (MATERIALS, self.materials, scene.material),
            (CAMERAS, self.cameras, scene.camera),
        )
        return all(value in drawn(values, weights) for values, weights, value in shown)


_ALWAYS: Final = ("colour", "motion", "background", "shape", "count", "speed")
PLAIN: Final = Extent(
    motions=(0.094,) * 8 + (0.048, 0.2, 0.0, 0.0, 0.0, 0.0),
    sizes=(0.0, 1.0, 0.0),
    materials=(1.0, 0.0, 0.0),
    cameras=(1.0, 0.0, 0.0, 0.0, 0.0),
    shadows=False,
)
"""All of plastic, and of one size: what the starter was taught first."""
WIDER: Final = Extent(
    motions=(0.062,) * 8 + (0.044, 0.16, 0.05, 0.05, 0.1, 0.1),
    sizes=(0.25, 0.5, 0.25),
    materials=(0.5, 0.25, 0.25),
    cameras=(0.68, 0.08, 0.08, 0.08, 0.08),
    shadows=True,
)
"""All that can be drawn."""
VARIED: Final = replace(
    WIDER,
    motions=(0.085,) * 8 + (0.05, 0.17, 0.0, 0.0, 0.0, 0.1),
    materials=(0.67, 0.33, 0.0),
    cameras=PLAIN.cameras,
)
"""What the weights that ship show."""
LIVELY: Final = replace(
    WIDER,
    motions=(0.042,) * 8 + (0.034, 0.12, 0.13, 0.13, 0.19, 0.06),
    materials=(0.6, 0.4, 0.0),
    cameras=(0.56, 0.11, 0.11, 0.11, 0.11),
)
"""Turns and moving cameras more often than they are asked for: to learn them from."""
EXTENT: Final = VARIED
"""What training draws from, and what reports ask for: the one line to change for another world."""
_UNSEEN_PANS: Final = ("sea", "studio")  # backgrounds that look the same from farther right
JITTER: Final = 3.0
HELD_OUT_SHARE: Final = 0.1


@dataclass(frozen=True)
class Scene:
    """One clip's content. Lengths are in pixels of a picture 64 wide, offsets from its centre.

    A bouncing subject falls on its floor first at `impact`, then every `beat`, both in shares of
    the clip.
    """

    colour: str
    shape: str
    count: int
    motion: str
    background: str
    speed: str
    radius: float
    offset_x: float
    offset_y: float
    travel: float
    impact: float = 0.0
    beat: float = 0.0
    size: str = "medium"
    material: str = "plastic"
    camera: str = "still"
    shadow: bool = False

    @property
    def attributes(self) -> tuple[str, str, int, str, str, str, str, str, str]:
        return (*self.combination, self.size, self.material, self.camera)

    @property
    def combination(self) -> tuple[str, str, int, str, str, str]:
        """What decides whether the scene is held out."""
        return (self.colour, self.shape, self.count, self.motion, self.background, self.speed)


def is_held_out(scene: Scene) -> bool:
    """True for the fixed tenth of combinations that training never sees, in whatever size and
    material and however the camera moves.
    """
    key = "|".join(str(value) for value in scene.combination)
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 1000 < HELD_OUT_SHARE * 1000


def is_fine(scene: Scene) -> bool:
    """True for what is hardest to draw: several subjects with thin parts and narrow gaps."""
    return scene.count > 1 and scene.shape in ("ring", "star")


def draw_scene(
    rng: np.random.Generator,
    count_weights: tuple[float, float, float] = COUNT_WEIGHTS,
    extent: Extent = EXTENT,
) -> Scene:
    """One scene with independently drawn attributes, held-out combinations included.

    What cannot be shown is drawn anew as what is usual: three subjects of another size than medium,
    and a pan where it could not be seen.
    """
    count = COUNTS[rng.choice(3, p=count_weights)]
    motion = _one_of(rng, tuple(MOTIONS), extent.motions)
    speed = tuple(SPEEDS)[rng.integers(2)]
    if motion == "still":
        speed = "slow"
    size = _one_of(rng, SIZES, extent.sizes)
    if count not in RADII[size]:
        size = "medium"
    radius = {each: rng.uniform(*reach) for each, reach in RADII[size].items()}[count]
    offset_x, offset_y = rng.uniform(-JITTER, JITTER, 2)
    bounces, travels = motion == "bounce", any(MOTIONS[motion]) or motion == "still"
    scene = Scene(
        colour=tuple(COLOURS)[rng.integers(len(COLOURS))],
        shape=SHAPES[rng.integers(len(SHAPES))],
        count=count,
        motion=motion,
        background=BACKGROUNDS[rng.integers(len(BACKGROUNDS))],
        speed=speed,
        radius=float(radius),
        offset_x=float(offset_x),
        offset_y=float(offset_y),
        travel=float(SPEEDS[speed] * rng.uniform(0.95, 1.05)) if travels else 0.0,
        impact=float(rng.uniform(0.1, 0.3)) if bounces else 0.0,
        beat=float(BEATS[speed] * rng.uniform(0.95, 1.05)) if bounces else 0.0,
        size=size,
        material=_one_of(rng, MATERIALS, extent.materials),
        camera=_one_of(rng, CAMERAS, extent.cameras),
        shadow=extent.shadows and motion in GROUNDED,
    )
    if scene.background in _UNSEEN_PANS and scene.camera.startswith("pan"):
        return replace(scene, camera="still")
    return scene


def _one_of(rng: np.random.Generator, values: tuple[str, ...], weights: tuple[float, ...]) -> str:
    """A value by chance; nothing is drawn where there is but one."""
    if 1.0 in weights:
        return values[weights.index(1.0)]
    return values[rng.choice(len(values), p=weights)]


def drawn(values: Iterable[_Value], weights: Sequence[float]) -> list[_Value]:
    """Those of the values that are ever drawn."""
    return [value for value, weight in zip(values, weights, strict=True) if weight]


def draw_scenes(
    num_scenes: int,
    seed: int,
    held_out: bool = False,
    count_weights: tuple[float, float, float] = COUNT_WEIGHTS,
    extent: Extent = EXTENT,
) -> list[Scene]:
    """`num_scenes` scenes from the training combinations, or from the held-out ones; the same for
    the same seed.
    """
    rng = np.random.default_rng(seed)
    scenes: list[Scene] = []
    while len(scenes) < num_scenes:
        scene = draw_scene(rng, count_weights, extent)
        if is_held_out(scene) == held_out:
            scenes.append(scene)
    return scenes
