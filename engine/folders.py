"""Where things are kept on this computer; each place can be moved by an environment variable.

configuration   identities, the user's catalog     REELWRIGHT_CONFIG
state           results, checkpoints, logs         REELWRIGHT_STATE
models          weights that were pulled           REELWRIGHT_MODELS
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PRODUCT: Final = "reelwright"


def config_folder() -> Path:
    """What belongs to this user: identities, their own catalog."""
    from platformdirs import user_config_path

    return _named("REELWRIGHT_CONFIG") or user_config_path(PRODUCT)


def state_folder() -> Path:
    """What must outlive a run: results, checkpoints and logs."""
    from platformdirs import user_state_path

    return _named("REELWRIGHT_STATE") or user_state_path(PRODUCT)


def models_folder() -> Path:
    """Weights that were pulled."""
    from platformdirs import user_data_path

    return _named("REELWRIGHT_MODELS") or user_data_path(PRODUCT) / "models"


def _named(variable: str) -> Path | None:
    chosen = os.environ.get(variable)
    return Path(chosen) if chosen else None
