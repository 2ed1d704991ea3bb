"""Node packs are found and loaded; a broken one is named and breaks no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import ReelwrightError
from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.registry import NodePack, Registry, installed_registry
from tests.engine.graph.samples import NODES, REGISTRY, GiveNumber, PaintImage


class Faulty(Node, type="test.faulty"):
    """Its field is neither an input nor a parameter."""

    what: int

    def run(self, ctx: Context) -> None: ...


class Impostor(Node, type="test.number"):
    """Takes a name that is taken."""

    def run(self, ctx: Context) -> None: ...


def test_nodes_are_found_by_type() -> None:
    assert REGISTRY.get("test.number") is not None
    assert REGISTRY.get("test.nothing") is None
    names = [type.type for type in REGISTRY.types()]
    assert names == sorted(names)
    assert len(names) == len(NODES)


def test_a_mistyped_type_has_a_suggestion() -> None:
    assert REGISTRY.suggest("test.nmber") == "test.number"
    assert REGISTRY.suggest("completely.different") is None


def test_a_pack_may_import_its_nodes_when_it_is_loaded() -> None:
    registry = Registry([NodePack("lazy", "1.0", lambda: [GiveNumber])])
    assert registry.packs == {"lazy": "1.0"}
    assert registry.pack_of("test.number") == "lazy"


def test_a_pack_that_cannot_be_loaded_breaks_no_other() -> None:
    def broken() -> list[type[Node]]:
        raise ImportError("No module named 'warp'")

    registry = Registry([NodePack("bad", "1", broken), NodePack("good", "1", [GiveNumber])])
    assert [str(problem) for problem in registry.problems] == [
        "The node pack 'bad' could not be loaded: ImportError: No module named 'warp'. "
        "Its nodes are missing until it is repaired or removed."
    ]
    assert list(registry.packs) == ["good"]
    assert registry.get("test.number") is not None


def test_a_faulty_node_breaks_no_other() -> None:
    registry = Registry([NodePack("pack", "1", [Faulty, PaintImage])])
    (problem,) = registry.problems
    assert "The node class Faulty of the pack 'pack' is faulty: Field 'what'" in str(problem)
    assert registry.get("test.paint") is not None


def test_what_is_no_node_at_all_breaks_nothing() -> None:
    registry = Registry([NodePack("pack", "1", [int, "x", PaintImage])])  # type: ignore[list-item]
    assert len(registry.problems) == 2
    assert registry.get("test.paint") is not None


def test_the_first_of_two_nodes_with_one_name_is_used() -> None:
    registry = Registry([NodePack("one", "1", [GiveNumber]), NodePack("two", "1", [Impostor])])
    (problem,) = registry.problems
    assert "Two nodes are called 'test.number': of 'one' and of 'two'." in str(problem)
    found = registry.get("test.number")
    assert found is not None
    assert found.node is GiveNumber


def test_a_registry_for_tests_takes_no_faulty_node() -> None:
    with pytest.raises(ReelwrightError, match="Faulty"):
        Registry.of(Faulty)


@pytest.fixture
def other_packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A distribution whose entry points name a good pack, a missing module and a number."""
    info = tmp_path / "extra-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(
        "[reelwright.nodes]\n"
        "extra = extra_pack:PACK\nmissing = not_there:PACK\nnumber = extra_pack:NUMBER\n",
        "utf-8",
    )
    (tmp_path / "extra_pack.py").write_text(
        "from engine.graph.registry import NodePack\n"
        "from tests.engine.graph.samples import PaintImage\n"
        "PACK = NodePack('extra', '1.0', [PaintImage])\n"
        "NUMBER = 3\n",
        "utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    installed_registry.cache_clear()
    yield
    installed_registry.cache_clear()


@pytest.mark.usefixtures("other_packs")
def test_installed_packs_are_found_through_entry_points() -> None:
    registry = installed_registry()
    assert registry is installed_registry()
    assert registry.packs["extra"] == "1.0"
    assert registry.get("test.paint") is not None
    told = [str(problem) for problem in registry.problems]
    assert any("'missing' could not be loaded: ModuleNotFoundError" in text for text in told)
    assert any("'number' gives extra_pack:NUMBER, which is no NodePack" in text for text in told)
