"""Where there is no screen, one sentence says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studio.app.screen import NoScreen, require_screen


def here(library: str) -> bool:
    return True


def test_no_screen_is_one_sentence_and_no_trace(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "studio", "studio"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "There is no screen here" in done.stderr
    assert "reelwright run" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_screen_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoScreen, match="The screen ':7'"):
        require_screen({"DISPLAY": ":7.0"} | {"DISPLAY": ":7"}, here, tmp_path)


def test_a_missing_library_is_named_with_its_package(tmp_path: Path) -> None:
    (tmp_path / "X7").touch()
    with pytest.raises(NoScreen, match="apt install libxcb-cursor0"):
        require_screen({"DISPLAY": ":7.0"}, lambda _: False, tmp_path)


@pytest.mark.parametrize(
    "environment",
    [
        {"DISPLAY": ":7.0"},
        {"DISPLAY": "elsewhere:0"},
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"QT_QPA_PLATFORM": "offscreen"},
    ],
)
def test_a_screen_is_enough(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "X7").touch()
    require_screen(environment, here, tmp_path)
