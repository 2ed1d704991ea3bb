"""How Wan's denoisers are told of pictures: each kind in its own way, behind one protocol.

B clips (1), C channels, T latent frames, H and W latent pixels.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import PIL.Image
import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.abilities import place_of
from engine.models.diffusion.family import Tensors
from engine.models.diffusion.pictures import picture_of, pictures_of
from engine.models.family import SampleRequest

UNDECIDED: Final = "#808080"
MADE: Final = "white"
KEPT: Final = "black"
"""A guiding video's colour where nothing guides, and those of its mask."""


class Condition(Protocol):
    """One kind of denoiser."""

    def begun(self, pipeline: Any, request: SampleRequest, generator: torch.Generator) -> Tensors:
        """'latent' to start from, and what tells of pictures.  Raises InvalidInput."""
        ...

    def told(self, tensors: Tensors, latent_BCTHW: Tensor, timestep: Tensor) -> dict[str, Tensor]:
        """What the denoiser is given at a step, beside the words."""
        ...


class Words:
    """Nothing but words."""

    def begun(self, pipeline: Any, request: SampleRequest, generator: torch.Generator) -> Tensors:
        return {"latent": noise(pipeline, request, generator)}

    def told(self, tensors: Tensors, latent_BCTHW: Tensor, timestep: Tensor) -> dict[str, Tensor]:
        return {"hidden_states": latent_BCTHW, "timestep": timestep.expand(1)}


class BesideTheLatent:
    """Wan 2.1 and 2.2 image to video: the first picture, and a last one, in more channels."""

    def begun(self, pipeline: Any, request: SampleRequest, generator: torch.Generator) -> Tensors:
        first, last = _ends(request)
        pictures = [first] if last is None else [first, last]
        shown = [_pixels(pipeline, picture, request) for picture in pictures]
        latent, condition = pipeline.prepare_latents(
            shown[0],
            1,
            pipeline.vae.config.z_dim,
            request.height,
            request.width,
            request.frames,
            torch.float32,
            shown[0].device,
            generator,
            None,
            shown[1] if len(shown) == 2 else None,
        )
        tensors = {"latent": latent, "condition": condition}
        if pipeline.transformer is None or pipeline.transformer.config.image_dim is None:
            return tensors
        seen = pipeline.encode_image(pictures if len(pictures) == 2 else first, latent.device)
        return {**tensors, "seen": seen}

    def told(self, tensors: Tensors, latent_BCTHW: Tensor, timestep: Tensor) -> dict[str, Tensor]:
        shown = torch.cat([latent_BCTHW, tensors["condition"]], dim=1)
        told = {"hidden_states": shown, "timestep": timestep.expand(1)}
        if "seen" in tensors:
            told["encoder_hidden_states_image"] = tensors["seen"]
        return told


class InItsPlace:
    """Wan 2.2 5B: a time for each token; the first latent frame may be given, its time is 0."""

    def begun(self, pipeline: Any, request: SampleRequest, generator: torch.Generator) -> Tensors:
        if not request.keyframes:
            latent = noise(pipeline, request, generator)
            return {"latent": latent, "free": torch.ones_like(latent[:, :1])}
        first, last = _ends(request)
        if last is not None:
            raise InvalidInput(
                "This Wan model takes a first picture only.",
                remedy="Take the last picture away, or use Wan 2.1's first-and-last-frame model.",
            )
        latent, given, free = pipeline.prepare_latents(
            _pixels(pipeline, first, request),
            1,
            pipeline.vae.config.z_dim,
            request.height,
            request.width,
            request.frames,
            torch.float32,
            pipeline.device,
            generator,
        )
        return {"latent": latent, "given": given, "free": free}

    def told(self, tensors: Tensors, latent_BCTHW: Tensor, timestep: Tensor) -> dict[str, Tensor]:
        # A token is two by two latent pixels.
        times = (tensors["free"][0, 0, :, ::2, ::2] * timestep).flatten()
        return {"hidden_states": held(tensors, latent_BCTHW), "timestep": times[None]}


class Guided:
    """VACE: a guiding video, a mask of what is to be made anew, pictures in their places, and
    pictures to look like.
    """

    def begun(self, pipeline: Any, request: SampleRequest, generator: torch.Generator) -> Tensors:
        _check_guide(request)
        references = [picture_of(k.image) for k in request.keyframes if k.index is None]
        video, mask, pictures = pipeline.preprocess_conditions(
            *_guide(pipeline, request),
            references or None,
            1,
            request.height,
            request.width,
            request.frames,
            torch.float32,
            pipeline.device,
        )
        guiding = pipeline.prepare_video_latents(video, mask, pictures, generator, pipeline.device)
        masks = pipeline.prepare_masks(mask, pictures, generator)
        num_pictures = len(pictures[0])
        latent = noise(pipeline, request, generator, num_pictures)
        return {
            "latent": latent,
            "guiding": torch.cat([guiding, masks], dim=1),
            "pictures": torch.tensor(num_pictures),
        }

    def told(self, tensors: Tensors, latent_BCTHW: Tensor, timestep: Tensor) -> dict[str, Tensor]:
        return {
            "hidden_states": latent_BCTHW,
            "timestep": timestep.expand(1),
            "control_hidden_states": tensors["guiding"],
        }


def held(tensors: Tensors, latent_BCTHW: Tensor) -> Tensor:
    """The latent with what is given in its place."""
    if "given" not in tensors:
        return latent_BCTHW
    free = tensors["free"]
    return (1 - free) * tensors["given"] + free * latent_BCTHW


def noise(
    pipeline: Any, request: SampleRequest, generator: torch.Generator, more: int = 0
) -> Tensor:
    """Noise for the whole video, and `more` latent frames before it."""
    from diffusers.utils.torch_utils import randn_tensor

    time, side = pipeline.vae_scale_factor_temporal, pipeline.vae_scale_factor_spatial
    shape = (
        1,
        pipeline.vae.config.z_dim,
        (request.frames - 1) // time + 1 + more,
        request.height // side,
        request.width // side,
    )
    drawn: Tensor = randn_tensor(
        shape, generator=generator, device=pipeline.device, dtype=torch.float32
    )
    return drawn


def _ends(request: SampleRequest) -> tuple[Any, Any | None]:
    """The first picture, and the last one if it is given.  Raises InvalidInput."""
    places = {place_of(keyframe, request.frames): keyframe for keyframe in request.keyframes}
    last = request.frames - 1
    if 0 not in places or set(places) - {0, last}:
        raise InvalidInput(
            "This Wan model needs a picture for the first frame, and takes none but for the last.",
            remedy="Place a picture at 'first', and another at 'last' if you like.",
        )
    return picture_of(places[0].image), picture_of(places[last].image) if last in places else None


def _pixels(pipeline: Any, picture: Any, request: SampleRequest) -> Tensor:
    """[1, 3, H, W] in [-1, 1]."""
    shown = pipeline.video_processor.preprocess(picture, request.height, request.width)
    pixels: Tensor = shown.to(pipeline.device, torch.float32)
    return pixels


def _check_guide(request: SampleRequest) -> None:
    """Raises InvalidInput for a guiding video or a mask of another size or length."""
    for name, clip in (("guiding video", request.control), ("mask", request.mask)):
        if clip is None:
            continue
        if (clip.width, clip.height) != (request.width, request.height):
            raise InvalidInput(
                f"The {name} has {clip.width}x{clip.height} pixels, the video to be made "
                f"{request.width}x{request.height}.",
                remedy="Put a 'Resize video' node between them.",
            )
        if clip.frames < request.frames:
            raise InvalidInput(
                f"The {name} has {clip.frames} frames, the video to be made {request.frames}.",
                remedy="Ask for fewer frames.",
            )


def _guide(pipeline: Any, request: SampleRequest) -> list[list[PIL.Image.Image] | None]:
    """The guiding video and its mask: where a picture is placed, it is kept as it is."""
    given = [_frames(clip, request) for clip in (request.control, request.mask)]
    placed = [keyframe for keyframe in request.keyframes if keyframe.index is not None]
    if not placed:
        return given
    size = request.width, request.height
    guide, mask = (
        frames or [PIL.Image.new("RGB", size, colour)] * request.frames
        for frames, colour in zip(given, (UNDECIDED, MADE), strict=True)
    )
    for keyframe in placed:
        place = place_of(keyframe, request.frames)
        guide[place] = pipeline.video_processor.resize(picture_of(keyframe.image), *size[::-1])
        mask[place] = PIL.Image.new("RGB", size, KEPT)
    return [guide, mask]


def _frames(clip: Any, request: SampleRequest) -> list[PIL.Image.Image] | None:
    return None if clip is None else pictures_of(clip, request.frames)
