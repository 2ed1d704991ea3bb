"""A model's whole way from a prompt to a signed file, timed stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from engine.errors import InvalidInput
from engine.models.benchmarking import Sampling, Tell, Trial, Watch, peak_memory, sampled
from engine.models.families import families
from engine.models.residency import Residency
from engine.values import Clip, Latent, Origin, Report, VideoModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.models.family import Family
    from engine.models.rivals import Rival


WARMING_STEPS: Final = 2
WARMING_PROMPT: Final = "a blue star"
"""Another one: what was read is remembered."""


@dataclass(frozen=True)
class Benchmark:
    """Seconds of every stage of one run, in its order, and bytes held at most.

    `decode` and `encode` overlap: `encode` is what is left of writing the file when all is decoded.
    """

    sampling: Sampling
    decode: float
    encode: float
    write: float
    peak: int
    rival: Rival | None = None

    @property
    def stages(self) -> dict[str, float]:
        """Seconds by stage."""
        sampling = self.sampling
        return {
            "load": sampling.load,
            "text": sampling.text,
            "begin": sampling.begin,
            "steps": sum(sampling.steps),
            "decode": self.decode,
            "encode": self.encode,
            "write": self.write,
        }

    @property
    def made(self) -> float:
        """Seconds from the prompt to decoded frames: what diffusers' pipeline does."""
        return sum(self.stages[name] for name in ("text", "begin", "steps", "decode"))

    @property
    def total(self) -> float:
        """Seconds from the first file that is read to the last that is written."""
        return sum(self.stages.values())

    @property
    def times_as_fast(self) -> float | None:
        """As diffusers' pipeline, from the prompt to the frames."""
        return None if self.rival is None else self.rival.seconds / self.made

    def report(self) -> Report:
        """The figures that people look for first."""
        sampling, rival = self.sampling, self.rival
        findings: dict[str, str | float | bool] = {
            "seconds, together": self.total,
            **self.stages,
            "a step": sampling.step,
            "GiB at most": self.peak / 2**30,
        }
        if sampling.mfu is not None:
            findings["MFU"] = sampling.mfu
        if rival is not None and self.times_as_fast is not None:
            findings["times as fast as diffusers"] = self.times_as_fast
        return Report(f"Speed on {sampling.device} in {sampling.precision}", True, findings)

    def facts(self) -> dict[str, object]:
        """All figures, by names for programs."""
        sampling, request = self.sampling, self.sampling.request
        steps = sampling.steps
        return {
            "model": sampling.latent.model.source,
            "device": sampling.device,
            "precision": sampling.precision,
            "width": request.width,
            "height": request.height,
            "frames": request.frames,
            "steps": request.steps,
            "guidance": request.guidance,
            "seconds": {"total": self.total, **self.stages},
            "step": {
                "median": sampling.step,
                "fastest": min(steps),
                "slowest": max(steps),
                "first": steps[0],
            },
            "peak_memory": self.peak,
            "step_flops": sampling.flops,
            "ceiling_flops": sampling.ceiling,
            "mfu": sampling.mfu,
            "notes": list(sampling.notes),
            "diffusers": None if self.rival is None else asdict(self.rival),
            "times_as_fast": self.times_as_fast,
        }


def benchmark(
    models: Residency,
    handle: VideoModel,
    trial: Trial,
    *,
    tell: Tell = lambda stage, done, total: None,
    check: Callable[[], None] = lambda: None,
    folder: Path | None = None,
    version: str = "",
    warm: bool = False,
    against_diffusers: bool = False,
) -> Benchmark:
    """Sample, decode, encode and sign once; the file is gone afterwards.

    `warm` samples and decodes a little first, so that what libraries do only once is not in the
    figures.  `against_diffusers` samples once more with diffusers' own pipeline, both warm.
    Raises InvalidInput for what the model cannot make, or where memory is too small.
    """
    if against_diffusers and not families()[handle.family].pipelines:
        raise InvalidInput(
            f"'{handle.source}' is not a model that diffusers samples.", remedy="Measure it alone."
        )
    from engine.media.write_video import write_video
    from engine.trust.chosen_identity import signing_identity
    from engine.trust.sign import sign
    from engine.trust.statement import Statement

    load = 0.0
    if warm or against_diffusers:
        little = replace(trial, steps=WARMING_STEPS, prompt=WARMING_PROMPT)
        cold = sampled(models, handle, little, tell=tell, check=check)
        load = cold.load
        for _ in models.get(handle).decode(cold.latent):
            check()
    sampling = sampled(models, handle, trial, tell=tell, check=check)
    sampling = replace(sampling, load=load + sampling.load)
    family = models.get(handle)
    identity = signing_identity()
    decoding, whole, signing = (Watch(sampling.device) for _ in range(3))
    tell("decode", 0, 1)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as place:
        path = Path(place) / "benchmark.mp4"
        with whole.running():
            clip = _clip(family, sampling.latent, decoding)
            write_video(clip, path, check=check)
        tell("write", 0, 1)
        with signing.running():
            statement = Statement(title=path.name, origin=Origin(), version=version)
            sign(path, identity, statement)
    ours = Benchmark(
        sampling,
        decode=decoding.seconds,
        encode=max(whole.seconds - decoding.seconds, 0.0),
        write=signing.seconds,
        peak=peak_memory(sampling.device),
    )
    if not against_diffusers:
        return ours
    from engine.models.rivals import diffusers_itself

    return replace(ours, rival=diffusers_itself(family, sampling, tell))


def _clip(family: Family, latent: Latent, watch: Watch) -> Clip:
    """The video of a latent, whose frames are decoded while the watch runs."""
    with watch.running():
        audio = family.decode_audio(latent) if latent.audio_BLD is not None else None

    def frames() -> Iterator[NDArray[np.uint8]]:
        stream = family.decode(latent)
        while True:
            with watch.running():
                chunk_THWC = next(stream, None)
            if chunk_THWC is None:
                return
            yield chunk_THWC

    size = (latent.frames, latent.height, latent.width)
    return Clip(frames, *size, latent.fps, audio=audio)
