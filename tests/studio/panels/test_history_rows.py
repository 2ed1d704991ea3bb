"""The rows of the history: order, what is found, and what a row says."""

from __future__ import annotations

from pathlib import Path

from studio.panels.history_rows import HistoryRows, picture_of
from studio.runs import RunBook
from tests.studio.panels.fake_desk import at_work, failed, made

NOW = 1000.0


def rows_of(*runs: object) -> HistoryRows:
    book = RunBook()
    for run in runs:
        book.put(run)  # type: ignore[arg-type]
    return HistoryRows(book, lambda: NOW)


def test_what_ended_newest_first_and_nothing_else() -> None:
    rows = rows_of(made("a", ended=5.0), made("b", ended=9.0), at_work(), failed(ended=7.0))
    assert list(rows.keys) == ["b", "bad", "a"]


def test_a_run_that_ends_comes_on_top_and_one_that_is_retried_goes() -> None:
    rows = rows_of(made("a", ended=5.0), failed(ended=7.0))
    rows._book.put(made("new", ended=9.0))
    rows._book.put(at_work("bad"))
    rows.refresh()
    assert list(rows.keys) == ["new", "a"]
    rows._book.forget("a")
    rows.refresh()
    assert (list(rows.keys), rows.count) == (["new"], 1)


def test_files_that_came_change_their_row_only() -> None:
    rows = rows_of(made("a", ended=5.0))
    changed: list[str] = []
    rows.row_changed.connect(changed.append)
    rows._book.update("a", files=(Path("/out/film.mp4"),))
    assert changed == ["a"]


def test_words_find_names_variations_files_and_errors() -> None:
    rows = rows_of(
        made("a", Path("/out/sunset.mp4"), ended=3.0, variation="seed=4"),
        made("b", ended=2.0, label="Sunset too"),
        failed(ended=1.0),
    )
    rows.find("SUNSET")
    assert list(rows.keys) == ["a", "b"]
    rows.find("sunset seed=4")
    assert list(rows.keys) == ["a"]
    rows.find("no room")
    assert list(rows.keys) == ["bad"]
    rows.find("", "done")
    assert list(rows.keys) == ["a", "b"]
    rows.find("", "wrong")
    assert list(rows.keys) == ["bad"]
    rows.find("", "all")
    assert len(rows.keys) == 3


def test_what_a_row_says() -> None:
    files = (Path("/out/film.mp4"), Path("/out/film.wav"))
    rows = rows_of(made("a", files=files, started=NOW - 400, ended=NOW - 300))
    row = rows.row("a")
    assert row.detail == "film.mp4  ·  and 1 more  ·  1:40"
    assert row.right == "5 min ago"
    rows._book.put(failed(ended=NOW - 100_000))
    assert (rows.row("bad").right, rows.row("bad").tone) == ("yesterday", "danger")


def test_the_picture_of_a_run_is_its_thumbnail_or_a_picture_that_it_made() -> None:
    film, still, small = Path("/o/film.mp4"), Path("/o/still.png"), Path("/o/film.mp4.jpg")
    assert picture_of(made("a", film)) is None
    assert picture_of(made("a", files=(film, still))) == still
    assert picture_of(made("a", film, thumbnail=small)) == small
