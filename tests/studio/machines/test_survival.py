"""Deaths: of the worker, of the child, of the studio.  What is lost is told; work goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from studio.machines.launch import _children, find_child
from studio.runs import Run
from tests.cluster_agent.agent.graphs import SHOWN, graph, node, sampled
from tests.killing import frames_digest
from tests.studio.machines.studio import Studio, document

STEPS, EVERY = 200, 5  # many: on a slow disk a checkpoint takes as long as tens of them


def film(seed: int = 1) -> bytes:
    """Samples long enough to be killed in the middle, and makes a video of nine frames."""
    return graph(
        {
            "model": node("model.load"),
            "words": node("text.prompt", text="a red ball moving right"),
            "prompt": node("prompt.encode"),
            "sample": node(
                "video.sample", steps=STEPS, frames=9, seed=seed, checkpoint_every=EVERY,
                width=32, height=32,
            ),
            "decode": node("video.decode"),
            "save": node("output.video", name="film", sign=False),
        },
        ("words.result", "prompt.text"),
        ("model.result", "prompt.model"),
        ("model.result", "sample.model"),
        ("prompt.result", "sample.positive"),
        ("sample.result", "decode.latent"),
        ("decode.result", "save.clip"),
    )  # fmt: skip


def copying(picture: Path) -> bytes:
    """Reads a picture and saves it: a file without any model."""
    cv2.imwrite(str(picture), np.zeros((8, 8, 3), np.uint8))
    return graph(
        {
            "load": node("input.image", path=str(picture)),
            "save": node("output.image", name="copy", sign=False),
        },
        ("load.result", "save.image"),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio whose child nobody kills."""
    with Studio(tmp_path_factory.mktemp("whole")) as studio:
        yield studio.ready()


@pytest.fixture(scope="module")
def undisturbed(whole: Studio) -> str:
    """What the frames are if nobody is killed."""
    (key,) = whole.desk.submit(document(film()))
    (file,) = whole.until_files(key)
    return frames_digest(file)


def in_the_middle(studio: Studio, fresh: bool = False) -> str:
    """A run that has kept a checkpoint, and is not done."""
    (key,) = studio.ready().desk.submit(document(film()), fresh=fresh)
    studio.until(lambda: checkpoint_of(studio.run(key)) >= 2 * EVERY)
    assert studio.run(key).state == "running"
    return key


def checkpoint_of(run: Run) -> int:
    return run.nodes["sample"].checkpoint if "sample" in run.nodes else 0


def resumed(run: Run) -> bool:
    notes = run.nodes["sample"].notes if "sample" in run.nodes else ()
    return any(note.startswith("Resumed from step") for note in notes)


def test_a_killed_worker_is_told_and_the_run_goes_on_by_itself(
    whole: Studio, undisturbed: str
) -> None:
    key = in_the_middle(whole, fresh=True)  # what is in the cache would prove nothing
    os.kill(max(_children(whole.child)), signal.SIGKILL)
    whole.until(lambda: whole.run(key).note)
    note = whole.run(key).note
    assert note.startswith("Node 'sample': the worker was ended by SIGKILL")
    assert "MiB of memory" in note
    assert f"of {STEPS}, kept up to step" in note
    (file,) = whole.until_files(key)
    assert resumed(whole.run(key))
    assert frames_digest(file) == undisturbed


def test_a_killed_child_is_told_and_resume_goes_on_from_the_checkpoint(
    tmp_path: Path, undisturbed: str
) -> None:
    with Studio(tmp_path) as studio:
        key = in_the_middle(studio)
        (later,) = studio.desk.submit(document(SHOWN))
        studio.until(lambda: studio.run(later).state == "queued")
        os.kill(studio.child, signal.SIGKILL)
        run = studio.until_state(key, "lost")
        assert run.error.startswith("Node 'sample' was running. The process that runs graphs here")
        assert "(SIGKILL)" in run.error
        assert "MiB" in run.error
        assert f"of {STEPS}, kept up to step" in run.error
        assert studio.desk.places[0].state == "stopped"
        assert studio.desk.child.phase == "dead"
        (during,) = studio.desk.submit(document(SHOWN))  # waits for the next child
        studio.desk.resume(key)
        (file,) = studio.until_files(key)
        assert resumed(studio.run(key))
        assert studio.run(key).error == ""
        assert frames_digest(file) == undisturbed
        studio.until_state(later, "done")
        studio.until_state(during, "done")


def test_a_child_that_dies_with_nothing_at_work_is_started_again(tmp_path: Path) -> None:
    with Studio(tmp_path) as studio:
        before = studio.ready().child
        os.kill(before, signal.SIGKILL)
        studio.until(lambda: studio.desk.child.phase == "up" and studio.child != before)
        (key,) = studio.desk.submit(document(SHOWN))
        studio.until_state(key, "done")


def test_work_outlives_the_window_and_the_next_one_finds_it(
    tmp_path: Path, undisturbed: str
) -> None:
    first = Studio(tmp_path)
    first.keep = True
    with first:
        key = in_the_middle(first)
        child, document_id = first.child, first.run(key).document
    found = find_child(tmp_path / "studio" / "child")
    assert found is not None
    assert found.called.process == child
    with Studio(tmp_path) as second:
        second.until(lambda: second.book.get(key))
        run = second.run(key)
        assert (run.label, run.document) == ("Film", document_id)
        (file,) = second.until_files(key)
        assert second.child == child
        assert second.desk.child.joined
        assert frames_digest(file) == undisturbed
    assert find_child(tmp_path / "studio" / "child") is None


def test_a_stopped_studio_goes_on_where_it_stopped(tmp_path: Path, undisturbed: str) -> None:
    with Studio(tmp_path) as first:
        key = in_the_middle(first)
    assert find_child(tmp_path / "studio" / "child") is None
    with Studio(tmp_path) as second:
        second.until(lambda: second.book.get(key))
        # At once: a later attempt, of a busy machine, would find all that was sampled.
        second.until(lambda: resumed(second.run(key)))
        (file,) = second.until_files(key)
        assert frames_digest(file) == undisturbed


def test_a_run_that_nobody_acknowledged_is_sent_again_by_the_next_studio(tmp_path: Path) -> None:
    first = Studio(tmp_path)
    first.desk._clerk.start()  # it writes the run down; no child is there to take it
    (key,) = first.desk.submit(document(SHOWN))
    first.desk.close(keep_working=False)
    assert first.run(key).state == "sending"
    with Studio(tmp_path) as second:
        second.until(lambda: second.book.get(key))
        second.until_state(key, "done")


def test_two_windows_share_a_child_and_the_last_one_ends_it(tmp_path: Path) -> None:
    with Studio(tmp_path) as last:
        child = last.ready().child
        with Studio(tmp_path) as first:
            assert first.ready().child == child
            (key,) = first.desk.submit(document(SHOWN))
            first.until_state(key, "done")
        (other,) = last.desk.submit(document(SHOWN))
        last.until_state(other, "done")
        assert last.child == child
    assert find_child(tmp_path / "studio" / "child") is None


def test_a_damaged_queue_is_kept_aside_and_work_goes_on(tmp_path: Path) -> None:
    queue = tmp_path / "studio" / "child" / "queue"
    queue.mkdir(parents=True)
    (queue / "queue.db").write_bytes(b"what a failing disk left" * 99)
    with Studio(tmp_path) as studio:
        (key,) = studio.desk.submit(document(SHOWN))
        studio.until_state(key, "done")
    assert (queue / "queue.damaged.db").exists()


def test_the_history_is_there_after_a_restart(tmp_path: Path) -> None:
    with Studio(tmp_path) as first:
        (key,) = first.ready().desk.submit(document(copying(tmp_path / "black.png")))
        files = first.until_files(key)
    with Studio(tmp_path) as second:
        second.until(lambda: second.book.get(key))
        run = second.run(key)
        assert (run.state, run.files) == ("done", files)
        assert run.nodes["save"].state == "done"
        second.desk.forget(key)
        second.ready()
        assert second.book.get(key) is None
    with Studio(tmp_path) as third:
        third.ready()
        assert third.book.runs() == ()
        assert all(file.exists() for file in files)


def test_who_was_put_to_the_front_stays_there_for_the_next_window(tmp_path: Path) -> None:
    first = Studio(tmp_path)
    first.keep = True
    with first:
        long = sampled(200, 200, seed=9, frames=33).replace(b'"width": 32', b'"width": 96')
        (busy,) = first.ready().desk.submit(document(long))
        first.until_state(busy, "running")
        plain, moved = (queued(first) for _ in range(2))
        early = queued(first, front=True)
        first.desk.to_front(moved)
        first.until(lambda: lines(first, early, moved, plain) == [0, 1, 2])
    with Studio(tmp_path) as second:
        second.until(lambda: second.book.get(plain) and second.desk.places[0].state == "ready")
        late = queued(second, front=True)
        wanted = [early, moved, late, plain]
        second.until(lambda: lines(second, *wanted) == [0, 1, 2, 3])
        for key in (busy, *wanted):
            second.desk.cancel(key)
        second.until_state(busy, "cancelled")


def lines(studio: Studio, *keys: str) -> list[int | None]:
    """Where runs stand in line."""
    return [studio.run(key).line for key in keys]


def queued(studio: Studio, front: bool = False) -> str:
    """A run that waits in line."""
    (key,) = studio.desk.submit(document(SHOWN), front=front)
    studio.until(lambda: studio.run(key).line is not None)
    return key
