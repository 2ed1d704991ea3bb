"""The style sheet's text, with $names of `Colors` and of the metrics in it."""

from __future__ import annotations

from typing import Final

SHEET: Final = """
* { outline: none; }
QWidget { color: $text; selection-background-color: $selection; selection-color: $text; }
QMainWindow, QDialog, QWizard { background: $window; }
QToolTip {
    background: $raised; color: $text; border: 1px solid $outline_strong;
    padding: 4px 8px; font-size: ${text_size}px;
}

QLabel { background: transparent; }
QLabel:disabled { color: $disabled; }
QLabel[role="title"] { font-size: 20px; font-weight: 600; }
QLabel[role="heading"] { font-size: 15px; font-weight: 600; }
QLabel[role="section"] { color: $muted; font-size: ${small}px; font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="small"] { color: $muted; font-size: ${small}px; }
QLabel[role="danger"] { color: $danger; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="success"] { color: $success; }
QLabel[role="info"] { color: $info; }

QFrame[role="card"] { background: $raised; border: 1px solid $outline; border-radius: ${radius}px; }
QFrame[role="bar"] { background: $panel; border: none; border-bottom: 1px solid $outline; }
QFrame[role="message"] { border: none; border-bottom: 1px solid $outline; background: $info_wash; }
QFrame[role="message"][tone="danger"] { background: $danger_wash; }
QFrame[role="message"][tone="warning"] { background: $warning_wash; }
QFrame[role="message"][tone="success"] { background: $success_wash; }

QPushButton, QToolButton {
    background: $raised; border: 1px solid $outline; border-radius: ${radius}px; color: $text;
    padding: 4px 12px; min-height: 18px;
}
QPushButton:hover, QToolButton:hover { background: $hover; border-color: $outline_strong; }
QPushButton:pressed, QToolButton:pressed { background: $pressed; }
QPushButton:checked, QToolButton:checked {
    background: $selection; border-color: $accent; color: $text;
}
QPushButton:focus, QToolButton:focus { border-color: $accent; }
QPushButton:disabled, QToolButton:disabled {
    background: transparent; color: $disabled; border-color: $outline;
}
QPushButton[role="primary"], QToolButton[role="primary"] {
    background: $accent; color: $on_accent; border-color: $accent; font-weight: 600;
}
QPushButton[role="primary"]:hover, QToolButton[role="primary"]:hover {
    background: $accent_hover; border-color: $accent_hover;
}
QPushButton[role="primary"]:focus, QToolButton[role="primary"]:focus { border-color: $text; }
QPushButton[role="primary"]:disabled, QToolButton[role="primary"]:disabled {
    background: $raised; color: $disabled; border-color: $outline;
}
QPushButton[role="danger"] { color: $danger; }
QPushButton[role="quiet"], QToolButton[role="quiet"] {
    background: transparent; border-color: transparent;
}
QPushButton[role="quiet"]:hover, QToolButton[role="quiet"]:hover { background: $hover; }
QPushButton[role="quiet"]:checked, QToolButton[role="quiet"]:checked {
    background: $selection; border-color: transparent;
}
QPushButton[role="quiet"]:focus, QToolButton[role="quiet"]:focus { border-color: $accent; }
QToolButton { padding: 4px; }
QToolButton[role="primary"] { padding: 4px 12px; }
QToolButton[popupMode="1"] { padding-right: 20px; }
QToolButton::menu-button { border: none; width: 18px; }
QToolButton::menu-arrow, QToolButton::menu-indicator {
    image: url($icons/down.svg); width: 10px; height: 10px;
}
QToolButton::menu-indicator { subcontrol-position: right center; right: 5px; }
QPushButton::menu-indicator {
    image: url($icons/down.svg); width: 10px; height: 10px;
    subcontrol-position: right center; right: 8px;
}

QDialogButtonBox, QMessageBox { dialogbuttonbox-buttons-have-icons: 0; }

QAbstractScrollArea { background: $panel; border: none; }
QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox, QKeySequenceEdit QLineEdit {
    background: $field; border: 1px solid $outline; border-radius: ${radius}px; padding: 4px 8px;
    color: $text;
}
QTextEdit, QPlainTextEdit { padding: 4px; }
QLineEdit, QAbstractSpinBox, QComboBox { min-height: 18px; }
QLineEdit:hover, QTextEdit:hover, QPlainTextEdit:hover, QAbstractSpinBox:hover, QComboBox:hover {
    border-color: $outline_strong;
}
QLineEdit:focus, QTextEdit:focus, QPlainTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {
    border-color: $accent;
}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled, QPlainTextEdit:disabled {
    color: $disabled; background: $panel;
}
QLineEdit[invalid="true"], QPlainTextEdit[invalid="true"], QAbstractSpinBox[invalid="true"] {
    border-color: $danger;
}
QAbstractSpinBox { padding-right: 18px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {
    background: transparent; border: none; width: 18px;
}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: url($icons/up.svg); width: 8px; height: 8px; }
QAbstractSpinBox::down-arrow { image: url($icons/down.svg); width: 8px; height: 8px; }
QComboBox { padding-right: 22px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url($icons/down.svg); width: 10px; height: 10px; }
QComboBox QAbstractItemView {
    background: $raised; border: 1px solid $outline_strong; padding: 4px;
}

QCheckBox, QRadioButton { spacing: 8px; background: transparent; }
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator, QGroupBox::indicator {
    width: 14px; height: 14px; background: $field; border: 1px solid $outline_strong;
    border-radius: 4px;
}
QRadioButton::indicator { border-radius: 7px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked, QGroupBox::indicator:checked {
    background: $accent; border-color: $accent; image: url($icons/check.svg);
}
QRadioButton::indicator:checked {
    background: $accent; border-color: $accent; image: url($icons/bullet.svg);
}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $outline; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }

QSlider { background: transparent; min-height: 18px; }
QSlider::groove:horizontal { height: 4px; background: $outline; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
    width: 12px; height: 12px; margin: -5px 0; border-radius: 7px;
    background: $raised; border: 1px solid $outline_strong;
}
QSlider::handle:horizontal:hover { border-color: $accent; }
QSlider::handle:horizontal:focus {
    border-color: $accent; background: $accent;
}
QSlider::sub-page:horizontal:disabled { background: $outline_strong; }
QSlider::groove:vertical { width: 4px; background: $outline; border-radius: 2px; }
QSlider::handle:vertical {
    width: 12px; height: 12px; margin: 0 -5px; border-radius: 7px;
    background: $raised; border: 1px solid $outline_strong;
}
QProgressBar {
    background: $field; border: 1px solid $outline; border-radius: 3px;
    min-height: 4px; max-height: 14px; text-align: center; font-size: ${small}px;
}
QProgressBar::chunk { background: $accent; border-radius: 2px; }
QProgressBar[tone="success"]::chunk { background: $success; }
QProgressBar[tone="danger"]::chunk { background: $danger; }

QMenuBar { background: $window; padding: 2px 4px; spacing: 0; }
QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $hover; }
QMenu { background: $raised; border: 1px solid $outline_strong; padding: 4px; }
QMenu::item { padding: 5px 20px 5px 8px; border-radius: 4px; }
QMenu::item:selected { background: $selection; }
QMenu::item:disabled { color: $disabled; }
QMenu::icon { padding-left: 6px; }
QMenu::separator { height: 1px; background: $outline; margin: 4px 6px; }
QMenu::indicator { width: 14px; height: 14px; left: 6px; }
QMenu::indicator:checked { image: url($icons/tick.svg); }
QMenu::right-arrow { image: url($icons/right.svg); width: 10px; height: 10px; right: 4px; }

QToolBar {
    background: $window; border: none; border-bottom: 1px solid $outline;
    padding: 4px 8px; spacing: 4px;
}
QToolBar QToolButton[role="segment"] {
    padding: 4px 10px; border-radius: 0; background: $field; color: $muted;
}
QToolBar QToolButton[role="segment"]:hover { background: $hover; color: $text; }
QToolBar QToolButton[role="segment"]:checked {
    background: $raised; color: $text; border-color: $outline_strong;
}
QToolBar QToolButton[role="segment"]:focus { border-color: $accent; }
QToolBar QToolButton[side="left"] {
    border-top-left-radius: ${radius}px; border-bottom-left-radius: ${radius}px;
}
QToolBar QToolButton[side="right"] {
    border-left: none;
    border-top-right-radius: ${radius}px; border-bottom-right-radius: ${radius}px;
}
QToolBar::separator { width: 1px; background: $outline; margin: 4px 6px; }
QStatusBar { background: $window; border-top: 1px solid $outline; min-height: 24px; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; font-size: ${small}px; padding: 0 6px; }
QStatusBar QToolButton, QStatusBar QPushButton {
    background: transparent; border: none; border-radius: 4px; color: $muted;
    font-size: ${small}px; padding: 1px 8px; min-height: 16px;
}
QStatusBar QToolButton:hover, QStatusBar QPushButton:hover { background: $hover; color: $text; }
QStatusBar QToolButton:focus, QStatusBar QPushButton:focus { color: $accent; }
QStatusBar QToolButton::menu-indicator { image: none; width: 0; }
QStatusBar QToolButton[tone="danger"] { color: $danger; }
QStatusBar QToolButton[tone="warning"] { color: $warning; }
QStatusBar QToolButton[tone="success"] { color: $success; }

QDockWidget {
    font-weight: 600; titlebar-close-icon: url($icons/close.svg);
    titlebar-normal-icon: url($icons/float.svg);
}
QDockWidget::close-button, QDockWidget::float-button {
    border: none; border-radius: 4px; padding: 1px;
}
QDockWidget::close-button:hover, QDockWidget::float-button:hover { background: $hover; }
QDockWidget::title {
    background: $panel; padding: 6px 8px; border-bottom: 1px solid $outline; text-align: left;
}
QDockWidget > QWidget { background: $panel; }
QMainWindow::separator { background: $window; width: 4px; height: 4px; }
QMainWindow::separator:hover { background: $accent; }
QSplitter::handle { background: $window; }
QSplitter::handle:hover { background: $accent; }
QSplitter::handle:horizontal { width: 4px; }
QSplitter::handle:vertical { height: 4px; }

QTabWidget::pane { border: none; background: $panel; }
QTabBar { background: $window; qproperty-drawBase: 0; }
QTabBar::tab {
    background: transparent; color: $muted; padding: 6px 12px; border: none;
    border-bottom: 2px solid transparent;
}
QTabBar::tab:hover { color: $text; background: $panel; }
QTabBar::tab:selected { color: $text; background: $panel; border-bottom-color: $accent; }
QTabBar:focus { color: $accent; }
QTabBar::close-button {
    image: url($icons/close.svg); subcontrol-position: right; padding: 3px; margin: 2px;
    border-radius: 4px;
}
QTabBar::close-button:hover { background: $pressed; }
QTabBar QToolButton { background: $window; border: none; border-radius: 0; }

QAbstractItemView { background: $panel; border: none; alternate-background-color: $window; }
QListView::item, QTreeView::item, QTableView::item { padding: 4px 6px; border: none; }
QListView::item:hover, QTreeView::item:hover, QTableView::item:hover { background: $hover; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {
    background: $selection; color: $text;
}
QTreeView::branch { background: transparent; }
QTreeView::branch:has-children:closed { image: url($icons/right.svg); }
QTreeView::branch:has-children:open { image: url($icons/down.svg); }
QHeaderView { background: $panel; border: none; }
QHeaderView::section {
    background: $panel; color: $muted; border: none; border-bottom: 1px solid $outline;
    padding: 4px 8px; font-size: ${small}px; font-weight: 600;
}
QTableView { gridline-color: $outline; }
QTableCornerButton::section { background: $panel; border: none; }
QGraphicsView { background: $canvas; }
QGroupBox { border: none; margin-top: 18px; font-weight: 600; }
QGroupBox::title { subcontrol-origin: margin; left: 0; color: $muted; }

QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $scroll; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $scroll_hover; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
"""
