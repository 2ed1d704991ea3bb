"""The menu bar as data: lists of command keys; None is a line between, `Menu` a menu in a menu."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

Entry: TypeAlias = "str | Menu | None"


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu and what stands in it, from top to bottom.

    `name` is set where the window fills in more than commands, as with the recent files.
    """

    title: str
    entries: tuple[Entry, ...]
    name: str = ""

    def commands(self) -> Iterator[str]:
        """The keys of all commands in it, and in the menus in it."""
        for entry in self.entries:
            if isinstance(entry, Menu):
                yield from entry.commands()
            elif entry is not None:
                yield entry


def _within(room: str, names: str) -> tuple[Entry, ...]:
    """Keys of one room; '-' is a line between."""
    return tuple(None if name == "-" else f"{room}.{name}" for name in names.split())


RECENT: Final = "recent"
COLORS: Final = _within(
    "canvas",
    "color_none - color_slate color_rose color_amber color_leaf color_sky color_violet"
    " color_sand color_teal",
)

MENUS: Final = (
    Menu(
        "File",
        (
            *_within("file", "new new_from_template open"),
            Menu("Open recent", (), RECENT),
            *_within("file", "reopen - save save_as - import_media - close close_others -"),
            *_within("file", "preferences quit"),
        ),
    ),
    Menu(
        "Edit",
        _within(
            "edit",
            "undo redo - cut copy paste paste_linked duplicate duplicate_linked - delete"
            " delete_reconnect rename - select_all select_none select_upstream select_downstream"
            " - find",
        ),
    ),
    Menu(
        "View",
        (
            *_within("view", "palette app -"),
            *_within("view", "frame_selection frame_all zoom_in zoom_out actual_size -"),
            Menu(
                "Panels",
                _within("view", "viewer inspector - queue history machines models changes log"),
            ),
            *_within("view", "reset_layout - minimap previews snap -"),
            *_within("view", "next_tab previous_tab next_area previous_area - theme fullscreen"),
        ),
    ),
    Menu(
        "Graph",
        (
            *_within("canvas", "add note frame reroute -"),
            *_within("canvas", "bypass mute collapse disconnect view_node -"),
            *_within("canvas", "group ungroup enter leave"),
            Menu(
                "Subgraph definitions",
                _within("canvas", "rename_subgraph make_unique - remove_unused"),
            ),
            *_within("canvas", "- layout"),
            Menu(
                "Align",
                _within(
                    "canvas",
                    "align_left align_center align_right - align_top align_middle align_bottom -"
                    " distribute_across distribute_down",
                ),
            ),
            Menu("Color", COLORS),
        ),
    ),
    Menu(
        "Run",
        _within(
            "run",
            "run front selected sweep - interrupt pause resume retry -"
            " next_problem previous_problem",
        ),
    ),
    Menu(
        "Viewer",
        (
            *_within("viewer", "play step_back step_forward jump_back jump_forward first last -"),
            *_within("viewer", "loop set_in set_out clear_range slower normal_speed faster -"),
            *_within("viewer", "wipe side_by_side difference swap contact_sheet -"),
            *_within("viewer", "fit actual_pixels exposure_up exposure_down exposure_reset"),
            *_within("viewer", "channels - mute export_frame"),
        ),
    ),
    Menu("Help", _within("help", "guide welcome keys - report about")),
)
