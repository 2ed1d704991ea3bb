"""Preferences, key map, sweep and find: what they show, and what they change."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from engine.graph.document import load_document
from engine.graph.registry import installed_registry
from studio.app.find_box import FindBox
from studio.app.key_map import KeyMapDialog
from studio.app.key_settings import KeySettings
from studio.app.preferences import PreferencesDialog
from studio.app.sweep import SweepDialog, offered
from studio.document import OpenDocument
from studio.project.settings import PAGES, Preferences, fields_of
from studio.theme import DARK

DEMO = Path(__file__).parents[3] / "assets" / "graphs" / "demo.reel"


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(tmp_path / "settings.json")


@pytest.fixture
def demo() -> OpenDocument:
    return OpenDocument(load_document(DEMO), installed_registry(), DEMO)


@pytest.fixture
def dialog(preferences: Preferences, qtbot: QtBot) -> PreferencesDialog:
    made = PreferencesDialog(preferences, DARK)
    qtbot.addWidget(made)
    return made


def test_every_setting_has_a_field_with_a_name_and_help(dialog: PreferencesDialog) -> None:
    for page in PAGES:
        for name in fields_of(page):
            field = dialog.field(name)
            assert field.accessibleName()
            assert field.toolTip()


def test_a_change_is_in_force_at_once(dialog: PreferencesDialog, preferences: Preferences) -> None:
    theme, snap, autosave = (dialog.field(name) for name in ("theme", "snap", "autosave"))
    assert isinstance(theme, QComboBox)
    assert isinstance(snap, QCheckBox)
    assert isinstance(autosave, QSpinBox)
    theme.setCurrentIndex(theme.findData("light"))
    snap.setChecked(False)
    autosave.setValue(99)
    now = preferences.current
    assert (now.theme, now.snap, now.autosave) == ("light", False, 9)


@pytest.fixture
def keys(preferences: Preferences) -> KeySettings:
    return KeySettings(preferences)


@pytest.fixture
def key_map(keys: KeySettings, qtbot: QtBot) -> KeyMapDialog:
    made = KeyMapDialog(keys, DARK)
    qtbot.addWidget(made)
    return made


def test_a_key_is_added_and_taken_away(key_map: KeyMapDialog, keys: KeySettings) -> None:
    key_map.select("canvas.layout")
    key_map.edit.setKeySequence(QKeySequence("Ctrl+L"))
    key_map.add_key()
    assert keys.keys["canvas.layout"] == ("L", "Ctrl+L")
    key_map.clear_keys()
    assert keys.keys["canvas.layout"] == ()
    key_map.reset()
    assert keys.keys["canvas.layout"] == ("L",)


def test_a_conflict_is_told_before_and_after(key_map: KeyMapDialog) -> None:
    key_map.select("canvas.layout")
    key_map.edit.setKeySequence(QKeySequence("F"))
    assert "Frame selection" in key_map.said.text()
    key_map.add_key()
    assert "none of them would happen" in key_map.said.text()


def test_another_preset_changes_what_is_listed(key_map: KeyMapDialog, keys: KeySettings) -> None:
    key_map.preset.setCurrentIndex(key_map.preset.findData("nuke"))
    key_map.preset.activated.emit(key_map.preset.currentIndex())
    assert keys.preset == "nuke"
    key_map.select("canvas.leave")
    assert "Ctrl+Up" in key_map.tree.currentItem().text(1)


def test_commands_are_searched_by_name_and_by_key(key_map: KeyMapDialog) -> None:
    key_map.search.setText("ctrl+shift+p")
    shown = [key for key, item in key_map._items.items() if not item.isHidden()]
    assert shown == ["view.palette"]


def test_a_sweep_counts_its_runs(demo: OpenDocument, qtbot: QtBot) -> None:
    made = SweepDialog(demo, DARK)
    qtbot.addWidget(made)
    assert not made.run_button.isEnabled()
    name, values = made._axes[0]
    name.setCurrentIndex([key for _, key in offered(demo)].index("steps"))
    values.setText("4, 8, 12")
    assert made.said.text() == "3 runs"
    assert made.axes == {"steps": "4, 8, 12"}
    values.setText("many")
    assert not made.run_button.isEnabled()
    assert made.said.property("role") == "danger"


def test_find_lists_places_and_goes_from_one_to_the_next(demo: OpenDocument, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    window.show()
    box = FindBox(DARK, window)
    box.open(demo)
    box.field.setText("prompt")
    assert len(box.found) >= 2
    gone_to: list[str] = []
    box.chosen.connect(lambda match: gone_to.append(match.id))
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    qtbot.keyClick(box.field, Qt.Key.Key_Return)
    assert gone_to == [match.id for match in box.found[:2]]
    qtbot.keyClick(box.field, Qt.Key.Key_Escape)
    assert box.isHidden()
