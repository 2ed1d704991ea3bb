"""Running whole documents: what is computed, what is found again, and what a failure costs."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import BlockedByPolicy, NodeFailed
from engine.graph.document import Document
from engine.graph.problems import InvalidDocument
from engine.run.events import Checkpointed, Event, NodeChanged, RunEnded, RunStarted, Wrote
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest, RunResult
from engine.values import Artifact
from tests.engine.run import toys
from tests.engine.run.toys import RAN, graph, states

MakeRunner = Callable[[], LocalRunner]

SUM = graph(
    {"one": ("number", {"value": 1}), "two": ("number", {"value": 2}), "sum": "add"},
    "one > sum.a",
    "two > sum.b",
)


def result(outcome: RunResult, node: str) -> object:
    return outcome.values[node]["result"]


def test_a_run_gives_the_values_of_the_wanted_nodes_only(runner: LocalRunner) -> None:
    done = runner.run(RunRequest(SUM))
    assert done.outcome == "succeeded"
    assert done.values == {"sum": {"result": 3}}


def test_only_what_the_wanted_output_needs_is_run(runner: LocalRunner) -> None:
    assert runner.run(RunRequest(SUM, outputs=["two"])).values == {"two": {"result": 2}}
    assert RAN == ["two"]


def test_a_wanted_value_that_others_use_is_given_too(runner: LocalRunner) -> None:
    done = runner.run(RunRequest(SUM, outputs=["one", "sum"]))
    assert done.values == {"one": {"result": 1}, "sum": {"result": 3}}


def test_what_a_parameter_leaves_unused_is_not_run(runner: LocalRunner) -> None:
    document = graph(
        {"left": ("number", {"value": 1}), "right": "throw", "either": "either"},
        "left > either.left",
        "right > either.right",
    )
    assert result(runner.run(RunRequest(document)), "either") == 1
    assert RAN == ["left", "either"]


def test_all_branches_are_run_where_a_link_decides(runner: LocalRunner) -> None:
    document = graph(
        {
            "left": ("number", {"value": 1}),
            "right": ("number", {"value": 2}),
            "half": "halve",
            "either": "either",
        },
        "left > either.left",
        "right > either.right",
        "right > half",
        "half.odd > either.take_left",
    )
    assert result(runner.run(RunRequest(document)), "either") == 2


def test_a_wrong_document_is_refused_before_anything_runs(runner: LocalRunner) -> None:
    document = graph({"one": "number", "sum": ("add", {"amount": 1000})}, "one > sum.a")
    with pytest.raises(InvalidDocument, match="amount"):
        runner.run(RunRequest(document))
    assert RAN == []


def test_a_chain_of_five_thousand_is_ordinary(runner: LocalRunner) -> None:
    nodes = {f"n{i}": "add" for i in range(5000)}
    links = [f"n{i} > n{i + 1}.a" for i in range(4999)]
    document = graph({"zero": "number", **nodes}, "zero > n0.a", *links)
    assert result(runner.run(RunRequest(document)), "n4999") == 0


# --- found again


def test_nothing_is_done_twice(runner: LocalRunner) -> None:
    runner.run(RunRequest(SUM))
    RAN.clear()
    again: list[Event] = []
    assert result(runner.run(RunRequest(SUM), listener=again.append), "sum") == 3
    assert RAN == []
    assert states(again) == ["one cached", "two cached", "sum cached"]


def test_a_change_recomputes_what_leans_on_it(runner: LocalRunner) -> None:
    runner.run(RunRequest(SUM))
    RAN.clear()
    changed = graph(
        {"one": ("number", {"value": 1}), "two": ("number", {"value": 5}), "sum": "add"},
        "one > sum.a",
        "two > sum.b",
    )
    assert result(runner.run(RunRequest(changed)), "sum") == 6
    assert RAN == ["two", "sum"]


def test_fresh_ignores_what_is_there_and_keeps_what_is_new(runner: LocalRunner) -> None:
    runner.run(RunRequest(SUM))
    runner.run(RunRequest(SUM, fresh=True))
    assert RAN == ["one", "two", "sum"] * 2
    runner.run(RunRequest(SUM))
    assert len(RAN) == 6


@pytest.mark.parametrize("fresh", [False, True])
def test_equal_work_in_one_graph_is_done_once(runner: LocalRunner, fresh: bool) -> None:
    nodes = {"one": "number", "same": "number", "sum": "add"}
    events: list[Event] = []
    request = RunRequest(graph(nodes, "one > sum.a", "same > sum.b"), fresh=fresh)
    runner.run(request, listener=events.append)
    assert RAN == ["one", "sum"]
    assert states(events) == ["one done", "same cached", "sum done"]


def test_equal_outputs_each_write_their_file(runner: LocalRunner, tmp_path: Path) -> None:
    document = graph({"n": "number", "one": "write", "two": "write"}, "n > one", "n > two")
    runner.run(RunRequest(document))
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"one-0.txt", "two-0.txt"}


def slow_graph(seconds: float) -> Document:
    return graph(
        {"one": "number", "slow": ("number", {"value": 7, "seconds": seconds}), "sum": "add"},
        "one > sum.a",
        "slow > sum.b",
    )


def test_another_process_finds_what_cost_more_than_a_second(make_runner: MakeRunner) -> None:
    make_runner().run(RunRequest(slow_graph(1.5)))
    RAN.clear()
    assert result(make_runner().run(RunRequest(slow_graph(1.5))), "sum") == 7
    assert RAN == ["one", "sum"]


def test_what_was_cheap_is_computed_again_in_another_process(make_runner: MakeRunner) -> None:
    make_runner().run(RunRequest(slow_graph(0.5)))
    RAN.clear()
    make_runner().run(RunRequest(slow_graph(0.5)))
    assert RAN == ["one", "slow", "sum"]


def test_a_value_that_this_run_needs_survives_a_cache_without_room(tmp_path: Path) -> None:
    poor = LocalRunner(toys.REGISTRY, folder=tmp_path, output=tmp_path, memory_budget=0)
    assert result(poor.run(RunRequest(SUM)), "sum") == 3


def test_a_node_that_is_not_cached_runs_every_time(runner: LocalRunner) -> None:
    document = graph({"dice": "throw", "sum": "add"}, "dice > sum.a")
    toys.DICE[:] = [4, 4, 6]
    assert [result(runner.run(RunRequest(document)), "sum") for _ in range(3)] == [4, 4, 6]
    assert RAN == ["dice", "sum", "dice", "dice", "sum"], "the sum of an equal throw is known"


# --- files


WRITE = graph({"n": ("number", {"value": 3}), "file": "write"}, "n > file")


def test_a_written_file_is_told_and_listed(runner: LocalRunner, tmp_path: Path) -> None:
    events: list[Event] = []
    done = runner.run(RunRequest(WRITE), listener=events.append)
    (artifact,) = done.artifacts
    assert artifact.path == tmp_path / "out" / "file-3.txt"
    assert Wrote("file", str(artifact.path), artifact.digest, signed=False) in events


def test_a_file_that_is_still_there_is_not_written_again_however_quick_it_was(
    make_runner: MakeRunner,
) -> None:
    (artifact,) = make_runner().run(RunRequest(WRITE)).artifacts
    RAN.clear()
    again = make_runner().run(RunRequest(WRITE))
    assert RAN == []
    assert again.artifacts == (artifact,)


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("else")])
def test_a_file_that_is_gone_or_changed_is_written_again(
    runner: LocalRunner, damage: Callable[[Path], object]
) -> None:
    (artifact,) = runner.run(RunRequest(WRITE)).artifacts
    damage(artifact.path)
    runner.run(RunRequest(WRITE))
    assert artifact.path.read_text() == "3"


def test_a_file_in_another_folder_does_not_stand_for_one_in_this(
    runner: LocalRunner, tmp_path: Path
) -> None:
    runner.run(RunRequest(WRITE))
    elsewhere = tmp_path / "elsewhere"
    other = LocalRunner(toys.REGISTRY, folder=tmp_path / "state", output=elsewhere)
    other.run(RunRequest(WRITE))
    assert (elsewhere / "file-3.txt").exists()


# --- failures


BRANCHES = graph(
    {
        "n": ("number", {"value": 1}),
        "bad": "fail",
        "worse": "add",
        "good": "add",
        "end": "add",
    },
    "n > bad",
    "bad > worse.a",
    "n > good.a",
    "good > end.a",
)


def failing(how: str) -> Document:
    return graph({"n": "number", "bad": ("fail", {"how": how})}, "n > bad")


def test_a_failure_costs_its_branch_and_no_other(runner: LocalRunner) -> None:
    events: list[Event] = []
    done = runner.run(RunRequest(BRANCHES), listener=events.append)
    assert done.outcome == "failed"
    assert done.values == {"end": {"result": 1}}
    assert set(done.errors) == {"bad"}
    assert states(events) == ["n done", "bad failed", "worse skipped", "good done", "end done"]
    skipped = [e for e in events if isinstance(e, NodeChanged) and e.state == "skipped"]
    assert skipped[0].message == "Not run, because node 'bad' failed."


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("surprise", "Node 'bad': KeyError: 'a word'. The log has the details."),
        ("wanted", "Node 'bad': the width is odd. Make it even."),
        (
            "memory",
            "Node 'bad': memory ran out. "
            "Make the video smaller or shorter, or close other programs.",
        ),
        (
            "disk",
            "Node 'bad': '/there': No space left on device. "
            "Free some space there, or choose another folder.",
        ),
    ],
)
def test_a_failure_is_told_in_one_sentence(
    runner: LocalRunner, how: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL, logger="engine"):
        error = runner.run(RunRequest(failing(how))).errors["bad"]
    assert isinstance(error, NodeFailed)
    assert str(error) == message


def test_when_memory_runs_out_what_only_the_cache_held_is_let_go(runner: LocalRunner) -> None:
    runner.run(RunRequest(SUM))
    runner.run(RunRequest(failing("memory")))
    RAN.clear()
    runner.run(RunRequest(SUM))
    assert RAN == ["one", "two", "sum"]


def test_the_trace_of_a_surprise_goes_to_the_log(
    runner: LocalRunner, caplog: pytest.LogCaptureFixture
) -> None:
    runner.run(RunRequest(failing("surprise")))
    assert "Traceback" in caplog.text
    caplog.clear()
    runner.run(RunRequest(failing("wanted")))
    assert caplog.text == ""


def test_a_policy_blocks_the_run_and_keeps_its_own_words(runner: LocalRunner) -> None:
    done = runner.run(RunRequest(failing("policy")))
    assert done.outcome == "blocked"
    assert isinstance(done.errors["bad"], BlockedByPolicy)
    assert str(done.errors["bad"]) == "This is forbidden."


def test_a_failed_node_is_tried_again(runner: LocalRunner) -> None:
    for _ in range(2):
        runner.run(RunRequest(failing("wanted")))
    assert RAN == ["n", "bad", "bad"]


def test_missing_weights_fail_their_node_only(runner: LocalRunner) -> None:
    document = graph({"w": ("weights", {"name": "large"}), "n": "number"})
    done = runner.run(RunRequest(document))
    assert str(done.errors["w"]) == "Node 'w': there are no such weights. Pull them."
    assert done.values == {"n": {"result": 0}}


def test_a_linked_parameter_is_checked_when_it_arrives(runner: LocalRunner) -> None:
    document = graph({"n": ("number", {"value": 500}), "sum": "add"}, "n > sum.a", "n > sum.amount")
    error = runner.run(RunRequest(document)).errors["sum"]
    assert str(error) == "Node 'sum': its parameter 'amount' must be at most 100, not 500."


def test_an_answer_that_breaks_the_declaration_is_a_failure(runner: LocalRunner) -> None:
    error = runner.run(RunRequest(graph({"lie": "lie"}))).errors["lie"]
    assert "it returned str where its declaration says half, odd" in str(error)


# --- lists


def test_a_list_maps_a_node_over_its_elements(runner: LocalRunner) -> None:
    document = graph({"list": "numbers", "sum": ("add", {"amount": 10})}, "list > sum.a")
    assert result(runner.run(RunRequest(document)), "sum") == [11, 12, 13]


def test_the_elements_before_a_failure_are_not_computed_again(make_runner: MakeRunner) -> None:
    def counting(least: int) -> Document:
        fail = ("fail", {"how": "wanted", "least": least})
        return graph({"list": "numbers", "some": fail}, "list > some")

    runner = make_runner()
    assert runner.run(RunRequest(counting(3))).outcome == "failed"
    RAN.clear()
    assert runner.run(RunRequest(counting(3))).outcome == "failed"
    assert RAN == ["some"], "only the element that failed"


# --- cancelling and telling


class CancelAfter:
    """A flag that is set once it was looked at so many times."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def is_set(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_a_cancelled_node_stops_at_its_next_report(runner: LocalRunner) -> None:
    events: list[Event] = []
    done = runner.run(
        RunRequest(graph({"count": ("count", {"to": 1000}), "later": "number"})),
        listener=events.append,
        cancellation=CancelAfter(10),
    )
    assert done.outcome == "cancelled"
    assert states(events) == ["count cancelled"]
    assert isinstance(events[-1], RunEnded)
    assert events[-1].outcome == "cancelled"


def test_nothing_starts_after_a_cancel(runner: LocalRunner) -> None:
    cancelled = threading.Event()
    cancelled.set()
    assert runner.run(RunRequest(SUM), cancellation=cancelled).outcome == "cancelled"
    assert RAN == []


def test_a_cancelled_run_does_not_stop_the_next_one(runner: LocalRunner) -> None:
    cancelled = threading.Event()
    cancelled.set()
    runner.run(RunRequest(SUM), cancellation=cancelled)
    assert runner.run(RunRequest(SUM)).outcome == "succeeded"


def test_a_run_is_framed_by_its_events(runner: LocalRunner) -> None:
    events: list[Event] = []
    runner.run(RunRequest(SUM), listener=events.append)
    first, *_, last = events
    assert isinstance(first, RunStarted)
    assert isinstance(last, RunEnded)
    assert (first.nodes, first.run) == (3, last.run)
    assert not [event for event in events if isinstance(event, Checkpointed)]


def test_two_threads_take_turns(runner: LocalRunner) -> None:
    results: list[RunResult] = []
    threads = [
        threading.Thread(target=lambda: results.append(runner.run(RunRequest(SUM))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [done.outcome for done in results] == ["succeeded"] * 4
    assert RAN == ["one", "two", "sum"]


def test_an_artifact_of_a_list_is_told_for_each_element(runner: LocalRunner) -> None:
    document = graph({"list": "numbers", "file": "write"}, "list > file")
    done = runner.run(RunRequest(document))
    values = result(done, "file")
    assert isinstance(values, list)
    assert all(isinstance(value, Artifact) for value in values)
    assert list(done.artifacts) == values


def test_the_collector_is_left_as_it_was(runner: LocalRunner) -> None:
    broken = graph({"one": "number", "sum": ("add", {"amount": 1000})}, "one > sum.a")
    with pytest.raises(InvalidDocument):
        runner.run(RunRequest(broken))
    assert gc.isenabled()
    gc.disable()
    try:
        runner.run(RunRequest(SUM))
        assert not gc.isenabled()
    finally:
        gc.enable()
