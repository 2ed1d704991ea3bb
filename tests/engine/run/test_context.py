"""What nodes get from the runner: checkpoints, previews, temporary files, and a way to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.errors import Cancelled
from engine.graph.context import Context, Snapshot
from engine.graph.document import Document, NodeSpec, parse_document
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.graph.registry import Registry
from engine.run.events import Checkpointed, Event, Noted, Previewed, Progressed, RunEnded
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest
from engine.values import Clip
from tests.engine.run import toys
from tests.engine.run.toys import RAN, graph, states


class Climb(Node, type="toy.climb", version=1, category="Toys"):
    """Climbs step by step, keeping every step, and falls where it is told to."""

    falls_at: ClassVar[int] = 0

    steps: int = Param(6)

    def run(self, ctx: Context) -> int:
        saved = ctx.resume()
        height = torch.zeros(1) if saved is None else saved.tensors["height"]
        for step in range(saved.step + 1 if saved else 1, self.steps + 1):
            if step == self.falls_at:
                raise MemoryError
            height = height + 1
            RAN.append(f"step {step}")
            ctx.save(Snapshot(step, {"height": height}))
            ctx.progress(step, self.steps)
        if self.falls_at == self.steps + 1:
            raise MemoryError
        return int(height)


class Uncertain(Climb, type="toy.uncertain", version=1, category="Toys", cached=False):
    """Climbs, as something says that no identity knows."""


class Film(Node, type="toy.film", version=1, category="Toys"):
    """A clip that is made while it is read."""

    def run(self, ctx: Context) -> Clip:
        RAN.append(ctx.node)
        toys.CLOCK.now += 5

        def stream() -> Iterator[NDArray[np.uint8]]:
            for frame in range(1, 4):
                ctx.progress(frame, 3, "frames")
                yield np.full((1, 2, 2, 3), frame, np.uint8)

        return Clip(stream, 3, 2, 2, Fraction(24))


class Peek(Node, type="toy.peek", version=1, category="Toys"):
    """The second frame of a clip; the rest is not read."""

    clip: In[Clip]

    def run(self, ctx: Context) -> int:
        frames = iter(self.clip)
        next(frames)
        return int(next(frames)[0, 0, 0, 0])


class Look(Node, type="toy.look", version=1, category="Toys"):
    """Tells what the context offers."""

    def run(self, ctx: Context) -> list[str]:
        (ctx.workspace / "spool").write_text("x")
        return [ctx.node, ctx.fingerprint, str(ctx.workspace), str(ctx.output), ctx.document]


Make = Callable[[], LocalRunner]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    registry = Registry.of(*toys.TOYS, Climb, Uncertain, Film, Peek, Look)

    def make() -> LocalRunner:
        return LocalRunner(
            registry, folder=tmp_path / "state", output=tmp_path / "out", clock=toys.CLOCK
        )

    return make


@pytest.fixture(autouse=True)
def no_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Climb, "falls_at", 0)


CLIMB = graph({"climb": "climb"})
FILM = graph({"film": "film"})


def fall(runner: LocalRunner, step: int, document: Document = CLIMB) -> None:
    Climb.falls_at = step
    assert runner.run(RunRequest(document)).outcome == "failed"
    Climb.falls_at = 0
    RAN.clear()


def test_work_goes_on_from_its_checkpoint_in_another_process(make: Make) -> None:
    fall(make(), 4)
    events: list[Event] = []
    done = make().run(RunRequest(CLIMB), listener=events.append)
    assert done.values["climb"]["result"] == 6
    assert RAN == ["step 4", "step 5", "step 6"]
    assert Noted("climb", "Resumed from step 3.") in events


def test_other_work_does_not_resume_from_it(make: Make) -> None:
    fall(make(), 4)
    make().run(RunRequest(graph({"climb": ("climb", {"steps": 5})})))
    assert RAN[0] == "step 1"


def test_fresh_work_does_not_resume(make: Make) -> None:
    fall(make(), 4)
    make().run(RunRequest(CLIMB, fresh=True))
    assert RAN[0] == "step 1"


def test_checkpoints_are_told_before_the_run_ends(make: Make) -> None:
    Climb.falls_at = 4
    events: list[Event] = []
    make().run(RunRequest(CLIMB), listener=events.append)
    steps = [event.step for event in events if isinstance(event, Checkpointed)]
    assert steps == sorted(set(steps))
    assert steps[-1] == 3, "the latest is never dropped"
    assert isinstance(events[-1], RunEnded)


def test_a_cancelled_run_keeps_its_checkpoints(make: Make) -> None:
    flag = threading.Event()

    def listener(event: Event) -> None:
        if isinstance(event, Progressed) and event.done == 1:
            flag.set()

    done = make().run(RunRequest(CLIMB), listener=listener, cancellation=flag)
    assert done.outcome == "cancelled"
    RAN.clear()
    make().run(RunRequest(CLIMB))
    assert RAN[0] == "step 3", "the second step was kept before the flag was seen"


def test_a_result_with_checkpoints_is_dear_however_short_the_rest_took(
    make: Make, tmp_path: Path
) -> None:
    fall(make(), 7)
    make().run(RunRequest(CLIMB))
    assert RAN == []
    assert make().run(RunRequest(CLIMB)).values["climb"]["result"] == 6
    assert RAN == []
    assert list((tmp_path / "state" / "checkpoints").iterdir()) == []


def test_elements_of_a_list_have_checkpoints_of_their_own(make: Make) -> None:
    nodes = {"steps": ("numbers", {"values": [3, 6]}), "climb": "climb"}
    document = graph(nodes, "steps > climb.steps")
    fall(make(), 5, document)
    done = make().run(RunRequest(document))
    assert done.values["climb"]["result"] == [3, 6]
    assert RAN == ["steps", "step 5", "step 6"]
    RAN.clear()
    assert make().run(RunRequest(document)).values["climb"]["result"] == [3, 6]
    assert RAN == [], "all elements together were as dear as each of them"


def test_elements_take_no_room_on_disk_once_their_list_is_there(make: Make, tmp_path: Path) -> None:
    nodes = {"steps": ("numbers", {"values": [3, 4, 5, 6]}), "climb": "climb"}
    make().run(RunRequest(graph(nodes, "steps > climb.steps")))
    assert len(list((tmp_path / "state" / "results").rglob("*.safetensors"))) == 1


def test_work_whose_identity_tells_too_little_keeps_no_checkpoint(
    make: Make, tmp_path: Path
) -> None:
    fall(make(), 4, graph({"climb": "uncertain"}))
    assert not (tmp_path / "state" / "checkpoints").exists()
    make().run(RunRequest(graph({"climb": "uncertain"})))
    assert RAN[0] == "step 1"


def test_a_disk_that_cannot_take_a_checkpoint_is_told_and_costs_nothing_else(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "checkpoints").write_text("in the way")
    Climb.falls_at = 4
    events: list[Event] = []
    make().run(RunRequest(CLIMB), listener=events.append)
    assert RAN == ["step 1", "step 2", "step 3"]
    notes = [event.sentence for event in events if isinstance(event, Noted)]
    assert notes[-1].startswith("No checkpoint of step 3: ")


def test_a_disk_that_cannot_take_a_result_is_told_and_costs_nothing_else(
    make: Make, tmp_path: Path
) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "results").write_text("in the way")
    events: list[Event] = []
    done = make().run(RunRequest(CLIMB), listener=events.append)
    assert done.outcome == "succeeded"
    assert any(isinstance(e, Noted) and "was not kept on disk" in e.sentence for e in events)


def test_a_clip_is_not_drawn_before_somebody_reads_it(make: Make) -> None:
    events: list[Event] = []
    make().run(RunRequest(FILM), listener=events.append)
    assert not [event for event in events if isinstance(event, Progressed)]


def test_the_last_progress_of_a_stream_is_told_though_its_node_is_long_done(make: Make) -> None:
    events: list[Event] = []
    document = graph({"film": "film", "peek": "peek"}, "film > peek.clip")
    make().run(RunRequest(document), listener=events.append)
    assert [e.done for e in events if isinstance(e, Progressed)] == [1, 2]
    assert isinstance(events[-1], RunEnded)


def test_a_kept_clip_obeys_the_run_that_reads_it(make: Make) -> None:
    runner, cancelled = make(), threading.Event()
    (clip,) = runner.run(RunRequest(FILM), cancellation=cancelled).values["film"].values()
    assert isinstance(clip, Clip)
    cancelled.set()
    assert len(list(clip)) == 3, "that run is over, so its flag stops nothing"
    runner.run(RunRequest(FILM))
    assert RAN == ["film"], "the clip is remembered"


def test_the_context_tells_where_things_are(make: Make, tmp_path: Path) -> None:
    runner = make()
    (told,) = runner.run(RunRequest(graph({"look": "look"}))).values["look"].values()
    assert isinstance(told, list)
    node, fingerprint, workspace, output, text = told
    assert node == "look"
    assert len(fingerprint) == 64
    assert (Path(workspace) / "spool").exists()
    assert Path(workspace).is_relative_to(tmp_path / "state")
    assert output == str(tmp_path / "out")
    assert parse_document(text).nodes["look"] == NodeSpec(type="toy.look", version=1)


def test_progress_previews_and_notes_reach_the_listener(make: Make) -> None:
    events: list[Event] = []
    document = graph({"count": ("count", {"to": 5, "seconds": 0.1})})
    make().run(RunRequest(document, previews=True), listener=events.append)
    assert [e.done for e in events if isinstance(e, Progressed)] == [1, 2, 3, 4, 5]
    assert len([e for e in events if isinstance(e, Previewed)]) == 5
    assert Noted("count", "Counted.") in events
    assert states(events) == ["count done"]


def test_every_call_raises_once_the_run_is_cancelled(tmp_path: Path) -> None:
    flag = threading.Event()
    heard: list[str] = []

    class Stubborn(Node, type="toy.stubborn", version=1, category="Toys"):
        """Goes on asking after it was cancelled."""

        def run(self, ctx: Context) -> int:
            flag.set()
            calls: dict[str, Callable[[], object]] = {
                "check": ctx.check,
                "progress": lambda: ctx.progress(1, 2),
                "preview": lambda: ctx.preview(lambda: pytest.fail("not made")),
                "note": lambda: ctx.note("x"),
                "save": lambda: ctx.save(Snapshot(1, {})),
                "resume": ctx.resume,
            }
            for name, call in calls.items():
                try:
                    call()
                except Cancelled:
                    heard.append(name)
            raise Cancelled

    runner = LocalRunner(Registry.of(Stubborn), folder=tmp_path, output=tmp_path)
    document = graph({"stubborn": "stubborn"})
    assert runner.run(RunRequest(document), cancellation=flag).outcome == "cancelled"
    assert heard == ["check", "progress", "preview", "note", "save", "resume"]
