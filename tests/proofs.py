"""What the tests prove of models: the marker `proves`, and how its uses are gathered.

    @pytest.mark.proves("wan2.1-t2v-*", "text")
    @pytest.mark.proves("{family}", "lora")      # the value of the test's parameter `family`

The first argument is of whom: families or ids of the catalog, '*' for any letters, several with
spaces between.  The others are what: modes of the catalog (`engine.models.catalog.Mode`) and the
abilities of families (`tests.models_table.ABILITIES`).  Cases of a test have marks of their own
(`pytest.param(..., marks=...)`).

pytest itself gathers them, so that what counts is a test that would run: one that is skipped or
expected to fail proves nothing.  That it passes is for the suite to say.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILE = "REELWRIGHT_PROOFS"
"""The variable of the environment that tells the inner pytest where to write."""
MARKER = "proves(of, *what): see tests/proofs.py"
NO_PROOF = ("skip", "skipif", "xfail")


@dataclass(frozen=True)
class Proof:
    """One test, of whom it proves something, and what."""

    test: str
    of: str
    what: tuple[str, ...]

    def is_of(self, family: str, id: str = "") -> bool:
        """Whether it is about a family, or about one model of it where an id is given."""
        return any(
            name == family or (bool(id) and fnmatchcase(id, name)) for name in self.of.split()
        )


def gather() -> tuple[Proof, ...]:
    """Every proof in the tests."""
    return proofs_in(path for path in (ROOT / "tests").rglob("test_*.py") if _is_marked(path))


def proofs_in(files: Iterable[Path]) -> tuple[Proof, ...]:
    """The proofs in these files.  Starts a pytest that collects and runs nothing."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "tests.proofs"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "proofs.json"
        told = subprocess.run(
            [*command, *map(str, files)],
            cwd=ROOT,
            env=os.environ | {FILE: str(file)},
            capture_output=True,
            text=True,
            check=False,
        )
        if not file.is_file() or told.returncode != 0:
            raise RuntimeError(f"the tests cannot be collected:\n{told.stdout[-2000:]}")
        found = json.loads(file.read_text("utf-8"))
    return tuple(Proof(test, of, tuple(what)) for test, of, what in found)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known where no conftest.py of ours does."""
    config.addinivalue_line("markers", MARKER)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Write down what was collected, where this module is a plugin of the inner pytest."""
    proofs = [
        (item.nodeid, _of(item, mark), mark.args[1:])
        for item in session.items
        if not any(item.get_closest_marker(name) for name in NO_PROOF)
        for mark in item.iter_markers("proves")
    ]
    Path(os.environ[FILE]).write_text(json.dumps(proofs), "utf-8")


def _of(item: pytest.Item, mark: pytest.Mark) -> str:
    """Of whom a mark speaks, with the values of the test's parameters for those in braces."""
    case = getattr(item, "callspec", None)
    params = case.params if case else {}
    return re.sub(r"{(\w+)}", lambda name: str(params[name[1]]), mark.args[0])


def _is_marked(path: Path) -> bool:
    return "mark.proves(" in path.read_text("utf-8")
