"""Counted work against PyTorch's own counter on real networks, and weights against the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from engine.models.costs.denoisers import DENOISERS, all_passes, passes
from engine.models.costs.sizes import Sizes
from engine.models.family import SampleRequest
from engine.models.loading.architectures import architectures
from tests.engine.models.sampling_runs import clip_of, keyframe, loaded, request_of

LONG_PROMPT = "so many words that every family's prompt is as long as it can be, " * 8
pytestmark = pytest.mark.filterwarnings("ignore:In CPU autocast:UserWarning")  # Mochi asks for it

BESIDE_A_PICTURE = {"keyframes": (keyframe(1, 0),), "guidance": 1.0, "negative": None}
PUBLISHED = [each for each in architectures() if each.part == "transformer"]


@contextmanager
def calls_of(network: torch.nn.Module) -> Iterator[list[dict[str, Any]]]:
    """The arguments of each pass through a network."""
    seen: list[dict[str, Any]] = []
    hook = network.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(kwargs), with_kwargs=True
    )
    yield seen
    hook.remove()


def counted(network: torch.nn.Module, call: dict[str, Any]) -> int:
    """PyTorch's count of one pass for one prompt; its kernel for CPUs is one it does not count."""
    plain = sdpa_kernel(SDPBackend.MATH)
    with torch.no_grad(), plain, FlopCounterMode(display=False) as counter:
        network(**call)
    return int(counter.get_total_flops()) // len(call["hidden_states"])


@pytest.mark.parametrize(
    ("family", "options", "frames", "latent", "changes"),
    [
        ("wan", {"kind": "words"}, 9, (3, 8, 8), {}),
        ("wan", {"kind": "pictures"}, 9, (3, 8, 8), {"keyframes": (keyframe(1, 0),)}),
        ("wan", {"kind": "ends"}, 9, (3, 8, 8), {"keyframes": (keyframe(1, 0), keyframe(2, 8))}),
        ("wan", {"kind": "small"}, 9, (3, 4, 4), {}),
        ("wan", {"kind": "guided"}, 9, (3, 8, 8), {"control": clip_of(9)}),
        ("ltx", {}, 17, (3, 2, 2), {}),
        ("ltx", {}, 17, (3, 2, 2), {"keyframes": (keyframe(1, 0),)}),
        ("ltx2", {"newer": False}, 17, (3, 2, 2), {}),
        ("ltx2", {"newer": True}, 17, (3, 2, 2), {}),
        ("mochi", {}, 13, (3, 8, 8), {"guidance": 1.0}),
        ("cogvideox", {"scheduler": "ddim"}, 9, (3, 8, 8), {}),
        ("cogvideox", {"paired": True}, 17, (6, 8, 8), {}),
        ("hunyuan", {}, 9, (3, 8, 8), {"guidance": 1.0, "negative": None}),
        ("hunyuan", {"image": "token_replace"}, 9, (3, 8, 8), BESIDE_A_PICTURE),
        ("hunyuan", {"image": "latent_concat"}, 9, (4, 8, 8), BESIDE_A_PICTURE),
        ("hunyuan15", {}, 9, (3, 4, 4), {}),
        ("latte", {}, 6, (6, 8, 8), {}),
    ],
)
def test_work_is_what_pytorch_counts(
    tiny_model: Any,
    family: str,
    options: dict[str, Any],
    frames: int,
    latent: tuple[int, int, int],
    changes: dict[str, Any],
) -> None:
    model = loaded(family, tiny_model(family, **options))
    long = model.encode_prompt(LONG_PROMPT)
    request = request_of(model, frames, **{"positive": long, **changes})
    network = model.parts["transformer"]
    with calls_of(network) as calls:
        model.step(request, model.begin(request))
    call = calls[0]
    seen = call.get("encoder_hidden_states_image", torch.empty(1, 0))
    own = call["timestep"].numel() > len(call["hidden_states"])
    sizes = Sizes(*latent, seconds=frames / 24, seen=seen.shape[1], own_levels=own)
    expected = DENOISERS[type(network).__name__](network.config, sizes)
    assert expected.flops == pytest.approx(counted(network, call), rel=0.01)
    assert expected.weights == sum(weight.numel() for weight in network.parameters())
    prompts = sum(len(each["hidden_states"]) for each in calls)
    assert passes(type(network).__name__, network.config, request.guidance) == prompts


def test_the_small_wan_at_480p_is_the_known_figure() -> None:
    """790 TFLOP/s are 0.358 seconds a pass."""
    (known,) = (each for each in PUBLISHED if each.model == "wan2.1-t2v-1.3b")
    work = DENOISERS[known.kind](known.config, Sizes(21, 60, 104)).flops
    assert work / 790e12 == pytest.approx(0.358, rel=0.002)


def test_open_sora_is_what_pytorch_counts() -> None:
    """At its full size, on no device: its weights are not needed to count."""
    from engine.models.opensora.transformer import OpenSoraTransformer

    with torch.device("meta"):
        network = OpenSoraTransformer()
        tokens, grid = 9 * 12 * 21, (9, 12, 21)
        told = (torch.empty(1, 512, 4096), torch.empty(1, 768), torch.empty(1))
        with (
            torch.no_grad(),
            sdpa_kernel(SDPBackend.MATH),
            FlopCounterMode(display=False) as counter,
        ):
            network(torch.empty(1, tokens, 64), grid, *told, torch.empty(1, tokens, 68))
    expected = DENOISERS["OpenSoraTransformer"]({}, Sizes(9, 24, 42))
    assert expected.flops == counter.get_total_flops()
    assert expected.weights == sum(weight.numel() for weight in network.parameters())


def test_open_sora_s_guidance_rests_as_often_as_it_does() -> None:
    from engine.models.opensora.guidance import strengths_at
    from engine.values import Conditioning

    request = SampleRequest(Conditioning("", {}), None, 64, 64, 1, Fraction(24), 50, 7.5, 0)
    guided = sum(not strengths_at(request, index, 1).rests for index in range(50))
    assert all_passes("OpenSoraTransformer", {}, 7.5, 50) == 50 + guided
    assert all_passes("OpenSoraTransformer", {}, 1.0, 50) == 50
