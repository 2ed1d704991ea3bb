"""The inspector: shows and changes what is selected in the document in front."""

from __future__ import annotations

import json
from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QMenu, QScrollArea, QVBoxLayout, QWidget

from engine.errors import ReelwrightError
from engine.graph.params import ParamValue
from studio.background import Background
from studio.document import OpenDocument, Selection
from studio.inspector.controller import InspectorController
from studio.inspector.document_page import DocumentPage
from studio.inspector.expose_dialog import ExposeDialog
from studio.inspector.faces import (
    ControlLine,
    DocumentFace,
    ManyFace,
    MissingFace,
    NodeFace,
    ParamLine,
)
from studio.inspector.fields.make import Fields
from studio.inspector.following import Following
from studio.inspector.node_page import NodePage
from studio.inspector.param_menu import entries
from studio.inspector.reveal import reveal
from studio.runs import RunBook
from studio.theme import Theme, icon, tr


class InspectorPanel(QWidget):
    """Shows the selection of an open document, or the document while nothing is selected."""

    file_wanted = Signal(object)
    """Path: the user wants to see a file that a node wrote."""

    def __init__(
        self, theme: Theme, background: Background | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.background = background or Background(self)
        self._face: object = None
        self._owner: object = None
        self._following = Following(self.refresh, self, selection=True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.setMinimumWidth(240)
        self.setAccessibleName(tr("Inspector"))
        self._build()

    @property
    def _controller(self) -> InspectorController | None:
        return self._following.controller

    # What the window says

    def show_document(self, opened: OpenDocument | None, book: RunBook) -> None:
        """Show another document, or none."""
        self._following.follow(opened, book)
        self._face = None
        self.refresh()

    def set_theme(self, theme: Theme) -> None:
        """Take another look on."""
        self.theme = theme
        self._scroll.hide()
        self._column.removeWidget(self._scroll)
        self._scroll.deleteLater()
        self._build()
        self._face = None
        self.refresh()

    # Showing

    def refresh(self) -> None:
        """Show what there is now; what is the same stays as it is."""
        self._following.looked()
        if self._controller is None:
            self._bring(self.closed)
            return
        face = self._controller.face()
        if face == self._face:
            return
        focused = self._focused()
        owner = _owner(face)
        other = owner != self._owner
        self._face, self._owner = face, owner
        page = self.document if isinstance(face, DocumentFace) else self.node
        if isinstance(face, DocumentFace):
            self.document.show_face(face)
        else:
            self.node.show_face(face)
        self._bring(page)
        if other:
            self._say("")
            self._scroll.verticalScrollBar().setValue(0)
        if focused is not self._focused():
            # What had the focus is hidden, and Qt gave it to the title: letters that are meant
            # as shortcuts must not be written there.
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _focused(self) -> QWidget | None:
        focused = QApplication.focusWidget()
        return focused if focused is not None and self.isAncestorOf(focused) else None

    def _bring(self, page: QWidget) -> None:
        """Show one of the pages; only it decides how high the panel is."""
        for each in (self.closed, self.document, self.node):
            if each is not page:
                each.hide()
        page.show()

    # Building

    def _build(self) -> None:
        fields = Fields(self.theme, self.background)
        self.node = NodePage(fields)
        self.document = DocumentPage(fields)
        self.closed = QLabel(tr("No document is open."))
        self.closed.setProperty("role", "muted")
        self.closed.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.refusal = QLabel(self)
        self.refusal.setProperty("role", "danger")
        self.refusal.setWordWrap(True)
        self.refusal.setTextFormat(Qt.TextFormat.PlainText)
        self.refusal.setContentsMargins(16, 8, 12, 0)
        self.refusal.hide()
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.refusal, self.closed, self.document, self.node):
            column.addWidget(widget)
        self._bring(self.closed)
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(holder)
        # The dock's own colour shows through.
        holder.setAutoFillBackground(False)
        self._scroll.viewport().setAutoFillBackground(False)
        self._column.addWidget(self._scroll)
        self._connect_node()
        self._connect_document()

    def _connect_node(self) -> None:
        page, params = self.node, self.node.params
        params.changed.connect(self._set)
        params.finished.connect(self._finish)
        params.reset_wanted.connect(lambda line: self._act("reset", line))
        params.unlink_wanted.connect(lambda line: self._act("unlink", line))
        params.source_wanted.connect(self._select)
        params.fresh_wanted.connect(self._keep_fresh)
        params.menu_wanted.connect(self.open_menu)
        page.problem_wanted.connect(self._reveal)
        page.run.file_wanted.connect(self.file_wanted)
        header = page.header
        header.retitled.connect(lambda title: self._try(lambda it: it.retitle(self._id, title)))
        header.renamed.connect(self._rename)
        header.mode_chosen.connect(lambda mode: self._try(lambda it: it.set_mode(self._ids, mode)))
        header.enter_wanted.connect(lambda: self._try(lambda it: it.opened.enter(self._id)))

    def _connect_document(self) -> None:
        page = self.document
        page.named.connect(lambda name: self._try(lambda it: it.name_document(name)))
        page.problem_wanted.connect(self._reveal)
        controls = page.controls
        controls.moved.connect(
            lambda name, index: self._try(lambda it: it.move_control(name, index))
        )
        controls.removed.connect(lambda name: self._try(lambda it: it.hide(name)))
        controls.node_wanted.connect(self._reveal)
        controls.change_wanted.connect(self.change_control)

    # Acting

    @property
    def _id(self) -> str:
        return self._ids[0] if self._ids else ""

    @property
    def _ids(self) -> tuple[str, ...]:
        face = self._face
        if isinstance(face, MissingFace):
            return (face.id,)
        return face.ids if isinstance(face, NodeFace | ManyFace) else ()

    def _try(self, act: Callable[[InspectorController], None]) -> None:
        """Act, and show in a sentence why it could not be done."""
        if self._controller is None:
            return
        try:
            act(self._controller)
        except ReelwrightError as error:
            self._say(str(error))
            self._face = None  # what was typed and refused gives way to what counts
        else:
            self._say("")
        self.refresh()

    def _say(self, sentence: str) -> None:
        self.refusal.setText(sentence)
        self.refusal.setVisible(bool(sentence))

    def _set(self, line: ParamLine, value: ParamValue) -> None:
        self._try(lambda it: it.set(self._ids, line.spec.name, value))

    def _finish(self, line: ParamLine) -> None:
        if self._controller is not None:
            self._controller.finish()

    def _keep_fresh(self, line: ParamLine, fresh: bool) -> None:
        self._try(lambda it: it.keep_fresh(self._ids, line.spec.name, fresh))

    def _rename(self, new: str) -> None:
        self._try(lambda it: it.rename(self._id, new))

    def _select(self, node: str) -> None:
        self._try(lambda it: it.opened.select(Selection.of_nodes([node])))

    def _reveal(self, key: str) -> None:
        if self._controller is not None:
            reveal(self._controller.opened, key)

    def _act(self, key: str, line: ParamLine) -> None:
        """What a parameter's menu and buttons do, by the entry's key."""
        ids, name = self._ids, line.spec.name
        acts: dict[str, Callable[[InspectorController], None]] = {
            "reset": lambda it: it.reset(ids, name),
            "unlink": lambda it: it.unlink(ids, name),
            "port": lambda it: it.make_port(ids[0], name),
            "promote": lambda it: it.promote(ids[0], name),
            "demote": lambda it: it.demote(ids[0], name),
            "hide": lambda it: it.hide(line.exposed),
        }
        if key == "copy":
            QGuiApplication.clipboard().setText(as_text(line.value))
        elif key == "expose":
            self.expose(line)
        elif ids:
            self._try(acts[key])

    def open_menu(self, line: ParamLine, corner: QPoint) -> None:
        """Open the menu of a parameter."""
        if isinstance(self._face, NodeFace | ManyFace):
            self.menu_of(line, self._face).popup(corner)

    def menu_of(self, line: ParamLine, face: NodeFace | ManyFace) -> QMenu:
        """The menu of a parameter."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for entry in entries(line, face):
            if not entry.text:
                menu.addSeparator()
                continue
            action = menu.addAction(icon(entry.icon, self.theme), entry.text)
            action.setEnabled(entry.enabled)
            action.triggered.connect(lambda _=False, key=entry.key: self._act(key, line))
        return menu

    def expose(self, line: ParamLine) -> ExposeDialog:
        """Ask how a parameter is to be called as a control."""
        dialog = ExposeDialog(line.label, line.spec.help, self)
        ids, name = self._ids, line.spec.name
        dialog.accepted.connect(
            lambda: self._try(
                lambda it: it.expose(
                    ids[0], name, dialog.label.text().strip(), dialog.help.text().strip()
                )
            )
        )
        dialog.open()
        return dialog

    def change_control(self, control: ControlLine) -> ExposeDialog:
        """Ask how a control is to be called from now on."""
        dialog = ExposeDialog(control.label, control.help, self, name=control.name)
        dialog.accepted.connect(
            lambda: self._try(
                lambda it: it.rename_control(
                    control.name,
                    dialog.name.text().strip(),
                    dialog.label.text().strip(),
                    dialog.help.text().strip(),
                )
            )
        )
        dialog.open()
        return dialog


def as_text(value: ParamValue) -> str:
    """A value as it is copied: a text as it is, anything else as JSON, which can be pasted."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _owner(face: object) -> object:
    if isinstance(face, NodeFace | ManyFace):
        return face.ids
    return face.id if isinstance(face, MissingFace) else ""
