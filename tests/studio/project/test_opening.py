"""What opening a file means: the graph in it, the graph inside media, or a node that reads it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import InvalidInput, ReelwrightError
from engine.graph.document import Document, NodeSpec, dump_document, save_document
from engine.graph.registry import Registry, installed_registry
from engine.media.embed import embedded
from engine.media.write_image import encoded_picture
from studio.project.opening import AddLoader, OpenGraph, OpenInside, plan, tidy
from tests.nodes.pictures import picture

GRAPH = Document(name="Toy", nodes={"a": NodeSpec(type="toy.say", version=1)})
REGISTRY = installed_registry()


def png(document: str | None = None) -> bytes:
    plain = encoded_picture(picture(16, 16).pixels_HWC, ".png")
    return embedded(plain, document) if document is not None else plain


def test_a_graph_is_opened_from_its_file(tmp_path: Path) -> None:
    save_document(GRAPH, tmp_path / "toy.reel")
    found = plan(tmp_path / "toy.reel", REGISTRY)
    assert found == OpenGraph(GRAPH, tmp_path / "toy.reel")
    assert found.said == "Opened 'toy.reel'."


def test_the_graph_inside_a_picture_is_opened_without_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(dump_document(GRAPH)))
    found = plan(path, REGISTRY)
    assert found == OpenInside(GRAPH, path)
    assert "inside 'a.png'" in found.said


@pytest.mark.parametrize(
    ("name", "type"),
    [("a.png", "input.image"), ("a.MP4", "input.video"), ("a.wav", "input.audio")],
)
def test_media_without_a_graph_becomes_a_node_that_reads_it(tmp_path: Path, name, type) -> None:
    path = tmp_path / name
    path.write_bytes(png())
    found = plan(path, REGISTRY)
    assert isinstance(found, AddLoader)
    assert (found.type, found.params) == (type, {"path": str(path)})
    assert "holds no graph" in found.said


def test_the_media_itself_can_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png(dump_document(GRAPH)))
    assert isinstance(plan(path, REGISTRY, inside=False), AddLoader)


def test_a_damaged_graph_inside_is_said_and_the_media_is_still_of_use(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png('{"format": 1, "nodes": 3}'))
    found = plan(path, REGISTRY)
    assert isinstance(found, AddLoader)
    assert found.said.endswith("added a node that reads the file itself.")


def test_a_folder_of_frames_carries_its_graph(tmp_path: Path) -> None:
    save_document(GRAPH, tmp_path / "graph.reel")
    assert plan(tmp_path, REGISTRY) == OpenInside(GRAPH, tmp_path)


def outcome(path: Path) -> str:
    """What is said of a file that is opened: what was done, or why nothing could be."""
    try:
        return plan(path, REGISTRY).said
    except ReelwrightError as error:
        return str(error)


@pytest.mark.parametrize("name", ["graph.reel", "a.reel", "a.json", "a.png", "a.xyz", "none.mp4"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"{", b'{"a": 1}'])
def test_what_cannot_be_used_is_one_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "folder" / name
    path.parent.mkdir()
    if not name.startswith("none"):
        path.write_bytes(content)
    said = outcome(path)
    assert said.endswith(".")
    assert name in said
    if name == "graph.reel":
        with pytest.raises(InvalidInput):
            plan(path.parent, REGISTRY)


def test_where_no_node_reads_media_the_way_out_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    with pytest.raises(InvalidInput, match="No node is installed that reads"):
        plan(tmp_path / "a.png", Registry([]))


def test_what_a_crash_left_beside_a_graph_goes_once_it_is_old(tmp_path: Path) -> None:
    graph, other = tmp_path / "a[1].reel", tmp_path / ".b.reel.0123.part"
    stale, fresh = tmp_path / ".a[1].reel.0123.part", tmp_path / ".a[1].reel.4567.part"
    for path in (graph, stale, fresh, other):
        path.touch()
    os.utime(stale, (0, 0))
    os.utime(other, (0, 0))
    tidy(graph)
    assert sorted(tmp_path.iterdir()) == sorted([graph, fresh, other])
