"""The node that measures how fast a model is."""

from __future__ import annotations

from engine.graph.context import Context
from engine.graph.node import Node
from engine.graph.params import Param
from engine.graph.ports import In
from engine.values import Report, VideoModel
from nodes.wishes import FRAMES, GUIDANCE, HEIGHT, WIDTH


class BenchmarkModel(
    Node,
    type="model.benchmark",
    category="Model",
    aliases=("speed", "time", "mfu", "measure", "seconds", "how fast", "profile"),
    cached=False,
):
    """Measure how fast the model is here: seconds of each stage, memory, share of the device.

    One video is sampled, decoded, encoded and signed, and not kept.  A model that is loaded already
    is not loaded again.
    """

    model: In[VideoModel]
    steps: int = Param(
        4, ge=1, le=200, unit="steps", help="How many are timed; the first warms up."
    )
    guidance: float = GUIDANCE
    width: int = WIDTH
    height: int = HEIGHT
    frames: int = FRAMES
    picture: bool = Param(False, help="Begin with a grey picture, as some models must.")
    warm: bool = Param(False, help="Sample a little first, which does not count.")
    against_diffusers: bool = Param(False, help="Sample with diffusers' own pipeline too.")

    def run(self, ctx: Context) -> Report:
        from engine.models.benchmarking import Trial
        from engine.run.benchmark import benchmark
        from nodes import product_version

        def tell(stage: str, done: int, total: int) -> None:
            ctx.progress(done, total, stage)

        figures = benchmark(
            ctx.models,
            self.model,
            Trial(
                width=self.width,
                height=self.height,
                frames=self.frames,
                steps=self.steps,
                guidance=self.guidance,
                picture=self.picture,
            ),
            tell=tell,
            check=ctx.check,
            folder=ctx.workspace,
            version=product_version(),
            warm=self.warm,
            against_diffusers=self.against_diffusers,
        )
        for note in figures.sampling.notes:
            ctx.note(note)
        return figures.report()
