"""When safety copies are written and when they go, told by a clock that tests turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.errors import ReelwrightError, StorageFailed
from engine.graph.document import parse_document
from engine.graph.edits.view import Move
from studio.document import OpenDocument
from studio.project.autosave import MOST_LOST, Autosave
from studio.project.backups import Backups


@dataclass
class Later:
    """A background whose work is done when the test says so."""

    waiting: list[Callable[[], None]] = field(default_factory=list)
    at_once: bool = True

    def run(self, work, done, failed=None) -> None:
        def job() -> None:
            try:
                work()
            except ReelwrightError as error:
                failed(error)
            else:
                done(None)

        self.waiting.append(job)
        if self.at_once:
            self.work()

    def work(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "autosave"


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def backups(folder: Path) -> Backups:
    return Backups(folder)


@pytest.fixture
def autosave(backups: Backups, later: Later) -> Autosave:
    return Autosave(backups, later.run, wall=lambda: 1000.0)


def copies(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.reel"))


def move(opened: OpenDocument, x: float) -> None:
    opened.do(Move({"one": (x, 0)}))


def x_in_copy(folder: Path) -> object:
    (copy,) = copies(folder)
    return parse_document(copy.read_bytes()).view["nodes"]["one"]["at"][0]  # type: ignore[index, call-overload]


def test_nothing_is_written_while_nothing_changes(autosave, opened, folder) -> None:
    autosave.watch(opened)
    for now in range(60):
        autosave.tick(now)
    assert copies(folder) == []


def test_an_edit_is_copied_well_before_ten_seconds_are_over(autosave, opened, folder) -> None:
    autosave.watch(opened)
    move(opened, 1)
    for now in range(int(MOST_LOST) - 2):
        autosave.tick(now)
    assert x_in_copy(folder) == 1


def test_one_copy_holds_all_edits_made_meanwhile(autosave, opened, folder) -> None:
    autosave.watch(opened)
    written = []
    for now in range(30):
        move(opened, now + 1)
        autosave.tick(now)
        written.append(x_in_copy(folder) if copies(folder) else 0)
    assert all(now + 1 - copy < MOST_LOST for now, copy in enumerate(written))
    assert len(set(written)) <= 6


def test_what_was_copied_is_not_written_again(autosave, opened, folder) -> None:
    autosave.watch(opened)
    move(opened, 1)
    for now in range(10):
        autosave.tick(now)
    (copy,) = copies(folder)
    copy.unlink()
    for now in range(10, 60):
        autosave.tick(now)
    assert copies(folder) == []


def test_saving_takes_the_copy_away(autosave, opened, folder, tmp_path) -> None:
    autosave.watch(opened)
    move(opened, 1)
    for now in range(10):
        autosave.tick(now)
    opened.save(tmp_path / "mine.reel")
    autosave.tick(10)
    assert copies(folder) == []
    move(opened, 2)
    for now in range(11, 21):
        autosave.tick(now)
    assert x_in_copy(folder) == 2


def test_undoing_everything_takes_the_copy_away(autosave, opened, folder) -> None:
    autosave.watch(opened)
    move(opened, 1)
    for now in range(10):
        autosave.tick(now)
    opened.undo()
    autosave.tick(10)
    assert copies(folder) == []


def test_an_edit_during_a_slow_copy_is_in_the_next_one(autosave, opened, folder, later) -> None:
    later.at_once = False
    autosave.watch(opened)
    move(opened, 1)
    for now in range(7):
        autosave.tick(now)
    move(opened, 2)
    for now in range(7, 20):
        autosave.tick(now)
    assert len(later.waiting) == 1, "one document is not written twice at once"
    later.work()
    assert x_in_copy(folder) == 1
    autosave.tick(20)
    later.work()
    assert x_in_copy(folder) == 2


def test_a_copy_under_way_does_not_outlive_its_document(autosave, opened, folder, later) -> None:
    later.at_once = False
    autosave.watch(opened)
    move(opened, 1)
    for now in range(7):
        autosave.tick(now)
    autosave.forget(opened)
    later.work()
    assert list(folder.rglob("*.json")) == copies(folder) == []


def test_a_studio_that_ends_in_order_leaves_nothing(autosave, opened, folder, later) -> None:
    autosave.watch(opened)
    move(opened, 1)
    for now in range(7):
        autosave.tick(now)
    later.at_once = False
    move(opened, 2)
    for now in range(7, 20):
        autosave.tick(now)
    autosave.close()
    later.work()
    assert list(folder.iterdir()) == []


def test_a_full_disk_is_told_once_and_tried_again(
    autosave, backups, opened, folder, monkeypatch
) -> None:
    said: list[str] = []
    autosave.trouble.connect(said.append)
    autosave.watch(opened)
    move(opened, 1)
    with monkeypatch.context() as patched:
        patched.setattr(backups, "write", _full)
        for now in range(20):
            autosave.tick(now)
    assert said == ["No safety copy could be written: There is no room left."]
    for now in range(20, 30):
        autosave.tick(now)
    assert said[1:] == [""]
    assert x_in_copy(folder) == 1


def test_a_recovered_document_is_copied_at_once(autosave, opened, folder) -> None:
    autosave.watch(opened)
    autosave.copy_now(opened)
    assert copies(folder) == []
    move(opened, 3)
    kept: list[object] = []
    autosave.copy_now(opened, then=lambda: kept.append(x_in_copy(folder)))
    assert kept == [3], "what it was made from goes only once the copy is there"


def _full(snapshot: object) -> None:
    raise StorageFailed("There is no room left.")


def test_what_a_recovered_document_was_made_from_stays_while_the_disk_is_full(
    autosave, backups, opened, monkeypatch
) -> None:
    monkeypatch.setattr(backups, "write", _full)
    autosave.watch(opened)
    move(opened, 3)
    kept: list[object] = []
    autosave.copy_now(opened, then=lambda: kept.append("removed"))
    assert kept == []


def test_a_folder_that_cannot_be_made_is_told_with_the_first_copy(opened, later, tmp_path) -> None:
    (tmp_path / "file").touch()
    autosave = Autosave(Backups(tmp_path / "file"), later.run, wall=lambda: 1000.0)
    said: list[str] = []
    autosave.trouble.connect(said.append)
    autosave.watch(opened)
    assert said == []
    move(opened, 1)
    autosave.copy_now(opened)
    assert len(said) == 1
    assert "cannot be written" in said[0]
