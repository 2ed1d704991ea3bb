"""Killed at any moment and run again, the command ends the same and repeats no kept step."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.killing import Command, Event, frames_digest

GRAPH = Path("assets/graphs/demo.reel").resolve()
SAMPLER = "sample"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    (path,) = Command(GRAPH, tmp_path_factory.mktemp("whole")).run().files()
    return frames_digest(path)


def sampling_began(event: Event) -> bool:
    return event["kind"] == "node" and event["node"] == SAMPLER and event["state"] == "started"


def checkpoint_kept(event: Event) -> bool:
    return event["kind"] == "checkpoint"


def sampling_ended(event: Event) -> bool:
    return event["kind"] == "node" and event["node"] == SAMPLER and event["state"] == "done"


@pytest.mark.parametrize("moment", [sampling_began, checkpoint_kept, sampling_ended])
def test_the_same_command_again_ends_the_same(
    tmp_path: Path, reference: str, moment: object
) -> None:
    command = Command(GRAPH, tmp_path)
    killed = command.run(kill_when=moment)  # type: ignore[arg-type]
    assert killed.killed
    assert killed.files() == []
    again = command.run()
    (path,) = again.files()
    assert frames_digest(path) == reference
    first = again.first_step(SAMPLER)
    assert first is None or first > killed.checkpoint()


def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    command = Command(GRAPH, tmp_path)
    command.run(kill_when=sampling_ended)
    command.run()
    left = {path.suffix for path in (tmp_path / "out").iterdir()}
    assert left <= {".mp4", ".jpg"}
