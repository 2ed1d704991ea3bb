"""A film on a node runs while the pointer rests on it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from studio.canvas.loop import read_film
from studio.runs import NodeRun
from tests.studio.canvas.conftest import Look
from tests.studio.canvas.samples import face, node


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two seconds that grow brighter."""
    file = tmp_path / "film.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.time_base = Fraction(1, 24)
        for number in range(48):
            pixels = np.full((36, 64, 3), number * 5, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return file


def show(look: Look, film: Path) -> QPointF:
    """A node that made the film; the middle of its picture."""
    look.show(face([node("a", run=NodeRun("done", files=(film,)))]))
    box = look.scene.nodes["a"].shape.preview
    assert box is not None
    return QPointF(box.x + box.w / 2, box.y + box.h / 2)


def test_every_other_frame_is_read(film: Path) -> None:
    frames = read_film(str(film))
    assert len(frames) == 24
    light = [frame.pixelColor(30, 18).lightness() for frame in frames]
    assert light == sorted(light)


def test_what_is_no_film_has_no_frames(tmp_path: Path) -> None:
    broken = tmp_path / "film.mp4"
    broken.write_bytes(b"no film")
    assert read_film(str(broken)) == ()
    assert read_film(str(tmp_path / "gone.mp4")) == ()


def test_it_runs_under_the_pointer_and_stops_elsewhere(
    look: Look, qtbot: QtBot, film: Path
) -> None:
    middle = show(look, film)
    look.scene.hover(middle)
    qtbot.waitUntil(lambda: look.scene.loop.frame is not None)
    first = look.scene.loop.frame
    qtbot.waitUntil(lambda: look.scene.loop.frame is not first)
    look.scene.hover(QPointF(-100, -100))
    assert look.scene.loop.frame is None
    assert look.scene.loop.node == ""
    look.scene.painting.pictures.close()


def test_it_does_not_run_beside_the_picture(look: Look, film: Path) -> None:
    show(look, film)
    look.scene.hover(QPointF(100, 10))
    assert look.scene.loop.node == ""
