"""Pipelines that no family claims make, step by step, what they make by themselves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch

from engine.errors import Cancelled, InvalidInput
from engine.models.families import GENERIC, family_in
from engine.models.generic.family import load
from engine.models.interruption import interruptible
from engine.models.memory.plan import WAYS, Placement
from engine.values import VideoModel
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import (
    as_bytes,
    assert_resumes,
    assert_same,
    clip_of,
    frames_of,
    keyframe,
    loaded,
    picture,
    pil,
    request_of,
    states_of,
    upstream,
)

pytestmark = pytest.mark.filterwarnings("ignore:__array_:DeprecationWarning")
FRAMES = {
    "allegro": 25, "skyreels": 9, "skyreels-image": 9, "sana": 9, "stable": 6,
    "animate": 4, "easy": 5,
}  # fmt: skip
PICTURED = {"skyreels-image", "stable"}


@pytest.fixture(scope="module", params=FRAMES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(tiny_model: TinyModel, kind: str) -> Path:
    return tiny_model(GENERIC, kind=kind)


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    return loaded(family_in(folder), folder)


@pytest.fixture(scope="module")
def skyreels(tiny_model: TinyModel) -> Any:
    return loaded(GENERIC, tiny_model(GENERIC, kind="skyreels"))


def a_request(model: Any, kind: str, **changes: Any) -> Any:
    more: dict[str, Any] = {"keyframes": (keyframe(0, 0),)} if kind in PICTURED else {}
    if kind == "stable":
        more["negative"] = None
    return request_of(model, FRAMES[kind], **{**more, **changes})


def its_own_frames(
    folder: Path, kind: str, dtype: torch.dtype = torch.float32, **options: Any
) -> Any:
    """What the pipeline makes by itself, loaded as diffusers loads it."""
    name = json.loads((folder / "model_index.json").read_text())["_class_name"]
    pipeline = getattr(diffusers, name).from_pretrained(folder, dtype=dtype)
    pipeline.set_progress_bar_config(disable=True)
    if kind == "allegro":
        pipeline.vae.enable_tiling()  # it has no other way
        options["clean_caption"] = False
    asked: dict[str, Any] = {"image": pil(picture(0))} if kind in PICTURED else {}
    if kind == "stable":
        unheard = dict.fromkeys(("prompt", "negative_prompt", "guidance_scale"))
        asked |= {**unheard, "fps": 24}
    if kind == "sana":

        def called(**given: Any) -> Any:
            return pipeline(frames=FRAMES[kind], use_resolution_binning=False, **given)

        return upstream(None, None, called, **asked, **options).frames[0]
    return upstream(None, FRAMES[kind], pipeline, **asked, **options).frames[0]


@pytest.mark.proves("generic", "text", "image")
def test_it_makes_the_pipelines_own_frames_and_resumes(model: Any, folder: Path, kind: str) -> None:
    request = a_request(model, kind)
    states = states_of(model, request)
    made = frames_of(model, request, states[-1])
    assert made.std() > 10
    assert np.array_equal(made, as_bytes(its_own_frames(folder, kind))[: FRAMES[kind]])
    assert_resumes(model, request, states)


@pytest.mark.proves("generic", "half")
def test_in_bfloat16_too(folder: Path, kind: str) -> None:
    """To the bit where processors have bfloat16; where it is emulated, the same product twice is
    not the same bits, and a pixel is off by some levels.
    """
    model = loaded(GENERIC, folder, precision="bfloat16")
    request = a_request(model, kind, steps=2)
    states = states_of(model, request)
    made = frames_of(model, request, states[-1])
    wanted = its_own_frames(folder, kind, torch.bfloat16, num_inference_steps=2)
    off = np.abs(made.astype(int) - as_bytes(wanted)[: FRAMES[kind]])
    if torch.cpu._is_avx512_supported():
        assert off.max() == 0
        assert_resumes(model, request, states)
    assert off.mean() < 3


def test_without_guidance_too(tiny_model: TinyModel, skyreels: Any) -> None:
    request = a_request(skyreels, "skyreels", guidance=1.0, negative=None)
    made = frames_of(skyreels, request, states_of(skyreels, request)[-1])
    folder = tiny_model(GENERIC, kind="skyreels")
    wanted = its_own_frames(folder, "skyreels", guidance_scale=1.0, negative_prompt=None)
    assert np.array_equal(made, as_bytes(wanted))


def test_a_latent_is_decoded_by_who_never_sampled_it(folder: Path, model: Any, kind: str) -> None:
    request = a_request(model, kind, steps=2)
    latent = model.finish(request, states_of(model, request)[-1])
    likes = model.capabilities
    assert latent.video_BCTHW.shape[:2] == (1, likes.latent_channels)
    assert latent.video_BCTHW.shape[3] == 64 // likes.spatial_factor
    other = loaded(GENERIC, folder)
    assert np.array_equal(*(np.concatenate(list(m.decode(latent))) for m in (model, other)))


def test_a_preview_shows_the_steps_that_were_taken(model: Any, kind: str) -> None:
    states = states_of(model, a_request(model, kind))
    side = 64 // model.capabilities.spatial_factor
    shown = [model.preview(state).pixels_HWC for state in states[1:]]
    assert all(pixels.shape == (side, side, 3) for pixels in shown)
    assert kind == "allegro" or not np.array_equal(shown[0], shown[-1])
    with pytest.raises(InvalidInput, match="before the first step"):
        model.preview(states[0])


def test_where_memory_is_short_it_decodes_in_tiles(tiny_model: TinyModel) -> None:
    model = loaded(GENERIC, tiny_model(GENERIC, kind="animate"))
    latent = model.encode(clip_of(FRAMES["animate"]))
    whole = np.concatenate(list(model.decode(latent)))
    model.decoding_bytes = 1
    tiled = np.concatenate(list(model.decode(latent)))
    assert tiled.shape == whole.shape
    assert not np.array_equal(tiled, whole)
    model.decoding_bytes = None
    assert np.array_equal(np.concatenate(list(model.decode(latent))), whole)


def test_a_clip_goes_through_the_latent_and_comes_back_as_long(model: Any, kind: str) -> None:
    if kind == "allegro":
        pytest.skip("its VAE has no latent for so small a picture")
    latent = model.encode(clip_of(FRAMES[kind]))
    assert np.concatenate(list(model.decode(latent))).shape == (FRAMES[kind], 64, 64, 3)


@pytest.mark.proves("generic", "placed")
def test_each_network_is_there_when_it_works(model: Any, kind: str) -> None:
    """With each part on the device only while it works, nothing changes in the sample."""
    request = a_request(model, kind, steps=2)
    expected = states_of(model, request)
    again = a_request(model, kind, steps=2, positive=model.encode_prompt("another"))
    states_of(model, again)
    worked: list[str] = []

    def watched(name: str) -> Any:
        def before(*_: Any) -> None:
            worked.append(name)
            assert name in model.placed.here, f"{name} works from afar"

        return before

    networks = model.parts.networks.items()
    hooks = [network.register_forward_pre_hook(watched(name)) for name, network in networks]
    way = model.placed.way
    model.placed.change(Placement(WAYS[2], 0))
    try:
        state = model.restore(request, expected[1])  # nobody has begun it here
        assert_same(model.step(request, state), expected[2])
        model.finish(request, expected[2])
    finally:
        model.placed.change(Placement(way, 0))
        for hook in hooks:
            hook.remove()
    assert {"unet", "transformer"} & set(worked)


def test_a_step_that_is_stopped_within_leaves_nothing_behind(skyreels: Any) -> None:
    request = a_request(skyreels, "skyreels")
    states = states_of(skyreels, request)

    def stop() -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled), interruptible(stop):
        skyreels.step(request, states[1])
    assert_same(skyreels.step(request, states[1]), states[2])


def test_a_step_is_one_step_of_the_denoiser_and_words_are_read_once(skyreels: Any) -> None:
    """However many steps were taken before; with guidance it looks twice."""
    worked: dict[str, list[int]] = {"transformer": [], "text_encoder": []}
    hooks = [
        skyreels.parts[name].register_forward_pre_hook(lambda *_, each=each: each.append(1))
        for name, each in worked.items()
    ]
    request = a_request(skyreels, "skyreels", positive=skyreels.encode_prompt("words unheard of"))
    try:
        states = states_of(skyreels, request)
        skyreels.finish(request, states[-1])
        skyreels.preview(states[1])
    finally:
        for hook in hooks:
            hook.remove()
    assert len(worked["transformer"]) == 2 * request.steps
    assert len(worked["text_encoder"]) == 1  # what to steer away from was read before


def test_nothing_draws_from_the_global_generator(skyreels: Any) -> None:
    before = torch.get_rng_state()
    states_of(skyreels, a_request(skyreels, "skyreels"))
    assert torch.equal(torch.get_rng_state(), before)


def test_it_says_what_it_leaves_out(skyreels: Any) -> None:
    told = " ".join(skyreels.encode_prompt("a cat").notes)
    assert "SkyReelsV2Pipeline is run as diffusers has it" in told
    assert "without sound" in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"width": 70}, "64x64 is near"),
        ({"frames": 8}, "9 is near"),
        ({"solver": "euler"}, "cannot be sampled with 'euler'"),
        ({"keyframes": (keyframe(0, 0),)}, "cannot be given pictures"),
        ({"source": clip_of(9)}, "cannot be given a video to change"),
    ],
)
def test_it_refuses_what_the_pipeline_cannot(
    skyreels: Any, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        skyreels.begin(request_of(skyreels, **{"frames": 9, **changes}))
    assert "SkyReelsV2Pipeline" in str(caught.value)


def test_one_that_begins_with_a_picture_wants_one_and_no_words_against(
    tiny_model: TinyModel,
) -> None:
    stable = loaded(GENERIC, tiny_model(GENERIC, kind="stable"))
    with pytest.raises(InvalidInput, match="starts from one picture, and was given none"):
        stable.begin(request_of(stable, 6, negative=None))
    with pytest.raises(InvalidInput, match="cannot steer away from a prompt"):
        stable.begin(request_of(stable, 6, keyframes=(keyframe(0, 0),)))


def test_what_the_pipeline_itself_refuses_is_said_in_its_words(
    skyreels: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check_inputs(*_: Any, **__: Any) -> None:
        raise ValueError("This is too much.\nReally.")

    monkeypatch.setattr(skyreels.pipeline, "check_inputs", check_inputs)
    with pytest.raises(InvalidInput, match=r"SkyReelsV2Pipeline cannot make this: This is too mu"):
        skyreels.begin(a_request(skyreels, "skyreels", seed=8))


def renamed(folder: Path, name: object, to: Path) -> Path:
    """A copy of a model that says it is for another pipeline."""
    shutil.copytree(folder, to)
    index = json.loads((to / "model_index.json").read_text())
    (to / "model_index.json").write_text(json.dumps({**index, "_class_name": name}))
    return to


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("StableDiffusionPipeline", "makes no video"),
        ("LucyEditPipeline", "needs 'video'"),
        ("SkyReelsV2DiffusionForcingPipeline", "in several passes"),
        ("NoSuchPipeline", "diffusers does not define it"),
        (["my_pipeline", "MyPipeline"], "diffusers does not define it"),
    ],
)
def test_a_pipeline_whose_steps_cannot_be_owned_is_refused(
    tiny_model: TinyModel, tmp_path: Path, name: object, reason: str
) -> None:
    place = renamed(tiny_model(GENERIC, kind="skyreels"), name, tmp_path / "other")
    with pytest.raises(InvalidInput, match=f"{reason}.*Use a model of one of these families"):
        family_in(place)
    with pytest.raises(InvalidInput, match=f"cannot be run: .*{reason}"):
        load(VideoModel(GENERIC, str(place), "digest"), place, "cpu")


def test_one_that_lacks_a_package_says_which(tiny_model: TinyModel, tmp_path: Path) -> None:
    """And nothing is fetched for it."""
    folder = tiny_model(GENERIC, kind="skyreels")
    place = renamed(folder, "CosmosTextToWorldPipeline", tmp_path / "other")
    assert family_in(place) == GENERIC
    with pytest.raises(InvalidInput, match=r"cannot be made \(`cosmos_guardrail` is not installed"):
        loaded(GENERIC, place)


def test_one_with_two_schedules_is_refused_before_it_samples(
    tiny_model: TinyModel, tmp_path: Path
) -> None:
    place = renamed(tiny_model("ltx2"), "LTX2InContextPipeline", tmp_path / "other")
    model = loaded(family_in(place), place)
    with pytest.raises(InvalidInput, match="keeps more than one schedule"):
        model.begin(request_of(model, 9))
