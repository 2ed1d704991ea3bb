"""Where the subjects of a scene are, how far they are turned, and what the camera does.

Lengths are in pixels of a picture 64 wide, x to the right and y down; T frames, K subjects. Paths,
turns and the camera pass through the middle of what they do at mid clip, so that what the words say
shows in where things are: the mean picture given the text moves, too, which is what makes motion
learnable by a small model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.models.starter.training.scene import GROUNDED, MOTIONS, ROLLS, TURNING, Scene

Floats = NDArray[np.float64]

BOUNCE_HEIGHTS: Final[dict[str, float]] = {"slow": 12.0, "fast": 8.0}
_FLOOR: Final = 7.0  # from the picture's middle down to a grounded subject's lowest place
# Turns in one clip, clockwise: of a subject about itself, and of subjects about each other.
SPINS: Final[dict[str, float]] = {"slow": 0.5, "fast": 1.0}
ORBITS: Final[dict[str, float]] = {"slow": 0.6, "fast": 1.1}
_ORBIT_RADII: Final = {1: 13.0, 2: 15.0, 3: 15.0}
_PAN: Final = 12.0  # how far the camera goes in a clip
_ZOOM: Final = 1.3  # how much larger, or smaller, things become in a clip
_MIDDLE: Final = 32.0
# How far a shape reaches towards its neighbour in a row, in radii, and the pixels between the two:
# squares may stand corner to corner, and stars arm to arm.
_HALF_WIDTHS: Final = {"ball": 1.0, "cube": 1.2, "star": 1.19, "triangle": 1.08, "ring": 1.06}
_TURNED_HALF_WIDTHS: Final = {**_HALF_WIDTHS, "cube": 1.22, "star": 1.25, "triangle": 1.25}
_GAP: Final = 3.0


@dataclass(frozen=True)
class View:
    """What the camera shows at each moment: how far it stands to the right of the world's middle,
    and how much larger it shows things.
    """

    pan_T: Floats
    zoom_T: Floats

    def at(self, frames: Sequence[int]) -> View:
        """The same in some of the frames."""
        return View(self.pan_T[frames], self.zoom_T[frames])

    def seen(self, world_TK2: Floats) -> Floats:
        """Where places of the world are in the picture, of the same shape."""
        apart = world_TK2 - _MIDDLE
        apart[..., 0] -= self.pan_T[:, None]
        seen: Floats = apart * self.zoom_T[:, None, None] + _MIDDLE
        return seen

    def world(self, seen_TK2: Floats) -> Floats:
        """The inverse of `seen`."""
        world: Floats = (seen_TK2 - _MIDDLE) / self.zoom_T[:, None, None] + _MIDDLE
        world[..., 0] += self.pan_T[:, None]
        return world


def view(camera: str, num_frames: int) -> View:
    """What a camera that moves so shows in each frame."""
    since_T = _shares(num_frames) - 0.5
    way = {"pan left": -1.0, "pan right": 1.0}.get(camera, 0.0)
    growth = {"zoom in": 1.0, "zoom out": -1.0}.get(camera, 0.0)
    return View(way * _PAN * since_T, _ZOOM ** (growth * since_T))


def _shares(num_frames: int) -> Floats:
    """How much of the clip is over at each frame."""
    return np.linspace(0.0, 1.0, num_frames) if num_frames > 1 else np.zeros(1)


def world_centres(scene: Scene, num_frames: int) -> Floats:
    """Centres of the subjects in the world, [T, K, (x, y)].

    Several subjects stand in a row across the direction of motion, or circle each other.
    """
    share_T = _shares(num_frames)
    direction = np.array(MOTIONS[scene.motion])
    middle = _MIDDLE + np.array([scene.offset_x, scene.offset_y])
    if scene.motion == "orbit":
        return middle + _circling(scene, share_T)
    along_T2 = middle + (share_T[:, None] - 0.5) * scene.travel * direction
    if scene.motion in GROUNDED:
        in_lanes = scene.motion in ROLLS and scene.count > 1  # one behind the other, and all seen
        along_T2[:, 1] += (0.0 if in_lanes else _FLOOR) - heights(scene, num_frames)
    across = np.array([-direction[1], direction[0]]) if direction.any() else np.array([1.0, 0.0])
    widths = _TURNED_HALF_WIDTHS if scene.motion in TURNING else _HALF_WIDTHS
    spacing = 2 * widths[scene.shape] * scene.radius + _GAP
    row_K2 = (np.arange(scene.count) - (scene.count - 1) / 2)[:, None] * spacing * across
    centres: Floats = along_T2[:, None, :] + row_K2[None]
    return centres


def _circling(scene: Scene, share_T: Floats) -> Floats:
    """Where subjects are on their circle, evenly spread, the first on top at mid clip."""
    turn_T = ORBITS[scene.speed] * (share_T - 0.5) - 0.25
    angle_TK = 2 * np.pi * (turn_T[:, None] + np.arange(scene.count) / scene.count)
    return _ORBIT_RADII[scene.count] * np.stack([np.cos(angle_TK), np.sin(angle_TK)], axis=-1)


def heights(scene: Scene, num_frames: int) -> Floats:
    """How high grounded subjects are above their lowest place, [T]."""
    if scene.motion != "bounce":
        return np.zeros(num_frames)
    phase_T = (_shares(num_frames) - scene.impact) / scene.beat % 1.0
    height_T: Floats = BOUNCE_HEIGHTS[scene.speed] * 4.0 * phase_T * (1.0 - phase_T)
    return height_T


def subject_centres(scene: Scene, num_frames: int) -> Floats:
    """Centres of the subjects as the camera shows them, [T, K, (x, y)], origin top left."""
    return view(scene.camera, num_frames).seen(world_centres(scene, num_frames))


def subject_turns(scene: Scene, num_frames: int) -> Floats:
    """How far all subjects are turned about themselves, clockwise in radians, [T]."""
    since_T = _shares(num_frames) - 0.5
    if scene.motion in ROLLS:
        return since_T * scene.travel * MOTIONS[scene.motion][0] / scene.radius
    if scene.motion == "spin":
        return 2 * np.pi * SPINS[scene.speed] * since_T
    return np.zeros(num_frames)


def impact_shares(scene: Scene) -> Floats:
    """When subjects fall on their floor, as shares of the clip (0 its first frame, 1 its last)."""
    if scene.motion != "bounce":
        return np.zeros(0)
    shares: Floats = np.arange(scene.impact % scene.beat, 1.0, scene.beat)
    return shares
