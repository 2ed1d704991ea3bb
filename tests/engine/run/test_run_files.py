"""A file that is replaced while a run is under way fails its reader, and is not kept as the old."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.registry import Registry
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest, RunResult
from tests.engine.run.toys import graph

MEANWHILE: dict[str, Callable[[], object]] = {}
"""What happens once while a node computes, by its id."""


class Wait(Node, type="toy.wait", version=1, category="Toys"):
    """Takes its time."""

    def run(self, ctx: Context) -> int:
        MEANWHILE.pop(ctx.node, int)()
        return 1


class Read(Node, type="toy.read", version=1, category="Toys"):
    """The text of a file or of several, once something else is done."""

    after: int = Param(0)
    paths: list[str] = Param([], widget="open-file")

    def run(self, ctx: Context) -> str:
        MEANWHILE.pop(ctx.node, int)()
        return "".join(Path(path).read_text("utf-8") for path in self.paths)


Run = Callable[[], RunResult]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.txt"


@pytest.fixture
def run(tmp_path: Path, file: Path) -> Run:
    """Runs a graph that waits, then reads the file; in one process."""
    own = Registry.of(Wait, Read)
    runner = LocalRunner(own, folder=tmp_path / "state", output=tmp_path / "out")
    nodes = {"wait": "wait", "read": ("read", {"paths": [str(file)]})}
    return lambda: runner.run(RunRequest(graph(nodes, "wait > read.after")))


@pytest.mark.parametrize("during", ["wait", "read"])
def test_only_a_file_of_other_content_fails_its_reader_and_only_once(
    run: Run, file: Path, during: str
) -> None:
    file.write_text("one")
    MEANWHILE[during] = lambda: file.write_text("other")
    error = run().errors["read"]
    assert str(error) == f"Node 'read': '{file}' has changed since the run began. Run again."
    MEANWHILE["read"] = lambda: (file.unlink(), file.write_text("other"))
    assert run().values["read"]["result"] == "other"
    file.write_text("one")
    assert run().values["read"]["result"] == "one"


def test_a_file_that_came_too_late_is_not_kept_as_missing(run: Run, file: Path) -> None:
    MEANWHILE["wait"] = lambda: file.write_text("late")
    assert "has changed since the run began" in str(run().errors["read"])
    assert run().values["read"]["result"] == "late"
