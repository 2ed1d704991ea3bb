"""Where in a document one is."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from engine.graph.document import Document, NodeSpec, Subgraph
from engine.graph.registry import installed_registry
from studio.canvas.breadcrumb import Breadcrumb
from studio.document import OpenDocument


@pytest.fixture
def opened() -> OpenDocument:
    """A subgraph in a subgraph."""
    inner = Subgraph(nodes={"n": NodeSpec(type="text.prompt", version=1)})
    outer = Subgraph(nodes={"in": NodeSpec(type="subgraph/inner", version=1)})
    document = Document(
        name="Film",
        nodes={"out": NodeSpec(type="subgraph/outer", version=1)},
        subgraphs={"inner": inner, "outer": outer},
        view={"nodes": {"outer:in": {"title": "My part"}}},
    )
    return OpenDocument(document, installed_registry())


def steps_of(crumbs: Breadcrumb) -> list[QToolButton]:
    return [each for each in crumbs.findChildren(QToolButton) if not each.isHidden()]


def test_at_the_top_it_is_not_seen(opened: OpenDocument, qtbot: QtBot) -> None:
    crumbs = Breadcrumb(opened)
    qtbot.addWidget(crumbs)
    assert crumbs.isHidden()


def test_it_names_every_level(opened: OpenDocument, qtbot: QtBot) -> None:
    crumbs = Breadcrumb(opened)
    qtbot.addWidget(crumbs)
    opened.enter("out")
    opened.enter("in")
    assert not crumbs.isHidden()
    assert crumbs.names() == (opened.name, "outer", "My part")


def test_a_step_leads_back(opened: OpenDocument, qtbot: QtBot) -> None:
    crumbs = Breadcrumb(opened)
    qtbot.addWidget(crumbs)
    opened.enter("out")
    opened.enter("in")
    qtbot.waitUntil(lambda: len(steps_of(crumbs)) == 2)
    steps_of(crumbs)[0].click()
    assert opened.trail == ()
    assert crumbs.isHidden()
