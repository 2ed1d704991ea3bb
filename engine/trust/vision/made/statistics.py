"""Statistics of a video's embeddings that differ between recordings and what machines make.

D3 (Zheng and others, "D3: Training-Free AI-Generated Video Detection Using Second-Order Features",
2025): the distances of neighbouring embeddings change more unsteadily in recordings; the statistic
is the standard deviation of their second difference, here its negative logarithm.

STALL (spatial-temporal likelihoods of whitened embeddings): recordings are likely under the mean
and covariance of recordings' embeddings, and of the directions in which these move; the statistic
is the negative of both log-likelihoods, each as a distance from what recordings have.

Neither is a probability: a calibration makes one of it.

Shapes: T frames, D dimensions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

D3: Final = "d3"
STALL: Final = "stall"
METHODS: Final = (D3, STALL)

FEWEST: Final = 4
"""Frames without which there is no second difference worth a deviation."""

REFERENCE: Final = "recordings.safetensors"
"""Beside a calibration for STALL: what recordings look like to the encoder."""

_SMALLEST: Final = 1e-8
_SHRINK: Final = 0.1
"""The share of the mean variance that every direction is given: examples are few."""


def second_order(embeddings_TD: Floats) -> float:
    """D3: higher for what machines make.  ValueError for fewer than four frames."""
    import numpy as np

    if len(embeddings_TD) < FEWEST:
        raise ValueError(f"D3 needs {FEWEST} frames")
    distances = np.linalg.norm(np.diff(embeddings_TD.astype(np.float64), axis=0), axis=1)
    return -float(np.log(np.diff(distances).std() + _SMALLEST))


@dataclass(frozen=True, eq=False)
class Gaussian:
    """A mean, and what whitens deviations from it; `usual` is recordings' own mean and spread."""

    mean_D: Floats
    whiten_DD: Floats
    usual: tuple[float, float] = (0.0, 1.0)

    def unlikelihood(self, rows: Floats) -> float:
        """How unlikely rows are, as a distance in spreads from what recordings have."""
        import numpy as np

        white = (rows - self.mean_D) @ self.whiten_DD
        raw = float(0.5 * np.square(white).sum(1).mean())
        return (raw - self.usual[0]) / self.usual[1]


@dataclass(frozen=True, eq=False)
class Recordings:
    """What recordings look like: their embeddings, and the directions in which these move."""

    looks: Gaussian
    moves: Gaussian

    def unlikelihood(self, embeddings_TD: Floats) -> float:
        """STALL: higher for what machines make.  ValueError for fewer than two frames."""
        if len(embeddings_TD) < 2:
            raise ValueError("STALL needs two frames")
        looks = self.looks.unlikelihood(embeddings_TD)
        return (looks + self.moves.unlikelihood(directions(embeddings_TD))) / 2

    def write(self, path: Path) -> None:
        """Keep it beside a calibration."""
        import numpy as np
        from safetensors.numpy import save_file

        from engine.atomic import replacing

        tensors: dict[str, Floats] = {}
        for name, each in (("looks", self.looks), ("moves", self.moves)):
            tensors |= {f"{name}.mean": each.mean_D, f"{name}.whiten": each.whiten_DD}
            tensors[f"{name}.usual"] = np.asarray(each.usual, np.float32)
        with replacing(path) as partial:
            save_file(tensors, partial)


def directions(embeddings_TD: Floats) -> Floats:
    """Unit vectors from each embedding to the next."""
    import numpy as np

    steps = np.diff(embeddings_TD, axis=0)
    lengths = np.linalg.norm(steps, axis=1, keepdims=True)
    return np.asarray(steps / np.maximum(lengths, _SMALLEST), np.float32)


def learnt(videos: Sequence[Floats]) -> Recordings:
    """What recordings look like, from the embeddings of each.  ValueError for fewer than two."""
    if len(videos) < 2:
        raise ValueError("at least two recordings are needed")
    return Recordings(_gaussian(list(videos)), _gaussian([directions(each) for each in videos]))


def read_recordings(path: Path) -> Recordings:
    """What was kept.  Raises InvalidInput for a file that is missing or something else."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
        looks, moves = (
            Gaussian(
                tensors[f"{name}.mean"],
                tensors[f"{name}.whiten"],
                (float(tensors[f"{name}.usual"][0]), float(tensors[f"{name}.usual"][1])),
            )
            for name in ("looks", "moves")
        )
    except (OSError, KeyError, IndexError, ValueError, SafetensorError) as error:
        raise InvalidInput(
            f"'{path}', which says what recordings look like, is missing or damaged.",
            remedy="Make it with 'reelwright calibrate'.",
        ) from error
    return Recordings(looks, moves)


def statistics(embeddings_TD: Floats, recordings: Recordings | None) -> Mapping[str, float]:
    """Each statistic that can be told, by its method."""
    found = {D3: second_order(embeddings_TD)}
    if recordings is not None:
        found[STALL] = recordings.unlikelihood(embeddings_TD)
    return found


def _gaussian(videos: list[Floats]) -> Gaussian:
    import numpy as np

    rows = np.concatenate(videos).astype(np.float64)
    mean = rows.mean(0)
    covariance = np.cov(rows - mean, rowvar=False, bias=True).reshape(len(mean), len(mean))
    level = max(float(np.trace(covariance)) / len(mean), _SMALLEST)
    values, vectors = np.linalg.eigh(
        (1 - _SHRINK) * covariance + _SHRINK * level * np.eye(len(mean))
    )
    whiten = vectors / np.sqrt(values)
    bare = Gaussian(mean.astype(np.float32), whiten.astype(np.float32))
    own = np.array([bare.unlikelihood(each) for each in videos])
    usual = float(own.mean()), max(float(own.std()), _SMALLEST)
    return Gaussian(bare.mean_D, bare.whiten_DD, usual)
