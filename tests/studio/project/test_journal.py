"""The records that the log panel shows: bounded, searched, from any thread."""

from __future__ import annotations

import logging
import threading

import pytest

from studio.project.journal import Journal, as_text


@pytest.fixture
def journal() -> Journal:
    return Journal(length=50)


@pytest.fixture
def logger(journal: Journal) -> logging.Logger:
    made = logging.Logger("engine.run")
    made.addHandler(journal)
    return made


def test_records_are_found_by_level_and_words(journal, logger) -> None:
    logger.info("Opened the graph")
    logger.warning("The disk of %s is full", "films")
    logger.error("Broken")
    assert [e.text for e in journal.entries(logging.WARNING)] == [
        "The disk of films is full",
        "Broken",
    ]
    assert [e.text for e in journal.entries(search="DISK run")] == ["The disk of films is full"]
    assert journal.entries(search="nowhere") == ()


def test_only_the_newest_are_kept_and_news_are_known_by_number(journal, logger) -> None:
    for number in range(120):
        logger.info("line %d", number)
    assert journal.total == 120
    assert [e.text for e in journal.entries()][:1] == ["line 70"]
    assert [e.text for e in journal.since(118)] == ["line 118", "line 119"]
    journal.clear()
    assert journal.entries() == ()
    logger.info("after")
    assert journal.since(120)[0].text == "after"


def test_a_trace_is_kept_and_searched(journal, logger) -> None:
    try:
        raise KeyError("lost")
    except KeyError:
        logger.exception("It broke")
    (entry,) = journal.entries(search="keyerror")
    assert entry.level_name == "Error"
    assert "KeyError: 'lost'" in as_text([entry])


def test_a_faulty_call_to_a_logger_is_kept_too(journal, logger) -> None:
    logger.info("%d steps", "no number")
    assert journal.entries()[0].text == "%d steps"


def test_many_threads_lose_nothing(logger) -> None:
    journal = Journal(length=5000)
    logger.addHandler(journal)
    threads = [
        threading.Thread(target=lambda: [logger.info("x") for _ in range(200)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.number for e in journal.entries()] == list(range(1600))
