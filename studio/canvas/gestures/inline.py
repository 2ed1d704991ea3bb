"""What can be edited right on the canvas: parameters, titles, notes."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF

from engine.graph.edits.names import place_key
from engine.graph.params import ParamSpec, ParamValue
from engine.graph.subgraphs import definition_name
from studio.canvas.geometry import HEADER, is_long_text
from studio.canvas.gestures.drag import carry_out
from studio.canvas.gestures.editors import Editors, Taken, choice_menu, read_value, written
from studio.canvas.gestures.stage import Stage
from studio.canvas.hits import FRAME_TITLE, Hit
from studio.canvas.view import CanvasView
from studio.editing.frames import retitle_frame
from studio.editing.grouping import as_name
from studio.editing.looks import retitle
from studio.editing.notes import write_note
from studio.editing.renaming import RenameSubgraph
from studio.inspector.changes import set_value
from studio.theme import tr


class Inline:
    """Opens the right editor for what was clicked, and carries out what comes of it."""

    def __init__(self, view: CanvasView, stage: Stage, editors: Editors) -> None:
        self._view, self._stage, self._editors = view, stage, editors

    def param(self, hit: Hit) -> None:
        """Edit a parameter: a switch switches, choices open a menu, the rest is typed."""
        face = self._stage.param_of(hit.node, hit.port)
        if face is None:
            return
        spec, area = face.spec, QRectF(*hit.box)
        if spec.type is bool and not spec.many:
            self._set(hit, not face.value)
        elif spec.choices and not spec.many:
            menu = choice_menu(self._view, spec, face.value, lambda value: self._set(hit, value))
            menu.popup(self._below(area))
        elif is_long_text(face):
            taken = self._on_this_level(lambda text: self._typed(hit, spec, text))
            self._editors.text(area, written(face.value), taken, face.label)
        else:
            taken = self._on_this_level(lambda text: self._typed(hit, spec, text))
            self._editors.line(area, written(face.value), taken, face.label)

    def title(self, node: str) -> None:
        """Give a node a title of its own; an empty one brings its type's back."""
        face = self._view.canvas.nodes[node].face
        rect = self._view.canvas.node_rect(node)
        area = QRectF(rect.x(), rect.y(), rect.width(), HEADER)
        opened = self._stage.opened
        kept = opened.document.view.get("nodes")
        box = kept.get(place_key(node, opened.level)) if isinstance(kept, dict) else None
        own = box.get("title") if isinstance(box, dict) else None

        def taken(text: str) -> str:
            changed = text.strip() != face.title or own
            if changed:
                carry_out(self._stage, retitle(opened.document, opened.level, node, text))
            return ""

        self._editors.line(area, face.title, self._on_this_level(taken), tr("Title of the node"))

    def definition(self, node: str) -> None:
        """Give the definition of an instance another name."""
        opened, rect = self._stage.opened, self._view.canvas.node_rect(node)
        area = QRectF(rect.x(), rect.y(), rect.width(), HEADER)
        name = definition_name(opened.graph.nodes[node].type) or ""

        def taken(text: str) -> str:
            new = as_name(text)
            if new != name:
                carry_out(self._stage, RenameSubgraph(name, new))
            return ""

        self._editors.line(area, name, self._on_this_level(taken), tr("Name of the subgraph"))

    def frame_title(self, id: str) -> None:
        """Name a frame."""
        face = self._view.canvas.face.frames[id]
        area = QRectF(face.at[0], face.at[1], min(face.size[0], 320.0), FRAME_TITLE)

        def taken(text: str) -> str:
            carry_out(self._stage, retitle_frame(id, text))
            return ""

        self._editors.line(area, face.title, taken, tr("Title of the frame"))

    def note(self, id: str) -> None:
        """Write a note."""
        face = self._view.canvas.face.notes[id]

        def taken(text: str) -> str:
            carry_out(self._stage, write_note(id, text))
            return ""

        self._editors.text(QRectF(*face.at, *face.size), face.text, taken, tr("Text of the note"))

    def _on_this_level(self, taken: Taken) -> Taken:
        """Nothing is taken on another level, where a node of the same id may be another one."""
        opened, trail = self._stage.opened, self._stage.opened.trail
        return lambda text: taken(text) if opened.trail == trail else ""

    def _typed(self, hit: Hit, spec: ParamSpec, text: str) -> str:
        face = self._stage.param_of(hit.node, hit.port)
        if face is None:
            return ""
        try:
            value = read_value(spec, text, face.value)
        except ValueError as error:
            reason = f"'{face.label}' {error}."
            self._stage.say(reason)
            return reason
        self._set(hit, value)
        return ""

    def _set(self, hit: Hit, value: ParamValue) -> None:
        opened = self._stage.opened
        if hit.node not in opened.graph.nodes:
            return
        type = opened.graph.nodes[hit.node].type
        chosen = opened.selection.nodes if hit.node in opened.selection.nodes else {hit.node}
        nodes = opened.graph.nodes
        ids = [id for id in nodes if id in chosen and nodes[id].type == type]
        carry_out(self._stage, set_value(opened, ids, hit.port, value))
        opened.end_merge()

    def _below(self, area: QRectF) -> QPoint:
        return self._view.viewport().mapToGlobal(self._view.from_scene(area.bottomLeft()))
