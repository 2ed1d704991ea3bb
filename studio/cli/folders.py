"""Where things are kept: what must outlive the command line, and models' weights."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """Results, checkpoints and logs: the user's state folder, or what REELWRIGHT_STATE names."""
    named = os.environ.get("REELWRIGHT_STATE")
    if named:
        return Path(named)
    from platformdirs import user_state_path

    return user_state_path("reelwright")


def holds_weights(folder: Path) -> bool:
    """Whether a model's folder has any weights in it."""
    return any(folder.rglob("*.safetensors"))
