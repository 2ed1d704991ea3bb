"""Finding faces and telling whose they are, through OpenCV and model files of the user's own.

A folder of face models holds `detector.onnx` (of YuNet's form), `recogniser.onnx` (of SFace's
form) and a `calibration.json` that says how to read the cosine of two embeddings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from engine.errors import InvalidInput, StorageFailed
from engine.trust.checkpoints import digest_of, read_calibration, state_of, version_of
from engine.trust.classifiers import Calibration
from engine.trust.onnx_models import opencv_quiet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

DETECTOR: Final = "detector.onnx"
RECOGNISER: Final = "recogniser.onnx"
SAME: Final = "same"
"""The label of a face calibration: that two faces are one person's."""
THRESHOLD: Final = 0.7
"""The similarity above which two faces count as one person's."""

_CONFIDENT: Final = 0.7
"""What the detector must give a face: its own score, which only chooses what is compared."""
_SCALE: Final = 10.0
"""Logits for each unit of cosine, before any calibration: so that temperatures are near 1."""


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a picture: (left, top, width, height) in pixels, and its unit embedding."""

    box: tuple[float, float, float, float]
    embedding: Floats


class FaceModel(Protocol):
    """Finds faces in a picture and embeds them."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def faces(self, pixels_HWC: NDArray[np.uint8]) -> list[Face]: ...


class OpenCvFaces:
    """YuNet and SFace, or others of their form, from ONNX files."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        # Of the models alone: embeddings stay comparable when they are calibrated anew.
        self.version = digest_of([folder / DETECTOR, folder / RECOGNISER])
        import cv2

        detector, recogniser = _there(folder / DETECTOR), _there(folder / RECOGNISER)
        with _loading(folder):
            self._detector = cv2.FaceDetectorYN.create(detector, "", (320, 320), _CONFIDENT)
            self._recogniser = cv2.FaceRecognizerSF.create(recogniser, "")

    def faces(self, pixels_HWC: NDArray[np.uint8]) -> list[Face]:
        """Every face, largest first.  Raises InvalidInput where the models do not fit."""
        import cv2
        import numpy as np

        picture = np.ascontiguousarray(pixels_HWC[..., ::-1])
        try:
            self._detector.setInputSize((picture.shape[1], picture.shape[0]))
            _, rows = self._detector.detect(picture)
            found = [self._face(picture, row) for row in ([] if rows is None else rows)]
        except cv2.error as error:
            raise InvalidInput(
                f"The face models '{self.name}' cannot be run: {error.err or error}.",
                remedy="Give a detector of YuNet's form and a recogniser of SFace's form.",
            ) from error
        return sorted(found, key=lambda face: -face.box[2] * face.box[3])

    def _face(self, picture: NDArray[np.uint8], row: Floats) -> Face:
        import numpy as np

        aligned = self._recogniser.alignCrop(picture, row)
        vector = np.asarray(self._recogniser.feature(aligned), np.float32).ravel()
        left, top, width, height = map(float, row[:4])
        length = float(np.linalg.norm(vector))
        return Face((left, top, width, height), vector / max(length, 1e-12))


@dataclass(frozen=True)
class FaceModels:
    """A face model with the calibration of its similarity."""

    model: FaceModel
    calibration: Calibration
    version: str


def face_models(calibration_file: str) -> FaceModels | None:
    """The models beside a calibration; None for "".  Raises InvalidInput, StorageFailed."""
    if not calibration_file.strip():
        return None
    path = Path(calibration_file.strip()).expanduser()
    return _loaded(path, state_of(path))


def face_model(folder: Path) -> OpenCvFaces:
    """The models in a folder that is not calibrated yet."""
    return OpenCvFaces(folder)


def logits_of(cosine: float) -> Mapping[str, float]:
    """A comparison of two faces, as a calibration reads it."""
    return {SAME: _SCALE * cosine}


@lru_cache(maxsize=2)
def _loaded(path: Path, state: tuple[int, ...]) -> FaceModels:
    calibration = read_calibration(path)
    if calibration.unsafe != (SAME,) or not calibration.several:
        raise InvalidInput(
            f"The calibration '{path}', field 'unsafe': it is not one of faces.",
            remedy="Make one with 'reelwright faces calibrate'.",
        )
    return FaceModels(OpenCvFaces(path.parent), calibration, version_of(path))


def _there(path: Path) -> str:
    if not path.is_file():
        raise StorageFailed(
            f"The face model '{path}' is not there.",
            remedy=f"Put {DETECTOR} and {RECOGNISER} (YuNet and SFace, for example) there.",
        )
    return str(path)


@contextmanager
def _loading(folder: Path) -> Iterator[None]:
    """OpenCV's faults told."""
    import cv2

    try:
        with opencv_quiet():
            yield
    except cv2.error as error:
        raise InvalidInput(
            f"The face models in '{folder}' cannot be loaded: {error.err or error}.",
            remedy="They must be ONNX files, whole and of the form that OpenCV reads.",
        ) from error
