"""The real command line over a pack of toy nodes, found as any pack is: through its entry point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from engine.graph.registry import installed_registry
from studio.cli.main import app

ROOT = Path(__file__).parents[3]
PACK = Path(__file__).parent / "pack"


@pytest.fixture(scope="session")
def pack_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What PYTHONPATH must name for the toy pack to be installed."""
    site = tmp_path_factory.mktemp("site")
    info = site / "toys-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toys\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[reelwright.nodes]\ntoys = toy_nodes:PACK\n")
    return os.pathsep.join([str(site), str(PACK)])


@pytest.fixture(autouse=True)
def _toys_installed(
    pack_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    for place in pack_path.split(os.pathsep):
        monkeypatch.syspath_prepend(place)
    for variable in ("STATE", "CONFIG", "MODELS"):
        monkeypatch.setenv(f"REELWRIGHT_{variable}", str(tmp_path / variable.lower()))
    monkeypatch.chdir(tmp_path)
    installed_registry.cache_clear()
    yield
    installed_registry.cache_clear()


@dataclass(frozen=True)
class Cli:
    """Runs `reelwright ARGUMENTS` in this process, or in one of its own."""

    environment: Mapping[str, str]

    def __call__(self, *arguments: object) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert "Traceback" not in result.output, result.output
        return result

    def process(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "studio", *map(str, arguments)],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def cli(pack_path: str) -> Cli:
    paths = os.pathsep.join([str(ROOT), pack_path])
    return Cli({**os.environ, "PYTHONPATH": paths, "NO_COLOR": "1"})


GraphWriter = Callable[..., Path]


@pytest.fixture
def write_graph(tmp_path: Path) -> GraphWriter:
    """Writes a graph file: nodes as {id: (type, params)}, links as 'a.port > b.port'."""

    def write(
        nodes: Mapping[str, tuple[str, Mapping[str, object]]],
        *links: str,
        name: str = "graph.reel",
        exposed: Mapping[str, str] | None = None,
        **more: object,
    ) -> Path:
        ends = [[end.strip().split(".") for end in link.split(">")] for link in links]
        graph = {
            "format": 1,
            "name": "A toy",
            "nodes": {
                id: {"type": type, "version": 2 if type == "toy.count" else 1, "params": params}
                for id, (type, params) in nodes.items()
            },
            "links": [{"from": source, "to": target} for source, target in ends],
            "exposed": {
                key: dict(zip(("node", "param"), place.split("."), strict=True))
                for key, place in (exposed or {}).items()
            },
            **more,
        }
        path = tmp_path / name
        path.write_text(json.dumps(graph))
        return path

    return write


@pytest.fixture
def talk(write_graph: GraphWriter) -> Path:
    """A graph that says something and writes it to a file; `text` is exposed."""
    return write_graph(
        {"say": ("toy.say", {"text": "hello"}), "write": ("toy.write", {})},
        "say.result > write.words",
        name="talk.reel",
        exposed={"text": "say.text"},
    )
