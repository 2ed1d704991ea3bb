"""Putting a number into frames with a network of the user's own, and reading it with another.

Both see a square of `size` pixels, RGB or luma from 0 to 1.  The embedder answers what is to be
added, from -1 to 1; it stands for `step` frames, is made fainter where the eye would see it, and
never stronger than our own mark.  The extractor answers a logit for each bit, whose mean over the
frames is read.

Shapes: S size, B bits, C channels (1 or 3).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import InvalidInput
from engine.trust.onnx_models import OnnxModel
from engine.trust.release import NEURAL_WATERMARK, MarkKind
from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.message import Known
from engine.trust.watermark.neural.bits import keyed_bits, said
from engine.trust.watermark.neural.described import Described
from engine.trust.watermark.neural.noticeable import just_noticeable
from engine.trust.watermark.reading import Reading
from engine.trust.watermark.video.mark import STRONGEST, added_to

_LOOKS: Final = 4
"""Frames a second that are read: neighbours say the same."""

Chunk = NDArray[np.uint8]
Floats = NDArray[np.float32]


class NeuralMarker:
    """A described marker, whose networks fit its description.

    Raises InvalidInput and StorageFailed where they do not, or cannot be loaded.
    """

    kind = MarkKind.NEURAL
    strengths = (1.0, 2.0)  # times the described scaling
    margin = 12.0

    def __init__(self, described: Described) -> None:
        self._is, self.name = described, described.name
        # By the extractor's digest: what one network hides another does not read.
        self.algorithm = f"{NEURAL_WATERMARK}.{self.name}.{described.extractor_sha256[:8]}"
        size = described.size
        self._extractor = self._model("extractor", described.extractor, described.extractor_sha256)
        self._require(
            "extractor", self._logits(np.zeros((size, size, 3), np.uint8)), described.bits
        )

    @property
    def step(self) -> int:
        """Frames that share one answer of the embedder."""
        return self._is.step

    def unfit(self, width: int, height: int, seconds: float) -> str:
        """Why a video cannot carry the mark: both sides are smaller than the networks see."""
        size = self._is.size
        if max(width, height) < size:
            return f"too small ({width} x {height} pixels; from {size} on)"
        return ""

    def ready(self) -> None:
        """Load what puts marks on, which reading does not need."""
        _ = self._embedder

    def mark(
        self, chunks: Iterator[Chunk], *, id: int, key: MarkKey, fps: Fraction, strength: float
    ) -> Iterator[Chunk]:
        """The frames (time, height, width, 3) with a number in them, one chunk at a time."""
        bits = keyed_bits(id, key, self._is.bits)
        added_SSC, number = np.zeros(0, np.float32), 0
        for chunk_THWC in chunks:
            marked = np.empty_like(chunk_THWC)
            for place, frame in enumerate(chunk_THWC):
                small = self._small(frame)
                if number % self._is.step == 0:
                    added_SSC = self._answer(small, bits)
                marked[place] = self._laid(frame, small, added_SSC, strength)
                number += 1
            yield marked

    def read(
        self,
        chunks: Iterator[Chunk],
        *,
        key: MarkKey,
        fps: Fraction,
        changed: bool = True,
        seconds: int | None = None,
        known: Collection[int] = (),
    ) -> Reading | None:
        """The number in the frames of the first `seconds`, or in all; None if there is none.

        The network is taught what may be `changed`, so that makes no difference here.
        """
        every, most = max(1, round(fps / _LOOKS)), None if seconds is None else int(seconds * fps)
        looked_for = Known(known)
        total, looks, number = np.zeros(self._is.bits, np.float32), 0, 0
        for chunk_THWC in chunks:
            for frame in chunk_THWC:
                if number == most:
                    return self._reading(total, key, looks, looked_for)
                if number % every == 0:
                    total += self._logits(self._small(frame))
                    looks += 1
                number += 1
        return self._reading(total, key, looks, looked_for)

    def _reading(self, total: Floats, key: MarkKey, looks: int, known: Known) -> Reading | None:
        found = said(total, key, known)
        return None if found is None else Reading(found.number, found.deviations, looks)

    @cached_property
    def _embedder(self) -> OnnxModel:
        path, digest, size = self._is.embedder, self._is.embedder_sha256, self._is.size
        assert path is not None
        assert digest is not None
        model = self._model("embedder", path, digest)
        picture, bits = np.zeros((1, self._channels, size, size)), np.zeros((1, self._is.bits))
        answer = model.run(picture=picture.astype(np.float32), bits=bits.astype(np.float32))
        self._require("embedder", answer, picture.size)
        return model

    @property
    def _channels(self) -> int:
        return 1 if self._is.sees == "luma" else 3

    def _model(self, which: str, path: Path, digest: str) -> OnnxModel:
        return OnnxModel(path, digest, f"The marker '{self.name}': its {which}")

    def _require(self, which: str, answer: Floats, count: int) -> None:
        if answer.size != count:
            raise InvalidInput(
                f"The marker '{self.name}': its {which} answers {answer.size} numbers "
                f"{answer.shape}, and {count} are described.",
                remedy="Correct 'bits', 'size' or 'sees' in its description, or export it anew.",
            )

    def _small(self, frame: Chunk) -> Chunk:
        height, width = frame.shape[:2]
        size = self._is.size
        how = cv2.INTER_AREA if min(height, width) > size else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(frame, (size, size), interpolation=how), np.uint8)

    def _answer(self, small: Chunk, bits: Floats) -> Floats:
        """What the embedder adds, of shape (S, S) or (S, S, C)."""
        seen = _luma(small)[..., None] if self._channels == 1 else small
        picture_1CSS = _unit(seen)
        answer = self._embedder.run(picture=picture_1CSS, bits=bits[None])
        added = answer.reshape(picture_1CSS.shape[1:])
        return added[0] if self._channels == 1 else np.ascontiguousarray(added.transpose(1, 2, 0))

    def _laid(self, frame: Chunk, small: Chunk, added_SSC: Floats, strength: float) -> Chunk:
        levels: Floats | float = 255.0
        if self._is.attenuation == "jnd":
            levels = just_noticeable(_luma(small).astype(np.float32))
            levels = levels if added_SSC.ndim == 2 else levels[..., None]
        added = added_SSC * levels * np.float32(self._is.scaling * strength)
        fitted = cv2.resize(added, frame.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        deviation = cv2.norm(fitted) / fitted.size**0.5
        if deviation > STRONGEST:
            fitted *= STRONGEST / deviation
        return added_to(frame, np.asarray(fitted, np.float32))

    def _logits(self, small: Chunk) -> Floats:
        return self._extractor.run(picture=_unit(small)).ravel()


@lru_cache(maxsize=4)
def _loaded(described: Described, changed: tuple[int, ...]) -> NeuralMarker:
    return NeuralMarker(described)


def neural_marker(described: Described) -> NeuralMarker:
    """The marker that is described, loaded once while its files stay as they are."""
    files = [each for each in (described.embedder, described.extractor) if each is not None]
    changed = tuple(each.stat().st_mtime_ns if each.is_file() else 0 for each in files)
    return _loaded(described, changed)


def _unit(pixels_SSC: Chunk) -> Floats:
    """Pixels as networks see them: from 0 to 1, of shape (1, C, S, S)."""
    return np.asarray(pixels_SSC.transpose(2, 0, 1)[None] / np.float32(255), np.float32)


def _luma(rgb: Chunk) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
