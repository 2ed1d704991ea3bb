"""What is kept of material that was taken down: hashes of passages of two seconds.

A passage holds four frames a second, each as signs of its appearance and of its change since the
frame before (TMK, named in `frame_signs.py`, likewise hashes how frames follow each other).
Passages match wherever they occur, so a part of the material, or a cut that holds it, is found.

Shapes: K frames of a passage, W windows, F frequencies.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidInput
from engine.trust.takedown.frame_signs import (
    NUM_FREQUENCIES,
    NUM_WINDOWS,
    shrunk,
    signs,
    windowed_frequencies,
)
from engine.trust.takedown.layout import FIELDS, layout
from engine.values import Clip, Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.trust.takedown.frame_signs import Signs
    from engine.trust.takedown.layout import Layout

STEP: Final = 0.25
"""Seconds from one frame of a passage to the next."""

FRAMES: Final = 8
"""Frames of a whole passage."""

MOST_PASSAGES: Final = 90
"""A longer video is hashed at so many places that lie evenly over it."""

_PLAIN: Final = 24
"""A frame with fewer frequencies than this shows too little to be recognised by."""

_BYTES: Final = -(-NUM_FREQUENCIES // 8)


@dataclass(frozen=True, eq=False)
class Passage:
    """`appearance_KWF` and `change_KWF` are signs; `step` is seconds between frames.

    The first frame changed since none: its change is all 0.  `layout_KGG` is for the second look;
    what was registered before there was one has none.
    """

    appearance_KWF: Signs
    change_KWF: Signs
    step: float
    layout_KGG: Layout | None = None

    def packed(self) -> bytes:
        """As it is kept: two bits a sign, compressed."""
        import numpy as np

        both = np.stack([self.appearance_KWF, self.change_KWF])
        bits = np.packbits(np.stack([both > 0, both < 0]), axis=-1)
        header = np.array([len(self.appearance_KWF)], "<u4").tobytes()
        laid = b"" if self.layout_KGG is None else self.layout_KGG.tobytes()
        packed = zlib.compress(bits.tobytes() + laid, 6)
        return header + np.array([self.step], "<f4").tobytes() + packed


def unpacked(data: bytes) -> Passage:
    """A passage from what `packed` made of it.  Raises ValueError for anything else."""
    import numpy as np

    if len(data) < 8:
        raise ValueError("too short for a passage")
    (count,) = np.frombuffer(data, "<u4", 1).tolist()
    (step,) = np.frombuffer(data, "<f4", 1, 4).tolist()
    if not (1 <= count <= FRAMES and 0 < step < 1e4):
        raise ValueError("not a passage")
    shape = (2, 2, count, NUM_WINDOWS, _BYTES)
    size, laid = int(np.prod(shape)), count * FIELDS * FIELDS * 3
    try:
        unfolded = zlib.decompressobj().decompress(data[8:], size + laid + 1)
    except zlib.error as error:
        raise ValueError("a damaged passage") from error
    if len(unfolded) not in (size, size + laid):
        raise ValueError("a passage of another length")
    packed = np.frombuffer(unfolded, np.uint8, size).reshape(shape)
    rest = np.frombuffer(unfolded, np.uint8, offset=size)
    layout_KGG = rest.reshape(count, FIELDS, FIELDS, 3) if len(rest) else None
    bits = np.unpackbits(packed, axis=-1, count=NUM_FREQUENCIES).astype(np.int8)
    appearance, change = bits[0] - bits[1]
    return Passage(appearance, change, float(step), layout_KGG)


def passages_of(material: Clip | Image) -> list[Passage]:
    """The passages of a video or a picture, in one pass over it.

    Raises InvalidInput for material that shows too little to be recognised by.
    """
    if isinstance(material, Image):
        found = list(_passage([material.pixels_HWC], STEP))
    else:
        found = [passage for frames in _sampled(material) for passage in _passage(*frames)]
    if not found:
        raise InvalidInput(
            "The material is too plain to be recognised by its looks.",
            remedy="Register a part of it that shows more, or the request without a file.",
        )
    return found


def _passage(frames: list[NDArray[np.uint8]], step: float) -> Iterator[Passage]:
    """The frames as a passage, unless they are too plain."""
    import numpy as np

    strength_KWF = np.stack([windowed_frequencies(shrunk(frame)) for frame in frames])
    change_KWF = np.zeros_like(strength_KWF)
    change_KWF[1:] = strength_KWF[1:] - strength_KWF[:-1]
    appearance_KWF = signs(strength_KWF)
    if np.count_nonzero(appearance_KWF[:, 0]) >= _PLAIN * len(frames):
        laid = np.stack([layout(frame) for frame in frames])
        yield Passage(appearance_KWF, signs(change_KWF), step, laid)


def _sampled(clip: Clip) -> Iterator[tuple[list[NDArray[np.uint8]], float]]:
    """The frames of each passage of a clip, with the seconds between them."""
    every = max(1, round(clip.fps * STEP))
    step = float(every / clip.fps)
    span = FRAMES * every
    apart = max(span, -(-clip.frames // MOST_PASSAGES))
    frames: list[NDArray[np.uint8]] = []
    for number, frame in enumerate(_frames(clip)):
        place = number % apart
        if place == 0 and frames:
            yield frames, step
            frames = []
        if place < span and place % every == 0:
            frames.append(frame)
    if frames:
        yield frames, step


def _frames(clip: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    for chunk_THWC in clip:
        yield from chunk_THWC
