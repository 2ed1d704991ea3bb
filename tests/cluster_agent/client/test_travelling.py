"""Files that travel with a graph."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster_agent.client.travelling import pack_files
from engine.errors import InvalidInput
from engine.file_digests import content_digest
from engine.graph.document import Document, NodeSpec, Subgraph
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.registry import Registry


class Read(Node, type="toy.read", version=1, category="Toys"):
    """Reads files."""

    path: str = Param("", widget="open-file")
    more: list[str] = Param([], widget="open-file")
    title: str = Param("")

    def run(self, ctx: object) -> str:
        return Path(self.path).read_text()


REGISTRY = Registry.of(Read)


def document(**params: object) -> Document:
    return Document(nodes={"read": NodeSpec(type="toy.read", version=1, params=params)})


def test_a_file_is_named_by_its_content_and_travels(tmp_path: Path) -> None:
    file = tmp_path / "my photo.png"
    file.write_bytes(b"pixels")
    packed, luggage = pack_files(document(path=str(file), title=str(file)), REGISTRY)
    digest = content_digest(file)
    assert packed.nodes["read"].params["path"] == f"inputs/{digest[:32]}/my_photo.png"
    assert packed.nodes["read"].params["title"] == str(file), "only files are rewritten"
    assert [(each.path, each.digest, each.size) for each in luggage.inputs] == [
        (f"inputs/{digest[:32]}/my_photo.png", digest, 6)
    ]
    assert luggage.files == {digest: file}


def test_the_same_content_under_one_name_is_sent_once_and_has_one_place(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(b"same")
    paths = [str(tmp_path / folder / "a.png") for folder in ("one", "two")]
    packed, luggage = pack_files(document(more=paths), REGISTRY)
    first, second = packed.nodes["read"].params["more"]  # type: ignore[misc]
    assert first == second
    assert len(luggage.inputs) == 1


def test_a_folder_travels_with_its_files(tmp_path: Path) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    for name in ("a.png", "b.png"):
        (frames / name).write_text(name)
    packed, luggage = pack_files(document(path=str(frames)), REGISTRY)
    place = packed.nodes["read"].params["path"]
    assert [each.path for each in luggage.inputs] == [f"{place}/a.png", f"{place}/b.png"]


def test_a_file_that_is_not_there_is_named_with_its_node() -> None:
    with pytest.raises(InvalidInput, match=r"Node 'read': the file 'nowhere.png' of 'path'"):
        pack_files(document(path="nowhere.png"), REGISTRY)


def test_a_node_that_is_switched_off_needs_no_file() -> None:
    muted = Document(
        nodes={
            "read": NodeSpec(type="toy.read", version=1, params={"path": "gone.png"}, mode="mute")
        }
    )
    packed, luggage = pack_files(muted, REGISTRY)
    assert packed.nodes["read"].params["path"] == ""
    assert luggage.inputs == ()


def test_files_inside_and_on_a_subgraph_are_found(tmp_path: Path) -> None:
    for name in ("inner.png", "outer.png"):
        (tmp_path / name).write_text(name)
    inner = NodeSpec(type="toy.read", version=1, params={"path": str(tmp_path / "inner.png")})
    nested = Document(
        nodes={
            "box": NodeSpec(
                type="subgraph/box", version=1, params={"file": str(tmp_path / "outer.png")}
            )
        },
        subgraphs={"box": Subgraph(nodes={"read": inner}, params={"file": ("read", "path")})},
    )
    packed, luggage = pack_files(nested, REGISTRY)
    assert str(packed.nodes["box"].params["file"]).endswith("/outer.png")
    assert str(packed.subgraphs["box"].nodes["read"].params["path"]).endswith("/inner.png")
    assert len(luggage.inputs) == 2
