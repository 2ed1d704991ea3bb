"""Nothing comes to the device without need: prompts are read once, pictures only where they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from engine.graph.node import declare
from engine.models.diffusion import reading
from engine.models.diffusion.reading import Prompts
from engine.models.family import Family
from engine.models.memory.plan import WAYS, Placement
from engine.models.residency import Residency
from engine.values import Conditioning, Image, VideoModel
from nodes.generate.decode_video import DecodeVideo
from nodes.generate.sample_video import SampleVideo
from nodes.model.encode_prompt import EncodePrompt
from tests.engine.models.conftest import TinyModel
from tests.engine.models.diffusion.test_family import FAMILIES
from tests.engine.models.sampling_runs import (
    SIDE,
    clip_of,
    frames_of,
    keyframe,
    loaded,
    request_of,
)
from tests.nodes.recording import RecordingContext

pytestmark = pytest.mark.filterwarnings(
    "ignore:In CPU autocast:UserWarning", "ignore:__array_:DeprecationWarning"
)

Kinds = dict[str, tuple[str, dict[str, Any], int, dict[str, Any]]]
WITHOUT = {"negative": None}
# What a request has beside words; frames follow the family's stride.
KINDS: Kinds = {
    **{
        family: (family, options, frames, {"keyframes": (keyframe(0, 0),)} if pictures else {})
        for family, (options, frames, pictures) in FAMILIES.items()
    },
    "ltx words": ("ltx", {}, 9, {}),
    "ltx2 words": ("ltx2", {}, 9, {}),
    "cogvideox words": ("cogvideox", {}, 9, {}),
    "cogvideox video": ("cogvideox", {}, 9, {"source": clip_of(9)}),
    "hunyuan": ("hunyuan", *FAMILIES["hunyuan"][:2], WITHOUT | {"keyframes": (keyframe(0, 0),)}),
    "hunyuan words": ("hunyuan", {}, 5, WITHOUT),
    "hunyuan15 words": ("hunyuan15", {}, 5, {}),
    "wan small": ("wan", {"kind": "small"}, 5, {}),
    "wan picture": ("wan", {"kind": "pictures"}, 5, {"keyframes": (keyframe(0, 0),)}),
    "wan guided": ("wan", {"kind": "guided"}, 5, {"control": clip_of(5)}),
    "wan guided by nothing": ("wan", {"kind": "guided"}, 5, {}),
    "opensora words": ("opensora", {}, 5, {}),
    "opensora picture": ("opensora", {}, 5, {"keyframes": (keyframe(0, 0),)}),
}


looking: list[bool] = []
"""While a preview is made, where the VAE works wherever it lies."""


def preview(make: Callable[[], Image]) -> None:
    looking.append(True)
    make()
    looking.clear()


@pytest.fixture
def handed_over(tiny_model: TinyModel) -> Callable[..., Any]:
    """Loads a model with each part on the device only while it works, and sees that it is there."""

    def model_of(family: str, **options: Any) -> Any:
        model = loaded(family, tiny_model(family, **options))
        model.placed.change(Placement(WAYS[2], 0))
        model.brought = []
        bring = model.placed._bring
        model.placed._bring = lambda name: (model.brought.append(name), bring(name))
        for name, network in model.parts.networks.items():
            for module in (network, *network.children()):
                module.register_forward_pre_hook(present(model, name))
        return model

    def present(model: Any, name: str) -> Callable[..., None]:
        def before(*_: Any) -> None:
            assert looking or name in model.placed.here, f"'{name}' works from afar"

        return before

    return model_of


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_brings_each_network_once_and_none_for_nothing(
    handed_over: Callable[..., Any], kind: str
) -> None:
    family, options, frames, changes = KINDS[kind]
    model = handed_over(family, **options)
    request = request_of(model, frames, **{"steps": 2, **changes})
    state = model.begin(request)
    looks = reading.shows(request) or kind.startswith("wan guided")
    assert ("vae" in model.brought) == looks, "where nothing is looked at, nothing comes"
    begun = len(model.brought)
    while state.step < state.steps:
        state = model.step(request, state)
        preview(partial(model.preview, state))
    frames_of(model, request, state)
    brought = [name for name in model.brought[begun:] if name not in ("audio_vae", "vocoder")]
    assert brought == ["transformer", "vae"]
    assert all(model.brought.count(name) == 1 for name in set(model.brought) - {"vae"})


def test_a_whole_run_of_nodes_moves_each_network_once(
    handed_over: Callable[..., Any], tmp_path: Path
) -> None:
    """A second run with the same words leaves the text encoder where it is."""
    model = handed_over("wan")

    class Shelf:
        def size(self, handle: VideoModel) -> int:
            return 1

        def load(self, handle: VideoModel, device: str) -> Family:
            return model

    context = RecordingContext(tmp_path, Residency(device="cpu", budget=1 << 40, source=Shelf()))
    read = count_calls(model.parts["text_encoder"])
    handle = model.handle

    def run(seed: int) -> None:
        positive, negative = (
            EncodePrompt(model=handle, text=text).run(context) for text in ("a cat", "blurry")
        )
        links: dict[str, Any] = dict.fromkeys(declare(SampleVideo).inputs)
        params = {name: param.default for name, param in declare(SampleVideo).params.items()}
        links |= {"model": handle, "positive": positive, "negative": negative}
        wishes = {"steps": 2, "width": SIDE, "height": SIDE, "frames": 5, "seed": seed}
        latent = SampleVideo(**{**links, **params, **wishes}).run(context)
        for _ in DecodeVideo(latent=latent).run(context):
            pass

    run(seed=1)
    assert (model.brought, len(read)) == (["text_encoder", "transformer", "vae"], 2)
    model.brought.clear()
    for make in context.previews:
        preview(make)
    run(seed=2)
    assert (model.brought, len(read)) == (["transformer", "vae"], 2)


def count_calls(network: nn.Module) -> list[int]:
    calls: list[int] = []
    network.register_forward_pre_hook(lambda *_: calls.append(1))
    return calls


def test_words_are_read_once_with_other_adapters_too(handed_over: Callable[..., Any]) -> None:
    model = handed_over("wan")
    first: Conditioning = model.encode_prompt("a cat")
    read = count_calls(model.parts["text_encoder"])
    model.adapt(model.handle.base)
    again = model.encode_prompt("a cat")
    assert not read
    assert all(torch.equal(tensor, again.tensors[name]) for name, tensor in first.tensors.items())
    model.encode_prompt("a dog")
    assert len(read) == 1


def test_prompts_are_forgotten_oldest_first_when_they_are_too_many() -> None:
    asked: list[str] = []

    def read(text: str) -> dict[str, torch.Tensor]:
        asked.append(text)
        return {"words": torch.zeros(10)}

    prompts = Prompts(kept=80)
    for text in "abacab":
        prompts.tensors(text, read)
    assert asked == list("abcb"), "'a' was in use when 'c' came"


def test_a_pipeline_works_where_it_is_told_to_wherever_its_parts_lie(tiny_model: Any) -> None:
    """Or what it draws would lie beside its parts, and not where they come to work."""
    folder = tiny_model("wan")
    model = loaded("wan", folder)
    reading.work_on(model.pipeline, "meta")
    assert model.pipeline.device == model.pipeline._execution_device == torch.device("meta")
    assert type(model.pipeline).__name__ == "WanImageToVideoPipeline"
