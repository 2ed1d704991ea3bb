"""However a face came about, the scene is as if it had been shown at once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.canvas.geometry import Box
from studio.canvas.link_shape import Curve
from studio.canvas.scene import CanvasScene
from studio.faces import CanvasFace, LinkFace, NodeFace
from studio.runs import NodeRun
from studio.theme import DARK
from tests.studio.canvas.samples import face, link, node

IDS = "abc"
RUNS = [NodeRun(), NodeRun("running"), NodeRun("done", preview=b"x")]
places = st.sampled_from([-3_000.0, 0.0, 2_100.0])


@cache
def known_node(id: str, x: float, y: float, collapsed: bool, run: NodeRun) -> NodeFace:
    """Equal faces are the same object, as the resolver's are: the scene looks no closer."""
    return node(id, x, y, collapsed=collapsed, run=run)


@cache
def known_link(source: str, target: str, waypoints: tuple[tuple[float, float], ...]) -> LinkFace:
    return link(source, target, waypoints=waypoints)


@st.composite
def nodes(draw: st.DrawFn) -> list[NodeFace]:
    ids = draw(st.sets(st.sampled_from(IDS)))
    return [
        known_node(id, draw(places), draw(places), draw(st.booleans()), draw(st.sampled_from(RUNS)))
        for id in sorted(ids)
    ]


@st.composite
def faces(draw: st.DrawFn) -> CanvasFace:
    links: list[LinkFace] = []
    for target in draw(st.sets(st.sampled_from(IDS))):
        waypoints = draw(st.sampled_from([(), ((50.0, 500.0),)]))
        links.append(known_link(draw(st.sampled_from(IDS)), target, waypoints))
    return face(draw(nodes()), links)


@st.composite
def happenings(draw: st.DrawFn) -> list[CanvasFace | frozenset[str]]:
    """Faces, and between them sets of nodes that are dragged."""
    drags = st.frozensets(st.sampled_from(IDS))
    return draw(st.lists(st.one_of(faces(), drags), min_size=1, max_size=6))


def boxes(scene: CanvasScene) -> Mapping[str, Box]:
    return {id: visual.box for id, visual in scene.nodes.items()}


def curves(scene: CanvasScene) -> Mapping[tuple[str, str], Curve]:
    return {target: each.curve for target, each in scene.links.items()}


def indexed(scene: CanvasScene) -> set[object]:
    """What can be found by where it is, with the square that it is found in."""
    found: set[object] = set()
    for key, chunk in scene.index.chunks.items():
        found |= {(key, id) for id in chunk.nodes} | {(key, target) for target in chunk.links}
    return found


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(happenings(), faces())
def test_the_scene_is_as_if_it_had_been_shown_at_once(
    qapp: object, before: list[CanvasFace | frozenset[str]], last: CanvasFace
) -> None:
    grown, fresh = CanvasScene(DARK), CanvasScene(DARK)
    for each in before:
        if isinstance(each, CanvasFace):
            grown.set_face(each)
        else:
            grown.offset_nodes(each, 700.0, -1_900.0)
    grown.set_face(last)
    fresh.set_face(last)
    assert boxes(grown) == boxes(fresh)
    assert curves(grown) == curves(fresh)
    assert indexed(grown) == indexed(fresh)
    assert grown.running == fresh.running
    assert grown.content_rect() == fresh.content_rect()
