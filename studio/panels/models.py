"""The models panel: what there is, what is here, and fetching the rest with a click."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ReelwrightError
from engine.models.fetched import remove
from studio.background import Background
from studio.panels.model_card import ModelCard
from studio.project.shelf import Shelf, ShelfModel, look
from studio.theme import DARK, Theme, icon, tr
from studio.times import size

LOOK_MS: Final = 250
MARGIN: Final = 8


class ModelsPanel(QWidget):
    """Cards of all models.  Nothing is fetched unless a card's button is clicked."""

    def __init__(self, shelf: Shelf, background: Background, theme: Theme = DARK) -> None:
        super().__init__()
        self._shelf = shelf
        self._background = background
        self._theme = theme
        self._was_busy = False
        self.cards: dict[str, ModelCard] = {}
        self.note = QLabel(tr("Looking at what is here…"))
        self.note.setWordWrap(True)
        self.note.setProperty("role", "muted")
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a model"))
        self.search.setAccessibleName(tr("Find a model"))
        self.search.setToolTip(tr("Shows the models whose name, licence or description fits"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.again = QToolButton()
        self.again.setProperty("role", "quiet")
        self.again.setToolTip(tr("Look again at what is on disk"))
        self.again.setAccessibleName(tr("Look again"))
        self.again.clicked.connect(self.refresh)
        self.setAccessibleName(tr("Models"))
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._follow)
        self._arrange()
        self.set_theme(theme)
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.again.setIcon(icon("refresh", theme))
        for card in self.cards.values():
            card.set_theme(theme)

    def refresh(self) -> None:
        """Look at catalog and disk again."""
        self._background.run(look, self.show_models, self._failed)

    def show_models(self, models: tuple[ShelfModel, ...]) -> None:
        """Show these models, the known cards kept."""
        for gone in self.cards.keys() - {model.id for model in models}:
            card = self.cards.pop(gone)
            card.hide()
            card.deleteLater()
        for model in models:
            card = self.cards.get(model.id) or self._add_card(model.id)
            card.show_model(model, self._shelf.download(model.id))
        self._tell(models)
        self._filter(self.search.text())
        self._follow()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.search, 1)
        top.addWidget(self.again)
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        rows.setSpacing(8)
        rows.addLayout(top)
        rows.addWidget(area, 1)
        rows.addWidget(self.note)

    def _add_card(self, id: str) -> ModelCard:
        card = ModelCard(self._theme)
        card.fetch_requested.connect(lambda: self._fetch(id))
        card.stop_requested.connect(lambda: self._stop(id))
        card.remove_requested.connect(lambda: self._remove(id))
        card.folder_requested.connect(lambda: self._open_folder(id))
        self.cards[id] = card
        self._column.insertWidget(self._column.count() - 1, card)
        return card

    def _fetch(self, id: str) -> None:
        model = self.cards[id].model
        if model is not None and model.to_accept and not self._consents(model):
            return
        self.cards[id].show_download(self._shelf.fetch(id))
        self._follow()

    def _consents(self, model: ShelfModel) -> bool:
        """Whether the user accepts the model's licence; asked once, and remembered."""
        asked = tr("Do you accept the {licence}?", licence=model.to_accept)
        where = tr("It can be read at {address}", address=f"https://{model.origin}")
        button = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self, tr("The model's licence"), f"{asked}\n{where}", button.Yes | button.No, button.No
        )
        if answer != button.Yes:
            return False
        try:
            self._shelf.accept(model.to_accept)
        except ReelwrightError as error:
            self._failed(error)
            return False
        return True

    def _stop(self, id: str) -> None:
        download = self._shelf.download(id)
        if download is not None:
            download.stop()

    def _remove(self, id: str) -> None:
        model = self.cards[id].model
        if model is None or not self._really(model):
            return
        self._shelf.dismiss(id)
        self._background.run(lambda: remove(id), lambda _: self.refresh(), self._failed)

    def _really(self, model: ShelfModel) -> bool:
        asked = tr("Remove '{title}' from this computer?", title=model.title)
        freed = size(model.size if model.here else model.fetched)
        more = tr("This frees {size}; it can be fetched again.", size=freed)
        button = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self, tr("Remove a model"), f"{asked}\n{more}", button.Yes | button.No, button.No
        )
        return answer == button.Yes

    def _open_folder(self, id: str) -> None:
        model = self.cards[id].model
        if model is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(model.folder)))

    def _follow(self) -> None:
        """Show how far downloads are; look at the disk when the last one ends."""
        busy = self._shelf.busy
        for id, card in self.cards.items():
            card.show_download(self._shelf.download(id))
        if self._was_busy and not busy:
            self.refresh()
        self._was_busy = busy
        if busy and not self._timer.isActive():
            self._timer.start()
        elif not busy:
            self._timer.stop()

    def _filter(self, words: str) -> None:
        wanted = words.casefold().split()
        shown = 0
        for card in self.cards.values():
            fits = card.fits(wanted)
            card.setVisible(fits)
            shown += fits
        if wanted and not shown:
            self._say(tr("No model fits '{words}'.", words=words), "muted")

    def _tell(self, models: tuple[ShelfModel, ...]) -> None:
        here = [model for model in models if model.here]
        taken = size(sum(model.size for model in here))
        free = size(max((model.free for model in models), default=0))
        told = tr("{count} here, {taken}; {free} free", count=len(here), taken=taken, free=free)
        self._say(told, "small")

    def _failed(self, error: ReelwrightError) -> None:
        self._say(str(error), "danger")

    def _say(self, sentence: str, role: str) -> None:
        self.note.setText(sentence)
        self.note.setProperty("role", role)
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)
