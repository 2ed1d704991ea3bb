"""What is measured of a model: every stage, the work of a step, and diffusers beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.errors import Cancelled, InvalidInput
from engine.models import catalog
from engine.models.benchmarking import Trial, Watch, matmul_ceiling, sampled
from engine.models.costs.denoisers import DENOISERS
from engine.models.costs.sizes import Sizes
from engine.models.family import SampleState
from engine.models.residency import Residency
from engine.models.rivals import diffusers_itself
from engine.run.benchmark import benchmark
from engine.values import VideoModel
from tests.engine.models.conftest import TinyModel

SMALL = Trial(width=64, height=64, frames=9, steps=3, guidance=3.0)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "STATE", "MODELS"):
        monkeypatch.setenv(f"REELWRIGHT_{name}", str(tmp_path / name.lower()))


def silent(stage: str, done: int, total: int) -> None:
    pass


def handle_of(folder: Path, family: str = "wan") -> VideoModel:
    return VideoModel(family, str(folder), "digest")


def test_the_starter_s_way_to_a_signed_file_is_timed_stage_by_stage() -> None:
    told: list[tuple[str, int, int]] = []
    figures = benchmark(
        Residency(device="cpu"),
        catalog.handle("starter"),
        Trial(steps=3),
        tell=lambda *said: told.append(said),
    )
    facts: Any = figures.facts()
    assert set(facts["seconds"]) - {"total"} == {
        "load", "text", "begin", "steps", "decode", "encode", "write",
    }  # fmt: skip
    parts = sum(value for name, value in facts["seconds"].items() if name != "total")
    assert facts["seconds"]["total"] == pytest.approx(parts)
    assert all(facts["seconds"][name] > 0 for name in ("load", "text", "steps", "decode", "write"))
    assert len(figures.sampling.steps) == 3
    assert (facts["frames"], facts["precision"], facts["notes"]) == (33, "float32", [])
    assert facts["peak_memory"] > 50_000_000
    stages = [stage for stage, _, _ in told]
    assert list(dict.fromkeys(stages)) == ["load", "text", "steps", "decode", "write"]


def test_the_share_is_work_over_time_over_the_ceiling() -> None:
    figures = sampled(
        Residency(device="cpu"), catalog.handle("starter"), Trial(steps=3), tell=silent
    )
    words = len(figures.request.positive.tensors["words"])
    from engine.models.costs.blueprint import blueprint

    config = blueprint("starter").denoiser.config
    once = DENOISERS["StarterDiT"](config, Sizes(9, 8, 8, 33 / 16, words)).flops
    assert figures.flops == 2 * once
    assert figures.mfu == pytest.approx(figures.flops / figures.step / figures.ceiling)


def test_the_first_step_warms_up_and_is_left_out_of_the_middle() -> None:
    figures = sampled(
        Residency(device="cpu"), catalog.handle("starter"), Trial(steps=1), tell=silent
    )
    assert figures.step == figures.steps[0], "there is no other"
    assert replace(figures, steps=(9.0, 1.0, 2.0, 4.0)).step == 2.0


def test_a_watch_adds_up_what_ran_since_the_last_lap() -> None:
    clock = count(0.0, 1.0)
    watch = Watch("cpu", lambda: next(clock))
    with watch.running():
        pass
    with watch.running():
        next(clock)
    assert watch.lap() == 3.0
    assert watch.seconds == 0


def test_a_tiny_wan_is_counted_as_it_is_called(tiny_model: TinyModel) -> None:
    """Two passes of one prompt each; three latent frames of 8 x 8 pixels."""
    models, handle = Residency(device="cpu"), handle_of(tiny_model("wan"))
    figures = sampled(models, handle, SMALL, tell=silent)
    network: Any = models.get(handle).parts["transformer"]  # type: ignore[attr-defined]
    once = DENOISERS["WanTransformer3DModel"](network.config, Sizes(3, 8, 8)).flops
    assert figures.flops == 2 * once
    unguided = sampled(models, handle, Trial(64, 64, 9, 2, 1.0), tell=silent)
    assert unguided.flops == once


def test_what_cannot_be_counted_has_no_share(
    tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.models.benchmarking.DENOISERS", {})
    figures = sampled(Residency(device="cpu"), handle_of(tiny_model("wan")), SMALL, tell=silent)
    assert figures.flops is None
    assert figures.mfu is None


def test_it_samples_what_the_model_would_sample(tiny_model: TinyModel) -> None:
    models, handle = Residency(device="cpu"), handle_of(tiny_model("wan"))
    figures = sampled(models, handle, SMALL, tell=silent)
    family = models.get(handle)
    state: SampleState = family.begin(figures.request)
    while state.step < state.steps:
        state = family.step(figures.request, state)
    latent = family.finish(figures.request, state)
    assert torch.equal(latent.video_BCTHW, figures.latent.video_BCTHW)


def test_a_model_that_needs_a_picture_is_given_one(tiny_model: TinyModel) -> None:
    handle = handle_of(tiny_model("wan", kind="pictures"))
    models = Residency(device="cpu")
    with pytest.raises(InvalidInput, match="needs a picture"):
        sampled(models, handle, SMALL, tell=silent)
    pictured = Trial(64, 64, 9, 2, 3.0, picture=True)
    assert len(sampled(models, handle, pictured, tell=silent).steps) == 2


def test_it_can_be_stopped_within_a_step(tiny_model: TinyModel) -> None:
    asked: Iterator[int] = count()

    def check() -> None:
        if next(asked) == 3:
            raise Cancelled("stopped")

    handle = handle_of(tiny_model("wan"))
    with pytest.raises(Cancelled):
        sampled(Residency(device="cpu"), handle, SMALL, tell=silent, check=check)


def test_the_ceiling_is_that_of_a_product_taken_now() -> None:
    """Ten seconds in steps of one: at least as fast as one product of the ten was."""
    ticks = count(0.0, 4.0)
    assert matmul_ceiling("cpu", torch.float32, 10.0, lambda: next(ticks)) > 1e8


@pytest.mark.filterwarnings("ignore:In CPU autocast:UserWarning")
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize(
    ("family", "frames", "pipeline", "tells"),
    [
        ("wan", 9, "WanPipeline", True),
        ("ltx", 17, "LTXConditionPipeline", True),
        ("mochi", 13, "MochiPipeline", True),
        ("hunyuan15", 9, "HunyuanVideo15Pipeline", False),
    ],
)
def test_diffusers_samples_the_same_beside_it(
    tiny_model: TinyModel, family: str, frames: int, pipeline: str, tells: bool
) -> None:
    models, handle = Residency(device="cpu"), handle_of(tiny_model(family), family)
    figures = benchmark(models, handle, Trial(64, 64, frames, 3, 3.0), against_diffusers=True)
    rival = figures.rival
    assert rival is not None
    assert rival.pipeline == pipeline
    assert (rival.step is not None) is tells
    assert figures.times_as_fast == pytest.approx(rival.seconds / figures.made)


def test_warming_is_not_in_the_figures_and_leaves_the_prompt_to_be_read(
    tiny_model: TinyModel,
) -> None:
    models, handle = Residency(device="cpu"), handle_of(tiny_model("wan"))
    told: list[str] = []
    figures = benchmark(models, handle, SMALL, warm=True, tell=lambda stage, *_: told.append(stage))
    assert told.count("steps") == 2 + SMALL.steps
    assert len(figures.sampling.steps) == SMALL.steps
    assert figures.sampling.load > 0.001, "what was loaded for warming was loaded"
    assert figures.sampling.text > 0.001


def test_diffusers_calls_its_denoiser_as_often(tiny_model: TinyModel) -> None:
    models, handle = Residency(device="cpu"), handle_of(tiny_model("wan"))
    figures = sampled(models, handle, SMALL, tell=silent)
    family: Any = models.get(handle)
    passes: list[int] = []
    hook = family.parts["transformer"].register_forward_pre_hook(
        lambda *_, **__: passes.append(1), with_kwargs=True
    )
    diffusers_itself(family, figures, silent)
    hook.remove()
    assert len(passes) == 2 * SMALL.steps


def test_what_diffusers_does_not_sample_is_refused_before_anything_is_done() -> None:
    class Nothing(Residency):
        def get(self, handle: VideoModel) -> Any:
            raise AssertionError("nothing is to be loaded")

    with pytest.raises(InvalidInput, match="not a model that diffusers samples"):
        benchmark(Nothing(), catalog.handle("starter"), Trial(), against_diffusers=True)
