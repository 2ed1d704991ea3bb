"""What a graph from a stranger may name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from cluster_agent.agent.workspace import (
    NotInstalled,
    Room,
    check_document,
    check_graph,
    files_in,
    naming_params,
)
from engine.errors import InvalidInput
from engine.graph.context import Context
from engine.graph.document import parse_document
from engine.graph.flatten import flatten
from engine.graph.node import Node
from engine.graph.params import Param, ParamValue
from engine.graph.registry import Registry
from tests.cluster_agent.agent.graphs import graph, node


class ReadFile(Node, type="test.read"):
    """Reads files."""

    path: str = Param("", widget="open-file")
    others: list[str] = Param([], widget="open-file")
    words: str = Param("")

    def run(self, ctx: Context) -> str:
        return self.path


class LoadWeights(Node, type="test.weights"):
    """Names weights by an id, or by a folder."""

    model: str = Param("starter")

    def run(self, ctx: Context) -> str:
        return self.model

    @classmethod
    def content(cls, params: Mapping[str, ParamValue]) -> str:
        return "digest"


class Say(Node, type="test.say"):
    """Computes a text."""

    text: str = Param("")

    def run(self, ctx: Context) -> str:
        return self.text


REGISTRY = Registry.of(ReadFile, LoadWeights, Say)

ESCAPES = [
    "/etc/passwd", "//etc/passwd", "../up", "a/../../up", "a/..", "~/.ssh/id", "~root/x",
    "\\\\server\\share", "..\\up", "a\\..\\..\\up", "file:/etc/passwd", "http://host/x",
    "concat:/etc/passwd|x", "a\0b", "link/secret",
]  # fmt: skip


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A workspace with a link that leads out of it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    work = tmp_path / "work"
    (work / "inputs").mkdir(parents=True)
    (work / "link").symlink_to(outside)
    return work


def check(document: bytes, work: Path) -> None:
    parsed = parse_document(document)
    check_document(parsed, REGISTRY)
    check_graph(flatten(parsed, REGISTRY), work)


@pytest.mark.parametrize("path", ESCAPES)
def test_a_path_that_leads_outside_is_refused(work: Path, path: str) -> None:
    with pytest.raises(InvalidInput, match=r"Node 'read'.*outside of the job's workspace"):
        check(graph({"read": node("test.read", path=path)}), work)


@pytest.mark.parametrize("path", ESCAPES)
def test_a_list_of_paths_is_checked_to_the_last(work: Path, path: str) -> None:
    with pytest.raises(InvalidInput, match="'others'"):
        check(graph({"read": node("test.read", others=["inputs/a", path])}), work)


@pytest.mark.parametrize("path", ["", "a", "inputs/a.png", "inputs/..a/b..c", "link-free"])
def test_a_path_inside_is_taken(work: Path, path: str) -> None:
    check(graph({"read": node("test.read", path=path)}), work)


@pytest.mark.parametrize("model", ["/models/other", "../../models", "~/models", "link/secret"])
def test_weights_outside_are_refused_too(work: Path, model: str) -> None:
    with pytest.raises(InvalidInput, match="outside"):
        check(graph({"weights": node("test.weights", model=model)}), work)


@pytest.mark.parametrize("model", ["starter", "wan2.1:14b", "inputs/folder"])
def test_an_id_of_weights_is_no_path(work: Path, model: str) -> None:
    check(graph({"weights": node("test.weights", model=model)}), work)


@pytest.mark.parametrize("target", ["read.path", "weights.model"])
def test_a_computed_path_is_refused(work: Path, target: str) -> None:
    document = graph(
        {
            "say": node("test.say", text="/etc/passwd"),
            "read": node("test.read"),
            "weights": node("test.weights"),
        },
        ("say.result", target),
    )
    with pytest.raises(InvalidInput, match="fed by a link"):
        check(document, work)


def test_other_texts_say_what_they_like(work: Path) -> None:
    check(graph({"read": node("test.read", words="/etc/passwd ../..")}), work)
    assert naming_params(REGISTRY.get("test.read")) == ("path", "others")  # type: ignore[arg-type]


def test_a_path_inside_a_subgraph_is_found(work: Path) -> None:
    inner = '"inner": {"type": "test.read", "version": 1, "params": {"path": "/etc/passwd"}}'
    document = (
        '{"format": 1, "nodes": {"outer": {"type": "subgraph/s", "version": 1}},'
        f'"subgraphs": {{"s": {{"nodes": {{{inner}}}, "outputs": {{"o": ["inner", "result"]}}}}}}}}'
    )
    with pytest.raises(InvalidInput, match="outer/inner"):
        check(document.encode(), work)


def test_a_node_that_is_not_installed_is_named_wherever_it_stands(work: Path) -> None:
    with pytest.raises(NotInstalled, match=r"Node 'odd'.*'evil\.node'"):
        check(graph({"odd": {**node("evil.node"), "mode": "mute"}}), work)


def test_a_graph_of_too_many_nodes_is_refused(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster_agent.agent.workspace.MOST_NODES", 2)
    nodes = {f"n{number}": node("test.say") for number in range(3)}
    with pytest.raises(InvalidInput, match="more than 2 nodes"):
        check(graph(nodes), work)


def test_subgraphs_do_not_hide_how_many_nodes_there_are(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cluster_agent.agent.workspace.MOST_NODES", 5)
    document = (
        b'{"format": 1, "nodes": {"a": {"type": "subgraph/s", "version": 1},'
        b' "b": {"type": "subgraph/s", "version": 1}, "c": {"type": "subgraph/s", "version": 1}},'
        b' "subgraphs": {"s": {"nodes": {'
        b'"x": {"type": "test.say", "version": 1}, "y": {"type": "test.say", "version": 1}}}}}'
    )
    with pytest.raises(InvalidInput, match="Written out"):
        check(document, work)


def test_a_room_is_cleared_of_the_last_job_and_keeps_what_the_engine_keeps(tmp_path: Path) -> None:
    room = Room(tmp_path / "room")
    room.make()
    (room.work / "inputs").mkdir()
    (room.work / "inputs" / "a").write_text("a")
    (room.work / "link").symlink_to(tmp_path)
    (room.out / "video.mp4").write_text("v")
    (room.state / "checkpoint").write_text("kept")
    standing = room.work.stat().st_ino
    room.clear()
    assert [path.name for path, _ in files_in(room.root)] == ["checkpoint"]
    assert room.work.stat().st_ino == standing
    assert room.used() == 4


def test_files_behind_links_are_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("12345")
    (tmp_path / "b").symlink_to("/etc/passwd")
    (tmp_path / "c").symlink_to("/etc")
    assert list(files_in(tmp_path)) == [(tmp_path / "a", 5)]
