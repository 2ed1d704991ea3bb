"""Wan of every kind makes what diffusers' own pipelines make, and goes on from any step."""

from __future__ import annotations

from functools import wraps
from typing import Any

import diffusers
import numpy as np
import PIL.Image
import pytest
import torch

from engine.errors import Cancelled, InvalidInput
from engine.models.diffusion.schedulers import FLOW_SOLVERS, scheduler_for
from engine.models.families import family_in
from engine.models.family import Solver
from engine.models.interruption import interruptible
from tests.engine.models.conftest import TinyModel
from tests.engine.models.held_memory import HeldMemory
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

FRAMES = 9
# numpy's own, where diffusers reads a tensor into an array.
pytestmark = pytest.mark.filterwarnings("ignore:__array_:DeprecationWarning")


@pytest.fixture(scope="module")
def words(tiny_model: TinyModel) -> Any:
    return loaded("wan", tiny_model("wan"))


def pipeline(model: Any, name: str, **options: Any) -> Any:
    """Another of Wan's pipelines over the same components."""
    made = getattr(diffusers, name)(**model.parts.parts, **options)
    made.set_progress_bar_config(disable=True)
    return made


def evenly(scheduler: Any) -> Any:
    """With the noise levels of the makers' own schedule, which diffusers must tell Euler."""
    own = scheduler.set_timesteps

    def set_timesteps(steps: int, device: str) -> None:
        own(sigmas=np.linspace(1.0, 0.0, steps + 1)[:-1], device=device)

    scheduler.set_timesteps = set_timesteps
    return scheduler


@pytest.mark.parametrize("solver", ["euler", "lcm", "unipc", "dpm++", "dpm++ sde", "deis"])
def test_four_steps_are_those_that_models_of_few_steps_were_taught(
    words: Any, solver: Solver
) -> None:
    """lightx2v's Wan models denoise from 1000, 750, 500 and 250 of 1000, shifted by 5."""
    request = request_of(words, FRAMES, solver=solver, steps=4, shift=5.0)
    taught = [1000 * 5 * level / (1 + 4 * level) for level in (1.0, 0.75, 0.5, 0.25)]
    assert words._scheduled(request, {}).timesteps.tolist() == pytest.approx(taught, abs=1.01)


@pytest.mark.proves("wan2.1-t2v-*", "text")
@pytest.mark.parametrize("solver", FLOW_SOLVERS)
def test_words_make_the_pipelines_own_frames_with_every_solver_and_resume(
    words: Any, solver: Solver
) -> None:
    request = request_of(words, FRAMES, solver=solver, steps=4)
    states = states_of(words, request)
    theirs = pipeline(words, "WanPipeline")
    theirs.scheduler = scheduler_for(theirs.scheduler, solver, None)
    if solver == "euler":
        theirs.scheduler = evenly(theirs.scheduler)
    if solver in ("dpm++ sde", "lcm"):  # theirs draws from the global generator
        assert_resumes(words, request, states)
        again = states_of(words, request)[-1]
        assert np.array_equal(
            frames_of(words, request, again), frames_of(words, request, states[-1])
        )
        return
    wanted = upstream(words, FRAMES, theirs, num_inference_steps=4).frames[0]
    assert np.array_equal(frames_of(words, request, states[-1]), as_bytes(wanted))
    assert_resumes(words, request, states)


def test_without_guidance_it_makes_the_pipelines_own_frames(words: Any) -> None:
    request = request_of(words, 5, guidance=1.0)
    theirs = pipeline(words, "WanPipeline")
    wanted = upstream(words, 5, theirs, guidance_scale=1.0).frames[0]
    ours = frames_of(words, request, states_of(words, request)[-1])
    assert np.array_equal(ours, as_bytes(wanted))


@pytest.mark.proves("wan2.1-t2v-*", "video")
def test_a_video_is_changed_as_the_pipeline_changes_it(words: Any) -> None:
    request = request_of(words, FRAMES, source=clip_of(11), strength=0.7, steps=4)
    states = states_of(words, request)
    assert states[-1].steps == 2
    theirs = pipeline(words, "WanVideoToVideoPipeline")
    wanted = upstream(
        words, FRAMES, theirs, num_frames=None, num_inference_steps=4, strength=0.7,
        video=[pil(picture(seed)) for seed in range(FRAMES)],
    ).frames[0]  # fmt: skip
    assert np.array_equal(frames_of(words, request, states[-1]), as_bytes(wanted))
    assert_resumes(words, request, states)


@pytest.mark.parametrize(
    ("kind", "places"),
    [
        pytest.param("pictures", (0,), marks=pytest.mark.proves("wan2.1-i2v-*", "image")),
        pytest.param(
            "ends", (0, -1), marks=pytest.mark.proves("wan2.1-flf2v-*", "image", "last-image")
        ),
        pytest.param("pictures22", (0,), marks=pytest.mark.proves("wan2.2-i2v-*", "image")),
        pytest.param("pictures22", (0, -1), marks=pytest.mark.proves("wan2.2-i2v-*", "last-image")),
    ],
    ids=[
        "a first picture",
        "a first and a last picture",
        "a first picture, two experts",
        "a first and a last picture, two experts",
    ],
)
def test_pictures_make_the_pipelines_own_frames_and_resume(
    tiny_model: TinyModel, kind: str, places: tuple[int, ...]
) -> None:
    model = loaded("wan", tiny_model("wan", kind=kind))
    keyframes = tuple(keyframe(seed, index) for seed, index in enumerate(places))
    request = request_of(model, FRAMES, keyframes=keyframes)
    states = states_of(model, request)
    shown = dict(zip(("image", "last_image"), (pil(k.image) for k in keyframes), strict=False))
    wanted = upstream(model, FRAMES, **shown).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


@pytest.mark.proves("wan2.2-t2v-*", "text")
def test_two_experts_take_turns_each_with_its_guidance(tiny_model: TinyModel) -> None:
    model = loaded("wan", tiny_model("wan", kind="experts", scheduler="unipc"))
    request = request_of(model, FRAMES, steps=5, second_guidance=2.0)
    states = states_of(model, request)
    parts = {n: p for n, p in model.parts.parts.items() if not n.startswith("image_")}
    theirs = diffusers.WanPipeline(**parts, boundary_ratio=0.8)
    theirs.set_progress_bar_config(disable=True)
    options = {"num_inference_steps": 5, "guidance_scale_2": 2.0}
    wanted = upstream(model, FRAMES, theirs, **options).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


@pytest.mark.proves("wan2.2-t2v-*", "video")
def test_the_second_expert_alone_changes_what_needs_little_noise(tiny_model: TinyModel) -> None:
    """No pipeline changes a video by two experts; where one is enough, it does."""
    model = loaded("wan", tiny_model("wan", kind="experts"))
    request = request_of(model, FRAMES, source=clip_of(FRAMES), strength=0.5, steps=4)
    states = states_of(model, request)
    parts = {n: p for n, p in model.parts.parts.items() if not n.startswith(("image_", "trans"))}
    theirs = diffusers.WanVideoToVideoPipeline(**parts, transformer=model.parts["transformer_2"])
    theirs.set_progress_bar_config(disable=True)
    wanted = upstream(
        model, FRAMES, theirs, num_frames=None, num_inference_steps=4, strength=0.5,
        video=[pil(picture(seed)) for seed in range(FRAMES)],
    ).frames[0]  # fmt: skip
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


@pytest.mark.parametrize(
    "places",
    [
        pytest.param((), marks=pytest.mark.proves("wan2.2-ti2v-5b", "text")),
        pytest.param((0,), marks=pytest.mark.proves("wan2.2-ti2v-5b", "image")),
    ],
    ids=["words", "a first picture"],
)
def test_the_small_one_makes_the_pipelines_own_frames_and_resumes(
    tiny_model: TinyModel, places: tuple[int, ...]
) -> None:
    model = loaded("wan", tiny_model("wan", kind="small"))
    keyframes = tuple(keyframe(seed, index) for seed, index in enumerate(places))
    request = request_of(model, FRAMES, keyframes=keyframes)
    states = states_of(model, request)
    if places:
        wanted = upstream(model, FRAMES, image=pil(keyframes[0].image)).frames[0]
    else:
        theirs = pipeline(model, "WanPipeline", expand_timesteps=True)
        wanted = upstream(model, FRAMES, theirs).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


@pytest.mark.proves("wan2.1-vace-*", "text")
def test_a_guided_one_needs_no_guide(tiny_model: TinyModel) -> None:
    model = loaded("wan", tiny_model("wan", kind="guided"))
    request = request_of(model, FRAMES)
    states = states_of(model, request)
    wanted = upstream(model, FRAMES).frames[0]
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))


@pytest.mark.parametrize(
    "pictures",
    [
        pytest.param(0, marks=pytest.mark.proves("wan2.1-vace-*", "control")),
        pytest.param(2, marks=pytest.mark.proves("wan2.1-vace-*", "reference")),
    ],
)
def test_a_guiding_video_is_followed_as_the_pipeline_follows_it(
    tiny_model: TinyModel, pictures: int
) -> None:
    model = loaded("wan", tiny_model("wan", kind="guided"))
    keyframes = tuple(keyframe(50 + seed, None) for seed in range(pictures))
    request = request_of(
        model, FRAMES, control=clip_of(FRAMES), mask=clip_of(FRAMES), keyframes=keyframes
    )
    states = states_of(model, request)
    shown = [pil(picture(seed)) for seed in range(FRAMES)]
    wanted = upstream(
        model, FRAMES, video=shown, mask=shown,
        reference_images=[pil(k.image) for k in keyframes] or None,
    ).frames[0]  # fmt: skip
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))
    assert_resumes(model, request, states)


@pytest.mark.parametrize(
    ("places", "guided"),
    [
        pytest.param((0,), False, marks=pytest.mark.proves("wan2.1-vace-*", "image")),
        pytest.param((0, -1), False, marks=pytest.mark.proves("wan2.1-vace-*", "last-image")),
        pytest.param((3,), False, marks=pytest.mark.proves("wan2.1-vace-*", "keyframes")),
        ((3, -1), True),
    ],
)
def test_a_guided_one_holds_pictures_at_their_frames_as_the_pipeline_is_told_to(
    tiny_model: TinyModel, places: tuple[int, ...], guided: bool
) -> None:
    """As diffusers' documentation has it: in the guiding video, where the mask is black."""
    model = loaded("wan", tiny_model("wan", kind="guided"))
    keyframes = (*(keyframe(50 + place, place) for place in places), keyframe(40, None))
    guide = {"control": clip_of(FRAMES), "mask": clip_of(FRAMES, 20)} if guided else {}
    request = request_of(model, FRAMES, keyframes=keyframes, **guide)
    size = (request.width, request.height)
    shown = [PIL.Image.new("RGB", size, (128, 128, 128))] * FRAMES
    mask = [PIL.Image.new("RGB", size, (255, 255, 255))] * FRAMES
    if guided:
        shown, mask = ([pil(picture(first + n)) for n in range(FRAMES)] for first in (0, 20))
    for place in places:
        shown[place] = pil(picture(50 + place))
        mask[place] = PIL.Image.new("RGB", size, (0, 0, 0))
    wanted = upstream(
        model, FRAMES, video=shown, mask=mask, reference_images=[pil(picture(40))]
    ).frames[0]
    states = states_of(model, request)
    assert np.array_equal(frames_of(model, request, states[-1]), as_bytes(wanted))


def test_what_a_kind_cannot_be_given_is_refused(words: Any, tiny_model: TinyModel) -> None:
    pictures = loaded("wan", tiny_model("wan", kind="pictures"))
    for model, given, said in [
        (words, {"keyframes": (keyframe(0, 0),)}, "cannot be given pictures"),
        (words, {"control": clip_of(FRAMES)}, "cannot be given a guiding video"),
        (words, {"solver": "heun"}, "cannot be sampled with 'heun'"),
        (words, {"source": clip_of(5)}, "5 frames cannot become one of 9"),
        (words, {"source": clip_of(FRAMES), "strength": 0.1}, "leaves none of 3 steps"),
        (pictures, {}, "needs a picture for the first frame"),
        (pictures, {"keyframes": (keyframe(0, 0), keyframe(1, 4))}, "takes none but for the last"),
        (pictures, {"keyframes": (keyframe(0, 0), keyframe(1, 17))}, "no frame 17 in a clip of 9"),
        (pictures, {"keyframes": (keyframe(0, None),)}, "takes pictures at frames"),
        (pictures, {"source": clip_of(FRAMES)}, "cannot be given a video to change"),
    ]:
        with pytest.raises(InvalidInput, match=said):
            model.begin(request_of(model, FRAMES, **given))


def test_a_guide_of_another_size_is_refused(tiny_model: TinyModel) -> None:
    model = loaded("wan", tiny_model("wan", kind="guided"))
    with pytest.raises(InvalidInput, match="64x64 pixels, the video to be made 32x64"):
        model.begin(request_of(model, FRAMES, width=32, control=clip_of(FRAMES)))
    with pytest.raises(InvalidInput, match="mask has 5 frames"):
        model.begin(request_of(model, FRAMES, mask=clip_of(5)))


@pytest.mark.parametrize("kind", ["words", "small", "guided", "pictures"])
def test_a_folder_of_any_kind_is_known(tiny_model: TinyModel, kind: str) -> None:
    assert family_in(tiny_model("wan", kind=kind)) == "wan"


def test_decoding_is_a_stream_of_one_frame_and_then_four(words: Any) -> None:
    request = request_of(words, FRAMES)
    latent = words.finish(request, words.begin(request))
    assert [len(chunk) for chunk in words.decode(latent)] == [1, 4, 4]
    first, second = words.decode(latent), words.decode(latent)
    for one, other in zip(first, second, strict=True):  # in turn: each has its own past
        assert np.array_equal(one, other)


def test_with_less_memory_it_makes_the_same_frames(tiny_model: TinyModel) -> None:
    model = loaded("wan", tiny_model("wan"))
    request = request_of(model, FRAMES)
    expected = frames_of(model, request, states_of(model, request)[-1])
    told = []
    while (said := model.spare_memory()) is not None:
        told.append(said)
        latent = model.finish(request, states_of(model, request)[-1])
        model.decoding_bytes = None  # tiles are another test's
        assert np.array_equal(np.concatenate([*model.decode(latent)]), expected)
    assert told[-1] == "text encoder and denoiser block by block, decoding in tiles"
    assert len(told) == 5


def test_a_step_that_was_stopped_within_is_the_same_when_taken_again(words: Any) -> None:
    request = request_of(words, FRAMES)
    state = words.begin(request)
    after = words.step(request, state)

    def check() -> None:
        raise Cancelled()

    with pytest.raises(Cancelled), interruptible(check):
        words.step(request, state)
    assert_same(words.step(request, state), after)


@pytest.mark.parametrize("solver", ["euler", "unipc", "dpm++ sde"])
def test_a_step_that_ran_out_of_memory_after_solving_is_the_same_when_taken_again(
    words: Any, solver: Solver, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_of(words, FRAMES, solver=solver)
    states = states_of(words, request)
    state = words.step(request, words.begin(request))
    _, scheduler, _ = words._alive
    solve = scheduler.step

    @wraps(solve)
    def late(*given: Any, **options: Any) -> None:
        solve(*given, **options)
        raise torch.OutOfMemoryError("late")

    monkeypatch.setattr(scheduler, "step", late)
    with pytest.raises(torch.OutOfMemoryError):
        words.step(request, state)
    monkeypatch.undo()
    assert_same(words.step(request, state), states[2])


@pytest.mark.parametrize("kind", ["words", "small"])
def test_in_tiles_it_decodes_as_its_vae_does_bit_for_bit_and_as_a_stream(
    tiny_model: TinyModel, kind: str
) -> None:
    model = loaded("wan", tiny_model("wan", kind=kind))
    vae, side = model.parts["vae"], model.capabilities.spatial_factor
    vae.enable_tiling(8 * side, 8 * side, 6 * side, 6 * side)
    latent = torch.randn(1, vae.config.z_dim, 3, 11, 14)
    mean, deviation = model._normal(latent)
    with torch.inference_mode():
        whole = vae.decode(latent / (1 / deviation) + mean, return_dict=False)[0]
        vae.disable_tiling()
        model.decoding_bytes = 1
        parts = list(model.decoded(latent))
    assert [part.shape[2] for part in parts] == [1, 4, 4]
    assert torch.equal(torch.cat(parts, dim=2), whole)


def test_in_tiles_memory_is_flat_in_length(tiny_model: TinyModel) -> None:
    model = loaded("wan", tiny_model("wan"))
    model.parts["vae"].enable_tiling(64, 64, 48, 48)
    model.parts["vae"].disable_tiling()
    model.decoding_bytes = 1
    peaks = []
    for length in (4, 16):
        latent = torch.randn(1, 4, length, 11, 14)
        with torch.inference_mode(), HeldMemory() as held:
            for _ in model.decoded(latent):
                pass
        peaks.append(held.peak)
    assert peaks[1] <= 1.05 * peaks[0]


@pytest.mark.parametrize(
    ("changes", "most"),
    [({"width": 528}, "at most 512 a side"), ({"frames": 129}, "at most 125, and go on")],
)
def test_what_has_no_places_left_is_refused(words: Any, changes: dict[str, int], most: str) -> None:
    """The tiny one has 32 of them along each axis."""
    request = request_of(words, **{"frames": FRAMES, **changes})
    with pytest.raises(InvalidInput, match=most):
        words.begin(request)
