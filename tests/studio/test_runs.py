"""The book of runs: the newest of each, in order, and who is told."""

from __future__ import annotations

from dataclasses import replace

from engine.run.events import NodeChanged, Progressed, RunStarted
from studio.runs import Run, RunBook


def run(key: str, **more: object) -> Run:
    return replace(Run(key, document="d"), **more)  # type: ignore[arg-type]


def test_runs_are_listed_newest_first() -> None:
    book = RunBook()
    for key, created in (("a", 1.0), ("c", 3.0), ("b", 2.0)):
        book.put(run(key, created=created))
    book.update("a", label="renamed")
    assert [each.key for each in book.runs()] == ["c", "b", "a"]
    assert book.runs()[2].label == "renamed"


def test_a_change_is_told_once_and_none_where_nothing_changed() -> None:
    book, heard = RunBook(), []
    book.run_changed.connect(heard.append)
    book.put(run("a"))
    book.put(run("a"))
    book.update("a", label="film")
    book.update("a", label="film")
    book.update("stranger", label="film")
    assert [each.label for each in heard] == ["", "film"]


def test_events_of_nodes_are_told_with_the_run_as_it_is_after_all_of_them() -> None:
    book, heard = RunBook(), []
    book.put(run("a", state="queued"))
    book.node_changed.connect(lambda run, path: heard.append((path, run.nodes[path].state)))
    events = [
        RunStarted("r", 2),
        NodeChanged("up/sample", "started"),
        NodeChanged("text", "cached"),
        NodeChanged("up/sample", "done", 2.0),
    ]
    book.apply_all("a", events, 5.0)
    assert heard == [("up/sample", "done"), ("text", "cached")]
    book.apply("stranger", Progressed("x", 1, 2, "steps"), 5.0)


def test_planned_nodes_wait_unless_they_were_heard_of_before() -> None:
    book = RunBook()
    book.put(run("a", state="running"))
    book.apply("a", NodeChanged("text", "started"), 1.0)
    book.plan("a", ["text", "sample"])
    states = {path: node.state for path, node in book.runs()[0].nodes.items()}
    assert states == {"text": "running", "sample": "waiting"}


def test_a_document_shows_the_run_at_work_then_the_next_one_then_the_last_that_ended() -> None:
    book = RunBook()
    assert book.current_of("d") is None
    book.put(run("old", state="done", created=1.0, ended=50.0))
    book.put(run("older", state="failed", created=0.0, ended=40.0))
    book.put(run("foreign", state="running", document="other"))
    assert book.current_of("d") == book.get("old")
    book.put(run("second", state="queued", created=9.0))
    book.put(run("first", state="queued", created=8.0))
    assert book.current_of("d") == book.get("first")
    book.put(run("second", state="running", created=9.0, started=10.0))
    assert book.current_of("d") == book.get("second")


def test_a_forgotten_run_is_gone_and_told() -> None:
    book, gone = RunBook(), []
    book.run_removed.connect(gone.append)
    book.put(run("a", state="done"))
    book.forget("a")
    book.forget("a")
    assert (gone, book.runs(), book.current_of("d"), book.get("a")) == (["a"], (), None, None)


def test_how_far_a_run_is_is_a_fraction_or_unknown() -> None:
    assert run("a").fraction is None
    assert run("a", done=3, total=12).fraction == 0.25
    assert run("a", state="done").fraction == 1.0
    assert [run("a", state=state).active for state in ("lost", "queued", "failed")] == [
        True,
        True,
        False,
    ]


def test_the_node_at_work_is_told_what_its_process_holds_at_most() -> None:
    book = RunBook()
    book.put(Run(key="k", state="running"))
    book.apply_all("k", (NodeChanged("a", "started"),), 0.0)
    for nbytes in (300, 500, 400):
        book.hold("k", nbytes)
    book.apply_all("k", (NodeChanged("a", "done", 2.0), NodeChanged("b", "started")), 2.0)
    book.hold("k", 200)
    run = book.get("k")
    assert run is not None
    assert (run.peak, run.nodes["a"].memory, run.nodes["b"].memory) == (500, 500, 200)
