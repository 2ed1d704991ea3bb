"""Opening, saving and closing documents, with a person who answers what the test says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.graph.document import Document, NodeSpec, load_document, save_document
from engine.graph.edits import AddNode
from engine.graph.registry import Registry
from studio.app.documents import Documents, Unsaved, open_all
from studio.document import OpenDocument

NODE = NodeSpec(type="toy.node", version=1)


class Person:
    """Answers questions as told, and remembers what was asked."""

    def __init__(self) -> None:
        self.save_to: Path | None = None
        self.unsaved: Unsaved = "cancel"
        self.asked: list[list[OpenDocument]] = []

    def path_to_save(self, document: OpenDocument) -> Path | None:
        return self.save_to

    def paths_to_open(self) -> Sequence[Path]:
        return ()

    def about_unsaved(self, documents: Sequence[OpenDocument]) -> Unsaved:
        self.asked.append(list(documents))
        return self.unsaved


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def documents(person: Person) -> Documents:
    return Documents(Registry.of(), person)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cat.reel"
    save_document(Document(name="cat"), path)
    return path


def change(document: OpenDocument, id: str = "a") -> None:
    document.do(AddNode(id, NODE))


def test_a_new_document_is_in_front(documents: Documents) -> None:
    made = documents.new()
    assert documents.current is made
    assert documents.items == [made]


def test_an_untouched_empty_tab_gives_its_place_to_a_file(documents: Documents, file: Path) -> None:
    documents.new()
    opened = documents.open(file)
    assert documents.items == [opened]


def test_a_changed_tab_stays_when_a_file_is_opened(documents: Documents, file: Path) -> None:
    change(documents.new())
    documents.open(file)
    assert len(documents.items) == 2


def test_a_file_that_is_open_is_not_opened_twice(documents: Documents, file: Path) -> None:
    first = documents.open(file)
    change(documents.new())
    assert documents.open(file) is first
    assert documents.current is first


def test_a_bad_file_hides_no_good_one(documents: Documents, file: Path, tmp_path: Path) -> None:
    errors = open_all(documents, [tmp_path / "none.reel", file])
    assert "There is no file" in str(errors[0])
    assert [item.name for item in documents.items] == ["cat"]


def test_saving_without_a_file_asks_for_one(
    documents: Documents, person: Person, tmp_path: Path
) -> None:
    made = documents.new()
    change(made)
    assert not documents.save()
    person.save_to = tmp_path / "new"
    assert documents.save()
    assert made.path == tmp_path / "new.reel"
    assert load_document(tmp_path / "new.reel") == made.document
    assert not made.dirty


def test_saving_that_fails_keeps_the_document_unsaved(documents: Documents, file: Path) -> None:
    opened = documents.open(file)
    change(opened)
    opened.path = file / "inside a file" / "x.reel"
    with pytest.raises(StorageFailed):
        documents.save()
    assert opened.dirty


def test_closing_a_saved_document_asks_nothing(
    documents: Documents, person: Person, file: Path
) -> None:
    documents.open(file)
    assert documents.close()
    assert not person.asked
    assert documents.current is None


def test_closing_asks_and_cancel_keeps_it(documents: Documents, person: Person) -> None:
    made = documents.new()
    change(made)
    assert not documents.close()
    assert documents.items == [made]
    assert person.asked == [[made]]


def test_closing_saves_where_the_answer_is_save(
    documents: Documents, person: Person, file: Path
) -> None:
    opened = documents.open(file)
    change(opened)
    person.unsaved = "save"
    assert documents.close()
    assert "a" in load_document(file).nodes


def test_closing_all_asks_once(documents: Documents, person: Person) -> None:
    for _ in range(3):
        change(documents.new())
    person.unsaved = "discard"
    assert documents.may_close(documents.items)
    assert len(person.asked) == 1
    assert len(person.asked[0]) == 3


def test_closing_others_keeps_the_one_in_front(documents: Documents, person: Person) -> None:
    change(documents.new())
    change(documents.new())
    person.unsaved = "discard"
    front = documents.current
    assert documents.close_others()
    assert documents.items == [front]


def test_the_neighbor_comes_to_the_front(documents: Documents, person: Person) -> None:
    made = [documents.new() for _ in range(1)]
    change(made[0])
    made.append(documents.new())
    change(made[1])
    made.append(documents.new())
    change(made[2])
    documents.show(made[1])
    person.unsaved = "discard"
    documents.close()
    assert documents.current is made[2]


def test_a_closed_tab_comes_back_with_what_was_unsaved(
    documents: Documents, person: Person
) -> None:
    made = documents.new()
    change(made)
    person.unsaved = "discard"
    documents.close()
    again = documents.reopen()
    assert again is not None
    assert again.document == made.document
    assert not documents.can_reopen


def test_a_closed_file_comes_back_as_the_file_is(documents: Documents, file: Path) -> None:
    documents.open(file)
    documents.close()
    again = documents.reopen()
    assert again is not None
    assert again.path == file


def test_tabs_go_round(documents: Documents) -> None:
    first = documents.new()
    change(first)
    second = documents.new()
    documents.step(1)
    assert documents.current is first
    documents.step(-1)
    assert documents.current is second


def test_a_document_with_no_file_cannot_be_saved_by_itself() -> None:
    with pytest.raises(InvalidInput, match="no file"):
        OpenDocument(Document(), Registry.of()).save()


def test_a_file_that_is_opened_again_finds_its_runs(documents: Documents, file: Path) -> None:
    documents.id_of = lambda path: "earlier" if path == file else ""
    assert documents.open(file).id == "earlier"


def test_two_documents_never_share_their_runs(documents: Documents, file: Path) -> None:
    documents.id_of = lambda _: "earlier"
    first = documents.open(file)
    first.save(file.with_name("copy.reel"))
    assert documents.open(file).id != first.id


def test_a_closed_tab_without_a_file_finds_its_runs_when_it_comes_back(
    documents: Documents, person: Person
) -> None:
    document = documents.new()
    change(document)
    person.unsaved = "discard"
    documents.close(document)
    reopened = documents.reopen()
    assert reopened is not None
    assert reopened.id == document.id
