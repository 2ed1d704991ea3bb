"""The command line works where nothing was installed but what the program itself needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
from studio.cli.main import main
sys.argv = ["reelwright", *{arguments}]
main()
"""
NAMES = {"pyside6_essentials": "PySide6", "pyzmq": "zmq", "python_pkcs11": "pkcs11"}
"""Packages that are imported by another name than they are installed by."""


def extras() -> set[str]:
    """What the extras bring, as it is imported."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = (
        each for extra in ("models", "studio", "cluster", "token")
        for each in project["optional-dependencies"][extra]
    )  # fmt: skip
    names = {re.split(r"[\[><=!~]", each)[0].lower().replace("-", "_") for each in wanted}
    return {NAMES.get(name, name) for name in names} - {"reelwright"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("new",),
        ("models", "list"),
        ("models", "info", "wan2.1-t2v-1.3b"),
        ("estimate", str(ROOT / "assets" / "graphs" / "wan_text.reel")),
        ("validate", str(ROOT / "assets" / "graphs" / "wan_text.reel")),
        ("doctor",),
        ("demo",),
    ],
    ids=" ".join,
)
def test_a_command_needs_none_of_the_extras(arguments: tuple[str, ...], tmp_path: Path) -> None:
    missing = extras()
    assert {"PySide6", "psygnal", "diffusers", "zmq"} <= missing
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(missing=missing, arguments=arguments)],
        cwd=tmp_path,
        env={"PATH": "", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No module named" not in told.stdout + told.stderr
    assert "should not have happened" not in told.stderr
    assert told.returncode == 0 or arguments == ("doctor",), told.stderr
