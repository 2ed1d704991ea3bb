"""The field of a folder that is written into."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from engine.graph.params import ParamSpec
from studio.background import Background
from studio.inspector.fields.glimpse import Glimpse
from studio.inspector.fields.path_line import PathField, choose_folder
from studio.theme import Theme, tr


class FolderField(PathField):
    """A folder; one that is not there yet will be made, and is only mentioned."""

    def __init__(
        self, spec: ParamSpec, theme: Theme, background: Background, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, theme, background, parent)
        self._show(spec.default)

    def ask(self) -> str:
        return choose_folder(self, tr("Choose a folder"), self.start_folder())

    def judge(self, seen: Glimpse) -> str:
        is_file = seen.found and not seen.folder
        return tr("This is a file. Choose a folder.") if is_file else ""

    def describe(self, seen: Glimpse) -> None:
        if not seen.found and self.line.text().strip():
            self.tell(tr("It is not there yet and will be made."))
