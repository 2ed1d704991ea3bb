"""Files of any kind are opened in order; one that cannot be opened hides no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.graph.document import Document, save_document
from engine.graph.registry import installed_registry
from studio.app.documents import Documents
from studio.app.opening import Opening
from studio.background import Background
from studio.project.opening import AddLoader, OpenInside


@pytest.fixture
def documents() -> Documents:
    return Documents(installed_registry(), asks=None)  # type: ignore[arg-type]  # asks nothing


@pytest.fixture
def opening(documents: Documents, qapp: object) -> Iterator[Opening]:
    background = Background()
    yield Opening(documents, background)
    background.close()


def graphs(folder: Path, *names: str) -> list[Path]:
    paths = [folder / f"{name}.reel" for name in names]
    for path in paths:
        save_document(Document(name=path.stem), path)
    return paths


def names(documents: Documents) -> list[str]:
    return [item.name for item in documents.items]


def test_tabs_stand_in_the_order_of_the_names(
    opening: Opening, documents: Documents, tmp_path: Path, qtbot: QtBot
) -> None:
    opening.open(graphs(tmp_path, "c", "a", "b"))
    qtbot.waitUntil(lambda: names(documents) == ["c", "a", "b"])


def test_a_missing_file_is_told_and_the_next_one_opens(
    opening: Opening, documents: Documents, tmp_path: Path, qtbot: QtBot
) -> None:
    told: list[str] = []
    opening.failed.connect(lambda error, path: told.append(path.name))
    opening.open([tmp_path / "gone.reel", *graphs(tmp_path, "a")])
    qtbot.waitUntil(lambda: names(documents) == ["a"])
    assert told == ["gone.reel"]


def test_a_file_that_is_open_comes_to_the_front(
    opening: Opening, documents: Documents, tmp_path: Path, qtbot: QtBot
) -> None:
    paths = graphs(tmp_path, "a", "b")
    opening.open([*paths, paths[0]])
    qtbot.waitUntil(lambda: len(documents.items) == 2 and documents.current is documents.items[0])


def test_a_graph_inside_a_video_has_no_file_of_its_own(
    opening: Opening, documents: Documents
) -> None:
    opening.carry_out(OpenInside(Document(name="inside"), Path("cat.mp4")))
    assert documents.current is not None
    assert documents.current.path is None
    assert documents.current.name == "inside"


def test_media_get_nodes_that_load_them_beside_each_other(
    opening: Opening, documents: Documents
) -> None:
    for name in ("a.png", "b.png"):
        opening.carry_out(AddLoader("input.image", 1, Path(name)))
    document = documents.current
    assert document is not None
    assert len(document.document.nodes) == 2
    places = [entry["at"] for entry in document.document.view["nodes"].values()]  # type: ignore
    assert places[0] != places[1]
    assert document.selection.nodes == set(document.document.nodes)


def test_media_that_no_node_loads_are_told(opening: Opening, documents: Documents) -> None:
    told: list[str] = []
    opening.failed.connect(lambda error, path: told.append(str(error)))
    opening._have_read(Path("a.xyz"), AddLoader("input.image", 1, Path("a.xyz")))
    assert "a.xyz" in told[0]
