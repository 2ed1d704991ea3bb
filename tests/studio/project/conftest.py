"""A small document, and a models folder of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.graph.document import Document, NodeSpec
from engine.graph.registry import Registry
from studio.document import OpenDocument


@pytest.fixture(autouse=True)
def _own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELWRIGHT_MODELS", str(tmp_path / "models"))


@pytest.fixture
def registry() -> Registry:
    return Registry([])


@pytest.fixture
def opened(registry: Registry) -> OpenDocument:
    """A document of one node, without a file."""
    nodes = {"one": NodeSpec(type="toy.say", version=1, params={"text": "hello"})}
    return OpenDocument(Document(name="Toy", nodes=nodes), registry)
