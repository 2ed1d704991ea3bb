"""The row of a parameter at hand: its name, its value, and how that lies in its range."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from studio.canvas.geometry import ParamRow, is_long_text
from studio.canvas.paints import Paints
from studio.faces import ParamFace
from studio.theme.words import tr

PAD: Final = 7.0
ROUND: Final = 4.0
LEAST_RANGE: Final = 1e-9


def draw_row(painter: QPainter, row: ParamRow, paints: Paints) -> None:
    """Draw a parameter's field; what the user has set stands out from what is the default."""
    area, face = QRectF(*row.box), row.face
    painter.setPen(QPen(paints.mixed("node", "node_outline", 0.55), 1))
    painter.setBrush(paints.named("field"))
    painter.drawRoundedRect(area, ROUND, ROUND)
    _draw_level(painter, area, face, paints)
    left = area.left() + PAD
    if face.exposed:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paints.named("accent"))
        painter.drawEllipse(QPointF(left + 2, area.top() + 10), 2.5, 2.5)
        left += 9
    if is_long_text(face):
        _draw_long_text(painter, area, left, face, paints)
    elif face.spec.type is bool and not face.spec.many:
        _draw_name(painter, area, left, area.width() - PAD * 2 - 30, face, paints)
        _draw_switch(painter, area, bool(face.value), paints)
    else:
        _draw_value(painter, area, left, face, paints)


def value_text(face: ParamFace) -> str:
    """A value as it is read on a row, with its unit."""
    value = face.value
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    word = face.spec.word_for(value)
    if word:
        return word
    unit = f" {face.spec.unit}" if face.spec.unit else ""
    return (_file_name(value) if face.spec.widget == "open-file" else _plain(value)) + unit


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _file_name(value: object) -> str:
    return str(value).replace("\\", "/").rsplit("/", 1)[-1]


def _draw_level(painter: QPainter, area: QRectF, face: ParamFace, paints: Paints) -> None:
    """A number with a range fills its field as far as it goes."""
    spec, value = face.spec, face.value
    if spec.widget == "seed" or spec.ge is None or spec.le is None or spec.many:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    share = (value - spec.ge) / max(LEAST_RANGE, spec.le - spec.ge)
    if share <= 0:
        return
    clip = QPainterPath()
    clip.addRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), ROUND, ROUND)
    filled = QRectF(area)
    filled.setWidth(area.width() * min(1.0, share))
    part = QPainterPath()
    part.addRect(filled)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.mixed("field", "accent", 0.2))
    painter.drawPath(clip.intersected(part))


def _draw_name(
    painter: QPainter, area: QRectF, left: float, room: float, face: ParamFace, paints: Paints
) -> float:
    name = paints.text(face.label, "small", max(0.0, room))
    painter.setPen(paints.named("muted"))
    painter.setFont(paints.fonts["small"])
    painter.drawStaticText(QPointF(left, area.center().y() - name.size().height() / 2), name)
    return name.size().width()


def _draw_value(
    painter: QPainter, area: QRectF, left: float, face: ParamFace, paints: Paints
) -> None:
    right = area.right() - PAD
    if face.spec.choices:
        _draw_chevron(painter, right - 3, area.center().y(), paints)
        right -= 12
    if face.spec.widget == "color":
        _draw_swatch(
            painter, QRectF(right - 26, area.top() + 4, 26, area.height() - 8), face, paints
        )
        right -= 32
    whole = right - left
    text = value_text(face)
    wanted = paints.width(text, "text") + 1
    label_room = whole * 0.6 if wanted > whole * 0.4 else whole - wanted - 8
    used = _draw_name(painter, area, left, label_room, face, paints)
    value = paints.text(text, "text", max(10.0, whole - used - 8))
    painter.setPen(paints.named("text" if face.is_set else "muted"))
    painter.setFont(paints.fonts["text"])
    size = value.size()
    painter.drawStaticText(
        QPointF(right - size.width(), area.center().y() - size.height() / 2), value
    )


def _draw_long_text(
    painter: QPainter, area: QRectF, left: float, face: ParamFace, paints: Paints
) -> None:
    text = str(face.value)
    painter.setPen(paints.named("text" if text else "disabled"))
    painter.setFont(paints.fonts["text"])
    inside = QRectF(left, area.top() + 3, area.right() - PAD - left, area.height() - 6)
    painter.save()
    painter.setClipRect(inside, Qt.ClipOperation.IntersectClip)
    painter.drawText(
        inside,
        int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap),
        text[:400] or tr("{name}: empty", name=face.label),
    )
    painter.restore()


def _draw_switch(painter: QPainter, area: QRectF, on: bool, paints: Paints) -> None:
    track = QRectF(area.right() - PAD - 22, area.center().y() - 6, 22, 12)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.named("accent" if on else "outline_strong"))
    painter.drawRoundedRect(track, 6, 6)
    painter.setBrush(paints.named("on_accent" if on else "panel"))
    x = track.right() - 6 if on else track.left() + 6
    painter.drawEllipse(QPointF(x, track.center().y()), 4, 4)


def _draw_chevron(painter: QPainter, x: float, y: float, paints: Paints) -> None:
    painter.setPen(QPen(paints.named("muted"), 1.4, c=Qt.PenCapStyle.RoundCap))
    painter.drawLine(QPointF(x - 3, y - 1.5), QPointF(x, y + 1.5))
    painter.drawLine(QPointF(x, y + 1.5), QPointF(x + 3, y - 1.5))


def _draw_swatch(painter: QPainter, area: QRectF, face: ParamFace, paints: Paints) -> None:
    color = QColor(str(face.value))
    painter.setPen(QPen(paints.named("outline_strong"), 1))
    painter.setBrush(color if color.isValid() else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(area, 3, 3)
