"""Converting a pickle of weights to safetensors, without ever opening it in this process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from engine.atomic import replacing, storage_failed
from engine.errors import InvalidInput, InvalidWeights
from engine.models.weights import ACCEPTED, REFUSED, check_weights

CHILD: Final = (sys.executable, "-m", "engine.models.unpickling")
PACKAGE: Final = Path(__file__).parents[2]


def convert(file: Path, output: Path | None = None) -> Path:
    """Write a pickle's tensors as safetensors, beside it unless told otherwise; returns the file.

    The pickle is opened in a process that can open no other file, reach no network and start no
    program (engine/models/unpickling.py).  Raises InvalidInput for a file that is none or stands in
    the way, InvalidWeights for one that holds more than weights, StorageFailed if there is no room.
    """
    target = output or file.with_suffix(ACCEPTED)
    _check(file, target)
    try:
        with replacing(target) as partial:
            _run(file, partial)
            check_weights(partial)
    except OSError as error:
        raise storage_failed(error, target) from error
    return target


def _check(file: Path, target: Path) -> None:
    if not file.is_file():
        raise InvalidInput(f"'{file}' does not exist.", remedy="Check the path.")
    if file.suffix not in REFUSED:
        raise InvalidInput(
            f"'{file}' is none of {', '.join(REFUSED)}.", remedy="Only those are converted."
        )
    if target.suffix != ACCEPTED:
        raise InvalidInput(f"'{target}' must end in {ACCEPTED}.", remedy="Name it so.")
    if target.exists():
        raise InvalidInput(
            f"'{target}' is there already.", remedy="Remove it, or name another with --output."
        )


def _run(file: Path, partial: Path) -> None:
    source = os.open(file, os.O_RDONLY)
    try:
        target = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            done = subprocess.run(
                [*CHILD, str(source), str(target)],
                pass_fds=(source, target),
                cwd=PACKAGE,
                env={"PATH": os.defpath, "HOME": os.devnull, "PYTHONPATH": str(PACKAGE)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            os.close(target)
    finally:
        os.close(source)
    if done.returncode:
        reason = done.stdout.strip() or "it needs more memory or time than it may have"
        raise InvalidWeights(
            f"'{file}' cannot be converted: {reason}.",
            remedy="Ask whoever made it for safetensors.",
        )
