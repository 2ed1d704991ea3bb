"""Pictures on nodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from studio.canvas.geometry import Box
from studio.canvas.pictures import read_small
from studio.runs import NodeRun
from tests.studio.canvas.conftest import Look
from tests.studio.canvas.samples import face, node

RED = QColor("#d02020")


def picture(width: int = 320, height: int = 180) -> QImage:
    made = QImage(width, height, QImage.Format.Format_RGB32)
    made.fill(RED)
    return made


def jpeg() -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture().save(buffer, "JPG")
    return bytes(data.data())


def middle(look: Look) -> QColor:
    box = look.scene.nodes["a"].shape.preview
    assert isinstance(box, Box)
    return look.color(box.x + box.w / 2, box.y + box.h / 2)


def test_a_preview_is_seen_on_the_node(look: Look, qtbot: QtBot) -> None:
    look.show(face([node("a", run=NodeRun("running", preview=jpeg()))]))
    assert abs(middle(look).red() - RED.red()) < 12


def test_a_result_is_read_in_the_background_and_then_seen(
    look: Look, qtbot: QtBot, tmp_path: Path
) -> None:
    file = tmp_path / "still.png"
    picture().save(str(file))
    look.show(face([node("a", run=NodeRun("done", files=(file,)))]))
    pictures = look.scene.painting.pictures
    with qtbot.waitSignal(pictures.arrived, timeout=5_000):
        look.image()
    assert abs(middle(look).red() - RED.red()) < 12
    pictures.close()


@pytest.mark.parametrize("content", [b"", b"no picture at all"])
def test_a_damaged_picture_leaves_its_place_empty(
    look: Look, qtbot: QtBot, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "still.png"
    file.write_bytes(content)
    assert read_small(str(file)).isNull()
    look.show(face([node("a", run=NodeRun("done", preview=b"broken", files=(file,)))]))
    look.image()
    look.scene.painting.pictures.close()
    assert look.scene.painting.pictures.of(look.scene.nodes["a"].face) is None


def test_large_pictures_are_read_small(tmp_path: Path) -> None:
    file = tmp_path / "still.png"
    picture(2_000, 1_000).save(str(file))
    assert read_small(str(file)).width() == 512


def test_a_film_that_cannot_be_read_has_no_picture(tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(b"no film")
    assert read_small(str(file)).isNull()
    assert read_small(str(tmp_path / "gone.mp4")).isNull()
