"""What a subject does, of where it is in the world at each moment and how much it turns.

T frames in which it is seen. Lengths are in pixels of a picture 64 wide, x to the right, y down.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.models.starter.training.bounces import find_bounces
from engine.models.starter.training.scene import MOTIONS, ROLLS

Floats = NDArray[np.float64]

STILL_BELOW: Final = 8.0  # travelled in the clip
FAST_ABOVE: Final = 28.0
BOUNCE_ABOVE: Final = 4.5  # between a bouncing subject's highest and lowest place
FAST_BEAT_BELOW: Final = 15.0  # frames between two bounces
SPIN_ABOVE, FAST_SPIN_ABOVE = 0.33, 0.75  # turns in a clip
ORBIT_ABOVE, FAST_ORBIT_ABOVE = 0.35, 0.85
ROLL_ABOVE: Final = 0.45  # of the way: what goes farther than it turns slides
_LEAST_RADIUS: Final = 6.0  # of a circle that subjects go around on
_OFF_CIRCLE: Final = 0.22  # of its radius: what is farther from it, in the mean, is not on it
_OFF_LINE: Final = 5.0

Movement = tuple[str | None, str | None]


def movement(
    time_T: Floats,
    centres_T2: Floats,
    parts_TK2: Sequence[Floats],
    last: float,
    turns: float,
    radius: float,
) -> Movement:
    """(motion, speed), None where it is none of the world's.

    `time_T` counts frames up to the clip's `last`, `centres_T2` are means over the parts, whose own
    centres are `parts_TK2`; `turns` are those about itself, of a subject of this radius (0 where
    neither is known).
    """
    low, high = np.percentile(centres_T2, (5, 95), axis=0)
    bounces = find_bounces(time_T, centres_T2[:, 1])
    if len(bounces) and high[1] - low[1] > BOUNCE_ABOVE > high[0] - low[0]:
        beat = float(np.diff(bounces).mean()) if len(bounces) > 1 else last + 1
        return "bounce", "fast" if beat < FAST_BEAT_BELOW else "slow"
    slope_2, start_2 = np.polyfit(time_T, centres_T2, 1)
    apart = np.square(centres_T2 - (time_T[:, None] * slope_2 + start_2)).sum(1)
    off_line = float(np.sqrt(apart.mean()))
    around = abs(_times_around(time_T, parts_TK2, last, off_line))
    if around > ORBIT_ABOVE:
        return "orbit", "fast" if around > FAST_ORBIT_ABOVE else "slow"
    if off_line > _OFF_LINE:
        return None, None
    return _on_a_line(slope_2 * last, turns, radius)


def _on_a_line(travel_2: Floats, turns: float, radius: float) -> Movement:
    length = float(np.hypot(*travel_2))
    if length < STILL_BELOW:
        if abs(turns) > SPIN_ABOVE:
            return "spin", "fast" if abs(turns) > FAST_SPIN_ABOVE else "slow"
        return "still", "slow"
    speed = "fast" if length > FAST_ABOVE else "slow"
    on_lines = [name for name, way in MOTIONS.items() if any(way) and name not in ROLLS]
    motion = max(on_lines, key=lambda name: float(travel_2 @ np.array(MOTIONS[name])))
    rolled = 2 * np.pi * radius * turns
    if motion in ("left", "right") and rolled / travel_2[0] > ROLL_ABOVE:
        return f"roll {motion}", speed
    return motion, speed


def _times_around(
    time_T: Floats, parts_TK2: Sequence[Floats], last: float, off_line: float
) -> float:
    """How often subjects go around on one circle in the clip, clockwise; 0 where they do not, or
    where a line, from which one would be `off_line`, is about as near.
    """
    count = int(np.median([len(parts) for parts in parts_TK2]))
    whole = [index for index, parts in enumerate(parts_TK2) if len(parts) == count]
    if len(whole) < 5:
        return 0.0
    places_TK2 = np.stack([parts_TK2[index] for index in whole])
    middle_2, radius = _circle(places_TK2.reshape(-1, 2))
    from_middle = places_TK2 - middle_2
    away = np.abs(np.hypot(from_middle[..., 0], from_middle[..., 1]) - radius).mean()
    if count == 1 and off_line < 2.0 * away:
        return 0.0
    if not _LEAST_RADIUS < radius < 32.0 or away > _OFF_CIRCLE * radius:
        return 0.0
    angle_TK = np.arctan2(from_middle[..., 1], from_middle[..., 0])
    if abs(np.exp(1j * angle_TK).mean(1)).max() > 0.5 and count > 1:
        return 0.0  # side by side, not opposite each other
    # Which is which cannot be seen: they change places `count` times in one turn.
    phase_T = np.unwrap(np.angle(np.exp(1j * count * angle_TK).mean(1)))
    rate = np.polyfit(time_T[whole], phase_T, 1)[0]
    return float(rate * last / (2 * np.pi * count))


def _circle(places_N2: Floats) -> tuple[Floats, float]:
    """Middle and radius of the circle nearest to some places (Kasa 1976)."""
    about = places_N2.mean(0)
    near = places_N2 - about
    basis = np.column_stack([2 * near, np.ones(len(near))])
    (x, y, rest), *_ = np.linalg.lstsq(basis, np.square(near).sum(1), rcond=None)
    return about + np.array([x, y]), float(np.sqrt(max(0.0, rest + x * x + y * y)))
