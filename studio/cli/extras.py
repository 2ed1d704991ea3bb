"""Packages that only some commands need, and that are not installed with the rest."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final

from engine.errors import InvalidInput

_CLUSTER: Final = ("zmq", "msgpack", "fsspec")
PACKAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "cluster": _CLUSTER,
    "studio": ("PySide6", "psygnal", *_CLUSTER),
}


def require_extra(extra: str) -> None:
    """Raises InvalidInput where a package of an extra is not installed; imports none of them."""
    for package in PACKAGES[extra]:
        if find_spec(package) is None:
            raise InvalidInput(
                f"This needs the package '{package}', which is not installed.",
                remedy=f"Install it with: pip install 'reelwright[{extra}]'",
            )
