"""The tool bar: files and steps at the left, running at the right."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolBar,
    QToolButton,
    QWidget,
)

from studio.app.actions import Actions
from studio.app.run_control import MOST_RUNS, RunControl
from studio.machines.places import Place
from studio.theme import Theme, icon, tr

LEFT: Final = (
    ("file.new", "file.open", "file.save"),
    ("edit.undo", "edit.redo"),
    ("canvas.add", "canvas.frame", "canvas.layout", "view.frame_all"),
)
_STATE_ICONS: Final = {
    "ready": "machine",
    "starting": "waiting",
    "unreachable": "warning",
    "refused": "warning",
    "stopped": "stop",
}


class ToolBar(QToolBar):
    """Buttons for the commands that hands use most, and everything about running."""

    def __init__(self, actions: Actions, control: RunControl, theme: Theme) -> None:
        super().__init__(tr("Tools"))
        self.setObjectName("tools")
        self.setAccessibleName(tr("Tools"))
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._actions = actions
        self._control = control
        self._theme = theme
        self._places: tuple[Place, ...] = ()
        for group in LEFT:
            for key in group:
                self.addAction(actions.with_icon(key))
                self._name(key)
            self.addSeparator()
        self._add_space()
        self.addWidget(self._make_switch())
        self._add_space()
        self.addWidget(self._make_running())
        control.changed.connect(self.refresh)
        self.refresh()

    def show_places(self, places: tuple[Place, ...]) -> None:
        """Where runs can go."""
        self._places = places
        self.place.blockSignals(True)
        self.place.clear()
        for row, place in enumerate(places):
            self.place.addItem(
                icon(_STATE_ICONS[place.state], self._theme), place.title, place.name
            )
            tip = place.sentence or tr("Ready for work")
            self.place.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.place.blockSignals(False)
        self.refresh()

    def refresh(self) -> None:
        """As the run control says."""
        row = self.place.findData(self._control.place)
        self.place.blockSignals(True)
        self.place.setCurrentIndex(max(row, 0))
        self.place.blockSignals(False)
        if self.count.value() != self._control.count:
            self.count.setValue(self._control.count)
        many = self._control.count > 1
        text = tr("Run {count}", count=self._control.count) if many else tr("Run")
        self.run_button.setText(text)
        self.run_button.setEnabled(self._control.can_run)
        self.stop_button.setEnabled(bool(self._control.active))

    def set_theme(self, theme: Theme) -> None:
        """Draw icons in another theme."""
        self._theme = theme
        self._draw()
        self.show_places(self._places)

    def refresh_tips(self) -> None:
        """Keys have changed."""
        self.run_button.setToolTip(self._actions.tip("run.run"))
        self.stop_button.setToolTip(self._actions.tip("run.interrupt"))

    def _make_running(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.place = QComboBox()
        self.place.setAccessibleName(tr("Where to run"))
        self.place.setToolTip(tr("Where to run: this computer, or a cluster"))
        self.place.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.place.setMinimumWidth(150)
        self.place.activated.connect(self._choose_place)
        times = QLabel("×")
        times.setProperty("role", "muted")
        self.count = QSpinBox()
        self.count.setRange(1, MOST_RUNS)
        self.count.setAccessibleName(tr("How many runs"))
        self.count.setToolTip(tr("How many runs one press makes, each with other seeds"))
        self.count.setFixedWidth(62)
        self.count.lineEdit().setTextMargins(6, 0, 0, 0)
        self.count.valueChanged.connect(self._choose_count)
        self.run_button = self._button("run.run", "primary")
        self.run_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.stop_button = self._button("run.interrupt", "")
        for widget in (self.place, times, self.count, self.run_button, self.stop_button):
            row.addWidget(widget)
        self._draw()
        self.refresh_tips()
        return box

    def show_view(self, app: bool) -> None:
        """Mark which of the two ways of seeing a document is in force."""
        self.graph_button.setChecked(not app)
        self.app_button.setChecked(app)

    def _make_switch(self) -> QWidget:
        """Graph or App: the two ways of seeing a document."""
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.graph_button = self._segment(tr("Graph"), "left", tr("Show and edit the graph"))
        self.app_button = self._segment(tr("App"), "right", self._actions.tip("view.app"))
        for button in (self.graph_button, self.app_button):
            button.clicked.connect(self._switch_view)
            row.addWidget(button)
        self.show_view(app=False)
        return box

    def _segment(self, text: str, side: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text)
        button.setCheckable(True)
        button.setIconSize(QSize(16, 16))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setProperty("role", "segment")
        button.setProperty("side", side)
        return button

    def _switch_view(self) -> None:
        wants_app = self.sender() is self.app_button
        is_app = self._actions.action("view.app").isChecked()
        self.show_view(is_app)
        if wants_app != is_app:
            self._actions.run("view.app")

    def _add_space(self) -> None:
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(spacer)

    def _button(self, key: str, role: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", role)
        button.setIconSize(QSize(16, 16))
        button.setAccessibleName(tr("Run") if role else tr("Stop"))
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda: self._actions.run(key))
        return button

    def _draw(self) -> None:
        colors = self._theme.colors
        self.run_button.setIcon(icon("run", self._theme, colors.on_accent))
        self.stop_button.setIcon(icon("stop", self._theme, colors.danger))
        self.graph_button.setIcon(icon("graph", self._theme))
        self.app_button.setIcon(icon("controls", self._theme))

    def _choose_place(self, row: int) -> None:
        self._control.place = str(self.place.itemData(row))

    def _choose_count(self, count: int) -> None:
        self._control.count = count

    def _name(self, key: str) -> None:
        button = self.widgetForAction(self._actions.action(key))
        if button is not None:
            button.setProperty("role", "quiet")
            button.setAccessibleName(self._actions.action(key).text())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
