"""The starter behind the Family protocol, on random weights: what holds whatever it has learned."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.errors import InvalidInput
from engine.models.family import SampleRequest, SampleState
from engine.models.starter.audio_vae import AudioVAE
from engine.models.starter.config import (
    AudioVaeConfig,
    DitConfig,
    SoundConfig,
    StarterConfig,
    TextConfig,
    VaeConfig,
)
from engine.models.starter.dit import StarterDiT
from engine.models.starter.family import StarterFamily
from engine.models.starter.load import Starter
from engine.models.starter.text import StarterTextEncoder, Vocabulary
from engine.models.starter.vae import StarterVAE
from engine.values import Clip, FrameCondition, Image, VideoModel

WORDS = ("a", "ball", "blue", "left", "moving", "red", "right")


def random_family(seed: int = 0) -> StarterFamily:
    """Tiny networks with every weight random, the zero-initialised ones too."""
    config = StarterConfig(
        vae=VaeConfig(latent_channels=4, fine_width=8, coarse_width=16),
        text=TextConfig(vocabulary_size=10, max_words=8, width=16, num_layers=1, num_heads=2),
        dit=DitConfig(
            latent_channels=4, width=32, num_layers=2, num_heads=2, text_width=16,
            sound=SoundConfig(latent_channels=3, width=16, num_heads=2),
        ),
        audio=AudioVaeConfig(latent_channels=3, width=8, num_encoder_blocks=1),
    )  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    nets = (
        StarterTextEncoder(config.text),
        StarterDiT(config.dit),
        StarterVAE(config.vae),
        AudioVAE(config.audio or AudioVaeConfig()),
    )
    with torch.no_grad():
        for net in nets:
            for parameter in net.eval().parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    handle = VideoModel("starter", "random", str(seed))
    return StarterFamily(Starter(config, Vocabulary(WORDS, max_words=8), *nets), handle, "cpu")


@pytest.fixture(scope="module")
def family() -> StarterFamily:
    return random_family()


def request_of(family: StarterFamily, **changes: object) -> SampleRequest:
    request = SampleRequest(
        positive=family.encode_prompt("a red ball moving left"),
        negative=None,
        width=32,
        height=16,
        frames=9,
        fps=Fraction(16),
        steps=4,
        guidance=3.0,
        seed=7,
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def sample(family: StarterFamily, request: SampleRequest) -> SampleState:
    state = family.begin(request)
    for _ in range(request.steps):
        state = family.step(request, state)
    return state


def picture(value: int) -> Image:
    return Image(np.full((40, 30, 3), value, np.uint8))


def test_unknown_words_are_named(family: StarterFamily) -> None:
    assert family.encode_prompt("a red ball").notes == ()
    (note,) = family.encode_prompt("a red dragon moving backwards").notes
    assert "'dragon', 'backwards'" in note


def test_the_same_request_gives_the_same_bits(family: StarterFamily) -> None:
    request = request_of(family)
    first, second = sample(family, request), sample(family, request)
    assert torch.equal(first.tensors["latent"], second.tensors["latent"])


@pytest.mark.parametrize(
    "change", [{"seed": 8}, {"guidance": 1.0}, {"shift": 1.0}, {"solver": "heun"}, {"steps": 5}]
)
def test_what_decides_a_sample_changes_it(family: StarterFamily, change: dict[str, object]) -> None:
    usual = sample(family, request_of(family)).tensors["latent"]
    assert not torch.equal(sample(family, request_of(family, **change)).tensors["latent"], usual)


@pytest.mark.proves("starter", "text")
def test_the_prompt_and_the_negative_prompt_count(family: StarterFamily) -> None:
    usual = sample(family, request_of(family)).tensors["latent"]
    other = request_of(family, positive=family.encode_prompt("a blue ball moving right"))
    away = request_of(family, negative=family.encode_prompt("blue"))
    assert not torch.equal(sample(family, other).tensors["latent"], usual)
    assert not torch.equal(sample(family, away).tensors["latent"], usual)


def test_a_step_leaves_the_given_state_alone(family: StarterFamily) -> None:
    request = request_of(family)
    state = family.begin(request)
    before = {name: tensor.clone() for name, tensor in state.tensors.items()}
    family.step(request, state)
    assert state.step == 0
    assert all(torch.equal(before[name], state.tensors[name]) for name in before)


@pytest.mark.proves("starter", "resume")
@pytest.mark.parametrize("solver", ["euler", "heun"])
@pytest.mark.parametrize("stop", [0, 1, 3])
def test_resumed_in_a_new_process_equals_uninterrupted(
    family: StarterFamily, tmp_path: Path, solver: str, stop: int
) -> None:
    request = request_of(family, solver=solver)
    whole = sample(family, request).tensors
    state = family.begin(request)
    for _ in range(stop):
        state = family.step(request, state)
    save_file(state.tensors, tmp_path / "state.safetensors")
    code = (
        "import sys; sys.path.insert(0, 'tests/engine/models/starter')\n"
        "from pathlib import Path; import torch, test_family as t\n"
        f"torch.set_num_threads({torch.get_num_threads()})  # sums depend on it\n"
        f"t.go_on(Path({str(tmp_path)!r}), {solver!r}, {stop})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    made = load_file(tmp_path / "result.safetensors")
    assert torch.equal(made["latent"], whole["latent"])
    assert torch.equal(made["audio"], whole["audio"])


def go_on(folder: Path, solver: str, step: int) -> None:
    """What the new process does: restore the state, take the steps that are left."""
    family = random_family()
    request = request_of(family, solver=solver)
    tensors = {n: t.clone() for n, t in load_file(folder / "state.safetensors").items()}
    state = family.restore(request, SampleState(step, request.steps, tensors))
    while state.step < state.steps:
        state = family.step(request, state)
    made = {name: state.tensors[name].contiguous() for name in ("latent", "audio")}
    save_file(made, folder / "result.safetensors")


def test_a_state_of_another_request_is_refused(family: StarterFamily) -> None:
    state = family.begin(request_of(family))
    with pytest.raises(InvalidInput, match="another sample"):
        family.restore(request_of(family, width=64), state)


def test_a_silent_state_does_not_go_on_with_sound(family: StarterFamily) -> None:
    state = family.begin(request_of(family, audio=False))
    assert "audio" not in state.tensors
    with pytest.raises(InvalidInput, match="another sample"):
        family.restore(request_of(family), state)


@pytest.mark.parametrize(
    "index",
    [
        pytest.param(0, marks=pytest.mark.proves("starter", "image")),
        pytest.param(5, marks=pytest.mark.proves("starter", "keyframes")),
        pytest.param(-1, marks=pytest.mark.proves("starter", "last-image")),
    ],
)
def test_keyframes_stand_in_the_sampled_latent(family: StarterFamily, index: int) -> None:
    request = request_of(family, keyframes=(FrameCondition(picture(200), index),))
    state = sample(family, request)
    place = {0: 0, 5: 2, -1: 2}[index]
    latent, clean = state.tensors["latent"], state.tensors["clean"]
    assert torch.equal(latent[:, :, place], clean[:, :, place])
    assert clean[:, :, place].abs().sum() > 0
    free = sample(family, request_of(family)).tensors["latent"]
    other = 1 if place != 1 else 0
    assert not torch.equal(latent[:, :, other], free[:, :, other])


def test_a_keyframe_outside_the_clip_is_refused(family: StarterFamily) -> None:
    with pytest.raises(InvalidInput, match=r"no frame 9 .* 9 frames.*Use -9 to 8"):
        family.begin(request_of(family, keyframes=(FrameCondition(picture(0), 9),)))


@pytest.mark.parametrize(
    ("change", "near"),
    [({"width": 30}, "32x16"), ({"height": 4000}, "32x512"), ({"frames": 10}, "9 is near")],
)
def test_a_size_it_cannot_make_names_the_nearest(
    family: StarterFamily, change: dict[str, object], near: str
) -> None:
    with pytest.raises(InvalidInput, match=near):
        family.begin(request_of(family, **change))


def test_the_streamed_decode_gives_every_frame(family: StarterFamily) -> None:
    request = request_of(family)
    latent = family.finish(request, sample(family, request))
    chunks = list(family.decode(latent))
    assert [len(chunk) for chunk in chunks] == [1, 4, 4]
    assert all(chunk.dtype == np.uint8 and chunk.shape[1:] == (16, 32, 3) for chunk in chunks)


def test_a_clip_can_be_encoded_and_other_lengths_are_refused(family: StarterFamily) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (9, 16, 32, 3), np.uint8)
    clip = Clip(lambda: iter([frames[:4], frames[4:]]), 9, 16, 32, Fraction(16))
    latent = family.encode(clip)
    assert tuple(latent.video_BCTHW.shape) == (1, 4, 3, 2, 4)
    with pytest.raises(InvalidInput, match="cannot make 8 frames"):
        family.encode(replace(clip, frames=8))


def test_a_preview_is_a_picture_of_the_right_size(family: StarterFamily) -> None:
    image = family.preview(family.begin(request_of(family)))
    assert (image.width, image.height) == (32, 16)


@pytest.mark.parametrize("mode", ["full", "causal", "window"])
def test_every_attention_mode_samples(family: StarterFamily, mode: str) -> None:
    latent = sample(family, request_of(family, attention=mode)).tensors["latent"]
    assert torch.isfinite(latent).all()


def test_long_clips_choose_the_window_by_themselves(family: StarterFamily) -> None:
    long = request_of(family, frames=1 + 4 * 130, fps=Fraction(16), steps=1, width=16)
    windowed = replace(long, attention="window")
    full = replace(long, attention="full")
    chosen = sample(family, long).tensors["latent"]
    assert torch.equal(chosen, sample(family, windowed).tensors["latent"])
    assert not torch.equal(chosen, sample(family, full).tensors["latent"])


@pytest.mark.proves("starter", "audio")
def test_sound_lasts_exactly_as_long_as_the_picture(family: StarterFamily) -> None:
    assert family.capabilities.audio
    for fps in (Fraction(16), Fraction(30000, 1001)):
        request = request_of(family, fps=fps)
        audio = family.decode_audio(family.finish(request, sample(family, request)))
        assert audio is not None
        assert audio.rate == 16_000
        assert audio.samples_CN.shape == (1, round(9 / fps * 16_000))
        assert np.isfinite(audio.samples_CN).all()
        assert np.abs(audio.samples_CN).max() <= 1.0


def test_a_silent_video_has_no_sound_and_begins_with_the_same_noise(family: StarterFamily) -> None:
    request = request_of(family, audio=False)
    latent = family.finish(request, sample(family, request))
    assert latent.audio_BLD is None
    assert family.decode_audio(latent) is None
    with_sound, without = family.begin(request_of(family)), family.begin(request)
    assert torch.equal(with_sound.tensors["latent"], without.tensors["latent"])


def test_picture_and_sound_lead_each_other(family: StarterFamily) -> None:
    request = request_of(family)
    usual = sample(family, request).tensors
    silent = sample(family, replace(request, audio=False)).tensors
    assert not torch.equal(usual["latent"], silent["latent"])
    other = sample(family, replace(request, keyframes=(FrameCondition(picture(200), 0),))).tensors
    assert not torch.equal(usual["audio"], other["audio"])


@pytest.mark.parametrize("mode", ["causal", "window"])
def test_sound_of_every_attention_mode_is_finite(family: StarterFamily, mode: str) -> None:
    request = request_of(family, attention=mode, frames=89)
    assert torch.isfinite(sample(family, request).tensors["audio"]).all()


def test_a_watched_video_stays_and_its_sound_follows_it(family: StarterFamily) -> None:
    request = request_of(family)
    seen = family.finish(request, sample(family, request))
    state = sample(family, replace(request, watched=seen, seed=9))
    assert torch.equal(state.tensors["latent"], seen.video_BCTHW)
    other = replace(seen, video_BCTHW=-seen.video_BCTHW)
    heard = sample(family, replace(request, watched=other, seed=9)).tensors["audio"]
    assert not torch.equal(state.tensors["audio"], heard)
