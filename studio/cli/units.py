"""systemd units for the commands that stay."""

from __future__ import annotations

import sys
from pathlib import Path

from studio.cli.console import messages, results


def print_unit(title: str, folder: Path) -> None:
    """Print a unit that runs the present command line without `--unit`."""
    from cluster_agent.launchers.systemd import unit

    words = [word for word in sys.argv[1:] if word != "--unit"]
    results().print(unit(title, [str(Path(sys.argv[0]).absolute()), *words], folder), end="")
    name = words[0] if words else "reelwright"
    messages().print(
        f"Keep it as ~/.config/systemd/user/reelwright-{name}.service, then "
        f"'systemctl --user enable --now reelwright-{name}'.",
        style="dim",
        soft_wrap=True,
    )
