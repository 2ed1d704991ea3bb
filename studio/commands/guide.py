"""The guide's table of commands; `python -m studio.commands.guide` makes it anew from the data."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from studio.commands.keys import as_read, keys_of
from studio.commands.menus import MENUS
from studio.commands.presets import PRESET_TITLES
from studio.commands.table import COMMANDS

GUIDE: Final = Path(__file__).parent.parent / "GUIDE.md"
_BEGIN: Final = "<!-- commands -->\n"
_END: Final = "<!-- end -->"


def table() -> str:
    """Every command by menu, with its keys in each key map, as Markdown."""
    maps = {preset: keys_of(preset) for preset in PRESET_TITLES}
    lines: list[str] = []
    for menu in MENUS:
        titles = " | ".join(PRESET_TITLES.values())
        lines += [f"### {menu.title}", "", f"| command | {titles} | what it does |"]
        lines += ["|---" * (len(maps) + 2) + "|"]
        for key in menu.commands():
            command = COMMANDS[key]
            keys = " | ".join(_shown(each[key]) for each in maps.values())
            lines.append(f"| {command.text.rstrip('…')} | {keys} | {command.help} |")
        lines.append("")
    return "\n".join(lines)


def renewed(guide: str) -> str:
    """A guide with its table as it is now."""
    head, _, rest = guide.partition(_BEGIN)
    _, _, tail = rest.partition(_END)
    return f"{head}{_BEGIN}\n{table()}\n{_END}{tail}"


def _shown(keys: tuple[str, ...]) -> str:
    return ", ".join(
        f"`` {key} ``" if "`" in key else f"`{key}`" for key in dict.fromkeys(map(as_read, keys))
    )


if __name__ == "__main__":
    GUIDE.write_text(renewed(GUIDE.read_text("utf-8")), "utf-8")
