"""Files that are replaced between two runs of one process: their content decides."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from engine.graph.document import Document
from engine.media.settings import VideoSettings
from engine.media.write_video import write_video
from engine.run.events import Event
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest
from engine.values import Image
from tests.nodes.graphs import graph, node, ran
from tests.nodes.pictures import clip

MakeRunner: TypeAlias = Callable[[], LocalRunner]


def frame(path: Path, index: int) -> Document:
    return graph(
        {"load": node("input.video", path=str(path)), "frame": node("video.frame", frame=index)},
        "load > frame.clip",
    )


def write(path: Path, frames: int) -> bytes:
    write_video(clip(frames), path, VideoSettings(crf=4, preset="ultrafast", hardware="off"))
    return path.read_bytes()


def put_in_place(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def move_in_place(path: Path, content: bytes) -> None:
    path.with_suffix(".new").write_bytes(content)
    os.replace(path.with_suffix(".new"), path)


@pytest.mark.parametrize("lay", [put_in_place, move_in_place])
def test_a_video_that_is_replaced_is_read_by_its_content(
    make_runner: MakeRunner, tmp_path: Path, lay: Callable[[Path, bytes], None]
) -> None:
    runner, path = make_runner(), tmp_path / "a.mp4"
    other, own = write(path, 9), write(path, 5)

    def shown(index: int) -> tuple[int, list[str]]:
        """The level of a frame, and the nodes that computed something."""
        events: list[Event] = []
        done = runner.run(RunRequest(frame(path, index)), listener=events.append)
        assert not done.errors
        image = done.values["frame"]["result"]
        assert isinstance(image, Image)
        return round(int(image.pixels_HWC[0, 0, 0]) / 20), ran(events)

    assert shown(1) == (1, ["load", "frame"])
    lay(path, own)
    os.utime(path, ns=(1, 1))
    assert shown(2) == (2, ["frame"])
    lay(path, other)
    assert shown(8) == (8, ["load", "frame"])
    lay(path, own)
    os.utime(path, ns=(2, 2))
    assert shown(3) == (3, ["frame"])


def test_a_picture_under_the_time_and_size_of_another_is_read(
    make_runner: MakeRunner, tmp_path: Path
) -> None:
    runner, path = make_runner(), tmp_path / "a.ppm"
    for level in (10, 200):
        move_in_place(path, b"P6 2 2 255\n" + bytes([level]) * 12)
        os.utime(path, ns=(1, 1))
        done = runner.run(RunRequest(graph({"load": node("input.image", path=str(path))})))
        image = done.values["load"]["result"]
        assert isinstance(image, Image)
        assert image.pixels_HWC[0, 0, 0] == level
