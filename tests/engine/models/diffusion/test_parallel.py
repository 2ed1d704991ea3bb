"""What two ranks sample together is what one samples alone, of every family and in every mode."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from engine.errors import Cancelled, InvalidInput
from engine.models.diffusion.parallel import PLANS, across_ranks
from engine.models.interruption import interruptible
from engine.models.parallel import Team, together
from engine.values import Speed
from tests.engine.models.conftest import TinyModel
from tests.engine.models.diffusion.parallel_rank import SharedCase
from tests.engine.models.sampling_runs import loaded, request_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array_:DeprecationWarning", "ignore:In CPU autocast"
)
ROOT = Path(__file__).parents[4]
BAR = 1e-5


def cases(tiny: TinyModel) -> dict[str, SharedCase]:
    """Tokens that are shared evenly, and (of sides that are no power of two) that are not."""
    wan, ltx, ltx2 = (str(tiny(family)) for family in ("wan", "ltx", "ltx2"))
    return {
        "wan words": SharedCase("wan", wan, 9, side=48, solver="unipc"),
        "wan video": SharedCase("wan", wan, 5, source=True, steps=4, in_blocks=True),
        "wan picture": SharedCase("wan", str(tiny("wan", kind="pictures")), 5, places=(0,)),
        "wan ends": SharedCase("wan", str(tiny("wan", kind="ends")), 5, places=(0, -1)),
        "wan experts": SharedCase("wan", str(tiny("wan", kind="experts")), 5, side=48, steps=5),
        "wan small": SharedCase("wan", str(tiny("wan", kind="small")), 9, places=(0,)),
        "wan guided": SharedCase("wan", str(tiny("wan", kind="guided")), 5, control=True),
        "ltx words": SharedCase("ltx", ltx, 9, side=96),
        "ltx keyframes": SharedCase("ltx", ltx, 17, places=(0, 5, -1)),
        "ltx extension": SharedCase("ltx", ltx, 17, beginning=9),
        "ltx2 older": SharedCase("ltx2", str(tiny("ltx2", newer=False)), 9, side=96),
        "ltx2 of one sound": SharedCase("ltx2", ltx2, 1, side=96),
        "ltx2 keyframes": SharedCase("ltx2", ltx2, 17, places=(0, 5, -1)),
        "mochi": SharedCase("mochi", str(tiny("mochi")), 13, side=48),
        "cogvideox": SharedCase("cogvideox", str(tiny("cogvideox", scheduler="dpm")), 9),
        "cogvideox picture": SharedCase(
            "cogvideox", str(tiny("cogvideox", takes_image=True)), 9, places=(0,)
        ),
        "hunyuan": SharedCase("hunyuan", str(tiny("hunyuan")), 9, side=48, unwanted=False),
        "hunyuan in place": SharedCase(
            "hunyuan", str(tiny("hunyuan", image="token_replace")), 5, places=(0,), unwanted=False
        ),
        "hunyuan beside": SharedCase(
            "hunyuan", str(tiny("hunyuan", image="latent_concat")), 5, places=(0,)
        ),
        "hunyuan15": SharedCase("hunyuan15", str(tiny("hunyuan15")), 9, side=48, steps=2),
        "hunyuan15 picture": SharedCase(
            "hunyuan15", str(tiny("hunyuan15", takes_image=True)), 5, places=(0,), steps=2
        ),
        "opensora": SharedCase("opensora", str(tiny("opensora")), 9, side=48, steps=2),
        "opensora ends": SharedCase(
            "opensora", str(tiny("opensora")), 5, places=(0, -1), steps=2, in_blocks=True
        ),
    }


@pytest.fixture(scope="module")
def told(
    tiny_model: TinyModel, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, dict[str, Any]]]:
    """What each of two ranks tells of all cases."""
    folder = tmp_path_factory.mktemp("ranks")
    listed = {name: asdict(case) for name, case in cases(tiny_model).items()}
    (folder / "cases.json").write_text(json.dumps(listed))
    command = [sys.executable, "-m", "tests.engine.models.diffusion.parallel_rank"]
    ranks = [
        subprocess.Popen([*command, str(rank), "2", str(folder)], cwd=ROOT) for rank in range(2)
    ]
    try:
        assert [rank.wait(900) for rank in ranks] == [0, 0]
    finally:
        for rank in ranks:
            rank.kill()
            rank.wait()
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.proves("wan ltx ltx2 mochi cogvideox hunyuan hunyuan15 opensora", "parallel")
def test_two_ranks_sample_what_one_does(told: list[dict[str, dict[str, Any]]]) -> None:
    for rank in told:
        off = {name: case["together"] for name, case in rank.items() if case["together"] > BAR}
        assert not off


def test_what_two_began_one_ends_and_the_other_way_round(
    told: list[dict[str, dict[str, Any]]],
) -> None:
    for rank in told:
        for name, case in rank.items():
            assert case["taken up by one"] <= BAR, name
            assert case["taken up by all"] <= BAR, name


def test_each_rank_computes_its_share_of_the_tokens(
    told: list[dict[str, dict[str, Any]]],
) -> None:
    first, second = told
    for name, case in first.items():
        shares = case["mine"], second[name]["mine"]
        assert sum(shares) == case["all"], name
        assert max(shares) < 0.6 * case["all"], name


def test_heads_that_cannot_be_shared_out_are_refused_before_anything_is_computed(
    tiny_model: TinyModel,
) -> None:
    model = loaded("wan", tiny_model("wan"))
    request = request_of(model, 5)
    state = model.begin(request)
    with (
        together(Team(None, 0, 4)),
        pytest.raises(
            InvalidInput, match=r"The 2 heads of .* among 4 workers.* divide them: 1, 2."
        ),
    ):
        model.step(request, state)


def test_a_denoiser_without_a_plan_is_refused() -> None:
    with (
        together(Team(None, 0, 2)),
        pytest.raises(
            InvalidInput, match=r"'Linear' cannot be shared out among 2 workers. Ask for"
        ),
        across_ranks({"transformer": nn.Linear(2, 2)}),
    ):
        raise AssertionError("nothing is to be computed")


def test_a_step_that_is_left_leaves_the_denoiser_as_it_was(tiny_model: TinyModel) -> None:
    model = loaded("wan", tiny_model("wan"))
    request = request_of(model, 5)
    state = model.begin(request)
    before = hooks_of(model)

    def stop() -> None:
        raise Cancelled

    with together(Team(None, 0, 2)), interruptible(stop), pytest.raises(Cancelled):
        model.step(request, state)
    assert hooks_of(model) == before
    alone = model.step(request, state)
    assert torch.equal(
        alone.tensors["latent"],
        loaded("wan", tiny_model("wan")).step(request, state).tensors["latent"],
    )


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_blocks_are_compiled_for_one_rank_only(
    tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.models.speed.speeding.missing_compiler", lambda device: "")
    model = loaded("wan", tiny_model("wan"))
    model.adapt(replace(model.handle, speed=Speed(compiled=True)))
    model.speeding.turn(model.handle.speed)
    (block, _) = model.pipeline.transformer.blocks
    assert "forward" in vars(block)
    with together(Team(None, 0, 2)):
        told = model.settle_memory(request_of(model, 5))
        assert told == "Speed: not compiled, as several GPUs share its steps."
        model.speeding.turn(model.handle.speed)
    assert "forward" not in vars(block)


def hooks_of(model: Any) -> int:
    modules = [m for network in model.placed.networks.values() for m in network.modules()]
    return sum(len(m._forward_pre_hooks) + len(m._forward_hooks) for m in modules)


def test_every_denoiser_of_our_families_has_a_plan() -> None:
    from importlib import import_module

    for family in ("wan", "ltx", "ltx2", "mochi", "cogvideox", "hunyuan", "hunyuan15"):
        parts = import_module(f"engine.models.{family}.family").PARTS
        named = {
            name for part in parts if part.name.startswith("transformer") for name in part.classes
        }
        assert named
        assert named <= PLANS.keys()
