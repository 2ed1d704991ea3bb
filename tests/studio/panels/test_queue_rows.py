"""The rows of the queue: order, batches, what can be moved where, and what is not shown."""

from __future__ import annotations

from dataclasses import replace

from studio.panels.queue_rows import BATCH, QueueRows
from studio.runs import RunBook
from tests.studio.panels.fake_desk import at_work, failed, made, waiting


def book_of(*runs: object) -> RunBook:
    book = RunBook()
    for run in runs:
        book.put(run)  # type: ignore[arg-type]
    return book


def sweep(*states: str) -> list[object]:
    return [
        waiting(f"s{at}", at + 5, batch="B", variation=f"seed={at}", state=state)
        for at, state in enumerate(states)
    ]


def test_what_runs_comes_first_then_the_line_then_what_went_wrong() -> None:
    rows = QueueRows(book_of(made("old")))
    book = rows._book
    for run in (failed(), waiting("b", 1), waiting("a", 0), at_work(), made("new")):
        book.put(run)
    paused = waiting("p", None, state="paused")
    book.put(paused)
    rows.refresh()
    assert list(rows.keys) == ["work", "a", "b", "p", "bad"]


def test_what_went_wrong_in_an_earlier_session_is_not_shown_until_it_is_tried_again() -> None:
    rows = QueueRows(book_of(failed()))
    assert list(rows.keys) == []
    rows._book.put(waiting("bad", 0))
    rows._book.put(failed())
    rows.refresh()
    assert list(rows.keys) == ["bad"]
    rows.dismiss()
    assert list(rows.keys) == []


def test_the_order_is_told_later_and_a_mere_step_of_a_row_at_once() -> None:
    asked: list[bool] = []
    rows = QueueRows(book_of(at_work()), lambda: asked.append(True))
    changed: list[str] = []
    rows.row_changed.connect(changed.append)
    rows._book.put(at_work(done=13))
    assert (changed, asked) == (["work"], [])
    rows._book.put(waiting("a", 0))
    assert (changed, asked, list(rows.keys)) == (["work"], [True], ["work"])


def test_a_batch_stands_under_one_row_that_can_be_folded() -> None:
    rows = QueueRows(book_of(waiting("a", 0), *sweep("queued", "queued", "done")))
    head = BATCH + "B"
    assert list(rows.keys) == ["a", head, "s0", "s1"]
    row = rows.row(head)
    assert (row.title, row.detail) == ("Video s0  ·  3 variations", "1 done, 2 waiting")
    assert row.fraction == 1 / 3
    assert (rows.row("s0").title, rows.row("s0").depth) == ("seed=0", 1)
    rows.fold(head)
    assert list(rows.keys) == ["a", head]
    assert rows.row(head).fold is True
    assert [run.key for run in rows.runs_of(head)] == ["s0", "s1"]


def test_the_last_of_a_batch_stands_alone_under_its_whole_name() -> None:
    rows = QueueRows(book_of(*sweep("done", "queued")))
    assert list(rows.keys) == ["s1"]
    assert rows.row("s1").title == "Video s1  ·  seed=1"


def test_where_runs_stand_that_are_dropped_on_a_row() -> None:
    line = [waiting(key, at) for at, key in enumerate("abcd")]
    rows = QueueRows(book_of(at_work(), *line, waiting("far", 0, place="shed")))
    assert rows.place_for(["d"], "b") == (("d",), 1)
    assert rows.place_for(["a"], "c") == (("a",), 1)
    assert rows.place_for(["a", "b"], None) == (("a", "b"), 2)
    assert rows.place_for(["d"], "work") == (("d",), 3)
    assert rows.place_for(["work"], "a") == ((), 0)
    assert rows.place_for(["a", "far"], None) == (("a",), 3)


def test_dropping_on_a_batch_is_dropping_before_its_first() -> None:
    rows = QueueRows(book_of(waiting("a", 9), *sweep("queued", "queued")))
    assert rows.place_for(["a"], BATCH + "B") == (("a",), 0)


def test_one_step_earlier_or_later_and_none_beyond_the_ends() -> None:
    rows = QueueRows(book_of(*(waiting(key, at) for at, key in enumerate("abc"))))
    assert (rows.step("b", -1), rows.step("b", 1)) == (0, 2)
    assert (rows.step("a", -1), rows.step("c", 1), rows.step("x", 1)) == (None, None, None)


def test_what_a_row_says() -> None:
    rows = QueueRows(book_of(at_work(), waiting("a", 0), waiting("b", 1), failed()))
    work = rows.row("work")
    assert (work.detail, work.right, work.fraction) == ("sample, step 12 of 30", "42 s left", 0.4)
    assert (rows.row("a").right, rows.row("b").right) == ("next", "2 in line")
    rows._book.put(replace(at_work(), nodes={}, node="", done=0, total=0, eta=None))
    assert (rows.row("work").detail, rows.row("work").busy) == ("Starting", True)
    lost = replace(at_work(), state="lost", error="The process was killed.")
    rows._book.put(lost)
    assert (rows.row("work").detail, rows.row("work").tone) == (
        "The process was killed.",
        "warning",
    )


def test_a_forgotten_run_leaves_its_row() -> None:
    rows = QueueRows(book_of(waiting("a", 0)))
    rows._book.forget("a")
    rows.refresh()
    assert list(rows.keys) == []
    assert rows.row("a").title == ""
