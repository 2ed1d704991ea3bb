"""What has to be painted again."""

from __future__ import annotations

from studio.canvas.geometry import Box


class Dirty:
    """Gathers the places that look otherwise now."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.everything = False

    def add(self, box: Box) -> None:
        self.boxes.append(box)

    def __bool__(self) -> bool:
        return self.everything or bool(self.boxes)
