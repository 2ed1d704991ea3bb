"""Whether there is a screen to open a window on: Qt itself ends the process where there is none."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from engine.errors import ReelwrightError

XCB_CURSOR: Final = "libxcb-cursor.so.0"
"""What Qt needs on X11 and no wheel brings."""
SOCKETS: Final = Path("/tmp/.X11-unix")


class NoScreen(ReelwrightError):
    """No window can be opened here."""


def require_screen(
    environment: Mapping[str, str],
    loads: Callable[[str], bool] | None = None,
    sockets: Path = SOCKETS,
) -> None:
    """Raise NoScreen, with the way out, where Qt would find none.  Looks only on Linux."""
    if not sys.platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return
    if environment.get("WAYLAND_DISPLAY"):
        return
    display = environment.get("DISPLAY", "")
    if not display:
        raise NoScreen(
            "There is no screen here: neither DISPLAY nor WAYLAND_DISPLAY is set.",
            remedy="Graphs run without one: 'reelwright run my.reel'.",
        )
    number = display.removeprefix(":").partition(".")[0]
    if display.startswith(":") and sockets.is_dir() and not (sockets / f"X{number}").exists():
        raise NoScreen(
            f"The screen '{display}' that DISPLAY names is not there.",
            remedy="Start it, or correct DISPLAY.",
        )
    if not (loads or _loads)(XCB_CURSOR):
        raise NoScreen(
            f"The library {XCB_CURSOR} is missing, without which Qt opens no window.",
            remedy="Install it: 'apt install libxcb-cursor0', 'dnf install xcb-util-cursor'.",
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
