"""Documents, controllers and fields that the inspector's tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MappingProxyType

import pytest
from pytestqt.qtbot import QtBot

from engine.graph.document import Document, Link, NodeSpec, Subgraph
from engine.graph.registry import Registry, installed_registry
from studio.background import Background
from studio.document import OpenDocument, Selection
from studio.inspector.controller import InspectorController
from studio.inspector.panel import InspectorPanel
from studio.runs import NodeRun, Run, RunBook
from studio.theme import DARK

Nodes = dict[str, tuple[str, dict[str, object]]]


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The nodes that are installed."""
    return installed_registry()


@pytest.fixture
def opened(registry: Registry) -> OpenDocument:
    """A prompt that is encoded and sampled, a seed of its own, a save node, a stranger."""
    specs: Nodes = {
        "prompt": ("text.prompt", {"text": "a waltzing zebra"}),
        "model": ("model.load", {}),
        "positive": ("prompt.encode", {}),
        "roll": ("input.seed", {"seed": 5}),
        "sample": ("video.sample", {"steps": 20}),
        "second": ("video.sample", {"steps": 30}),
        "decode": ("video.decode", {}),
        "save": ("output.video", {}),
        "ghost": ("puppet.dance", {"strength": 0.5}),
    }
    links = [
        ("prompt.result", "positive.text"),
        ("model.result", "positive.model"),
        ("model.result", "sample.model"),
        ("positive.result", "sample.positive"),
        ("roll.result", "sample.seed"),
        ("sample.result", "decode.latent"),
        ("decode.result", "save.clip"),
    ]
    return OpenDocument(document_of(specs, links), registry)


@pytest.fixture
def book() -> RunBook:
    """No runs yet."""
    return RunBook()


@pytest.fixture
def controller(opened: OpenDocument, book: RunBook) -> InspectorController:
    """What acts on the document."""
    return InspectorController(opened, book)


@pytest.fixture
def select(opened: OpenDocument) -> Callable[..., None]:
    """Select nodes of the document."""
    return lambda *ids: opened.select(Selection.of_nodes(ids))


@pytest.fixture
def ran(opened: OpenDocument, book: RunBook) -> Callable[..., Run]:
    """Put a run of the document into the book, with how its nodes stand."""

    def put(nodes: dict[str, NodeRun] | None = None, **known: object) -> Run:
        given: dict[str, object] = {"state": "running", **known}
        run = Run(key="k", document=opened.id, nodes=MappingProxyType(nodes or {}), **given)
        book.put(run)
        return run

    return put


@pytest.fixture
def nested(registry: Registry) -> OpenDocument:
    """A document whose node 'up' holds a resizing node with a promoted width."""
    inner = Subgraph(
        nodes={
            "resize": NodeSpec(type="image.resize", version=1, params={"width": 64}),
            "deep": NodeSpec(type="subgraph/inner", version=1),
        },
        inputs={"image": ("resize", "image"), "height": ("resize", "height")},
        outputs={"result": ("resize", "result")},
        params={"width": ("resize", "width")},
    )
    inmost = Subgraph(nodes={"seed": NodeSpec(type="input.seed", version=1)})
    document = Document(
        nodes={"up": NodeSpec(type="subgraph/upscale", version=1)},
        subgraphs={"upscale": inner, "inner": inmost},
    )
    return OpenDocument(document, registry)


def document_of(specs: Nodes, links: list[tuple[str, str]]) -> Document:
    """A document from its nodes' types and parameters, and links as 'node.port'."""
    return Document(
        name="A test",
        nodes={
            id: NodeSpec.model_validate({"type": type, "version": 1, "params": params})
            for id, (type, params) in specs.items()
        },
        links=tuple(Link(source=_place(source), target=_place(to)) for source, to in links),
    )


def _place(text: str) -> tuple[str, str]:
    node, _, port = text.partition(".")
    return node, port


@pytest.fixture
def background(qapp: object) -> Iterator[Background]:
    """The door for background work."""
    door = Background()
    yield door
    door.close()


@pytest.fixture
def panel(
    qtbot: QtBot, background: Background, opened: OpenDocument, book: RunBook
) -> Iterator[InspectorPanel]:
    """The inspector of a document, 320 pixels wide."""
    made = InspectorPanel(DARK, background)
    qtbot.addWidget(made)
    made.resize(320, 800)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.show_document(opened, book)
    yield made
    made.show_document(None, book)
