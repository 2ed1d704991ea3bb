"""The models panel: cards, downloads and what is asked of the shelf."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.errors import ReelwrightError
from engine.models.pull import Pulled
from studio.panels.models import ModelsPanel
from studio.project.shelf import ShelfModel
from studio.theme import LIGHT

GIB = 2**30
LEFT = Qt.MouseButton.LeftButton


class FakeDownload:
    """A download that stands where the test puts it."""

    def __init__(self) -> None:
        self.state = "fetching"
        self.pulled = Pulled(0, 0)
        self.error = ""

    def stop(self) -> None:
        self.state = "stopped"


class FakeShelf:
    """Remembers what was asked for."""

    def __init__(self) -> None:
        self.downloads: dict[str, FakeDownload] = {}
        self.accepted: list[str] = []

    def fetch(self, id: str) -> FakeDownload:
        return self.downloads.setdefault(id, FakeDownload())

    def download(self, id: str) -> FakeDownload | None:
        return self.downloads.get(id)

    def dismiss(self, id: str) -> None:
        self.downloads.pop(id, None)

    def accept(self, licence: str) -> None:
        self.accepted.append(licence)

    @property
    def busy(self) -> bool:
        return any(each.state == "fetching" for each in self.downloads.values())


class Waiting:
    """A background that keeps what it was given."""

    def __init__(self) -> None:
        self.given: list[tuple[Callable[[], object], Callable[[object], None]]] = []
        self.failed: Callable[[ReelwrightError], None] | None = None

    def run(self, work, done, failed=None) -> None:
        self.given.append((work, done))
        self.failed = failed


def model(id: str, here: bool = False, **changes: object) -> ShelfModel:
    given: dict[str, object] = dict(
        id=id,
        title=id.title(),
        description="",
        licence="CC0",
        source="hub:someone/it",
        folder=Path("/models") / id,
        here=here,
        size=2 * GIB,
        size_is_estimate=not here,
        memory=0,
        least_memory=0,
        fetched=0,
        free=5 * GIB,
        lacks="",
    )
    return ShelfModel(**{**given, **changes})  # type: ignore[arg-type]


@pytest.fixture
def shelf() -> FakeShelf:
    return FakeShelf()


@pytest.fixture
def background() -> Waiting:
    return Waiting()


@pytest.fixture
def panel(qtbot: QtBot, shelf: FakeShelf, background: Waiting) -> ModelsPanel:
    made = ModelsPanel(shelf, background, LIGHT)  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.show()
    made.show_models((model("near", here=True, source="assets:near"), model("far")))
    return made


def test_what_is_here_and_what_is_not_look_different(panel: ModelsPanel) -> None:
    near, far = panel.cards["near"], panel.cards["far"]
    assert near.state.text() == "On this computer, 2.0 GiB"
    assert near.folder.isVisible()
    assert not near.fetch.isVisible()
    assert not near.trash.isVisible()
    assert far.state.text() == "To fetch, about 2.0 GiB"
    assert far.fetch.isVisible()
    assert panel.note.text() == "1 here, 2.0 GiB; 5.0 GiB free"
    assert "/models/far (5.0 GiB free)" in far.fetch.toolTip()


def test_memory_is_told_by_the_fastest_and_the_slowest_way(panel: ModelsPanel) -> None:
    whole = model("near", memory=GIB, least_memory=GIB)
    moved = model("far", memory=16 * GIB, least_memory=3 * GIB)
    panel.show_models((whole, moved, model("new")))
    facts = {id: card.facts.text() for id, card in panel.cards.items()}
    assert "needs about 1.0 GiB of memory" in facts["near"]
    assert "runs in 3.0 GiB of GPU memory, fastest in 16 GiB" in facts["far"]
    assert "memory" not in facts["new"]


def test_nothing_is_fetched_without_a_click(panel: ModelsPanel, shelf: FakeShelf) -> None:
    panel.refresh()
    assert shelf.downloads == {}


@pytest.mark.parametrize("answer", ["Yes", "No"])
def test_a_licence_is_asked_for_before_anything_is_fetched(
    qtbot: QtBot, panel: ModelsPanel, shelf: FakeShelf, monkeypatch, answer: str
) -> None:
    from PySide6.QtWidgets import QMessageBox

    asked: list[str] = []

    def question(parent, title, text, *buttons):
        asked.append(text)
        return QMessageBox.StandardButton[answer]

    monkeypatch.setattr(QMessageBox, "question", question)
    panel.show_models((model("far", to_accept="House Licence"),))
    qtbot.mouseClick(panel.cards["far"].fetch, LEFT)
    assert "House Licence" in asked[0]
    assert "https://huggingface.co/someone/it" in asked[0]
    assert shelf.accepted == (["House Licence"] if answer == "Yes" else [])
    assert list(shelf.downloads) == (["far"] if answer == "Yes" else [])


def test_a_download_is_followed_and_can_be_stopped(
    qtbot: QtBot, panel: ModelsPanel, shelf: FakeShelf, background: Waiting
) -> None:
    card = panel.cards["far"]
    qtbot.mouseClick(card.fetch, LEFT)
    assert card.state.text() == "Beginning…"
    assert not card.fetch.isVisible()
    shelf.downloads["far"].pulled = Pulled(GIB // 2, 2 * GIB)
    qtbot.waitUntil(lambda: card.state.text() == "512 MiB of 2.0 GiB")
    assert card.bar.value() == 250
    looks = len(background.given)
    qtbot.mouseClick(card.stop, LEFT)
    qtbot.waitUntil(lambda: len(background.given) > looks)
    background.given[-1][1]((model("far", fetched=GIB // 2),))
    assert card.fetch.text() == "Go on"
    assert card.state.text() == "512 MiB here; the rest is to fetch"
    assert card.trash.isVisible()


def test_why_a_download_failed_is_on_its_card(
    qtbot: QtBot, panel: ModelsPanel, shelf: FakeShelf
) -> None:
    card = panel.cards["far"]
    qtbot.mouseClick(card.fetch, LEFT)
    shelf.downloads["far"].state = "failed"
    shelf.downloads["far"].error = "The hub cannot be reached."
    qtbot.waitUntil(card.error.isVisible)
    assert card.error.text() == "The hub cannot be reached."
    assert card.fetch.isVisible()


def test_models_are_found_by_words(panel: ModelsPanel) -> None:
    panel.search.setText("FAR cc0")
    assert [id for id, card in panel.cards.items() if card.isVisible()] == ["far"]
    panel.search.setText("nothing")
    assert panel.note.text() == "No model fits 'nothing'."


def test_a_model_that_left_the_catalog_leaves_the_panel(panel: ModelsPanel) -> None:
    panel.show_models((model("far"),))
    assert list(panel.cards) == ["far"]


def test_a_broken_catalog_is_one_sentence(panel: ModelsPanel, background: Waiting) -> None:
    assert background.failed is not None
    background.failed(ReelwrightError("catalog.toml is no valid TOML.", remedy="Mend it."))
    assert panel.note.text() == "catalog.toml is no valid TOML. Mend it."
