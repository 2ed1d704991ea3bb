"""What must change and what must be kept when a clip is made from pictures or from another clip: a
checker for each way.

Each returns what it looked at by name.  `source` is what was given, as it truly is; `scene` what
the prompt (or, without one, the source) says.  Frames count from 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.models.starter.training.backdrops import paint_clip
from engine.models.starter.training.checker import ATTRIBUTES
from engine.models.starter.training.looks import Look, path_distance
from engine.models.starter.training.scene import Scene

Clip = NDArray[np.uint8]  # [T, H, W, 3]
Checks = dict[str, bool]

_KEPT: Final = [name for name in ATTRIBUTES if name not in ("motion", "speed")]
SAME_PLACE: Final = 3.0  # pixels, for a picture 64 wide: the subject stays on its way
GOES_ON: Final = 4.0  # pixels: the subject goes on along its way
SEAM: Final = 5.0  # pixels between two frames; the fastest subject of the world circles by 3.6
LIKE: Final = 0.6  # the autoencoder alone leaves 0.78 or more, a shift of three pixels about 0.5


def likeness(source: Clip, made: Clip, empty: NDArray[np.float32]) -> float:
    """1 where pictures of one size are the same, 0 where `made` is as far from the source as the
    empty background is, below where it is farther: a share of the energy of what is to be seen, so
    that a pale subject counts as much as a bright one.
    """
    true = source.astype(np.float32)
    error, energy = (float(np.square(true - other).sum()) for other in (made, empty))
    return 1 - error / max(1.0, energy)


def _empty(clip: Clip, scene: Scene) -> NDArray[np.float32]:
    """The scene without its subjects, in each frame of a clip."""
    empty: NDArray[np.float32] = paint_clip(scene.background, scene.camera, *clip.shape[:3])
    return empty


def _shown(look: Look, scene: Scene, names: Iterable[str], ending: str) -> Checks:
    agrees = look.finding.agrees(scene)
    return {f"{name} {ending}": agrees[name] for name in names}


def _moves(look: Look, scene: Scene, ending: str) -> Checks:
    agrees = look.finding.agrees(scene)
    return {f"motion {ending}": agrees["motion"] and agrees["speed"]}


def check_restyled(attribute: str, source: Look, made: Look, scene: Scene) -> Checks:
    """A video that got another colour or another background, and is otherwise the same."""
    others = [name for name in _KEPT if name != attribute]
    return {
        **_shown(made, scene, [attribute], "as told"),
        **_shown(made, scene, others, "kept"),
        **_moves(made, scene, "kept"),
        "path kept": path_distance(source, made) <= SAME_PLACE,
    }


def check_extended(
    source_clip: Clip, source: Look, made_clip: Clip, made: Look, scene: Scene, given: int
) -> Checks:
    """A clip that goes on from `given` frames; the source's own way on is what it is held to."""
    empty = _empty(source_clip, scene)[:given]
    return {
        "beginning kept": likeness(source_clip[:given], made_clip[:given], empty) >= LIKE,
        **_shown(made, scene, _KEPT, "kept"),
        **_moves(made, scene, "goes on"),
        "path goes on": path_distance(source, made, first=given) <= GOES_ON,
        "no jump": _jump(made, given) <= SEAM,
    }


def _jump(look: Look, at: int) -> float:
    """How far the subject is from one frame to the next, in pixels; infinite where it is away."""
    places = [np.flatnonzero(look.seen_N == frame) for frame in (at - 1, at)]
    if not all(len(place) for place in places):
        return float("inf")
    before, after = (look.centres_N2[place[0]] for place in places)
    return float(np.hypot(*(after - before)))


def check_pictured(
    source_clip: Clip, made_clip: Clip, made: Look, scene: Scene, frames: Iterable[int]
) -> Checks:
    """A clip with pictures of the source at some of its frames, and what the prompt says."""
    empty = _empty(source_clip, scene)
    alike = [
        likeness(source_clip[frame], made_clip[frame], empty[frame]) >= LIKE for frame in frames
    ]
    return {
        "picture kept": all(alike),
        **_shown(made, scene, _KEPT, "kept"),
        **_moves(made, scene, "as wanted"),
    }
