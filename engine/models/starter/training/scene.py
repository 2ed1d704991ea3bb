"""What a synthetic scene is: its attributes, how one is drawn by chance, and which combinations are
held out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np

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
# Unit vectors in picture coordinates: x to the right, y down.
_DIAGONAL: Final = 0.5**0.5
MOTIONS: Final[dict[str, tuple[float, float]]] = {
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
}
BACKGROUNDS: Final = ("night", "sunset", "meadow", "sea", "desert", "studio")
# Pixels travelled in one clip, for a picture 64 pixels wide.
SPEEDS: Final[dict[str, float]] = {"slow": 20.0, "fast": 36.0}

# Height of a bounce in pixels, and the time between two impacts as a share of the clip.
BOUNCE_HEIGHTS: Final[dict[str, float]] = {"slow": 12.0, "fast": 8.0}
BEATS: Final[dict[str, float]] = {"slow": 0.56, "fast": 0.38}
_FLOOR: Final = 7.0  # pixels from the picture's middle down to a bouncing subject's lowest place

COUNT_WEIGHTS: Final = (0.66, 0.2, 0.14)
MOTION_WEIGHTS: Final = (0.094,) * 8 + (0.048, 0.2)
JITTER: Final = 3.0
# How far a shape reaches towards its neighbour in a row, in radii, and the pixels between the two:
# squares may stand corner to corner, and stars arm to arm.
_HALF_WIDTHS: Final = {"ball": 1.0, "cube": 1.2, "star": 1.19, "triangle": 1.08, "ring": 1.06}
_GAP: Final = 3.0
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

    @property
    def attributes(self) -> tuple[str, str, int, str, str, str]:
        return (self.colour, self.shape, self.count, self.motion, self.background, self.speed)


def is_held_out(scene: Scene) -> bool:
    """True for the fixed tenth of attribute combinations that training never sees."""
    key = "|".join(str(value) for value in scene.attributes)
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % 1000 < HELD_OUT_SHARE * 1000


def is_fine(scene: Scene) -> bool:
    """True for what is hardest to draw: several subjects with thin parts and narrow gaps."""
    return scene.count > 1 and scene.shape in ("ring", "star")


def draw_scene(
    rng: np.random.Generator, count_weights: tuple[float, float, float] = COUNT_WEIGHTS
) -> Scene:
    """One scene with independently drawn attributes, held-out combinations included."""
    count = COUNTS[rng.choice(3, p=count_weights)]
    motion = tuple(MOTIONS)[rng.choice(len(MOTIONS), p=MOTION_WEIGHTS)]
    speed = tuple(SPEEDS)[rng.integers(2)]
    if motion == "still":
        speed = "slow"
    radius = {1: rng.uniform(8.0, 10.0), 2: rng.uniform(7.5, 9.0), 3: rng.uniform(7.0, 7.6)}[count]
    offset_x, offset_y = rng.uniform(-JITTER, JITTER, 2)
    bounces = motion == "bounce"
    return Scene(
        colour=tuple(COLOURS)[rng.integers(len(COLOURS))],
        shape=SHAPES[rng.integers(len(SHAPES))],
        count=count,
        motion=motion,
        background=BACKGROUNDS[rng.integers(len(BACKGROUNDS))],
        speed=speed,
        radius=float(radius),
        offset_x=float(offset_x),
        offset_y=float(offset_y),
        travel=0.0 if bounces else float(SPEEDS[speed] * rng.uniform(0.95, 1.05)),
        impact=float(rng.uniform(0.1, 0.3)) if bounces else 0.0,
        beat=float(BEATS[speed] * rng.uniform(0.95, 1.05)) if bounces else 0.0,
    )


def draw_scenes(
    num_scenes: int,
    seed: int,
    held_out: bool = False,
    count_weights: tuple[float, float, float] = COUNT_WEIGHTS,
) -> list[Scene]:
    """`num_scenes` scenes from the training combinations, or from the held-out ones; the same for
    the same seed.
    """
    rng = np.random.default_rng(seed)
    scenes: list[Scene] = []
    while len(scenes) < num_scenes:
        scene = draw_scene(rng, count_weights)
        if is_held_out(scene) == held_out:
            scenes.append(scene)
    return scenes


def subject_centres(scene: Scene, num_frames: int) -> np.ndarray:
    """Centres of the subjects, [frame, subject, (x, y)], in pixels of a picture 64 wide, origin top
    left.

    The path crosses the middle of the picture at mid clip, so what the motion is shows in where the
    subject is: the mean picture given the text moves too, which is what makes direction learnable
    by a small model. Several subjects stand in a row across the direction of motion.
    """
    direction = np.array(MOTIONS[scene.motion])
    across = np.array([-direction[1], direction[0]]) if direction.any() else np.array([1.0, 0.0])
    share_T = np.linspace(0.0, 1.0, num_frames) if num_frames > 1 else np.zeros(1)
    middle = np.array([32.0 + scene.offset_x, 32.0 + scene.offset_y])
    along_T2 = middle + (share_T[:, None] - 0.5) * scene.travel * direction
    if scene.motion == "bounce":
        phase_T = (share_T - scene.impact) / scene.beat % 1.0
        along_T2[:, 1] += _FLOOR - BOUNCE_HEIGHTS[scene.speed] * 4.0 * phase_T * (1.0 - phase_T)
    spacing = 2 * _HALF_WIDTHS[scene.shape] * scene.radius + _GAP
    row_K2 = (np.arange(scene.count) - (scene.count - 1) / 2)[:, None] * spacing * across
    centres: np.ndarray = along_T2[:, None, :] + row_K2[None]
    return centres


def impact_shares(scene: Scene) -> np.ndarray:
    """When subjects fall on their floor, as shares of the clip (0 its first frame, 1 its last)."""
    if scene.motion != "bounce":
        return np.zeros(0)
    shares: np.ndarray = np.arange(scene.impact % scene.beat, 1.0, scene.beat)
    return shares
