"""Pictures on their way into a pipeline of diffusers and out of it, and which sizes it can make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import PIL.Image

from engine.errors import InvalidInput
from engine.models.abilities import place_of
from engine.models.family import SampleRequest
from engine.values import Clip, Image

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


def picture_of(image: Image) -> PIL.Image.Image:
    return PIL.Image.fromarray(image.pixels_HWC)


def pictures_of(clip: Clip, frames: int) -> list[PIL.Image.Image]:
    """The first frames of a clip, read no further than that."""
    pictures: list[PIL.Image.Image] = []
    for chunk in clip:
        pictures += [PIL.Image.fromarray(frame) for frame in chunk[: frames - len(pictures)]]
        if len(pictures) == frames:
            break
    return pictures


def frames_of(video_BCTHW: Tensor) -> NDArray[np.uint8]:
    """RGB frames (time, height, width, 3) of one decoded video in [-1, 1]."""
    shown_CTHW = (video_BCTHW[0] * 0.5 + 0.5).clamp(0, 1)
    frames: NDArray[np.float32] = shown_CTHW.permute(1, 2, 3, 0).float().cpu().numpy()
    return (frames * 255).round().astype(np.uint8)


def first_picture(model: str, request: SampleRequest) -> PIL.Image.Image:
    """The one picture that a video starts from.

    Raises InvalidInput where it is missing, not alone, or elsewhere.
    """
    places = [place_of(keyframe, request.frames) for keyframe in request.keyframes]
    if places != [0]:
        given = "none" if not places else "one elsewhere" if len(places) == 1 else f"{len(places)}"
        raise InvalidInput(
            f"This {model} starts from one picture, and was given {given}.",
            remedy="Place one picture at 'first'.",
        )
    return picture_of(request.keyframes[0].image)


def check_size(model: str, width: int, height: int, multiple: int) -> None:
    """Raises InvalidInput that names the nearest size that the model can make."""
    near = [max(round(side / multiple), 1) * multiple for side in (width, height)]
    if [width, height] != near:
        raise InvalidInput(
            f"{model} cannot make {width}x{height} pixels.",
            remedy=f"Use multiples of {multiple}; {near[0]}x{near[1]} is near.",
        )


def check_length(model: str, frames: int, factor: int, least: int = 1) -> None:
    """Raises InvalidInput that names the nearest length that the model can make."""
    near = max(1 + round((frames - 1) / factor) * factor, least)
    if frames != near:
        raise InvalidInput(
            f"{model} cannot make {frames} frames.",
            remedy=f"Use {least}, {least + factor}, {least + 2 * factor}, ...; {near} is near.",
        )
