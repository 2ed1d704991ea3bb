"""What the Run menu sends, and what reaches the viewer; the desk is a fake that writes it down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InvalidInput
from engine.graph.document import Document, NodeSpec
from engine.graph.registry import installed_registry
from studio.app.documents import Documents
from studio.app.run_control import Result, RunControl, newest_media
from studio.document import OpenDocument, Selection
from studio.inspector.seeds import set_fresh
from studio.runs import NodeRun, Run, RunBook

SAMPLE = Document(nodes={"sample": NodeSpec(type="video.sample", version=1)})


class FakeDesk:
    """Keeps what it is asked for."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.told: list[tuple[str, str]] = []

    def submit(
        self,
        document: OpenDocument,
        outputs: Sequence[str] | None = None,
        place: str = "here",
        front: bool = False,
        documents: Sequence[tuple[str, Document]] | None = None,
    ) -> Sequence[str]:
        self.sent.append(
            {"outputs": outputs, "place": place, "front": front, "documents": documents}
        )
        return [f"key{len(self.sent)}"]

    def cancel(self, key: str) -> None:
        self.told.append(("cancel", key))

    def pause(self, key: str) -> None:
        self.told.append(("pause", key))

    def resume(self, key: str) -> None:
        self.told.append(("resume", key))

    def retry(self, key: str) -> None:
        self.told.append(("retry", key))


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def book() -> RunBook:
    return RunBook()


@pytest.fixture
def documents() -> Documents:
    return Documents(installed_registry(), asks=None)  # type: ignore[arg-type]  # asks nothing


@pytest.fixture
def control(desk: FakeDesk, book: RunBook, documents: Documents) -> RunControl:
    return RunControl(desk, book, documents)


def shown(control: RunControl) -> list[str]:
    seen: list[str] = []

    def note(result: Result) -> None:
        seen.append(result.path.name)

    control.result.connect(note)
    control.__dict__["kept"] = note  # signals hold their listeners weakly
    return seen


def test_running_nothing_says_what_to_do(control: RunControl, documents: Documents) -> None:
    with pytest.raises(InvalidInput, match="No document is open"):
        control.run()
    documents.new()
    with pytest.raises(InvalidInput, match="Press Tab"):
        control.run()


def test_run_sends_the_document_where_it_shall_go(
    control: RunControl, documents: Documents, desk: FakeDesk
) -> None:
    documents.new(SAMPLE)
    control.place = "farm"
    control.run(front=True)
    assert desk.sent == [{"outputs": None, "place": "farm", "front": True, "documents": None}]


def test_a_batch_sends_one_variation_a_run(
    control: RunControl, documents: Documents, desk: FakeDesk
) -> None:
    documents.new(SAMPLE)
    control.count = 3
    control.run()
    assert [label for label, _ in desk.sent[0]["documents"]] == ["seed 0", "seed 1", "seed 2"]


def test_a_seed_that_is_not_kept_is_new_at_each_run(
    control: RunControl, documents: Documents, desk: FakeDesk
) -> None:
    made = documents.new(SAMPLE)
    made.do(set_fresh(made.document, "sample", "seed", True))
    seen = set()
    for run in (control.run, control.run, lambda: control.run_nodes(["sample"])):
        run()
        seen.add(made.document.nodes["sample"].params["seed"])
    assert len(seen) == 3
    made.do(set_fresh(made.document, "sample", "seed", False))
    control.run()
    assert made.document.nodes["sample"].params["seed"] in seen


def test_a_sweep_sends_every_value(
    control: RunControl, documents: Documents, desk: FakeDesk
) -> None:
    documents.new(SAMPLE)
    control.sweep({"sample.steps": "4, 8"})
    assert len(desk.sent[0]["documents"]) == 2


def test_the_number_of_runs_has_bounds(control: RunControl) -> None:
    control.count = 0
    assert control.count == 1
    control.count = 10_000
    assert control.count == 100


def test_running_up_to_the_selection_names_its_nodes(
    control: RunControl, documents: Documents, desk: FakeDesk
) -> None:
    made = documents.new(SAMPLE)
    with pytest.raises(InvalidInput, match="Nothing is selected"):
        control.run_selected()
    made.select(Selection.of_nodes(["sample"]))
    control.run_selected()
    assert desk.sent[0]["outputs"] == ("sample",)


def test_stop_cancels_what_is_not_over(
    control: RunControl, documents: Documents, desk: FakeDesk, book: RunBook
) -> None:
    id = documents.new(SAMPLE).id
    book.put(Run("a", document=id, state="running"))
    book.put(Run("b", document=id, state="queued"))
    book.put(Run("c", document=id, state="done"))
    book.put(Run("d", document="another", state="running"))
    control.interrupt()
    assert {key for _, key in desk.told} == {"a", "b"}


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        ("running", ["pause"]),
        ("queued", ["pause"]),
        ("paused", ["resume"]),
        ("failed", ["retry"]),
        ("lost", ["resume"]),
        ("done", []),
    ],
)
def test_what_can_be_done_depends_on_the_run(
    control: RunControl,
    documents: Documents,
    desk: FakeDesk,
    book: RunBook,
    state: Any,
    possible: list[str],
) -> None:
    book.put(Run("a", document=documents.new(SAMPLE).id, state=state))
    control.pause()
    control.resume()
    control.retry()
    assert [what for what, _ in desk.told] == possible


def test_a_new_file_of_the_document_in_front_is_shown_once(
    control: RunControl, documents: Documents, book: RunBook
) -> None:
    id = documents.new(SAMPLE).id
    seen = shown(control)
    book.put(Run("a", document=id, state="running", files=(Path("cat.mp4"), Path("cat.json"))))
    book.update("a", state="done")
    assert seen == ["cat.mp4"]


def test_a_file_of_another_document_waits_until_that_is_in_front(
    control: RunControl, documents: Documents, book: RunBook
) -> None:
    first = documents.new(SAMPLE)
    documents.new(SAMPLE)
    seen = shown(control)
    book.put(Run("a", document=first.id, state="done", files=(Path("cat.mp4"),)))
    assert not seen
    documents.show(first)
    assert seen == ["cat.mp4"]


def test_previews_of_the_document_in_front_are_shown(
    control: RunControl, documents: Documents, book: RunBook
) -> None:
    id = documents.new(SAMPLE).id
    previews: list[bytes] = []
    keep = previews.append
    control.preview.connect(keep)
    node = NodeRun(state="running", preview=b"jpeg")
    run = Run("a", document=id, state="running", nodes={"sample": node})
    book.put(run)
    book.node_changed.emit(run, "sample")
    assert previews == [b"jpeg"]


def test_what_a_node_made_can_be_shown(
    control: RunControl, documents: Documents, book: RunBook
) -> None:
    made = documents.new(SAMPLE)
    seen = shown(control)
    assert not control.show_node(made, "sample")
    nodes = {"sample": NodeRun(state="done", files=(Path("frame.png"),))}
    book.put(Run("a", document=made.id, state="done", nodes=nodes))
    assert control.show_node(made, "sample")
    assert seen == ["frame.png"]


def test_only_media_are_shown() -> None:
    assert newest_media([Path("a.mp4"), Path("b.PNG"), Path("c.json")]) == Path("b.PNG")
    assert newest_media([Path("c.json")]) is None
