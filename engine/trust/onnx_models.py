"""ONNX files of the user's own, run by OpenCV on the CPU: operators and data, no code."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidInput, StorageFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_WEIGHTS_ELSEWHERE: Final = b"\x0a\x08location"
"""The first field of an entry of TensorProto.external_data, as protocol buffers write it."""


class OnnxModel:
    """A network whose file is the one that its owner named, by its digest.

    `what` names it in errors.  Raises StorageFailed for a file that is not there, InvalidInput for
    another digest, for weights that lie in a second file, and for what OpenCV cannot read.
    """

    def __init__(self, path: Path, sha256: str, what: str) -> None:
        import cv2
        import numpy as np

        content = _described_bytes(path, sha256, what)
        self._what, self._lock = what, Lock()
        try:
            with opencv_quiet():
                self._net = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
        except cv2.error as error:
            raise InvalidInput(
                f"{what} cannot be loaded: {error.err or error}.",
                remedy="It must be an ONNX file, whole and of operators that OpenCV runs.",
            ) from error

    def run(self, **inputs: Floats) -> Floats:
        """The network's one output for its inputs by name.

        Raises InvalidInput where it does not run or does not answer numbers.
        """
        import cv2
        import numpy as np

        try:
            with self._lock, opencv_quiet():
                for name, values in inputs.items():
                    self._net.setInput(np.ascontiguousarray(values, np.float32), name)
                answer = np.array(self._net.forward(), np.float32)
        except cv2.error as error:
            wanted = ", ".join(f"{name} {values.shape}" for name, values in inputs.items())
            raise InvalidInput(
                f"{self._what} cannot be run: {error.err or error}.",
                remedy=f"It must take: {wanted}.",
            ) from error
        if not np.isfinite(answer).all():
            raise InvalidInput(
                f"{self._what} answers what is no number.",
                remedy="Export it anew from its weights.",
            )
        return answer


@contextmanager
def opencv_quiet() -> Iterator[None]:
    """Without warnings: OpenCV's new graph engine warns of a setting that it makes by itself."""
    import cv2

    log = cv2.utils.logging
    level = log.setLogLevel(log.LOG_LEVEL_ERROR)
    try:
        yield
    finally:
        log.setLogLevel(level)


def _described_bytes(path: Path, sha256: str, what: str) -> bytes:
    """What is in the file, read once: what was compared is what is loaded."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageFailed(
            f"{what} cannot be read from '{path}': {error.strerror}.",
            remedy="Put it there, or correct the description.",
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise InvalidInput(
            f"{what} is another file than described: '{path}' has the sha256 {found}.",
            remedy="Put the described one there; describe a new one only if you made it.",
        )
    if _WEIGHTS_ELSEWHERE in content:
        raise InvalidInput(
            f"{what} keeps its weights outside of '{path}', where no digest covers them.",
            remedy="Export it into one file; for torch.onnx.export, with dynamo=False.",
        )
    return content
