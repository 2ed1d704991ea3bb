"""Where everything of a node lies: computed from its face alone, in scene units; knows no Qt.

Coordinates are relative to the node's upper left corner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Final, NamedTuple

from studio.faces import NodeFace, ParamFace, PortFace
from studio.runs import NodeRun

HEADER: Final = 28.0
ROW: Final = 22.0
PARAM_HEIGHT: Final = 20.0
TEXT_HEIGHT: Final = 54.0
"""The height of a parameter that holds a text of several lines: three of them are seen."""
MARGIN: Final = 8.0
GAP: Final = 6.0
FOOTER: Final = 22.0
FOOTER_LINE: Final = 14.0
MOST_LINES: Final = 4
LETTER: Final = 5.6
"""The mean width of a small letter: how many fit on a line must not depend on a font."""
PORT_REACH: Final = 11.0
"""How far from its middle a port can be grabbed."""

PICTURE_ENDINGS: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif"})
FILM_ENDINGS: Final = frozenset({".mp4", ".mov", ".webm", ".mkv", ".avi", ".m4v"})


class Box(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    w: float
    h: float

    def holds(self, x: float, y: float, reach: float = 0.0) -> bool:
        """Whether a point is inside, or at most `reach` outside."""
        return (
            self.x - reach <= x <= self.x + self.w + reach
            and self.y - reach <= y <= self.y + self.h + reach
        )

    def meets(self, other: Box) -> bool:
        """Whether two rectangles overlap."""
        return (
            self.x <= other.x + other.w
            and other.x <= self.x + self.w
            and self.y <= other.y + other.h
            and other.y <= self.y + self.h
        )

    def joined(self, other: Box) -> Box:
        """The smallest rectangle around both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.w, other.x + other.w)
        bottom = max(self.y + self.h, other.y + other.h)
        return Box(x, y, right - x, bottom - y)

    def moved(self, dx: float, dy: float) -> Box:
        """The same rectangle elsewhere."""
        return Box(self.x + dx, self.y + dy, self.w, self.h)

    def grown(self, by: float) -> Box:
        """The rectangle with a margin around it."""
        return Box(self.x - by, self.y - by, self.w + 2 * by, self.h + 2 * by)


@dataclass(frozen=True, slots=True)
class PortSpot:
    """A port and the middle of its mark."""

    face: PortFace
    x: float
    y: float
    is_output: bool


@dataclass(frozen=True, slots=True)
class ParamRow:
    """A parameter at hand and its field."""

    face: ParamFace
    box: Box


@dataclass(frozen=True, slots=True)
class NodeShape:
    """The places of everything on a node."""

    width: float
    height: float
    inputs: Mapping[str, PortSpot]
    outputs: Mapping[str, PortSpot]
    rows: tuple[ParamRow, ...]
    preview: Box | None
    footer: Box | None

    def port(self, name: str, is_output: bool) -> tuple[float, float]:
        """Where a link to or from a port ends; a parameter's is the edge of its row."""
        spot = (self.outputs if is_output else self.inputs).get(name)
        if spot is not None:
            return spot.x, spot.y
        for row in () if is_output else self.rows:
            if row.face.spec.name == name:
                return 0.0, row.box.y + row.box.h / 2
        return (self.width if is_output else 0.0), HEADER / 2


def shape_of(face: NodeFace, footer: str = "", pictured: bool = True) -> NodeShape:
    """Lay a node out; `footer` is the sentence at its foot, '' if there is none.

    `pictured` is whether there is room for a picture if it has one.
    """
    width = face.width
    if face.collapsed:
        inputs = {port.name: PortSpot(port, 0.0, HEADER / 2, False) for port in face.inputs}
        outputs = {port.name: PortSpot(port, width, HEADER / 2, True) for port in face.outputs}
        return NodeShape(width, HEADER, inputs, outputs, (), None, None)
    top = HEADER + GAP
    inputs = _column(face.inputs, 0.0, top, is_output=False)
    outputs = _column(face.outputs, width, top, is_output=True)
    y = top + ROW * max(len(inputs), len(outputs))
    rows = []
    for param in face.params:
        height = TEXT_HEIGHT if is_long_text(param) else PARAM_HEIGHT
        rows.append(ParamRow(param, Box(MARGIN, y + 1, width - 2 * MARGIN, height)))
        y += height + 3
    y += GAP if inputs or outputs or rows else 0
    preview = None
    if pictured and has_picture(face):
        height = round((width - 2 * MARGIN) * 9 / 16)
        preview = Box(MARGIN, y, width - 2 * MARGIN, height)
        y += height + MARGIN
    foot = None
    if footer:
        height = FOOTER + FOOTER_LINE * (len(wrapped(footer, width)) - 1)
        foot = Box(0.0, y, width, height)
        y += height
    return NodeShape(width, max(y, HEADER + GAP), inputs, outputs, tuple(rows), preview, foot)


def _column(
    ports: tuple[PortFace, ...], x: float, top: float, *, is_output: bool
) -> dict[str, PortSpot]:
    return {
        port.name: PortSpot(port, x, top + ROW * (number + 0.5), is_output)
        for number, port in enumerate(ports)
    }


def is_long_text(param: ParamFace) -> bool:
    """Whether a parameter is a text of several lines, such as a prompt."""
    return param.spec.widget == "text" and param.spec.type is str and not param.spec.many


def wrapped(text: str, width: float) -> tuple[str, ...]:
    """A sentence in small letters, in lines that fit on a node of this width."""
    letters = max(8, int((width - 2 * MARGIN - 3) / LETTER))
    lines = wrap(text, letters, max_lines=MOST_LINES, placeholder=" …")
    return tuple(lines) or ("",)


def has_picture(face: NodeFace) -> bool:
    """Whether the node has something to show: a preview, a result, or the file that it loads."""
    return bool(face.run.preview) or picture_file(face) != ""


def picture_file(face: NodeFace) -> str:
    """The picture or film that stands for a node's result, or that it loads; '' if none does."""
    seen = PICTURE_ENDINGS | FILM_ENDINGS
    for file in face.run.files:
        if file.suffix.lower() in seen:
            return str(file)
    for param in face.params:
        loads = param.spec.widget == "open-file" and isinstance(param.value, str)
        if loads and ending_of(str(param.value)) in seen:
            return str(param.value)
    return ""


def ending_of(file: str) -> str:
    """What a file's name ends in: '.mp4'."""
    return file[file.rfind(".") :].lower() if "." in file else ""


def same_look(one: NodeFace, other: NodeFace) -> bool:
    """Whether two faces differ at most in where the node lies."""
    return one == replace(other, at=one.at)


def fraction_of(run: NodeRun) -> float | None:
    """How far a node is, 0 to 1; None if it does not say."""
    return min(1.0, run.done / run.total) if run.total > 0 else None
