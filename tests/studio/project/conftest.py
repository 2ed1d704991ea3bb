"""Folders of their own for everything that the studio keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.graph.document import Document, NodeSpec
from engine.graph.registry import Registry
from studio.document import OpenDocument


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("STATE", "CONFIG", "MODELS"):
        monkeypatch.setenv(f"REELWRIGHT_{variable}", str(tmp_path / variable.lower()))


@pytest.fixture
def registry() -> Registry:
    return Registry([])


@pytest.fixture
def opened(registry: Registry) -> OpenDocument:
    """A document of one node, without a file."""
    nodes = {"one": NodeSpec(type="toy.say", version=1, params={"text": "hello"})}
    return OpenDocument(Document(name="Toy", nodes=nodes), registry)
