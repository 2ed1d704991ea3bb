"""What events mean for a run: folded in any order, late, twice, or not all of them."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.run.events import (
    Checkpointed,
    Event,
    NodeChanged,
    Noted,
    Previewed,
    Progressed,
    RunEnded,
    RunStarted,
    Wrote,
)
from studio.run_states import closed, folded, interrupted, node_named, planned
from studio.runs import NodeRun, Run

STORY: list[Event] = [
    RunStarted("r", 3),
    NodeChanged("text", "cached"),
    NodeChanged("up/sample", "started"),
    Progressed("up/sample", 1, 4, "steps"),
    Checkpointed("up/sample", 2),
    Progressed("up/sample", 3, 4, "steps"),
    NodeChanged("up/sample", "done", 6.0),
    NodeChanged("save", "started"),
    Progressed("save", 9, 33, "frames"),
    NodeChanged("save", "done", 1.0),
]


def after(events: list[Event], run: Run | None = None, now: float = 100.0) -> Run:
    return folded(run or Run("k", state="queued"), events, now)[0]


def node(run: Run, path: str) -> NodeRun:
    return run.nodes[path]


def test_a_whole_story() -> None:
    run = after([*STORY, RunEnded("r", "succeeded", 8.0)])
    assert run.state == "done"
    assert {path: n.state for path, n in run.nodes.items()} == {
        "text": "cached",
        "up/sample": "done",
        "save": "done",
    }
    assert (node(run, "up/sample").done, node(run, "up/sample").seconds) == (4, 6.0)
    assert (run.done, run.total, run.node, run.eta) == (4, 4, "", None)


@given(st.randoms(use_true_random=False), st.data())
def test_whatever_is_lost_or_late_nodes_that_ended_stay_so(
    chance: random.Random, data: st.DataObject
) -> None:
    events = [event for event in STORY if chance.random() < 0.7]
    at = data.draw(st.integers(0, len(events)))
    run = after([*events[:at], *STORY, *events[at:]])
    run = after([event for event in STORY if not isinstance(event, RunStarted)], run)
    assert {n.state for n in run.nodes.values()} <= {"done", "cached"}
    closed_run = closed(after(events), "done")
    assert not {"running", "waiting"} & {n.state for n in closed_run.nodes.values()}


def test_many_events_at_once_are_the_same_as_one_after_the_other() -> None:
    one = Run("k", state="queued")
    for event in STORY:
        one = after([event], one)
    assert one == after(list(STORY))


def test_progress_tells_of_a_start_that_was_not_heard() -> None:
    run = after([Progressed("sample", 3, 10, "steps")], Run("k", state="running"))
    assert (node(run, "sample").state, run.node, run.done, run.total) == (
        "running",
        "sample",
        3,
        10,
    )


def test_the_time_left_is_measured_from_the_first_progress_so_a_resumed_node_tells_it_right() -> (
    None
):
    run = after([RunStarted("r", 1), NodeChanged("sample", "started")], now=0.0)
    run = after([Progressed("sample", 40, 60, "steps")], run, 5.0)
    assert node(run, "sample").eta is None
    run = after([Progressed("sample", 42, 60, "steps")], run, 9.0)
    assert node(run, "sample").eta == run.eta == 36.0
    run = after([NodeChanged("sample", "done", 20.0)], run, 20.0)
    assert node(run, "sample").eta is run.eta is None


def test_a_new_attempt_keeps_what_went_well_and_tries_the_rest_again() -> None:
    run = after(
        [
            RunStarted("r", 3),
            NodeChanged("text", "done", 1.0),
            NodeChanged("sample", "failed", 2.0, "Node 'sample': no."),
            NodeChanged("save", "skipped", message="Not run."),
        ]
    )
    run = after([RunStarted("r2", 3)], run)
    assert [n.state for n in run.nodes.values()] == ["done", "waiting", "waiting"]
    assert node(run, "sample").message == ""
    assert after([NodeChanged("sample", "started")], run).nodes["sample"].state == "running"


def test_an_interrupted_run_waits_with_what_it_has() -> None:
    run = interrupted(after(STORY[:6]), "queued")
    assert (run.state, run.node) == ("queued", "")
    assert (node(run, "up/sample").state, node(run, "up/sample").checkpoint) == ("waiting", 2)
    assert node(run, "up/sample").message.startswith("Waiting at ")
    assert node(run, "text").state == "cached"


def test_a_late_start_does_not_begin_a_run_again_that_has_ended() -> None:
    run = after([RunStarted("r", 3), NodeChanged("late", "done", 1.0)], closed(Run("k"), "done"))
    assert (run.state, node(run, "late").state) == ("done", "done")


def test_late_words_of_an_attempt_that_is_over_change_nothing_but_what_was_finished() -> None:
    run = interrupted(after(STORY[:6]), "paused")
    late = [
        Progressed("up/sample", 4, 4, "steps"),
        NodeChanged("up/sample", "cancelled", 3.0),
        NodeChanged("text", "done", 1.0),
    ]
    told = after(late, run)
    assert (node(told, "up/sample").state, node(told, "text").state) == ("waiting", "done")


def test_previews_notes_checkpoints_and_files_are_kept_with_their_node() -> None:
    run = after(
        [
            Previewed("sample", b"jpeg"),
            Noted("sample", "Resumed from step 3."),
            Noted("", "Two nodes are never used."),
            Wrote("save", "/out/film.mp4", "d", True),
            Wrote("save", "/out/film.mp4", "d", True),
            Wrote("far", "only-a-name.mp4", "d", True),
        ]
    )
    assert node(run, "sample").preview == b"jpeg"
    assert node(run, "sample").notes == ("Resumed from step 3.",)
    assert run.note == "Two nodes are never used."
    assert node(run, "save").files == run.files == (Path("/out/film.mp4"),)
    assert "far" not in run.nodes


def test_notes_do_not_grow_without_end() -> None:
    run = after([Noted("sample", f"{number}") for number in range(100)])
    assert node(run, "sample").notes[-1] == "99"
    assert len(node(run, "sample").notes) == 20


def test_the_end_closes_what_is_open_and_marks_the_node_that_the_error_names() -> None:
    run = after(STORY[:6])
    run, _ = planned(run, ["save"])
    error = "On shed: Node 'up/sample': the worker was ended by SIGKILL."
    ended = closed(run, "failed", error)
    assert (node(ended, "up/sample").state, node(ended, "save").state) == ("failed", "idle")
    assert node(ended, "up/sample").message == error
    assert (ended.node, ended.error) == ("up/sample", error)
    assert node(closed(run, "cancelled"), "up/sample").state == "cancelled"
    assert node(closed(run, "done"), "up/sample").state == "done"


def test_the_node_that_a_sentence_names() -> None:
    assert node_named("Node 'up/sample': no.") == "up/sample"
    assert node_named("On shed: Node 'a b': no. Node 'c': no.") == "a b"
    assert node_named("The disk is full.") == ""


def test_nothing_new_makes_no_new_run() -> None:
    run = after(list(STORY))
    assert folded(run, [Progressed("save", 1, 2, "frames")], 1.0) == (run, [])
    assert folded(run, [], 1.0)[0] is run
