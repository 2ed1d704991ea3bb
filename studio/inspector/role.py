"""Giving a widget another role of the style sheet while it is shown."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def set_role(widget: QWidget, value: str | bool, name: str = "role") -> None:
    """Set a property that the style sheet looks at, and let it look again if it is another one."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
