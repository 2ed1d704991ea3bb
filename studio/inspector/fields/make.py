"""Which field a parameter gets: one function from its declaration."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.graph.params import ParamSpec
from studio.background import Background
from studio.inspector.fields.base import Field
from studio.inspector.fields.choice import ChoiceField
from studio.inspector.fields.color import ColorField
from studio.inspector.fields.file import FileField
from studio.inspector.fields.folder import FolderField
from studio.inspector.fields.integer import IntegerField
from studio.inspector.fields.number import NumberField
from studio.inspector.fields.prompt import PromptField
from studio.inspector.fields.seed import SeedField
from studio.inspector.fields.switch import SwitchField
from studio.inspector.fields.text_line import TextLineField
from studio.inspector.fields.values import ValuesField
from studio.theme import Theme


class Fields:
    """Makes fields in a theme; `background` looks at files for them."""

    def __init__(self, theme: Theme, background: Background) -> None:
        self.theme = theme
        self.background = background

    def make(self, spec: ParamSpec, parent: QWidget | None = None) -> Field:
        """The field for a parameter."""
        if spec.many:
            return ValuesField(spec, self.theme, self.make, parent)
        if spec.choices:
            return ChoiceField(spec, self.theme, parent)
        if spec.type is bool:
            return SwitchField(spec, self.theme, parent)
        if spec.type is str:
            return self._text(spec, parent)
        if spec.widget == "seed":
            return SeedField(spec, self.theme, parent)
        plain = IntegerField if spec.type is int else NumberField
        return plain(spec, self.theme, parent)

    def _text(self, spec: ParamSpec, parent: QWidget | None) -> Field:
        if spec.widget == "open-file":
            return FileField(spec, self.theme, self.background, parent)
        if spec.widget == "save-folder":
            return FolderField(spec, self.theme, self.background, parent)
        if spec.widget == "color":
            return ColorField(spec, self.theme, parent)
        plain = PromptField if spec.widget == "text" else TextLineField
        return plain(spec, self.theme, parent)
