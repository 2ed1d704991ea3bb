"""What stands still before a scene that moves: the mark lies on the screen, not on the scene.

The camera's way is followed from frame to frame; the scene, laid over itself along that way and
averaged, is taken out of every frame.  What is left does not move with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.float32]
Way: TypeAlias = NDArray[np.float64]
"""Where a place of one frame lies in another, as an affine map of shape (2, 3)."""

LEAST_WAY: Final = 3.0
"""Pixels below which a scene counts as still: what is taken from it would take the mark along."""
MOST_WAY: Final = 50.0
"""Pixels above which frames have too little in common; such scenes blur by themselves."""

_MOST_CORNERS: Final = 300
_LEAST_CORNERS: Final = 8
_QUALITY, _APART = 0.01, 6  # of a corner, over the best one's; pixels between two
_WINDOW: Final = (15, 15)
_NEAR: Final = 0.7  # pixels by which a corner may miss the common way
_AGREEING: Final = 0.3
_CUT: Final = 12.0  # levels of mean difference: another shot


def way_between(before: Plane, after: Plane) -> Way | None:
    """The camera's way from one frame to the next (luma, 0 to 255); None where they are two shots.

    A similarity that most corners agree on (RANSAC over Lucas-Kanade tracks); standing still where
    that explains the frame better.
    """
    best, left = np.eye(2, 3), float(cv2.absdiff(before, after).mean())
    way = _followed(before, after)
    if way is not None:
        size = before.shape[1::-1]
        laid = cv2.warpAffine(before, way, size, borderMode=cv2.BORDER_REPLICATE)
        unexplained = float(cv2.absdiff(laid, after).mean())
        if unexplained < left:
            best, left = way, unexplained
    return None if left > _CUT else best


def _followed(before: Plane, after: Plane) -> Way | None:
    first, second = (cv2.convertScaleAbs(each) for each in (before, after))
    corners = cv2.goodFeaturesToTrack(first, _MOST_CORNERS, _QUALITY, _APART)
    if corners is None or len(corners) < _LEAST_CORNERS:
        return None
    ends, found, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, None, winSize=_WINDOW)
    kept = found[:, 0] == 1
    if kept.sum() < _LEAST_CORNERS:
        return None
    way, agreeing = cv2.estimateAffinePartial2D(
        corners[kept], ends[kept], ransacReprojThreshold=_NEAR
    )
    return None if way is None or agreeing.mean() < _AGREEING else np.asarray(way, np.float64)


def sum_of_what_stands(frames: Sequence[Plane], ways: Sequence[Way]) -> Plane:
    """The sum of a shot's frames without the scene that moves in them.

    `ways` leads from each frame to the next.  A scene that hardly moves stays in.
    """
    places = list(_from_first(ways))
    height, width = frames[0].shape
    moved = max(_moved(place, width, height) for place in places)
    if not LEAST_WAY <= moved <= MOST_WAY:
        return np.asarray(np.sum(frames, axis=0), np.float32)
    size = (width, height)
    back = [cv2.invertAffineTransform(place) for place in places]
    whole = np.ones((height, width), np.float32)
    seen = np.sum([cv2.warpAffine(whole, each, size) for each in back], axis=0)
    laid = [
        cv2.warpAffine(frame, each, size, flags=cv2.INTER_CUBIC)
        for frame, each in zip(frames, back, strict=True)
    ]
    scene = np.sum(laid, axis=0) / np.maximum(seen, 1)
    shared = (seen > 1).astype(np.float32)  # a place that was seen once is all scene
    total = np.zeros((height, width), np.float32)
    for frame, place in zip(frames, places, strict=True):
        shown = cv2.warpAffine(scene, place, size, flags=cv2.INTER_CUBIC)
        total += (frame - shown) * cv2.warpAffine(shared, place, size)
    return total


def _from_first(ways: Sequence[Way]) -> Iterator[Way]:
    place = np.eye(3)
    yield place[:2]
    for way in ways:
        place = np.vstack([way, [0, 0, 1]]) @ place
        yield place[:2]


def _moved(place: Way, width: int, height: int) -> float:
    """How far the corner that goes farthest goes along one side, in pixels."""
    corners = np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]], np.float64)
    return float(np.abs(place @ corners - corners[:2]).max())
