"""Open-Sora 2.0 behind the Family protocol, as its makers sample it.

What is unlike theirs: the latent is held in float32 throughout, what cancels out is not computed
(the unseen picture without a picture, both guides where they rest), and long videos are decoded in
tiles of time only where memory asks for it.  Equal to their code on tiny weights in float32, see
tests/engine/models/opensora; the published weights have not been tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import DiffusionPipeline
from diffusers.utils.torch_utils import randn_tensor
from diffusers.video_processor import VideoProcessor
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.diffusion.family import DiffusionFamily, Step, Tensors
from engine.models.diffusion.pictures import picture_of, pictures_of
from engine.models.diffusion.schedulers import FLOW_SOLVERS, set_flow_steps
from engine.models.diffusion.tiles import frame_bytes, tiled_in_time, tiling_for
from engine.models.family import Capabilities, SampleRequest, SampleState
from engine.models.loading.components import Components
from engine.models.opensora.conditions import (
    going_on,
    known,
    packed,
    picture_places,
    told,
    unpacked,
)
from engine.models.opensora.guidance import natural_shift, picture_guidance, strengths_at
from engine.models.opensora.published import load_parts
from engine.values import Conditioning, Latent, VideoModel

MAX_WORDS: Final = 512
MAX_WHOLE: Final = 77
POSITIVE: Final = "positive "
NEGATIVE: Final = "negative "
SPATIAL: Final = 8
TEMPORAL: Final = 4


def load(handle: VideoModel, folder: Path, device: str) -> OpenSora:
    """Load Open-Sora 2.0 as it is published.  Raises InvalidInput, InvalidWeights."""
    return OpenSora(load_parts(handle, folder, device), handle, device)


class OpenSora(DiffusionFamily):
    """Open-Sora 2.0, ready to sample."""

    title = "Open-Sora 2.0"
    tiny_decoder = "taehv"  # its VAE is HunyuanVideo's
    solvers = FLOW_SOLVERS

    def __init__(self, parts: Components, handle: VideoModel, device: str) -> None:
        self._config = parts["transformer"].config
        pipeline: Any = DiffusionPipeline()
        pipeline.video_processor = VideoProcessor(vae_scale_factor=SPATIAL)
        super().__init__(pipeline, parts, handle, device)
        # In squares as its makers have it, and in tiles of time here, as a stream.
        vae = parts["vae"]
        vae.use_tiling = True
        vae.use_framewise_decoding = vae.use_framewise_encoding = False

    @property
    def capabilities(self) -> Capabilities:
        width, height, frames = 336, 192, 129
        return Capabilities(
            text=True,
            image=self._config.cond_embed,
            keyframes=False,
            audio=False,
            size_multiple=SPATIAL * self._config.patch_size,
            temporal_factor=TEMPORAL,
            spatial_factor=SPATIAL,
            latent_channels=self.parts["vae"].config.latent_channels,
            width=width,
            height=height,
            frames=frames,
            fps=Fraction(24),
            steps=50,
            guidance=7.5,
            shift=self._shift(width, height, frames),
            max_pixels=1024 * 576,
            extension=self._config.cond_embed,
        )

    def _shift(self, width: int, height: int, frames: int) -> float:
        side = SPATIAL * self._config.patch_size
        return natural_shift((width // side) * (height // side), (frames - 1) // TEMPORAL + 1)

    def encode_prompt(self, text: str) -> Conditioning:
        """Prompts are read as sampling begins: only then it is known which is to be followed, and
        at how many frames a second.
        """
        return Conditioning(text, {}, notes=self.parts.notes)

    def encoded(self, text: str) -> Tensors:
        """A prompt word by word, 'words' [W, E], padding and all, and as a 'whole' [V]."""
        dtype = self.parts["transformer"].dtype
        words = self._reader("", text, MAX_WORDS).last_hidden_state
        whole = self._reader("_2", text, MAX_WHOLE).pooler_output
        return {"words": words[0].to(dtype), "whole": whole[0].to(dtype)}

    def _reader(self, which: str, text: str, length: int) -> Any:
        """What one of the two text encoders makes of a text, padded to a length and unmasked."""
        ids = self.parts[f"tokenizer{which}"](
            [text], truncation=True, max_length=length, padding="max_length", return_tensors="pt"
        ).input_ids
        return self.parts[f"text_encoder{which}"](input_ids=ids.to(self.device))

    def check(self, request: SampleRequest) -> None:
        super().check(request)
        if request.keyframes and request.beginning is not None:
            raise InvalidInput(
                f"{self.title} goes on from a clip or is given pictures, not both.",
                remedy="Disconnect 'beginning' or 'keyframes'.",
            )
        if request.keyframes:
            picture_places(request)
        if request.beginning is not None:
            going_on(request)

    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        shape = (
            1,
            self.capabilities.latent_channels,
            (request.frames - 1) // TEMPORAL + 1,
            request.height // SPATIAL,
            request.width // SPATIAL,
        )
        latent = randn_tensor(
            shape, generator=generator, device=torch.device(self.device), dtype=torch.float32
        )
        given = self._given(request, generator)
        seen = known(given, latent) if given else {}
        return {"latent": latent, **self._words(request), **seen}

    def _words(self, request: SampleRequest) -> Tensors:
        texts = {POSITIVE: told(request.positive.text, request.fps)}
        if self.steers_away(request):
            texts[NEGATIVE] = request.negative.text if request.negative else ""
        return {
            prompt + name: tensor
            for prompt, text in texts.items()
            for name, tensor in self._prompts.tensors(text, self._read_prompt).items()
        }

    def steers_away(self, request: SampleRequest) -> bool:
        return request.guidance > 1 or picture_guidance(request) > 1

    def _given(self, request: SampleRequest, generator: torch.Generator) -> dict[int, Tensor]:
        """Latents of pictures or of a clip, by the frame that they stand at."""
        if request.beginning is not None:
            shown = {0: pictures_of(request.beginning, going_on(request))}
        elif request.keyframes:
            places = picture_places(request).items()
            shown = {at: [picture_of(request.keyframes[which].image)] for at, which in places}
        else:
            shown = {}
        return {at: self._encoded(p, request, generator) for at, p in shown.items()}

    def _encoded(
        self, pictures: list[Any], request: SampleRequest, generator: torch.Generator
    ) -> Tensor:
        """Cut to the video's shape, and drawn from what the VAE holds possible, as in training."""
        vae, processor = self.parts["vae"], self.pipeline.video_processor
        size = request.height, request.width
        fitted = [processor.resize(picture, *size, resize_mode="crop") for picture in pictures]
        video = processor.preprocess_video(fitted, *size)
        scale: float = vae.config.scaling_factor
        latent: Tensor = vae.encode(video.to(self.device, vae.dtype)).latent_dist.sample(generator)
        return latent * scale

    def _scheduler(self, request: SampleRequest) -> Any:
        if request.shift is None:
            shift = self._shift(request.width, request.height, request.frames)
            request = replace(request, shift=shift)
        return super()._scheduler(request)

    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        set_flow_steps(scheduler, request.steps, self.device)

    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        latent = step.tensors["latent"]
        prompt, picture = strengths = strengths_at(request, step.index, latent.shape[2])
        flow = self._flow(request, step, POSITIVE)
        if not strengths.rests:
            away = self._flow(request, step, NEGATIVE)
            flow = prompt * (flow - away)
            if "known" in step.tensors:
                unseen = self._flow(request, step, NEGATIVE, seen=False)
                flow = unseen + _on(picture, latent) * (away - unseen) + flow
            else:
                flow = away + flow
        return {"latent": step.solved(flow, latent)}

    def _flow(self, request: SampleRequest, step: Step, prompt: str, seen: bool = True) -> Tensor:
        """What the denoiser predicts [B, C, T, H, W], in float32, with or without what is known."""
        latent_BCTHW, dtype = step.tensors["latent"], self.parts["transformer"].dtype
        patch: int = self._config.patch_size
        frames, height, width = latent_BCTHW.shape[2:]
        grid = frames, height // patch, width // patch
        cond = None
        if self._config.cond_embed:
            cond = packed(_cond(step.tensors, seen), patch).to(dtype)
        level = step.scheduler.sigmas[step.index].to(self.device, dtype).expand(1)
        flow_BSC: Tensor = self.parts["transformer"](
            packed(latent_BCTHW, patch).to(dtype),
            grid,
            step.tensors[f"{prompt}words"][None],
            step.tensors[f"{prompt}whole"][None],
            level,
            cond,
            level.new_full((1,), request.guidance) if self._config.guidance_embed else None,
        )
        return unpacked(flow_BSC.float(), grid, patch)

    def finish(self, request: SampleRequest, state: SampleState) -> Latent:
        """With the pictures themselves in their places."""
        latent = super().finish(request, state)
        if not request.keyframes:
            return latent
        held, sampled = state.tensors["known"], latent.video_BCTHW
        return replace(latent, video_BCTHW=torch.where(state.tensors["mask"] > 0, held, sampled))

    def decoded(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        """In squares, and each as long as memory allows: in the decoder's middle every latent pixel
        looks at all earlier ones.
        """
        vae, budget, length = self.parts["vae"], self.decoding_budget, latent_BCTHW.shape[2]
        side = vae.tile_sample_min_height // SPATIAL
        square = latent_BCTHW[..., :side, :side]
        frame = frame_bytes(vae, square, vae.config.block_out_channels[0])
        pairs = square[0, 0, 0].numel() ** 2 * vae.dtype.itemsize
        fitting = [n for n in range(1, length + 1) if n * frame + n**2 * pairs <= budget]
        each = budget // fitting[-1] if fitting else budget + 1
        tiling = tiling_for(length, each, budget)
        return tiled_in_time(self.decoded_whole, latent_BCTHW, tiling, TEMPORAL)


def _cond(tensors: Mapping[str, Tensor], seen: bool) -> Tensor:
    """The mask of what is known, and that; nothing where it is not seen."""
    if seen and "known" in tensors:
        return torch.cat([tensors["mask"], tensors["known"]], dim=1)
    latent = tensors["latent"]
    return torch.zeros_like(torch.cat([latent[:, :1], latent], dim=1))


def _on(strength: float | Tensor, like: Tensor) -> float | Tensor:
    return strength.to(like) if isinstance(strength, Tensor) else strength
