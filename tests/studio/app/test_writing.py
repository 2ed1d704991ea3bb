"""Writing in the background: the newest stands, a failure changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import StorageFailed
from engine.graph.document import Document, NodeSpec, load_document
from engine.graph.edits import AddNode
from engine.graph.registry import Registry
from studio.app.writing import Writing
from studio.document import OpenDocument


class Pool:
    """Work that waits until it is let go, in any order."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], None], Callable[[None], None]]] = []

    def run(self, work: Callable[[], None], done: Callable[[None], None], /) -> None:
        self.waiting.append((work, done))

    def finish(self, number: int) -> None:
        work, done = self.waiting[number]
        work()
        done(None)


def add(opened: OpenDocument, id: str) -> None:
    opened.do(AddNode(id, NodeSpec(type="toy.say", version=1)))


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.fixture
def opened() -> OpenDocument:
    made = OpenDocument(Document(), Registry([]))
    add(made, "a")
    return made


@pytest.fixture
def saved() -> list[OpenDocument]:
    return []


@pytest.fixture
def writing(pool: Pool, saved: list[OpenDocument]) -> Writing:
    made = Writing(saved.append)
    made.run = pool.run
    return made


def test_it_is_saved_once_the_file_is_there(
    writing: Writing, opened: OpenDocument, pool: Pool, saved: list[OpenDocument], tmp_path: Path
) -> None:
    file = tmp_path / "a.reel"
    writing.begin(opened, file)
    assert opened.dirty
    assert opened.path is None
    pool.finish(0)
    assert not opened.dirty
    assert (opened.path, saved) == (file, [opened])
    assert load_document(file) == opened.document


def test_what_is_edited_meanwhile_is_unsaved(
    writing: Writing, opened: OpenDocument, pool: Pool, tmp_path: Path
) -> None:
    writing.begin(opened, tmp_path / "a.reel")
    add(opened, "b")
    pool.finish(0)
    assert opened.dirty
    opened.undo()
    assert not opened.dirty


def test_an_older_write_that_ends_later_changes_nothing(
    writing: Writing, opened: OpenDocument, pool: Pool, tmp_path: Path
) -> None:
    file = tmp_path / "a.reel"
    writing.begin(opened, file)
    add(opened, "b")
    writing.now(opened, file)
    pool.finish(0)
    assert not opened.dirty
    assert load_document(file) == opened.document


def test_a_write_that_fails_changes_nothing(
    writing: Writing, opened: OpenDocument, pool: Pool, saved: list[OpenDocument], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    writing.begin(opened, tmp_path / "file" / "a.reel")
    with pytest.raises(StorageFailed):
        pool.finish(0)
    assert opened.dirty
    assert (opened.path, saved) == (None, [])
    writing.finish(opened)  # or a document could never be closed


def test_what_was_begun_can_be_finished_at_once(
    writing: Writing, opened: OpenDocument, pool: Pool, saved: list[OpenDocument], tmp_path: Path
) -> None:
    file = tmp_path / "a.reel"
    writing.finish(opened)
    assert opened.dirty
    writing.begin(opened, file)
    writing.finish(opened)
    assert (opened.dirty, opened.path) == (False, file)
    pool.finish(0)
    writing.finish(opened)
    assert saved == [opened]
