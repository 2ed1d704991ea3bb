"""HunyuanVideo 1.5 behind the Family protocol, as diffusers' two pipelines sample it.

Two readers take the prompt: one what it says, the other what is to be written in the picture, as it
stands in quotes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.models.diffusion.family import DiffusionFamily, Step, Tensors, pipeline_of
from engine.models.diffusion.pictures import first_picture
from engine.models.diffusion.schedulers import FLOW_SOLVERS, set_flow_steps
from engine.models.diffusion.tiles import decoded_by_memory
from engine.models.family import Capabilities, SampleRequest
from engine.models.loading.components import Components, Part, load_components
from engine.values import VideoModel

PARTS: Final = (
    Part("text_encoder", ("Qwen2_5_VLTextModel",)),
    Part("tokenizer"),
    Part("text_encoder_2", ("T5EncoderModel",)),
    Part("tokenizer_2"),
    Part("transformer", ("HunyuanVideo15Transformer3DModel",)),
    Part("vae", ("AutoencoderKLHunyuanVideo15",)),
    Part("scheduler"),
    Part("guider", ("ClassifierFreeGuidance",)),
    Part("image_encoder", optional=True),
    Part("feature_extractor", optional=True),
)
WIDE: Final = 16
HIGH: Final = 9


def load(handle: VideoModel, folder: Path, device: str) -> Hunyuan15:
    """Load HunyuanVideo 1.5 from a diffusers folder.  Raises InvalidInput, InvalidWeights."""
    return Hunyuan15(load_components(handle, folder, PARTS, device=device), handle, device)


class Hunyuan15(DiffusionFamily):
    """HunyuanVideo 1.5, ready to sample."""

    title = "HunyuanVideo 1.5"
    tiny_decoder = "taehv1_5"
    solvers = FLOW_SOLVERS

    def __init__(self, parts: Components, handle: VideoModel, device: str) -> None:
        self.takes_picture = parts.get("image_encoder") is not None
        name = f"HunyuanVideo15{'ImageToVideo' if self.takes_picture else ''}Pipeline"
        super().__init__(pipeline_of(name, parts), parts, handle, device)

    @property
    def capabilities(self) -> Capabilities:
        guider = self.parts["guider"]
        height, width = self.pipeline.video_processor.calculate_default_height_width(
            HIGH, WIDE, self.pipeline.target_size
        )
        return Capabilities(
            text=True,
            image=self.takes_picture,
            keyframes=False,
            audio=False,
            size_multiple=16,
            temporal_factor=4,
            spatial_factor=16,
            latent_channels=self.parts["vae"].config.latent_channels,
            width=width,
            height=height,
            frames=121,
            fps=Fraction(24),
            steps=50,
            guidance=guider.config.guidance_scale if guider.config.enabled else 1.0,
            shift=self.parts["scheduler"].config.get("shift", 5.0),
            max_pixels=1280 * 720,
        )

    def encoded(self, text: str) -> Tensors:
        read = self.pipeline.encode_prompt(
            text, device=self.device, dtype=self.parts["transformer"].dtype
        )
        names = ("words", "mask", "letters", "letters mask")
        return {name: tensor[0] for name, tensor in zip(names, read, strict=True)}

    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        size, dtype = (request.height, request.width), self.parts["transformer"].dtype
        latent = self.pipeline.prepare_latents(
            1,
            self.capabilities.latent_channels,
            *size,
            request.frames,
            dtype,
            self.device,
            generator,
        )
        if not self.takes_picture:
            return {"latent": latent}
        processor = self.pipeline.video_processor
        picture = processor.resize(first_picture(self.title, request), *size, resize_mode="crop")
        seen = self.pipeline.encode_image(picture, 1, self.device, dtype)
        pixels = processor.preprocess(picture, *size).to(self.device, self.parts["vae"].dtype)
        return {"latent": latent, "seen": seen, "first": self.encoded_video(pixels.unsqueeze(2))}

    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        set_flow_steps(scheduler, request.steps, self.device)

    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        latent = step.tensors["latent"]
        *unwanted, wanted = self.prompts(request)
        shown = self._shown(step)
        prediction = self._denoised(shown, wanted)
        if unwanted:
            negative = self._denoised(shown, unwanted[0])
            prediction = negative + request.guidance * (prediction - negative)
        return {"latent": step.solved(prediction, latent)}

    def _shown(self, step: Step) -> dict[str, Tensor]:
        """What the denoiser is given beside the words: the picture's place is empty without one."""
        latent_BCTHW = step.tensors["latent"]
        length = latent_BCTHW.shape[2]
        if "first" in step.tensors:
            first = step.tensors["first"].to(latent_BCTHW.dtype)
            known = torch.cat([first, torch.ones_like(first[:, :1])], dim=1)
            beside = F.pad(known, (0, 0, 0, 0, 0, length - 1))
            seen = step.tensors["seen"]
        else:
            beside = torch.zeros_like(torch.cat([latent_BCTHW, latent_BCTHW[:, :1]], dim=1))
            pipeline = self.pipeline
            shape = (1, pipeline.vision_num_semantic_tokens, pipeline.vision_states_dim)
            seen = latent_BCTHW.new_zeros(shape)
        shown = {
            "hidden_states": torch.cat([latent_BCTHW, beside], dim=1),
            "image_embeds": seen,
            "timestep": step.timestep.expand(1).to(latent_BCTHW.dtype),
        }
        if self.takes_picture and self.parts["transformer"].config.use_meanflow:
            # A model of few steps is told where its step ends.
            ends = [*step.scheduler.timesteps, torch.zeros((), device=latent_BCTHW.device)]
            shown["timestep_r"] = ends[step.index + 1].expand(1).to(latent_BCTHW.dtype)
        return shown

    def _denoised(self, shown: Mapping[str, Tensor], words: Mapping[str, Tensor]) -> Tensor:
        prediction: Tensor = self.pipeline.transformer(
            **shown,
            encoder_hidden_states=words["words"][None],
            encoder_attention_mask=words["mask"][None],
            encoder_hidden_states_2=words["letters"][None],
            encoder_attention_mask_2=words["letters mask"][None],
            return_dict=False,
        )[0]
        return prediction

    def decoded(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        vae = self.parts["vae"]
        width = vae.config.block_out_channels[0]
        return decoded_by_memory(
            vae, self.decoded_whole, latent_BCTHW, width=width, budget=self.decoding_budget
        )
