"""What was read out of a picture or a sound with a key."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """A mark that was found: its number, and how far its pilot stands out.

    `confidence` is in standard deviations of what media without the mark show; `segments` counts
    the stretches that were laid over each other to read it.
    """

    id: int
    confidence: float
    segments: int
