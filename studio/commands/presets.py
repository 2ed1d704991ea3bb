"""Key maps of other programs, as differences from ours, for hands that know those."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

KeyMap = Mapping[str, tuple[str, ...]]
"""The keys of commands, by command."""

DEFAULT_PRESET: Final = "reelwright"

# ComfyUI 0.28's table; what it has no word for stays as it is.
_COMFYUI: Final[KeyMap] = {
    "canvas.bypass": ("Ctrl+B",),
    "canvas.collapse": ("Alt+C",),
    "canvas.frame": ("Ctrl+G",),
    "canvas.group": ("Ctrl+Shift+E",),
    "canvas.ungroup": ("Ctrl+Shift+U",),
    "canvas.enter": (),
    "view.frame_selection": (".", "F"),
    "view.zoom_in": ("Alt+=", "Ctrl+="),
    "view.zoom_out": ("Alt+-", "Ctrl+-"),
    "view.queue": ("Ctrl+3", "Ctrl+Alt+Q"),
    "view.log": ("Ctrl+8", "Ctrl+`"),
    "edit.paste_linked": ("Ctrl+Shift+V",),
    "edit.duplicate": ("Ctrl+D",),
}

# Nuke 15's node graph and viewer.
_NUKE: Final[KeyMap] = {
    "canvas.add": ("Tab",),
    "canvas.bypass": ("D",),
    "canvas.mute": ("Ctrl+Shift+M",),
    "canvas.note": ("Alt+N",),
    "canvas.reroute": (".",),
    "canvas.disconnect": ("Ctrl+Shift+X",),
    "canvas.enter": ("Ctrl+Down",),
    "canvas.leave": ("Ctrl+Up", "U"),
    "canvas.view_node": ("1",),
    "canvas.frame": ("Ctrl+J", "Shift+B"),
    "edit.duplicate": ("Alt+C",),
    "edit.duplicate_linked": ("Ctrl+Shift+D",),
    "edit.rename": ("N", "F2"),
    "edit.find": ("Ctrl+F", "/"),
    "edit.select_upstream": ("Ctrl+Shift+A",),
    "edit.select_none": (),
    "run.run": ("Ctrl+Enter", "Ctrl+Return", "F5"),
    "run.selected": ("F7", "Alt+Enter", "Alt+Return"),
    "viewer.play": ("Space", "L"),
    "viewer.faster": ("Shift+L",),
    "viewer.slower": ("Shift+J",),
    "viewer.exposure_reset": ("Ctrl+0",),
}

PRESETS: Final[Mapping[str, KeyMap]] = MappingProxyType(
    {DEFAULT_PRESET: {}, "comfyui": _COMFYUI, "nuke": _NUKE}
)
PRESET_TITLES: Final[Mapping[str, str]] = {
    "reelwright": "Reelwright",
    "comfyui": "ComfyUI",
    "nuke": "Nuke",
}
