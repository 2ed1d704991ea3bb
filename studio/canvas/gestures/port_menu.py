"""What a context menu offers for a single port or parameter, beside the commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.errors import ReelwrightError
from engine.graph.document import Endpoint, Subgraph
from engine.graph.edits import Edit
from studio.canvas.gestures.drag import carry_out
from studio.canvas.gestures.stage import Stage, level_of
from studio.canvas.hits import Hit
from studio.editing.connect import disconnect
from studio.editing.grouping import (
    Border,
    border_name,
    lead_out,
    offer,
    offered_as,
    take_in,
    withdraw,
)
from studio.faces import spaced
from studio.inspector.changes import reset_value
from studio.theme import tr


@dataclass(frozen=True)
class Offer:
    """A line of a menu, and the edit that it makes."""

    text: str
    edit: Callable[[], Edit]


def carry_out_offer(stage: Stage, made: Offer) -> None:
    """Do what a line of the menu says, or tell why it cannot be done."""
    try:
        edit = made.edit()
    except ReelwrightError as error:
        stage.say(str(error))
        return
    carry_out(stage, edit)


def offers(stage: Stage, hit: Hit) -> Iterator[Offer]:
    """What can be done with the port or parameter that was hit."""
    if hit.kind == "widget":
        yield from _of_param(stage, hit)
    elif hit.kind == "port":
        yield from _of_port(stage, hit)


def _of_param(stage: Stage, hit: Hit) -> Iterator[Offer]:
    opened, here = stage.opened, level_of(stage.opened)
    face = stage.param_of(hit.node, hit.port)
    if face is None:
        return
    if face.is_set:
        text = tr("Reset {label}", label=face.label)
        yield Offer(text, lambda: reset_value(opened, [hit.node], hit.port))
    if offered_as(here, hit.node, hit.port):
        text = tr("Offer {label} no longer", label=face.label)
        yield Offer(text, lambda: withdraw(here, hit.node, hit.port))
    elif here.within:
        text = tr("Offer {label} on the subgraph", label=face.label)
        yield Offer(text, lambda: offer(here, hit.node, hit.port))
    else:
        text = tr("Offer {label} in the App view", label=face.label)
        yield Offer(text, lambda: offer(here, hit.node, hit.port))
    yield from _at_border(stage, (hit.node, hit.port), "inputs", face.label)


def _of_port(stage: Stage, hit: Hit) -> Iterator[Offer]:
    place: Endpoint = (hit.node, hit.port)
    here, label = level_of(stage.opened), spaced(hit.port)
    end = "source" if hit.is_output else "target"
    targets = [link.target for link in here.graph.links if getattr(link, end) == place]
    if targets:
        yield Offer(tr("Unlink {label}", label=label), lambda: disconnect(here, targets))
    yield from _at_border(stage, place, "outputs" if hit.is_output else "inputs", label)


def _at_border(stage: Stage, place: Endpoint, border: Border, label: str) -> Iterator[Offer]:
    """Inside of a subgraph: a port that leads outside, or not any more."""
    here = level_of(stage.opened)
    if not isinstance(here.graph, Subgraph):
        return
    if border_name(here, place, border):
        text = tr("Take {label} off the subgraph", label=label)
        yield Offer(text, lambda: take_in(here, place, border))
    else:
        text = tr("Make {label} a port of the subgraph", label=label)
        yield Offer(text, lambda: lead_out(here, place, border))
