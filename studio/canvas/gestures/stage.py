"""What gestures need of the canvas: a protocol, so that they are tested without a screen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from engine.graph.document import Endpoint
from studio.canvas.hits import Hit
from studio.document import OpenDocument
from studio.editing.arrange import Box
from studio.editing.level import Level
from studio.faces import ParamFace, Point

Button: TypeAlias = Literal["left", "middle", "right", ""]


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the mouse is: in the scene, on the screen (in pixels), with which keys held.

    `cutting` is whether the key that cuts links is held.
    """

    at: Point
    pixel: Point
    button: Button = ""
    shift: bool = False
    ctrl: bool = False
    alt: bool = False
    cutting: bool = False


class Stage(Protocol):
    """The canvas of one open document, as gestures see it."""

    @property
    def opened(self) -> OpenDocument: ...

    @property
    def snaps(self) -> bool:
        """Whether what is moved snaps to the grid."""
        ...

    def hit(self, at: Point) -> Hit:
        """What lies at a point; what is being dragged is not hit."""
        ...

    def boxes(self) -> Mapping[str, Box]:
        """Where every node of the level lies."""
        ...

    def box_of(self, node: str) -> Box: ...

    def nodes_in(self, area: Box) -> frozenset[str]:
        """The nodes that a rectangle meets."""
        ...

    def frames_in(self, area: Box) -> frozenset[str]:
        """The frames that lie inside a rectangle."""
        ...

    def notes_in(self, area: Box) -> frozenset[str]:
        """The notes that a rectangle meets."""
        ...

    def links_in(self, area: Box) -> Mapping[Endpoint, tuple[Point, ...]]:
        """The drawn lines of the links that may cross a rectangle, by target."""
        ...

    def port_at(self, port: Endpoint, is_output: bool) -> Point:
        """Where links of a port end."""
        ...

    def kind_of(self, port: Endpoint, is_output: bool) -> str:
        """The type of a port as people read it."""
        ...

    def param_of(self, node: str, name: str) -> ParamFace | None:
        """A parameter that the node shows."""
        ...

    def show_draft(self, start: Point, end: Point, kind: str, ok: bool, reason: str) -> None:
        """Draw the link that is being dragged, from its output's end to its input's."""
        ...

    def hide_draft(self) -> None: ...

    def highlight_ports(self, ports: Collection[Endpoint] | None, outputs: bool = False) -> None:
        """Show the ports that would take the link; None ends it."""
        ...

    def highlight_link(self, target: Endpoint | None) -> None: ...

    def show_marquee(self, area: Box | None) -> None: ...

    def show_cut(self, stroke: Iterable[Point]) -> None: ...

    def offset_nodes(self, nodes: Collection[str], by: Point) -> None:
        """Draw nodes elsewhere; without nodes, all are back in their places."""
        ...

    def hold_boxes(self, boxes: Mapping[str, Box]) -> None:
        """Draw frames and notes elsewhere or larger; none: all are as the document has them."""
        ...

    def unplaced(self) -> Mapping[str, Point]:
        """Where nodes lie that the document does not place."""
        ...

    def search(self, at: Point, fixed: Endpoint | None = None, is_output: bool = True) -> None:
        """Let the user search a node to add at a place, for a link dragged from `fixed`."""
        ...

    def edit_param(self, hit: Hit) -> None:
        """Let the user edit a parameter in its place on the node."""
        ...

    def say(self, sentence: str) -> None:
        """Tell the user why something cannot be done."""
        ...


def level_of(opened: OpenDocument) -> Level:
    """The level that is shown."""
    return Level(opened.document, opened.level, opened.registry)


def box_between(one: Point, other: Point) -> Box:
    """The rectangle between two corners."""
    left, right = sorted((one[0], other[0]))
    top, bottom = sorted((one[1], other[1]))
    return Box(left, top, right - left, bottom - top)
