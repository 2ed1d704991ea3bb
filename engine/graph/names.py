"""What people may have meant when a name is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

COMPARED_NAMES: Final = 300
"""Names of similar length that are compared at most, so that a bad document costs no minute."""

OFFERED_NAMES: Final = 12


def closest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `name` was probably meant to be, or None."""
    from difflib import get_close_matches

    near = (other for other in names if abs(len(other) - len(name)) <= max(3, len(name) // 2))
    matches = get_close_matches(name, islice(near, COMPARED_NAMES), n=1, cutoff=0.6)
    return matches[0] if matches else None


def way_out(name: str, names: Iterable[str], *, none: str = "") -> str:
    """A remedy for an unknown name: what was probably meant, else what there is.

    `none` is the remedy if there are no names at all.
    """
    known = list(names)
    meant = closest(name, known)
    if meant is not None:
        return f"Did you mean '{meant}'?"
    if not known:
        return none
    offered = ", ".join(f"'{other}'" for other in known[:OFFERED_NAMES])
    return f"There is {offered}{' and more' if len(known) > OFFERED_NAMES else ''}."
