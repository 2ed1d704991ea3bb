"""What a running node may ask of the runner; implemented in engine/run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from engine.values import Image

if TYPE_CHECKING:
    import torch

    from engine.models.residency import Residency

Scalars: TypeAlias = Mapping[str, "int | float | str | list[float]"]


@dataclass(frozen=True)
class Snapshot:
    """A checkpoint's content: how many steps are done, tensors and plain values by name."""

    step: int
    tensors: Mapping[str, torch.Tensor]
    scalars: Scalars = field(default_factory=dict)


class Context(Protocol):
    """The runner's face towards a node.  Raises Cancelled from any method once cancelled."""

    @property
    def node(self) -> str:
        """The id of the node that runs, as in the document."""
        ...

    @property
    def fingerprint(self) -> str:
        """The node's identity: the same everywhere for the same work."""
        ...

    @property
    def workspace(self) -> Path:
        """A folder for temporary files that lives as long as the run's results do."""
        ...

    @property
    def output(self) -> Path:
        """The folder that finished files are written to."""
        ...

    @property
    def document(self) -> str:
        """The document that runs, with overrides applied, as JSON: exports embed it."""
        ...

    @property
    def models(self) -> Residency:
        """The loaded models; decides what is on the device."""
        ...

    def check(self) -> None:
        """Raise Cancelled if the user has cancelled; call it in every loop."""
        ...

    def progress(self, done: int, total: int, unit: str = "steps") -> None:
        """Report how much is done; calls check()."""
        ...

    def preview(self, make: Callable[[], Image]) -> None:
        """Offer a picture of the work so far; `make` is called only if somebody looks."""
        ...

    def note(self, sentence: str) -> None:
        """Tell the user something worth knowing that is no error."""
        ...

    def save(self, snapshot: Snapshot) -> None:
        """Keep a checkpoint under this fingerprint, in the background, from a copy."""
        ...

    def resume(self) -> Snapshot | None:
        """The newest good checkpoint of this fingerprint, or None to begin at the beginning."""
        ...
