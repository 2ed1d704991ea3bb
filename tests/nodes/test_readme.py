"""The recipes that the READMEs print, followed word for word in a copy of the library."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SHARED = ("conftest.py", "pictures.py", "recording.py", "test_pack.py")

FLIP_A_FILE = """
import sys
from pathlib import Path
from engine.graph.document import Document, Link, NodeSpec
from engine.graph.registry import installed_registry
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest

nodes = {
    "in": NodeSpec(type="input.video", version=1, params={"path": "in.png"}),
    "flip": NodeSpec(type="video.flip", version=1),
    "out": NodeSpec(type="output.frames", version=1, params={"name": "out", "sign": False}),
}
links = tuple(
    Link(source=(source, "result"), target=(target, "clip"))
    for source, target in (("in", "flip"), ("flip", "out"))
)
runner = LocalRunner(installed_registry(), folder=Path("state"), output=Path("."))
result = runner.run(RunRequest(Document(nodes=nodes, links=links)))
sys.exit(str(result.errors) if result.errors else 0)
"""


def printed_code(readme: str) -> list[str]:
    """The Python blocks of a README, in order."""
    text = (ROOT / readme).read_text("utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout with the node library and what its tests share; the rest is found in ours."""
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "nodes", tmp_path / "nodes", ignore=skipped)
    (tmp_path / "tests" / "nodes" / "image").mkdir(parents=True)
    for name in SHARED:
        shutil.copy(ROOT / "tests" / "nodes" / name, tmp_path / "tests" / "nodes")
    return tmp_path


def python(copy: Path, *arguments: str) -> str:
    """What a Python started in the copy prints."""
    places = os.pathsep.join([str(copy), str(ROOT)])
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": places, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_node_of_the_first_page_is_shown_and_turns_a_video(copy: Path) -> None:
    import cv2

    (code,) = printed_code("README.md")
    (copy / "nodes" / "image" / "flip_clip.py").write_text(code, "utf-8")
    page = python(copy, "-m", "studio", "nodes", "video.flip")
    assert "Turn every frame upside down." in page

    upright_HWC = np.zeros((32, 48, 3), np.uint8)
    upright_HWC[:10] = 255
    cv2.imwrite(str(copy / "in.png"), upright_HWC)
    python(copy, "-c", FLIP_A_FILE)
    turned_HWC = cv2.imread(str(copy / "out" / "frame_000001.png"))
    np.testing.assert_array_equal(turned_HWC, upright_HWC[::-1])


def test_the_recipe_with_parameters_and_a_test_passes(copy: Path) -> None:
    node, test = printed_code("nodes/README.md")
    (copy / "nodes" / "image" / "repeat_video.py").write_text(node, "utf-8")
    (copy / "tests" / "nodes" / "image" / "test_repeat_video.py").write_text(test, "utf-8")
    page = python(copy, "-m", "studio", "nodes", "video.repeat")
    assert "How often it is shown." in page
    told = python(
        copy,
        *("-m", "pytest", "--import-mode=importlib", "-p", "no:cacheprovider", "--rootdir=."),
        *("-v", "tests/nodes/image", "tests/nodes/test_pack.py"),
    )
    assert "test_a_video_is_shown_as_often_as_asked PASSED" in told
    assert "RepeatVideo" in told
