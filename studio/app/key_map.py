"""The key map: every command with its keys, searched, changed, and its conflicts shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.errors import ReelwrightError
from studio.app.key_settings import KeySettings
from studio.commands import COMMANDS, MENUS, PRESET_TITLES, Conflict
from studio.theme import Theme, shown_key, shown_keys, tr

KEY: Final = Qt.ItemDataRole.UserRole
WHERE: Final = {"app": "Everywhere", "canvas": "Canvas", "viewer": "Viewer"}


class KeyMapDialog(QDialog):
    """A preset at the top, the commands under it, and the keys of the one that is chosen."""

    def __init__(self, keys: KeySettings, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self._theme = theme
        self.setWindowTitle(tr("Keyboard shortcuts"))
        self.resize(720, 560)
        self.preset = QComboBox()
        self.preset.setAccessibleName(tr("Key map"))
        for name, title in PRESET_TITLES.items():
            self.preset.addItem(title, name)
        self.preset.activated.connect(self._choose_preset)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search a command or a key"))
        self.search.setAccessibleName(tr("Search a command or a key"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(tr("Commands"))
        self.tree.ensurePolished()  # rows are as high as the style wants only if it knows them
        self.tree.setColumnCount(3)
        self.tree.setHeaderLabels([tr("Command"), tr("Keys"), tr("Where")])
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(12)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.setColumnWidth(1, 240)
        self.tree.setColumnWidth(2, 90)
        self.tree.currentItemChanged.connect(lambda *_: self._show_current())
        self.edit = QKeySequenceEdit()
        self.edit.setMaximumSequenceLength(1)
        self.edit.setAccessibleName(tr("New key"))
        self.edit.keySequenceChanged.connect(self._look_ahead)
        self.said = QLabel()
        self.said.setWordWrap(True)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._fill()
        self._lay_out()
        keys.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Keys and conflicts as they are now."""
        self.preset.setCurrentIndex(self.preset.findData(self._keys.preset))
        colors = self._theme.colors
        clashing = {key for conflict in self._keys.conflicts for key in conflict.commands}
        for key, texts in self._keys.keys.items():
            item = self._items[key]
            item.setText(1, shown_keys(texts))
            own = self._keys.is_own(key)
            color = colors.danger if key in clashing else colors.accent if own else colors.text
            item.setForeground(1, QBrush(QColor(color)))
        self._show_current()

    def select(self, command: str) -> None:
        """Choose a command."""
        self.tree.setCurrentItem(self._items[command])

    @property
    def current(self) -> str:
        """The command that is chosen, or ''."""
        item = self.tree.currentItem()
        return str(item.data(0, KEY) or "") if item is not None else ""

    def add_key(self) -> None:
        """Give the chosen command the key that was pressed, beside those it has."""
        text = self.edit.keySequence().toString()
        if text and self.current:
            kept = self._keys.keys[self.current]
            self._try(lambda: self._keys.set(self.current, (*dict.fromkeys((*kept, text)),)))
            self.edit.clear()

    def clear_keys(self) -> None:
        """Take all keys from the chosen command."""
        if self.current:
            self._try(lambda: self._keys.set(self.current, ()))

    def reset(self) -> None:
        """Give the chosen command the preset's keys again."""
        if self.current:
            self._try(lambda: self._keys.reset(self.current))

    def reset_all(self) -> None:
        """Give every command the preset's keys again."""
        self._try(self._keys.reset)

    def _choose_preset(self, row: int) -> None:
        self._try(lambda: self._keys.use_preset(str(self.preset.itemData(row))))

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except ReelwrightError as error:
            self._say(str(error), "danger")

    def _fill(self) -> None:
        for menu in MENUS:
            top = QTreeWidgetItem([tr(menu.title)])
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            top.setForeground(0, QBrush(QColor(self._theme.colors.muted)))
            self.tree.addTopLevelItem(top)
            for key in menu.commands():
                command = COMMANDS[key]
                item = QTreeWidgetItem([tr(command.text), "", tr(WHERE[command.where])])
                item.setData(0, KEY, key)
                item.setToolTip(0, tr(command.help))
                item.setForeground(2, QBrush(QColor(self._theme.colors.muted)))
                top.addChild(item)
                self._items[key] = item
            top.setExpanded(True)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for key, item in self._items.items():
            all_text = f"{item.text(0)} {item.text(1)} {key}".casefold()
            item.setHidden(not all(word in all_text for word in words))
        for row in range(self.tree.topLevelItemCount()):
            top = self.tree.topLevelItem(row)
            if top is not None:
                children = (top.child(index) for index in range(top.childCount()))
                top.setHidden(all(child is None or child.isHidden() for child in children))

    def _show_current(self) -> None:
        known = self._keys.conflicts
        if not self.current:
            if known:
                self._say(sentence_of(known[0]), "danger")
            else:
                self._say(tr("No key is given twice in the same place."), "muted")
            return
        mine = [conflict for conflict in known if self.current in conflict.commands]
        if mine:
            self._say(sentence_of(mine[0]), "danger")
        else:
            self._say(tr(COMMANDS[self.current].help), "muted")

    def _look_ahead(self, sequence: QKeySequence) -> None:
        """Before a key is given, say which command has it."""
        from studio.commands import conflicts

        text = sequence.toString()
        if not text or not self.current:
            return
        wanted = {**self._keys.keys, self.current: (text,)}
        mine = [each for each in conflicts(wanted) if self.current in each.commands]
        if mine:
            self._say(sentence_of(mine[0]), "warning")

    def _say(self, text: str, role: str) -> None:
        self.said.setText(text)
        self.said.setProperty("role", role)
        self.said.style().unpolish(self.said)
        self.said.style().polish(self.said)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.preset)
        top.addWidget(self.search, 1)
        editing = QHBoxLayout()
        editing.setSpacing(8)
        editing.addWidget(QLabel(tr("Press a key")))
        editing.addWidget(self.edit, 1)
        for text, act, tip in (
            (tr("Add"), self.add_key, tr("Give it to the chosen command, beside its others")),
            (tr("Clear"), self.clear_keys, tr("Take all keys from the chosen command")),
            (tr("Reset"), self.reset, tr("Give the chosen command its first keys again")),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.setAutoDefault(False)
            button.clicked.connect(act)
            editing.addWidget(button)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        everything = buttons.addButton(tr("Reset all"), QDialogButtonBox.ButtonRole.ResetRole)
        everything.clicked.connect(self.reset_all)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(16, 16, 16, 12)
        rows.setSpacing(12)
        rows.addLayout(top)
        rows.addWidget(self.tree, 1)
        rows.addWidget(self.said)
        rows.addLayout(editing)
        rows.addWidget(buttons)


def sentence_of(conflict: Conflict) -> str:
    """A conflict in a sentence."""
    names = " and ".join(f"'{tr(COMMANDS[key].text)}'" for key in conflict.commands)
    return tr(
        "{key} is given to {names}: none of them would happen.",
        key=shown_key(conflict.key),
        names=names,
    )
