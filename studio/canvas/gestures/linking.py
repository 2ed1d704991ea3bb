"""Dragging a link: from a port to another, by its end to elsewhere, or into the void."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import InvalidInput
from engine.graph.document import Endpoint
from engine.graph.edits import Edit
from studio.canvas.gestures.drag import carry_out
from studio.canvas.gestures.stage import Pointer, Stage, level_of
from studio.canvas.hits import Hit
from studio.editing.connect import connect, disconnect, move_end, ports_that_fit, why_not, wish_of
from studio.editing.level import Level, feeding, input_type
from studio.faces import Point


@dataclass(frozen=True)
class Aim:
    """What a dragged link would end at, and why it cannot, if so."""

    port: Endpoint | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.port is not None and not self.reason


class LinkDrag:
    """A link from a fixed port to wherever the mouse is.

    A link that was grabbed at its end (`moved` is where that was) is led elsewhere, or taken away
    where nothing is; a new one asks there for a node to be added.
    """

    def __init__(
        self, stage: Stage, fixed: Endpoint, is_output: bool, moved: Endpoint | None = None
    ) -> None:
        self._stage = stage
        self._fixed, self._is_output, self._moved = fixed, is_output, moved
        self._level = level_of(stage.opened)
        self._fitting = ports_that_fit(self._level, fixed, is_output)
        self._start = stage.port_at(fixed, is_output)
        self._kind = stage.kind_of(fixed, is_output)
        stage.highlight_ports(self._fitting, outputs=not is_output)

    def move(self, pointer: Pointer) -> None:
        aim = self._aim(pointer.at)
        end = pointer.at
        if aim.ok and aim.port is not None:
            end = self._stage.port_at(aim.port, not self._is_output)
        ends = (self._start, end) if self._is_output else (end, self._start)
        self._stage.show_draft(*ends, self._kind, aim.ok, aim.reason)

    def finish(self, pointer: Pointer) -> None:
        aim = self._aim(pointer.at)
        self.give_up()
        if aim.ok and aim.port is not None:
            carry_out(self._stage, self._edit(aim.port))
        elif aim.reason:
            self._stage.say(aim.reason)
        elif self._moved is not None:
            carry_out(self._stage, disconnect(level_of(self._stage.opened), [self._moved]))
        else:
            self._stage.search(pointer.at, self._fixed, self._is_output)

    def give_up(self) -> None:
        self._stage.hide_draft()
        self._stage.highlight_ports(None)

    def _edit(self, port: Endpoint) -> Edit:
        here = level_of(self._stage.opened)
        if self._moved is not None:
            return move_end(here, self._moved, port)
        return (
            connect(here, self._fixed, port)
            if self._is_output
            else connect(here, port, self._fixed)
        )

    def _aim(self, at: Point) -> Aim:
        """The port under the mouse, or the one that fits best of the node under it."""
        hit = self._stage.hit(at)
        port = self._port_of(hit)
        if port is not None:
            return Aim(port, self._reason(port))
        if hit.kind in ("port", "widget", "node"):
            return self._best_of(hit)
        return Aim()

    def _port_of(self, hit: Hit) -> Endpoint | None:
        """The port that was hit, if it is of the side that is wanted."""
        is_input = hit.kind == "widget" or (hit.kind == "port" and not hit.is_output)
        if (is_input and self._is_output) or (
            hit.kind == "port" and hit.is_output and not self._is_output
        ):
            return hit.node, hit.port
        return None

    def _reason(self, port: Endpoint) -> str:
        if port in self._fitting:
            return ""
        ends = (self._fixed, port) if self._is_output else (port, self._fixed)
        try:
            return why_not(self._level, *ends)
        except InvalidInput as error:
            return str(error)

    def _best_of(self, hit: Hit) -> Aim:
        if hit.node == self._fixed[0]:
            return Aim()
        type, wish = self._level.type_of(hit.node), wish_of(self._level, *self._wished())
        if type is None or wish is None:
            return Aim()
        offered = (*type.inputs, *type.params) if self._is_output else tuple(type.outputs)
        fitting = [(hit.node, name) for name in offered if (hit.node, name) in self._fitting]
        if not fitting:
            verb = "takes" if self._is_output else "gives"
            return Aim(None, f"Nothing on this node {verb} {self._kind}.")
        taken = feeding(self._level.graph) if self._is_output else {}
        best = wish.best_port(type)
        order = sorted(fitting, key=lambda port: (port in taken, port[1] != best))
        return Aim(order[0])

    def _wished(self) -> tuple[Endpoint, bool]:
        return self._fixed, self._is_output


def begin_link(stage: Stage, hit: Hit) -> LinkDrag:
    """The drag that begins at a port: a linked input gives its link into the user's hand."""
    place = (hit.node, hit.port)
    if hit.kind == "port" and hit.is_output:
        return LinkDrag(stage, place, True)
    source = feeding(stage.opened.graph).get(place)
    if source is not None:
        return LinkDrag(stage, source, True, moved=place)
    return LinkDrag(stage, place, False)


def kind_of(level: Level, port: Endpoint, is_output: bool) -> str:
    """The type of a port as people read it."""
    type = level.type_of(port[0])
    if type is None:
        return "Anything"
    found = type.outputs.get(port[1]) if is_output else input_type(type, port[1])
    return "Anything" if found is None else found.name
