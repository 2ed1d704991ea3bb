"""Taste, tested: the size of files, the words of names, and what importing costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("engine", "nodes", "studio", "cluster_agent")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
HEAVY = ("torch", "diffusers", "transformers", "cv2", "av", "PySide6")
MAX_LINES = 400


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_has_one_subject(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES
    assert not VAGUE & set(path.stem.split("_"))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_module_begins_with_a_sentence(path: Path) -> None:
    doc = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert doc, f"{name(path)} does not say what lives there"
    assert doc.split("\n\n")[0].rstrip().endswith((".", ":"))


@pytest.mark.parametrize("room", [*ROOMS, "assets", "tests"])
def test_every_room_has_a_readme(room: str) -> None:
    assert (ROOT / room / "README.md").is_file()


# Reads a pickle in a process that can do nothing else, to make safetensors of it.
UNPICKLING = ROOT / "engine" / "models" / "unpickling.py"


def test_nothing_is_pickled() -> None:
    banned = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert not banned & {alias.name.split(".")[0] for alias in node.names}, name(path)
            if path == UNPICKLING:
                continue
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                call = f"{node.value.id}.{node.attr}"
                assert call not in {"torch.save", "torch.load", "np.load"}, name(path)


LIGHT = {
    "the graph": "import engine.graph.document, engine.graph.validate, engine.graph.edits",
    "every node": (
        "from engine.graph.registry import installed_registry as r\n"
        "from engine.graph.schema import node_schema as s\n"
        "[s(t) for t in r().types()]"
    ),
    "validating the demo": (
        "from engine.graph.document import load_document as l\n"
        "from engine.graph.registry import installed_registry as r\n"
        "from engine.graph.validate import check as c\n"
        "c(l('assets/graphs/demo.reel'), r())"
    ),
    "the values": "import engine.values, engine.run.events, engine.run.runner",
    "the command line": "import studio.cli.main",
}


@pytest.mark.parametrize("what", LIGHT)
def test_light_work_loads_nothing_heavy(what: str) -> None:
    code = f"{LIGHT[what]}\nimport sys\nprint(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
