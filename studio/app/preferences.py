"""The preferences: a page for each group of settings, made from their declarations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ReelwrightError
from engine.folders import config_folder, models_folder, state_folder
from studio.project.settings import PAGES, Preferences, Settings, fields_of
from studio.theme import Theme, icon, tr

Change = Callable[[object], None]
PLACES = (
    ("Settings and identities", config_folder),
    ("Results, checkpoints, logs", state_folder),
    ("Models", models_folder),
)


class PreferencesDialog(QDialog):
    """Every change is in force at once, and kept."""

    keys_requested = Signal()

    def __init__(
        self, preferences: Preferences, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._theme = theme
        self.setWindowTitle(tr("Preferences"))
        self.resize(720, 480)
        self.pages = QListWidget()
        self.pages.setAccessibleName(tr("Pages"))
        self.pages.setFixedWidth(150)
        self.pages.ensurePolished()  # rows are as high as the style wants only if it knows them
        self._stack = QStackedWidget()
        for page in PAGES:
            self.pages.addItem(tr(page))
            self._stack.addWidget(self._make_page(page))
        self.pages.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.pages.setCurrentRow(0)
        self.said = QLabel()
        self.said.setProperty("role", "danger")
        self.said.setWordWrap(True)
        self._lay_out()

    def field(self, name: str) -> QWidget:
        """The widget of a setting."""
        found = self.findChild(QWidget, name)
        assert found is not None, f"there is no field '{name}'"
        return found

    def _lay_out(self) -> None:
        columns = QHBoxLayout()
        columns.setSpacing(0)
        columns.addWidget(self.pages)
        columns.addWidget(self._stack, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        keys = buttons.addButton(tr("Keyboard shortcuts…"), QDialogButtonBox.ButtonRole.ActionRole)
        keys.clicked.connect(self.keys_requested)
        lower = QHBoxLayout()
        lower.setContentsMargins(16, 8, 16, 12)
        lower.addWidget(self.said, 1)
        lower.addWidget(buttons)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(columns, 1)
        rows.addLayout(lower)

    def _make_page(self, page: str) -> QWidget:
        inner = QWidget()
        form = QFormLayout(inner)
        form.setContentsMargins(24, 20, 24, 20)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(14)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for name in fields_of(page):
            self._add_row(form, name, Settings.model_fields[name])
        if page == "Viewer":
            _add_fact(form, tr("Sound goes to"), sound_device())
        if page == "Files":
            for title, folder in PLACES:
                _add_fact(form, tr(title), str(folder()))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        return area

    def _add_row(self, form: QFormLayout, name: str, info: FieldInfo) -> None:
        value = getattr(self._preferences.current, name)

        def change(new: object) -> None:
            self._set(name, new)

        widget = self._make_field(name, info, value, change)
        widget.setObjectName(name)
        widget.setAccessibleName(tr(info.title or name))
        help = tr(info.description or "")
        widget.setToolTip(help)
        under = QLabel(help)
        under.setProperty("role", "small")
        under.setWordWrap(True)
        cell = QVBoxLayout()
        cell.setSpacing(4)
        cell.addWidget(widget)
        cell.addWidget(under)
        form.addRow(tr(info.title or name), cell)

    def _make_field(self, name: str, info: FieldInfo, value: object, change: Change) -> QWidget:
        if isinstance(value, bool):
            return _switch(value, change)
        if isinstance(value, int):
            return _number(info, value, change)
        if get_origin(info.annotation) is Literal:
            return _choice(get_args(info.annotation), str(value), change)
        extra = info.json_schema_extra
        if isinstance(extra, dict) and extra.get("widget") == "folder":
            return _Folder(str(value), self._theme, change)
        return _text(str(value), change)

    def _set(self, name: str, value: object) -> None:
        try:
            self._preferences.set(**{name: value})
            self.said.clear()
        except ReelwrightError as error:
            self.said.setText(str(error))


class _Folder(QWidget):
    """A path that can be typed or chosen."""

    def __init__(self, value: str, theme: Theme, change: Change) -> None:
        super().__init__()
        self._line = QLineEdit(value)
        self._line.setAccessibleName(tr("Folder"))
        self._line.setPlaceholderText(str(Settings().output_folder))
        self._line.editingFinished.connect(lambda: change(self._line.text().strip()))
        choose = QPushButton(icon("folder", theme), "")
        choose.setAccessibleName(tr("Choose a folder"))
        choose.setToolTip(tr("Choose a folder"))
        choose.clicked.connect(lambda: self._choose(change))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._line, 1)
        row.addWidget(choose)
        self.setFocusProxy(self._line)

    def _choose(self, change: Change) -> None:
        start = self._line.text() or str(Path.home())
        chosen = QFileDialog.getExistingDirectory(self, tr("Choose a folder"), start)
        if chosen:
            self._line.setText(chosen)
            change(chosen)


def sound_device() -> str:
    """The device that sound goes to, or why there is none."""
    try:
        import sounddevice  # type: ignore[import-untyped]
    except (ImportError, OSError):
        return tr("Nowhere: PortAudio is not installed on this computer.")
    try:
        device = sounddevice.query_devices(kind="output")
    except (sounddevice.PortAudioError, ValueError):
        return tr("Nowhere: this computer has no sound device.")
    return str(device["name"])


def _add_fact(form: QFormLayout, title: str, value: str) -> None:
    label = QLabel(value)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    form.addRow(title, label)


def _switch(value: bool, change: Change) -> QCheckBox:
    box = QCheckBox(tr("On"))
    box.setChecked(value)
    box.toggled.connect(change)
    return box


def _number(info: FieldInfo, value: int, change: Change) -> QSpinBox:
    box = QSpinBox()
    bounds = {type(bound).__name__: bound for bound in info.metadata}
    box.setRange(
        int(getattr(bounds.get("Ge"), "ge", 0)), int(getattr(bounds.get("Le"), "le", 10_000))
    )
    box.setValue(value)
    box.setMaximumWidth(110)
    box.lineEdit().setTextMargins(6, 0, 0, 0)
    box.valueChanged.connect(change)
    return box


def _choice(choices: tuple[str, ...], value: str, change: Change) -> QComboBox:
    box = QComboBox()
    for choice in choices:
        box.addItem(tr(choice.capitalize()), choice)
    box.setCurrentIndex(choices.index(value))
    box.setMaximumWidth(220)
    box.currentIndexChanged.connect(lambda row: change(choices[row]))
    return box


def _text(value: str, change: Change) -> QLineEdit:
    line = QLineEdit(value)
    line.editingFinished.connect(lambda: change(line.text().strip()))
    return line
