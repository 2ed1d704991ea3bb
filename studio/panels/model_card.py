"""One model on the shelf: what it is, what it needs, whether it is here, and its download."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
)

from studio.project.shelf import Download, ShelfModel
from studio.theme import Theme, icon, tr
from studio.times import size

STEPS: Final = 1000


class ModelCard(QFrame):
    """A card; it only asks, the panel does."""

    fetch_requested = Signal()
    stop_requested = Signal()
    remove_requested = Signal()
    folder_requested = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.model: ShelfModel | None = None
        self._theme = theme
        self._download: Download | None = None
        self.setProperty("role", "card")
        self.title = _label("", "")
        self.title.setStyleSheet("font-weight: 600;")
        self.state = _label("", "small")
        self.about = _label("", "muted")
        self.facts = _label("", "small")
        self.lacks = _label("", "warning")
        self.error = _label("", "danger")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(tr("How far the download is"))
        self.fetch = QPushButton()
        self.fetch.clicked.connect(self.fetch_requested)
        self.stop = QPushButton(tr("Stop"))
        self.stop.setToolTip(tr("Stop; what is here stays, and fetching goes on from there"))
        self.stop.clicked.connect(self.stop_requested)
        self.folder = _tool(tr("Open its folder"))
        self.folder.clicked.connect(self.folder_requested)
        self.trash = _tool(tr("Remove it from this computer"))
        self.trash.clicked.connect(self.remove_requested)
        self._arrange()
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Draw in another theme."""
        self._theme = theme
        self.fetch.setIcon(icon("download", theme))
        self.stop.setIcon(icon("stop", theme))
        self.folder.setIcon(icon("folder", theme))
        self.trash.setIcon(icon("trash", theme))

    def show_model(self, model: ShelfModel, download: Download | None) -> None:
        """Show what is known of a model."""
        self.model = model
        self.setAccessibleName(model.title)
        self.title.setText(model.title)
        self.about.setText(model.description)
        self.about.setVisible(bool(model.description))
        self.facts.setText(_facts(model))
        self.facts.setToolTip(str(model.folder))
        self.lacks.setText(model.lacks)
        self.lacks.setVisible(bool(model.lacks))
        self.show_download(download)

    def show_download(self, download: Download | None) -> None:
        """Show how far a download is, or how it ended."""
        self._download = download
        model = self.model
        if model is None:
            return
        fetching = download is not None and download.state == "fetching"
        failed = download is not None and download.state == "failed" and not model.here
        self.state.setText(_progress(download) if fetching and download else _state(model))
        self.bar.setVisible(fetching)
        if fetching and download is not None:
            self._show_bar(download)
        self.error.setVisible(failed)
        self.error.setText(download.error if failed and download is not None else "")
        self.stop.setVisible(fetching)
        self.fetch.setVisible(model.can_fetch and not fetching)
        self.fetch.setText(tr("Go on") if model.fetched else tr("Fetch"))
        self.fetch.setToolTip(_fetch_help(model))
        self.folder.setVisible(model.here)
        self.trash.setVisible(model.can_remove and not fetching)

    def fits(self, words: Sequence[str]) -> bool:
        """Whether it holds all words of a search."""
        model = self.model
        if model is None:
            return False
        everything = f"{model.id} {model.title} {model.description} {model.licence}".casefold()
        return all(word in everything for word in words)

    def _show_bar(self, download: Download) -> None:
        pulled = download.pulled
        self.bar.setRange(0, STEPS if pulled.total else 0)
        if pulled.total:
            self.bar.setValue(pulled.done * STEPS // pulled.total)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.title, 1)
        for button in (self.folder, self.trash):
            top.addWidget(button)
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self.state, 1)
        bottom.addWidget(self.fetch)
        bottom.addWidget(self.stop)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 8, 8, 10)
        rows.setSpacing(4)
        rows.addLayout(top)
        for label in (self.about, self.facts, self.lacks, self.error):
            rows.addWidget(label)
        rows.addWidget(self.bar)
        rows.addLayout(bottom)


def _facts(model: ShelfModel) -> str:
    return " · ".join(fact for fact in (model.licence, _memory(model), model.origin) if fact)


def _memory(model: ShelfModel) -> str:
    if not model.memory:
        return ""
    if model.least_memory == model.memory:
        return tr("needs about {size} of memory", size=size(model.memory))
    least, most = size(model.least_memory), size(model.memory)
    return tr("runs in {least} of GPU memory, fastest in {most}", least=least, most=most)


def _state(model: ShelfModel) -> str:
    if model.here:
        return tr("On this computer, {size}", size=size(model.size))
    if model.fetched:
        return tr("{size} here; the rest is to fetch", size=size(model.fetched))
    if not model.can_fetch:
        return tr("Not on this computer")
    if model.size:
        return tr("To fetch, about {size}", size=size(model.size))
    return tr("To fetch")


def _progress(download: Download) -> str:
    pulled = download.pulled
    if not pulled.total:
        return tr("Beginning…")
    return tr("{done} of {total}", done=size(pulled.done), total=size(pulled.total))


def _fetch_help(model: ShelfModel) -> str:
    return tr(
        "Fetch it from {origin} into {folder} ({free} free)",
        origin=model.origin,
        folder=_from_home(model.folder),
        free=size(model.free),
    )


def _from_home(folder: Path) -> str:
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)


def _label(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _tool(help: str) -> QToolButton:
    button = QToolButton()
    button.setProperty("role", "quiet")
    button.setToolTip(help)
    button.setAccessibleName(help)
    return button
