"""Pictures of what is being sampled without decoding it: colours as a linear map of a latent.

The map is fitted to the model's own VAE: a chart of flat colours is encoded, and the colours are
regressed on its latents.  No constants of a checkpoint are needed, so a swapped VAE fits too.
Where a tiny decoder's weights were put into the models folder, it decodes a frame instead.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.errors import InvalidWeights
from engine.folders import models_folder
from engine.models.diffusion.pictures import frames_of
from engine.models.diffusion.tiny_decoder import TinyDecoder, read_decoder
from engine.values import Image

if TYPE_CHECKING:
    from engine.models.family import Capabilities

FOLDER: Final = "previews"
"""Where tiny decoders are put, in the models folder."""

LEVELS: Final = 4  # of each of red, green and blue
COLUMNS: Final = 8
RIDGE: Final = 1e-3


def colour_chart(side: int) -> Tensor:
    """All combinations of levels, each a field of `side` pixels: [1, 3, 1, H, W] in [-1, 1]."""
    levels = torch.linspace(-1, 1, LEVELS)
    colours_N3 = torch.cartesian_prod(levels, levels, levels)
    chart_3HW = colours_N3.T.reshape(3, -1, COLUMNS)
    return F.interpolate(chart_3HW[None], scale_factor=side, mode="nearest").unsqueeze(2)


def fitted_colours(encode: Callable[[Tensor], Tensor], factor: int) -> Tensor:
    """The map [C + 1, 3] from a latent's channels, and one, to colours in [-1, 1].

    `encode` makes normalised latents [1, C, 1, h, w]; a field is two latents wide, so that some see
    one colour alone.
    """
    chart = colour_chart(2 * factor)
    latent_NC = encode(chart)[0, :, 0].flatten(1).T.float().cpu()
    seen_N3 = F.avg_pool2d(chart[:, :, 0], factor)[0].flatten(1).T
    known = torch.cat([latent_NC, torch.ones(len(latent_NC), 1)], dim=1).double()
    gram = known.T @ known + RIDGE * len(known) * torch.eye(known.shape[1], dtype=torch.float64)
    colours: Tensor = torch.linalg.solve(gram, known.T @ seen_N3.double())
    return colours.float()


def shown(latent_CHW: Tensor, colours: Tensor) -> Tensor:
    """One latent frame as a picture [1, 3, 1, h, w] in [-1, 1], a pixel a latent."""
    latent = latent_CHW.float().cpu()
    picture_3HW = torch.einsum("chw,cr->rhw", latent, colours[:-1]) + colours[-1].view(3, 1, 1)
    picture: Tensor = picture_3HW[None, :, None]
    return picture


class Look:
    """How one model's latents are looked at: by its tiny decoder, if that is there and fits."""

    def __init__(self, decoder: str, likes: Capabilities, device: str) -> None:
        self._named = (decoder, likes, device)
        self._colours: Tensor | None = None
        self._complaint: str | None = None

    def picture(self, latent_BCTHW: Tensor, fitted: Callable[[], Tensor]) -> Image:
        """The middle frame of a normalised latent as it is, noise and all.

        `fitted` makes the model's colours, where there is no decoder; they are made once.
        """
        middle = latent_BCTHW[0, :, latent_BCTHW.shape[2] // 2]
        if self._decoder is not None:
            return Image(frames_of(self._decoder(middle))[0])
        if self._colours is None:
            self._colours = fitted()
        return Image(frames_of(shown(middle, self._colours))[0])

    def complain(self) -> str | None:
        """Why a decoder that is there is not used, once."""
        said = None if self._decoder is not None else self._complaint
        self._complaint = None
        return said

    @cached_property
    def _decoder(self) -> TinyDecoder | None:
        name, likes, device = self._named
        file = models_folder() / FOLDER / f"{name}.safetensors"
        if not name or not file.is_file():
            return None
        try:
            return read_decoder(file, likes, device)
        except InvalidWeights as error:
            self._complaint = f"Previews show colours only: {error}"
            return None
