"""Nodes that only the values on their links can identify."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.graph.document import Document
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest
from tests.engine.run import toys
from tests.engine.run.toys import RAN, graph


def opened(path: Path) -> Document:
    return graph({"p": ("path", {"path": str(path)}), "open": "open"}, "p > open.path")


def test_a_file_named_by_a_link_is_read_again_when_it_changed(
    runner: LocalRunner, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    told = []
    for text in ("one", "one", "other"):
        path.write_text(text)
        told.append(runner.run(RunRequest(opened(path))).values["open"]["result"])
    assert told == ["one", "one", "other"]
    assert RAN == ["open", "open"]


def test_weights_named_by_a_link_are_part_of_identity(
    runner: LocalRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = graph({"p": ("path", {"path": "small"}), "w": "weights"}, "p > w.name")
    runner.run(RunRequest(document))
    monkeypatch.setitem(toys.Weights.outside, "small", "2")
    assert runner.run(RunRequest(document)).values["w"]["result"] == "2"


def test_weights_that_a_link_names_in_vain_fail_their_node(runner: LocalRunner) -> None:
    document = graph({"p": ("path", {"path": "none"}), "w": "weights"}, "p > w.name")
    error = runner.run(RunRequest(document)).errors["w"]
    assert str(error) == "Node 'w': there are no such weights. Pull them."
