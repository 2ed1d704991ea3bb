"""LTX-2 behind the Family protocol, as diffusers' LTX2ConditionPipeline samples it.

Latents are packed: B clips (1), S tokens of the picture, L of the sound, D channels.  Tokens of
keyframes past the first frame follow those of the video.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.models.abilities import place_of
from engine.models.diffusion.family import (
    Step,
    Tensors,
    pipeline_of,
    together,
)
from engine.models.diffusion.pictures import picture_of
from engine.models.family import Capabilities, SampleRequest
from engine.models.loading.components import Components, Part, load_components
from engine.models.ltx.ground import LtxGround, gone_on_from
from engine.models.ltx2.guidance import Predictions, Strengths, steered
from engine.values import Audio, Latent, VideoModel

PARTS: Final = (
    Part("scheduler", ("FlowMatchEulerDiscreteScheduler",)),
    Part("vae", ("AutoencoderKLLTX2Video",)),
    Part("audio_vae", ("AutoencoderKLLTX2Audio",)),
    Part("text_encoder"),
    Part("tokenizer"),
    Part("connectors", ("LTX2TextConnectors",)),
    Part("transformer", ("LTX2VideoTransformer3DModel",)),
    Part("vocoder", ("LTX2Vocoder", "LTX2VocoderWithBWE")),
)
MODULE: Final = "diffusers.pipelines.ltx2.pipeline_ltx2_condition"
WORDS: Final = 1024
PERTURBED_BLOCK: Final = 28

OLDER: Final = (Strengths(prompt=4.0), Strengths(prompt=4.0))
NEWER: Final = (
    Strengths(prompt=3.0, perturbed=1.0, alone=3.0, rescale=0.7),
    Strengths(prompt=7.0, perturbed=1.0, alone=3.0, rescale=0.7),
)
"""How picture and sound are steered in 2.0, and from 2.3 on, as their makers advise."""


def load(handle: VideoModel, folder: Path, device: str) -> Ltx2:
    """Load LTX-2 from a diffusers folder.  Raises InvalidInput, InvalidWeights."""
    parts = load_components(handle, folder, PARTS, device=device)
    return Ltx2(pipeline_of("LTX2ConditionPipeline", parts), parts, handle, device)


class Ltx2(LtxGround):
    """LTX-2, ready to sample."""

    title = "LTX-2"

    def __init__(self, pipeline: Any, parts: Components, handle: VideoModel, device: str) -> None:
        super().__init__(pipeline, parts, handle, device)
        self.tiny_decoder = "taeltx2_3" if self.newer else "taeltx_2"

    @property
    def newer(self) -> bool:
        """Whether it is 2.3 or later, which reads words for each modality by itself."""
        return bool(self.parts["connectors"].config.per_modality_projections)

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            text=True,
            image=True,
            keyframes=True,
            audio=True,
            size_multiple=32,
            temporal_factor=8,
            spatial_factor=32,
            latent_channels=self.parts["transformer"].config.in_channels,
            width=768,
            height=512,
            frames=121,
            fps=Fraction(24),
            steps=30 if self.newer else 40,
            guidance=(NEWER if self.newer else OLDER)[0].prompt,
            shift=1.0,
            max_pixels=3840 * 2160,
            extension=True,
        )

    def encoded(self, text: str) -> Tensors:
        states, mask, _, _ = self.pipeline.encode_prompt(
            text,
            do_classifier_free_guidance=False,
            max_sequence_length=WORDS,
            device=self.device,
        )
        words, words_for_sound, mask = self.pipeline.connectors(
            states, mask, padding_side=self.pipeline.tokenizer_padding_side
        )
        return {"words": words[0], "words for sound": words_for_sound[0], "mask": mask[0]}

    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        latent, kept, clean, places = self.pipeline.prepare_latents(
            conditions=self._conditions(request),
            num_channels_latents=self.capabilities.latent_channels,
            height=request.height,
            width=request.width,
            num_frames=request.frames,
            frame_rate=float(request.fps),
            dtype=torch.float32,
            device=self.device,
            generator=generator,
        )
        if request.watched is not None:
            # A finished video is a condition for every frame: it is kept, and its sound is made.
            clean = self.pipeline._pack_latents(request.watched.video_BCTHW.to(latent))
            latent, kept = clean, torch.ones_like(kept)
        count = self._sound_latents(request)
        sound = self.pipeline.prepare_audio_latents(
            num_channels_latents=self.pipeline.audio_latent_channels,
            audio_latent_length=count,
            num_mel_bins=self.pipeline.audio_mel_bins,
            dtype=torch.float32,
            device=self.device,
            generator=generator,
        )
        grid = [1 + (request.frames - 1) // 8, request.height // 32, request.width // 32]
        denoiser = self.pipeline.transformer
        video_places = denoiser.rope.prepare_video_coords(
            1, *grid, self.device, fps=float(request.fps)
        )
        if places is not None:
            video_places = torch.cat([video_places, places], dim=2)
        return {
            "latent": latent,
            "audio": sound,
            "kept": kept,
            "clean": clean,
            "places": video_places,
            "sound places": denoiser.audio_rope.prepare_audio_coords(1, count, self.device),
            "grid": torch.tensor(grid),
        }

    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        self.schedule_by_size(scheduler, request, tensors["latent"].shape[1])

    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        latent, sound = step.tensors["latent"], step.tensors["audio"]
        kept = step.tensors["kept"]
        sigma = step.scheduler.sigmas[step.index]
        clean, clean_sound = self._steered(request, step, sigma)
        clean = clean * (1 - kept) + step.tensors["clean"] * kept
        # A scheduler counts its steps: sound has one of its own.
        for_sound = replace(step, scheduler=copy.copy(step.scheduler))
        return {
            "latent": step.solved((latent - clean) / sigma, latent),
            "audio": for_sound.solved((sound - clean_sound) / sigma, sound),
        }

    def _steered(self, request: SampleRequest, step: Step, sigma: Tensor) -> list[Tensor]:
        """The clean picture and sound that all branches together lead to."""
        strengths = self._strengths(request)
        prompts = self.prompts(request)
        *others, positive = self._clean(prompts, step, sigma)
        negative = others[0] if others else None
        perturbed = alone = None
        if any(s.perturbed > 0 for s in strengths):
            blocks = [min(PERTURBED_BLOCK, len(self.pipeline.transformer.transformer_blocks) - 1)]
            (perturbed,) = self._clean(
                prompts[-1:], step, sigma, spatio_temporal_guidance_blocks=blocks
            )
        if any(s.alone > 1 for s in strengths):
            (alone,) = self._clean(prompts[-1:], step, sigma, isolate_modalities=True)
        return [
            steered(Predictions(positive[m], *_of(m, negative, perturbed, alone)), strengths[m])
            for m in (0, 1)
        ]

    def _strengths(self, request: SampleRequest) -> tuple[Strengths, Strengths]:
        if request.guidance <= 1:
            return Strengths(), Strengths()
        picture, sound = NEWER if self.newer else OLDER
        return replace(picture, prompt=request.guidance), sound

    def _clean(
        self, prompts: list[Mapping[str, Tensor]], step: Step, sigma: Tensor, **how: Any
    ) -> list[tuple[Tensor, Tensor]]:
        """For each prompt, the clean picture and sound that the denoiser sees in the noise."""
        latent, sound = step.tensors["latent"], step.tensors["audio"]
        count = len(prompts)
        words, mask = together(prompts, "words"), together(prompts, "mask")
        timestep = step.timestep.expand(count)
        frames, height, width = step.tensors["grid"].tolist()
        velocities = self.pipeline.transformer(
            hidden_states=torch.cat([latent] * count).to(words.dtype),
            audio_hidden_states=torch.cat([sound] * count).to(words.dtype),
            encoder_hidden_states=words,
            audio_encoder_hidden_states=together(prompts, "words for sound"),
            timestep=timestep.unsqueeze(-1)
            * (1 - torch.cat([step.tensors["kept"]] * count).squeeze(-1)),
            audio_timestep=timestep,
            sigma=timestep,
            audio_sigma=timestep,
            encoder_attention_mask=mask,
            audio_encoder_attention_mask=mask,
            num_frames=frames,
            height=height,
            width=width,
            audio_num_frames=sound.shape[1],
            video_coords=step.tensors["places"].repeat(count, 1, 1, 1),
            audio_coords=step.tensors["sound places"].repeat(count, 1, 1, 1),
            use_cross_timestep=self.newer,
            return_dict=False,
            **how,
        )
        picture, heard = (velocity.float().split(1) for velocity in velocities)
        return [
            (latent - v * sigma, sound - a * sigma) for v, a in zip(picture, heard, strict=True)
        ]

    def latent_of(self, tensors: Mapping[str, Tensor]) -> Tensor:
        grid = tensors["grid"].tolist()
        packed = tensors["latent"][:, : grid[0] * grid[1] * grid[2]]
        unpacked: Tensor = self.pipeline._unpack_latents(packed, *grid)
        return unpacked

    def in_range_of_vae(self, latent_BCTHW: Tensor) -> Tensor:
        # Its pipeline narrows latents before it puts them in the VAE's range, LTX-Video's after.
        return super().in_range_of_vae(latent_BCTHW.to(self.parts["vae"].dtype))

    @torch.inference_mode()
    def decode_audio(self, latent: Latent) -> Audio | None:
        """Stereo at the vocoder's rate, exactly as long as the frames are shown."""
        if latent.audio_BLD is None:
            return None
        with self.placed.phase("decode"):
            return self._heard(latent, latent.audio_BLD)

    def _heard(self, latent: Latent, audio_BLD: Tensor) -> Audio:
        vae, vocoder = self.parts["audio_vae"], self.parts["vocoder"]
        sound_BLD = self.pipeline._denormalize_audio_latents(
            audio_BLD.to(self.device), vae.latents_mean, vae.latents_std
        )
        bins = self.pipeline.audio_mel_bins // self.pipeline.audio_vae_mel_compression_ratio
        spectrogram = self.pipeline._unpack_audio_latents(
            sound_BLD, sound_BLD.shape[1], num_mel_bins=bins
        )
        heard_BCN = vocoder(vae.decode(spectrogram.to(vae.dtype), return_dict=False)[0])
        rate = int(vocoder.config.output_sampling_rate)
        count = round(latent.frames / latent.fps * rate)
        # The VAE of sound looks back only and so ends a few milliseconds early.
        whole_CN = F.pad(heard_BCN[0, :, :count], (0, max(count - heard_BCN.shape[2], 0)))
        return Audio(whole_CN.float().cpu().numpy(), rate, latent.origin)

    def _conditions(self, request: SampleRequest) -> list[Any]:
        """Keyframes at the latent frame that holds their frame: the first holds one, the rest 8."""
        condition = import_module(MODULE).LTX2VideoCondition
        places = [place_of(keyframe, request.frames) for keyframe in request.keyframes]
        given = [
            condition(frames=picture_of(keyframe.image), index=(place + 7) // 8)
            for keyframe, place in zip(request.keyframes, places, strict=True)
        ]
        if request.beginning is not None:
            given.append(condition(frames=gone_on_from(request.beginning, request), index=0))
        return given

    def _sound_latents(self, request: SampleRequest) -> int:
        pipeline = self.pipeline
        a_second = (
            pipeline.audio_sampling_rate
            / pipeline.audio_hop_length
            / float(pipeline.audio_vae_temporal_compression_ratio)
        )
        count: int = round(request.frames / float(request.fps) * a_second)
        return count


def _of(modality: int, *branches: tuple[Tensor, Tensor] | None) -> list[Tensor | None]:
    return [None if branch is None else branch[modality] for branch in branches]
