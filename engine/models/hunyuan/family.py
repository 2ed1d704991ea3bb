"""HunyuanVideo behind the Family protocol, as diffusers' two pipelines sample it.

Its guidance is embedded: the denoiser was taught what a strength looks like and is told it.  Where
that strength is 1, or the denoiser was not taught, a negative prompt steers as usual.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import PIL.Image
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.errors import InvalidInput
from engine.models.diffusion.family import DiffusionFamily, Step, Tensors, pipeline_of
from engine.models.diffusion.pictures import first_picture
from engine.models.diffusion.schedulers import FLOW_SOLVERS, set_flow_steps
from engine.models.diffusion.tiles import Tiling, frame_bytes, in_pieces, tiled_in_time
from engine.models.family import Capabilities, SampleRequest
from engine.models.loading.components import Components, Part, load_components
from engine.values import Latent, VideoModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PARTS: Final = (
    Part("text_encoder", ("LlamaModel", "LlavaForConditionalGeneration")),
    Part("tokenizer"),
    Part("text_encoder_2", ("CLIPTextModel",)),
    Part("tokenizer_2"),
    Part("transformer", ("HunyuanVideoTransformer3DModel",)),
    Part("vae", ("AutoencoderKLHunyuanVideo",)),
    Part("scheduler"),
    Part("image_processor", optional=True),
)
WORDS: Final = 256
BESIDE: Final = 2
IN_PLACE: Final = 4
"""Of how many of the picture's tokens the prompt keeps one."""
POSITIVE: Final = "positive "
NEGATIVE: Final = "negative "
EMBEDDED: Final = 1000.0
"""What the denoiser's guidance is multiplied by, as its timesteps are."""


def load(handle: VideoModel, folder: Path, device: str) -> Hunyuan:
    """Load HunyuanVideo from a diffusers folder.  Raises InvalidInput, InvalidWeights."""
    return Hunyuan(load_components(handle, folder, PARTS, device=device), handle, device)


class Hunyuan(DiffusionFamily):
    """HunyuanVideo, ready to sample."""

    title = "HunyuanVideo"
    tiny_decoder = "taehv"
    solvers = FLOW_SOLVERS
    eyes = ("vae", "text_encoder", "text_encoder_2")  # words are read beside a picture

    def __init__(self, parts: Components, handle: VideoModel, device: str) -> None:
        self._config = parts["transformer"].config
        self.takes_picture = self._config.image_condition_type is not None
        # One way to show the picture gives it a latent frame of its own, before the video's.
        self.beside = self._config.image_condition_type == "latent_concat"
        name = f"HunyuanVideo{'ImageToVideo' if self.takes_picture else ''}Pipeline"
        super().__init__(pipeline_of(name, parts), parts, handle, device)
        # It is decoded in the same tiles here, as a stream.
        parts["vae"].use_framewise_decoding = False

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            text=True,
            image=self.takes_picture,
            keyframes=False,
            audio=False,
            size_multiple=16,
            temporal_factor=4,
            spatial_factor=8,
            latent_channels=self._config.out_channels,
            width=1280,
            height=720,
            frames=125 if self.beside else 129,
            fps=Fraction(24),
            steps=50,
            guidance=6.0 if self._config.guidance_embeds else 1.0,
            shift=self.parts["scheduler"].config.get("shift", 7.0),
            max_pixels=1280 * 720,
        )

    def encoded(self, text: str) -> Tensors:
        """With an image model, words mean what they mean beside a picture: they are read then."""
        if self.takes_picture:
            return {}
        return self._read(text)

    def _read(
        self, text: str, picture: PIL.Image.Image | None = None, interleave: int = BESIDE
    ) -> Tensors:
        shown: dict[str, Any] = {}
        if picture is not None:
            shown = {"image": picture, "image_embed_interleave": interleave}
        words, whole, mask = self.pipeline.encode_prompt(
            prompt=text, max_sequence_length=WORDS, device=self.device, **shown
        )
        dtype = self.parts["transformer"].dtype
        return {"words": words[0].to(dtype), "whole": whole[0].to(dtype), "mask": mask[0].to(dtype)}

    def begun(self, request: SampleRequest, generator: torch.Generator) -> Tensors:
        size = request.height, request.width
        channels = self.capabilities.latent_channels
        if not self.takes_picture:
            latent = self.pipeline.prepare_latents(
                1, channels, *size, request.frames, torch.float32, self.device, generator
            )
            return {"latent": latent}
        picture = first_picture(self.title, request)
        pixels = self.pipeline.video_processor.preprocess(picture, *size)
        latent, first = self.pipeline.prepare_latents(
            pixels.to(self.device, self.parts["vae"].dtype),
            1,
            channels,
            *size,
            request.frames + (4 if self.beside else 0),
            torch.float32,
            self.device,
            generator,
            None,
            self._config.image_condition_type,
        )
        return {"latent": latent, "first": first[:, :, :1], **self._words(request, picture)}

    def _words(self, request: SampleRequest, picture: PIL.Image.Image) -> Tensors:
        """Every prompt as it reads beside the picture; what is unwanted, beside a black one."""
        read = _named(
            POSITIVE,
            self._read(request.positive.text, picture, BESIDE if self.beside else IN_PLACE),
        )
        if self.steers_away(request):
            black = PIL.Image.new("RGB", (request.width, request.height), 0)
            text = request.negative.text if request.negative else ""
            read |= _named(NEGATIVE, self._read(text, black, BESIDE))
        return read

    def check(self, request: SampleRequest) -> None:
        super().check(request)
        if self._config.guidance_embeds and request.negative and request.negative.text.strip():
            raise InvalidInput(
                f"The guidance of this {self.title} is a part of it, and takes no negative prompt.",
                remedy="Disconnect 'negative'.",
            )

    def schedule(self, scheduler: Any, request: SampleRequest, tensors: Tensors) -> None:
        set_flow_steps(scheduler, request.steps, self.device)

    def stepped(self, request: SampleRequest, step: Step) -> Tensors:
        latent = step.tensors["latent"]
        prediction = self._predicted(request, step, self._seen(step.tensors))
        if "first" not in step.tensors or self.beside:
            return {"latent": step.solved(prediction, latent)}
        rest = step.solved(prediction[:, :, 1:], latent[:, :, 1:])
        return {"latent": torch.cat([step.tensors["first"], rest], dim=2)}

    def _seen(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """What the denoiser is shown: the latent, and the picture in its place or beside it."""
        latent_BCTHW = tensors["latent"]
        if "first" not in tensors:
            return latent_BCTHW
        first, length = tensors["first"], latent_BCTHW.shape[2]
        if not self.beside:
            return torch.cat([first, latent_BCTHW[:, :, 1:]], dim=2)
        known = torch.cat([first, torch.ones_like(first[:, :1])], dim=1)
        padded = F.pad(known, (0, 0, 0, 0, 0, length - 1))
        return torch.cat([latent_BCTHW, padded], dim=1)

    def _predicted(self, request: SampleRequest, step: Step, seen: Tensor) -> Tensor:
        wanted = _of(POSITIVE, step.tensors) or request.positive.tensors
        prediction = self._denoised(request, step, seen, wanted)
        if not self.steers_away(request):
            return prediction
        unwanted = _of(NEGATIVE, step.tensors) or self.prompts(request)[0]
        negative = self._denoised(request, step, seen, unwanted)
        return negative + request.guidance * (prediction - negative)

    def _denoised(
        self, request: SampleRequest, step: Step, seen: Tensor, words: Mapping[str, Tensor]
    ) -> Tensor:
        dtype = words["words"].dtype
        strength = None
        if self._config.guidance_embeds:
            strength = torch.tensor([request.guidance], dtype=dtype, device=self.device) * EMBEDDED
        prediction: Tensor = self.pipeline.transformer(
            hidden_states=seen.to(dtype),
            timestep=step.timestep.expand(1).to(step.tensors["latent"].dtype),
            encoder_hidden_states=words["words"][None],
            encoder_attention_mask=words["mask"][None],
            pooled_projections=words["whole"][None],
            guidance=strength,
            return_dict=False,
        )[0]
        return prediction

    def steers_away(self, request: SampleRequest) -> bool:
        return request.guidance > 1 and not self._config.guidance_embeds

    def decode(self, latent: Latent) -> Iterator[NDArray[np.uint8]]:
        """Without the frames of the picture's own latent, where it has one."""
        spare = 4 * (latent.video_BCTHW.shape[2] - 1) + 1 - latent.frames
        for frames in super().decode(latent):
            if len(frames) > spare:
                yield frames[spare:]
            spare = max(spare - len(frames), 0)

    def decoded(self, latent_BCTHW: Tensor) -> Iterator[Tensor]:
        vae = self.parts["vae"]
        factor = vae.temporal_compression_ratio
        tile = vae.tile_sample_min_num_frames // factor
        stride = vae.tile_sample_stride_num_frames // factor
        length = latent_BCTHW.shape[2]
        size = frame_bytes(vae, latent_BCTHW, vae.config.block_out_channels[0])
        too_large = size * min(length, tile + 1) > self.decoding_budget
        decode = in_pieces(vae, self.decoded_whole) if too_large else self.decoded_whole
        tiling = Tiling(tile, stride) if length > tile else Tiling(length, length)
        yield from tiled_in_time(decode, latent_BCTHW, tiling, factor)


def _named(kind: str, tensors: Tensors) -> Tensors:
    return {kind + name: tensor for name, tensor in tensors.items()}


def _of(kind: str, tensors: Mapping[str, Tensor]) -> Tensors:
    return {n.removeprefix(kind): t for n, t in tensors.items() if n.startswith(kind)}
