"""A warm worker gets files of one name again and again: their content decides, not their age."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.media.settings import VideoSettings
from engine.media.write_video import write_video
from tests.cluster_agent.agent.cluster import Cluster
from tests.cluster_agent.agent.crew import Crew
from tests.cluster_agent.agent.graphs import graph, node
from tests.nodes.pictures import clip

PLACE = "inputs/a.mp4"
FRAMES = graph(
    {
        "load": node("input.video", path=PLACE),
        "save": node("output.frames", name="frames", sign=False, mark=False),
    },
    ("load.result", "save.clip"),
)
"""Reads its frames in each job: what it wrote is gone with the job before."""


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    with Crew(tmp_path_factory.mktemp("agent")) as crew:
        yield crew.start()


def video(folder: Path, frames: int) -> bytes:
    path = folder / f"{frames}.mp4"
    write_video(clip(frames), path, VideoSettings(crf=4, preset="ultrafast", hardware="off"))
    return path.read_bytes()


def test_the_same_graph_and_input_are_done_again(crew: Crew, tmp_path: Path) -> None:
    content = video(tmp_path, 3)
    worker = crew.process()
    for epoch in (1, 2, 3):
        ended = crew.do(FRAMES, epoch, inputs={PLACE: content})
        assert (ended.fault, ended.error) == (None, "")
        assert len([*crew.room().out.glob("frames/*.png")]) == 3
    assert crew.process() == worker


def test_another_input_in_its_place_is_read_and_the_first_one_found_again(
    crew: Crew, tmp_path: Path
) -> None:
    for epoch, frames in enumerate((3, 5, 3, 5), start=10):
        ended = crew.do(FRAMES, epoch, inputs={PLACE: video(tmp_path, frames)})
        assert (ended.fault, ended.error) == (None, "")
        assert len([*crew.room().out.glob("frames/*.png")]) == frames


def test_an_agent_does_equal_jobs_one_after_the_other(tmp_path: Path) -> None:
    with Cluster(tmp_path, alone=True) as cluster:
        contents = [video(tmp_path, frames) for frames in (3, 3, 5, 3)]
        for content in contents:
            digest = cluster.blobs.upload(content)
            inputs = ({"path": PLACE, "digest": digest, "size": len(content)},)
            job = cluster.submit_and_wait(FRAMES, inputs=inputs)
            frames = [file for file in cluster.job(job).results if file.path.endswith(".png")]
            assert len(frames) == (3 if content == contents[0] else 5)
