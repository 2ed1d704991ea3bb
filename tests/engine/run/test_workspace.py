"""Temporary folders: there while they are used, gone whatever happens to their owner."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import StorageFailed
from engine.run.workspace import Workspace


def folders(parent: Path) -> list[Path]:
    return [path for path in parent.iterdir() if path.is_dir()]


def test_nothing_is_made_before_it_is_asked_for(tmp_path: Path) -> None:
    Workspace(tmp_path / "w")
    assert not (tmp_path / "w").exists()


def test_it_stays_the_same_and_goes_with_its_owner(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    path = workspace.path
    (path / "spool").write_text("frames")
    assert workspace.path == path
    del workspace
    gc.collect()
    assert not path.exists()


def test_another_one_leaves_those_in_use_alone(tmp_path: Path) -> None:
    first, second = Workspace(tmp_path), Workspace(tmp_path)
    assert first.path != second.path
    assert first.path.is_dir()


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path;"
        "from engine.run.workspace import Workspace;"
        "w = Workspace(Path(sys.argv[1])); (w.path / 'big').write_text('x');"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=root, check=False)
    (left,) = folders(tmp_path)
    assert (left / "big").exists()
    workspace = Workspace(tmp_path)
    assert folders(tmp_path) == [left]
    assert workspace.path != left
    assert folders(tmp_path) == [workspace.path]


def test_a_process_that_ends_by_itself_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from engine.run.workspace import Workspace;"
        "w = Workspace(Path(sys.argv[1])); (w.path / 'big').write_text('x')"
    )
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=root, check=True)
    assert folders(tmp_path) == []


def test_a_place_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFailed, match="temporary files"):
        _ = Workspace(tmp_path / "file").path
