"""Importing the viewer loads nothing that decodes, and its logic knows no Qt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
HEAVY = ("av", "numpy", "cv2", "sounddevice", "torch", "c2pa")
PURE = ("clock", "decoding", "framing", "frame_cache", "frame_source", "look", "media")
PURE += ("meter", "pixels", "player", "provenance", "sound", "sound_feed", "stills", "timecode")


def loaded_by(code: str, names: tuple[str, ...]) -> str:
    code = f"{code}\nimport sys\nprint(*(n for n in {names!r} if n in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_panel_loads_nothing_heavy() -> None:
    assert loaded_by("import studio.viewer.panel", HEAVY) == ""


def test_the_logic_knows_no_qt() -> None:
    names = ", ".join(f"studio.viewer.{name}" for name in PURE)
    assert loaded_by(f"import {names}", ("PySide6", *HEAVY)) == ""
