"""How soon the first frame of a streamed clip is there, beside the whole clip; with the starter."""

from __future__ import annotations

import statistics
import time
from fractions import Fraction

from engine.models.catalog import handle
from engine.models.family import SampleRequest
from engine.models.residency import Residency
from engine.models.starter.family import StarterFamily
from tests.benchmarks._table import row

PROMPT = "a red ball moving right over a meadow"
ROUNDS = 5


def request_of(family: StarterFamily, steps: int) -> SampleRequest:
    likes = family.capabilities
    return SampleRequest(
        positive=family.encode_prompt(PROMPT), negative=None, width=likes.width,
        height=likes.height, frames=likes.frames, fps=Fraction(likes.fps), steps=steps,
        guidance=likes.guidance, seed=1, audio=False,
    )  # fmt: skip


def streamed(family: StarterFamily, request: SampleRequest) -> tuple[float, float]:
    """Seconds until the first frame, and until the last."""
    begun = time.perf_counter()
    frames = family.stream(request)
    next(frames)
    first = time.perf_counter() - begun
    for _ in frames:
        pass
    return first, time.perf_counter() - begun


def whole(family: StarterFamily, request: SampleRequest) -> float:
    """Seconds until the first frame of the same clip, sampled as a whole."""
    begun = time.perf_counter()
    state = family.begin(request)
    while state.step < state.steps:
        state = family.step(request, state)
    next(family.decode(family.finish(request, state)))
    return time.perf_counter() - begun


def main() -> None:
    """Print a row for each number of steps: medians of rounds in which both ways take turns."""
    family = Residency().get(handle("starter"))
    assert isinstance(family, StarterFamily)
    for steps in (4, 16):
        request = request_of(family, steps)
        streamed(family, request)
        rounds = [(*streamed(family, request), whole(family, request)) for _ in range(ROUNDS)]
        first, last, sampled = (statistics.median(column) for column in zip(*rounds, strict=True))
        row(f"{steps} steps: first frame, share of the streamed clip's time",
            f"{first / last:.3f}", "0.25")  # fmt: skip
        row("... of the time to the first frame of a clip sampled whole", f"{first / sampled:.3f}")
        row("... streamed clip over the whole one", f"{last / sampled:.2f}")


if __name__ == "__main__":
    main()
