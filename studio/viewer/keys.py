"""The viewer's keys while it has the focus, where no key map of the window says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Qt's portable text to the command's key without 'viewer.'.
KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Space": "play",
        "Left": "step_back",
        ",": "step_back",
        "Right": "step_forward",
        ".": "step_forward",
        "Shift+Left": "jump_back",
        "Shift+Right": "jump_forward",
        "Home": "first",
        "End": "last",
        "J": "slower",
        "K": "normal_speed",
        "L": "faster",
        "I": "set_in",
        "O": "set_out",
        "X": "clear_range",
        "R": "loop",
        "W": "wipe",
        "S": "side_by_side",
        "D": "difference",
        "A": "swap",
        "F": "fit",
        "0": "fit",
        "1": "actual_pixels",
        "+": "exposure_up",
        "=": "exposure_up",
        "-": "exposure_down",
        "H": "channels",
        "T": "contact_sheet",
        "M": "mute",
        "Ctrl+Alt+E": "export_frame",
    }
)
