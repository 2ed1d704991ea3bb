"""The starter model behind the Family protocol: prompts in, sampled and decoded video and sound
out.

Shapes: B clips (1), C latent channels, T latent frames, H rows, W columns, L words, A latents of
sound, D text width or channels of sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.errors import InvalidInput
from engine.models.abilities import first_step, place_of, refuse_the_impossible
from engine.models.attention import TemporalMode, choose_temporal_mode
from engine.models.family import Capabilities, SampleRequest, SampleState
from engine.models.loading.int8_linear import compute_in_int8
from engine.models.sampling import seeded_noise, shifted_sigmas, solver_step
from engine.models.starter.audio_vae import num_latents
from engine.models.starter.editing import beginning_latent, noised_source
from engine.models.starter.load import Starter, load_starter
from engine.models.starter.pixels import frames_of, pixels_of, video_of
from engine.models.starter.streaming import (
    CausalStream,
    refuse_what_cannot_stream,
    sampled_chunks,
)
from engine.models.starter.synthesis import RATE
from engine.models.starter.vae import GROUP, SPACE
from engine.models.starter.velocity import GuidedVelocity, packed, unpacked
from engine.values import Audio, Clip, Conditioning, Image, Latent, Speed, VideoModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# A small model gains little from less: on its own it is held exactly.  'int8' computes in 8 bits,
# and in float32 between.
DTYPES: Final = {
    "auto": torch.float32,
    "fit": torch.float32,
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
    "int8": torch.float32,
}
DEFAULT_FRAMES: Final = 33
DEFAULT_SIDE: Final = 64
MAX_SIDE: Final = 512
MAX_FRAMES: Final = 1 + GROUP * 4096


def load(handle: VideoModel, folder: Path, device: str) -> StarterFamily:
    """Load the starter's networks from a folder.  Raises InvalidWeights, and InvalidInput for a
    handle that was sped up: they have nothing to pass over, or asks for weights in fp8.
    """
    if handle.precision not in DTYPES:
        raise InvalidInput(
            f"The starter model cannot be held in {handle.precision}: it is small as it is.",
            remedy="Set 'precision' of 'Load model' to 'auto'.",
        )
    if handle.speed != Speed():
        raise InvalidInput(
            "The starter model cannot be sped up.", remedy="Take 'Speed up model' out of the graph."
        )
    networks = load_starter(folder, device, DTYPES[handle.precision])
    if handle.precision == "int8":
        for denoiser in filter(None, (networks.dit, networks.dit.sound)):
            compute_in_int8(denoiser)
    return StarterFamily(networks, handle, device)


class StarterFamily:
    """The starter's networks, ready to sample.  Implements Family."""

    def __init__(self, networks: Starter, handle: VideoModel, device: str) -> None:
        self._nets = networks
        self._handle = handle
        self._device = device
        self._dtype = next(networks.dit.parameters()).dtype
        self._side = SPACE * networks.dit.config.patch

    @property
    def handle(self) -> VideoModel:
        return self._handle

    @property
    def nbytes(self) -> int:
        nets = self._nets.networks.values()
        return sum(p.numel() * p.element_size() for net in nets for p in net.parameters())

    @property
    def capabilities(self) -> Capabilities:
        defaults = self._nets.config.sampling
        return Capabilities(
            text=True,
            image=True,
            keyframes=True,
            audio=self._nets.audio_vae is not None,
            video=True,
            extension=True,
            size_multiple=self._side,
            temporal_factor=GROUP,
            spatial_factor=SPACE,
            latent_channels=self._nets.config.vae.latent_channels,
            width=DEFAULT_SIDE,
            height=DEFAULT_SIDE,
            frames=DEFAULT_FRAMES,
            fps=Fraction(self._nets.config.frame_rate),
            steps=defaults.steps,
            guidance=defaults.guidance,
            shift=defaults.shift,
            max_pixels=MAX_SIDE**2,
        )

    @cached_property
    def _unsaid(self) -> Conditioning:
        """The empty prompt, which every step without a negative one steers away from."""
        return self.encode_prompt("")

    def encode_prompt(self, text: str) -> Conditioning:
        """Encode a prompt: tensors 'words' [L, D], 'mask' [L] and 'pooled' [D]."""
        vocabulary = self._nets.vocabulary
        tokens_BL, mask_BL = vocabulary.encode([text])
        with torch.inference_mode():
            words, pooled = self._nets.text_encoder(
                tokens_BL.to(self._device), mask_BL.to(self._device)
            )
        tensors = {"words": words[0], "mask": mask_BL[0].to(self._device), "pooled": pooled[0]}
        unknown = vocabulary.unknown_words(text)
        return Conditioning(text, tensors, notes=_about_unknown(unknown) if unknown else ())

    def begin(self, request: SampleRequest) -> SampleState:
        """Noise, the keyframes' latents in their places, and the sound's noise, drawn after.

        A video that is changed is noised as far as its strength asks, and comes without sound: the
        steps in which a sound would be decided are left out.  Raises InvalidInput.
        """
        refuse_the_impossible("The starter model", self.capabilities, request)
        shape = self._latent_shape(request)
        clean_BCTHW, known_T = self._known_frames(request, shape)
        noise_BCTHW = seeded_noise(shape, request.seed).to(clean_BCTHW)
        if request.source is not None:
            noise_BCTHW = noised_source(self._nets.vae, request, noise_BCTHW, self._shift(request))
        latent = torch.where(known_T.view(1, 1, -1, 1, 1), clean_BCTHW, noise_BCTHW)
        tensors = {"latent": latent, "clean": clean_BCTHW, "known": known_T}
        if self._makes_audio(request):
            # A seed of its own: with sound or without, a seed means the same picture.
            noise = seeded_noise(self._audio_shape(request), _audio_seed(request.seed))
            tensors["audio"] = noise.to(clean_BCTHW)
        return SampleState(first_step(request), request.steps, tensors)

    def restore(self, request: SampleRequest, state: SampleState) -> SampleState:
        """A saved state on this device.  Raises InvalidInput if it is of another request."""
        expected = {"latent": self._latent_shape(request)}
        if self._makes_audio(request):
            expected["audio"] = self._audio_shape(request)
        held = {n: tuple(t.shape) for n, t in state.tensors.items() if n in ("latent", "audio")}
        if state.steps != request.steps or held != expected:
            raise InvalidInput(
                "The checkpoint is of another sample.", remedy="Run again with --fresh."
            )
        tensors = {name: tensor.to(self._device) for name, tensor in state.tensors.items()}
        return SampleState(state.step, state.steps, tensors, dict(state.scalars))

    def step(self, request: SampleRequest, state: SampleState) -> SampleState:
        """One solver step; frames that are known stay as they are.

        Video and sound go through the solver as one vector: whatever it does, it does to both.
        """
        sigmas = shifted_sigmas(request.steps, self._shift(request))
        guide = self._guide(request, state)
        streams = [state.tensors[name] for name in ("latent", "audio") if name in state.tensors]
        shapes = [stream.shape for stream in streams]

        def velocity(latent: Tensor, sigma: float) -> Tensor:
            return packed(guide(unpacked(latent, shapes), sigma))

        solve = solver_step(request.solver)
        with torch.inference_mode():
            packed_BN = solve(velocity, packed(streams), sigmas[state.step], sigmas[state.step + 1])
        made = dict(zip(("latent", "audio"), unpacked(packed_BN, shapes), strict=False))
        return SampleState(state.step + 1, state.steps, {**state.tensors, **made})

    def finish(self, request: SampleRequest, state: SampleState) -> Latent:
        return Latent(
            video_BCTHW=state.tensors["latent"],
            model=self._handle,
            frames=request.frames,
            height=request.height,
            width=request.width,
            fps=request.fps,
            audio_BLD=state.tensors.get("audio"),
        )

    def preview(self, state: SampleState) -> Image:
        """The middle frame of the latent as it is, noise and all."""
        latent_BCTHW = state.tensors["latent"]
        middle = latent_BCTHW[:, :, latent_BCTHW.shape[2] // 2].unsqueeze(2)
        with torch.inference_mode():
            video_BCTHW = self._nets.vae.decode(middle)
        return Image(frames_of(video_BCTHW)[0])

    def decode(self, latent: Latent) -> Iterator[NDArray[np.uint8]]:
        """One frame first, then four at a time; memory does not grow with the length."""
        latent_BCTHW = latent.video_BCTHW.to(self._device, self._dtype)
        return self._shown(self._nets.vae.stream_decode(latent_BCTHW))

    def _shown(self, stream: Iterator[Tensor]) -> Iterator[NDArray[np.uint8]]:
        """A stream of video as frames; nothing is computed before it is asked for."""
        while True:
            with torch.inference_mode():
                video_BCTHW = next(stream, None)
            if video_BCTHW is None:
                return
            yield frames_of(video_BCTHW)

    def stream(self, request: SampleRequest) -> Iterator[NDArray[np.uint8]]:
        """Frames as they are sampled: one, then `GROUP` for each latent frame.  Implements Streams.

        Raises InvalidInput.
        """
        refuse_what_cannot_stream(request)
        shape = self._latent_shape(request)
        noise_BCTHW = seeded_noise(shape, request.seed).to(self._device, self._dtype)
        stream = CausalStream(self._nets.dit, self._text(request), shape[2], request.guidance)
        sigmas = shifted_sigmas(request.steps, self._shift(request))
        return self._shown(
            self._nets.vae.decode_as_it_comes(sampled_chunks(stream, noise_BCTHW, sigmas))
        )

    def decode_audio(self, latent: Latent) -> Audio | None:
        """Mono at 16 kHz, exactly as long as the frames are shown."""
        if latent.audio_BLD is None or self._nets.audio_vae is None:
            return None
        with torch.inference_mode():
            sound_BN = self._nets.audio_vae.decode(latent.audio_BLD.to(self._device, self._dtype))
        count = round(latent.frames / latent.fps * RATE)
        return Audio(sound_BN[:, :count].float().cpu().numpy(), RATE, latent.origin)

    def encode(self, clip: Clip) -> Latent:
        """Encode a clip of 1 + 4n frames.  Raises InvalidInput for another length or size."""
        self._check_size(clip.width, clip.height)
        self._check_frames(clip.frames)
        video_BCTHW = torch.cat([pixels_of(chunk) for chunk in clip], dim=2)
        with torch.inference_mode():
            latent = self._nets.vae.encode(video_BCTHW.to(self._device, self._dtype))
        return Latent(latent, self._handle, clip.frames, clip.height, clip.width, clip.fps)

    def _guide(self, request: SampleRequest, state: SampleState) -> GuidedVelocity:
        return GuidedVelocity(
            self._nets.dit,
            self._text(request),
            state.tensors["known"],
            self._temporal_mode(request),
            request.guidance,
            float(request.fps),
        )

    def _text(self, request: SampleRequest) -> tuple[Tensor, Tensor, Tensor]:
        """Words, mask and sentence of the prompt and of what to steer away from, padded alike."""
        negative = request.negative or self._unsaid
        pair = [prompt.tensors for prompt in (request.positive, negative)]
        length = max(tensors["words"].shape[0] for tensors in pair)
        words = [F.pad(t["words"], (0, 0, 0, length - t["words"].shape[0])) for t in pair]
        masks = [F.pad(t["mask"], (0, length - t["mask"].shape[0])) for t in pair]
        pooled = [t["pooled"] for t in pair]
        return torch.stack(words), torch.stack(masks), torch.stack(pooled)

    def _known_frames(
        self, request: SampleRequest, shape: tuple[int, ...]
    ) -> tuple[Tensor, Tensor]:
        """Latents of the keyframes in their places (zero elsewhere), and which places those are."""
        clean_BCTHW = torch.zeros(shape, device=self._device, dtype=self._dtype)
        known_T = torch.zeros(shape[2], dtype=torch.bool, device=self._device)
        if request.watched is not None:
            return request.watched.video_BCTHW.to(clean_BCTHW), ~known_T
        if request.beginning is not None:
            begun_BCTHW = beginning_latent(self._nets.vae, request, clean_BCTHW)
            clean_BCTHW[:, :, : begun_BCTHW.shape[2]] = begun_BCTHW
            known_T[: begun_BCTHW.shape[2]] = True
        for frame in request.keyframes:
            place = _latent_frame(place_of(frame, request.frames))
            video = video_of(frame.image, request.height, request.width).to(clean_BCTHW)
            with torch.inference_mode():
                clean_BCTHW[:, :, place] = self._nets.vae.encode(video)[:, :, 0]
            known_T[place] = True
        return clean_BCTHW, known_T

    def _latent_shape(self, request: SampleRequest) -> tuple[int, ...]:
        self._check_size(request.width, request.height)
        self._check_frames(request.frames)
        frames = 1 + (request.frames - 1) // GROUP
        channels = self._nets.config.vae.latent_channels
        return (1, channels, frames, request.height // SPACE, request.width // SPACE)

    def _makes_audio(self, request: SampleRequest) -> bool:
        return request.audio and request.source is None and self._nets.audio_vae is not None

    def _audio_shape(self, request: SampleRequest) -> tuple[int, ...]:
        assert self._nets.audio_vae is not None
        count = num_latents(request.frames / request.fps)
        return (1, count, self._nets.audio_vae.config.latent_channels)

    def _check_size(self, width: int, height: int) -> None:
        near = [
            min(max(round(side / self._side), 1) * self._side, MAX_SIDE) for side in (width, height)
        ]
        if [width, height] != near:
            nearest = f"{near[0]}x{near[1]} is near"
            raise InvalidInput(
                f"The starter model cannot make {width}x{height} pixels.",
                remedy=f"Use multiples of {self._side} up to {MAX_SIDE}; {nearest}.",
            )

    def _check_frames(self, frames: int) -> None:
        near = min(max(1 + round((frames - 1) / GROUP) * GROUP, 1), MAX_FRAMES)
        if frames != near:
            raise InvalidInput(
                f"The starter model cannot make {frames} frames.",
                remedy=f"Use 1, 5, 9, ... (1 + {GROUP}n) up to {MAX_FRAMES}; {near} is near.",
            )

    def _shift(self, request: SampleRequest) -> float:
        return self._nets.config.sampling.shift if request.shift is None else request.shift

    def _temporal_mode(self, request: SampleRequest) -> TemporalMode:
        if request.attention != "auto":
            return request.attention
        return choose_temporal_mode(float(request.frames / request.fps))


def _latent_frame(index: int) -> int:
    """The latent frame that holds a frame: 0 is alone, then four share one."""
    return 0 if index == 0 else 1 + (index - 1) // GROUP


def _audio_seed(seed: int) -> int:
    """Another seed, far from those that people count through."""
    return (seed ^ 0x5EED_50_0D) % 2**63


def _about_unknown(words: list[str]) -> tuple[str, ...]:
    quoted = ", ".join(f"'{word}'" for word in words)
    if len(words) == 1:
        return (f"The starter model does not know the word {quoted}, and leaves it out.",)
    return (f"The starter model does not know the words {quoted}, and leaves them out.",)
