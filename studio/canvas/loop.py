"""A film on a node runs while the pointer rests on it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap

from engine.errors import ReelwrightError
from studio.background import Background

FRAMES_A_SECOND: Final = 12
MOST_FRAMES: Final = 48
WIDTH: Final = 320
MOST_FILMS: Final = 12


class Loop(QObject):
    """Plays one small film at a time, again and again."""

    ticked = Signal()
    """Another frame is to be shown, or none any more."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.node = ""
        self._file, self._at = "", 0
        self._background = background
        self._films: OrderedDict[str, tuple[QPixmap, ...]] = OrderedDict()
        self._clock = QTimer(self, interval=1000 // FRAMES_A_SECOND)
        self._clock.timeout.connect(self._next)

    def play(self, node: str, file: str) -> None:
        """Play a file on a node; it is read in the background first."""
        if (node, file) == (self.node, self._file):
            return
        self.stop()
        self.node, self._file = node, file
        if file in self._films:
            self._clock.start()
        else:
            self._background.run(
                lambda: read_film(file), lambda frames: self._take(file, frames), _unread
            )

    def stop(self) -> None:
        """Show the still picture again."""
        if self.node:
            self._clock.stop()
            self.ticked.emit()
            self.node, self._file, self._at = "", "", 0

    @property
    def frame(self) -> QPixmap | None:
        """What is to be seen now; None while nothing plays."""
        film = self._films.get(self._file, ())
        return film[self._at % len(film)] if film else None

    def _take(self, file: str, frames: tuple[QImage, ...]) -> None:
        self._films[file] = tuple(QPixmap.fromImage(frame) for frame in frames)
        if len(self._films) > MOST_FILMS:
            self._films.popitem(last=False)
        if file == self._file and len(frames) > 1:
            self._clock.start()

    def _next(self) -> None:
        self._at += 1
        self.ticked.emit()


def read_film(file: str) -> tuple[QImage, ...]:
    """The first seconds of a film, small; nothing if it cannot be read.  Runs on any thread."""
    import av

    frames: list[QImage] = []
    try:
        with av.open(file) as container:
            rate = float(container.streams.video[0].average_rate or FRAMES_A_SECOND)
            every = max(1, round(rate / FRAMES_A_SECOND))
            for number, frame in enumerate(container.decode(video=0)):
                if number % every == 0:
                    frames.append(small_image(frame))
                if len(frames) == MOST_FRAMES:
                    break
    except (OSError, ValueError, IndexError):
        return tuple(frames)
    return tuple(frames)


def small_image(frame: object) -> QImage:
    """A decoded frame as a small picture."""
    from av import VideoFrame

    assert isinstance(frame, VideoFrame)
    share = min(1.0, WIDTH / frame.width)
    width, height = max(1, round(frame.width * share)), max(1, round(frame.height * share))
    pixels = frame.to_ndarray(format="rgb24", width=width, height=height)
    image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.copy()


def _unread(_error: ReelwrightError) -> None:
    """The still picture stays."""
