"""TAEHV, a tiny decoder of one latent frame for previews, where its weights are present.

The networks of https://github.com/madebyollin/taehv and taem1, under the names of their published
weights.  Each was trained for one VAE; latents go in as the denoiser sees them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.errors import InvalidWeights
from engine.models.loading.modules import fill
from engine.models.loading.tensors import StoredTensor, read_tensors, stored_tensors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from engine.models.family import Capabilities

MOST_PIXELS: Final = 832 * 480
"""Of a preview; a larger video is shown at a half or a quarter of its sides."""
SPACE: Final = 8
"""How much the three stages lengthen a latent's sides; the rest is pixels that lie in channels."""
WIDENED: Final = (1, 8, 14, 20)
"""The convolutions that give each stage its width, and the pixels theirs."""
GROWN: Final = (7, 13, 19)
"""The layers that make several frames of one."""
PIXELS: Final = 22


class Bound(nn.Module):
    """Keeps latents to what the decoder has seen."""

    def forward(self, latent_BCHW: Tensor) -> Tensor:
        return torch.tanh(latent_BCHW / 3) * 3


class Block(nn.Module):
    """What a block does to a frame that none comes before."""

    def __init__(self, width: int) -> None:
        super().__init__()
        first, second, third = (_convolution(width, width) for _ in range(3))
        self.conv = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third)

    def forward(self, frame_BCHW: Tensor) -> Tensor:
        return F.relu(self.conv(frame_BCHW) + frame_BCHW)


class TinyDecoder(nn.Module):
    """Decodes a frame as if its video began with it, and of the frames in it only the last."""

    def __init__(self, channels: int, widths: Sequence[int], patch: int) -> None:
        super().__init__()
        layers = [Bound(), _convolution(channels, widths[0]), nn.ReLU()]
        for width, after in pairwise(widths):
            grown = nn.Conv2d(width, width, 1, bias=False)
            layers += [Block(width), Block(width), Block(width), nn.Upsample(scale_factor=2)]
            layers += [nn.Sequential(OrderedDict(conv=grown)), _convolution(width, after, False)]
        layers += [nn.ReLU(), _convolution(widths[-1], 3 * patch**2)]
        self.decoder = nn.Sequential(*layers)
        self.patch = patch

    def forward(self, latent_CHW: Tensor) -> Tensor:
        """The picture [1, 3, 1, H, W] in [-1, 1] of a normalised latent frame."""
        weight = next(self.parameters())
        frame_BCHW = latent_CHW[None].to(weight.device, weight.dtype)
        for layer in self.decoder:
            pixels = frame_BCHW.shape[-2:].numel() * self.patch**2
            if not isinstance(layer, nn.Upsample) or 4 * pixels <= MOST_PIXELS:
                frame_BCHW = layer(frame_BCHW)
        picture_B3HW = F.pixel_shuffle(frame_BCHW, self.patch).clamp(0, 1)
        return (picture_B3HW * 2 - 1).unsqueeze(2)


def read_decoder(file: Path, likes: Capabilities, device: str) -> TinyDecoder:
    """The decoder in a safetensors file, for a model with these latents.

    Raises InvalidWeights for a file that is damaged, holds something else, or is for other latents.
    """
    stored = stored_tensors([file])
    shapes = {index: _shape(stored, index) for index in (*WIDENED, *GROWN, PIXELS)}
    if not all(shapes.values()):
        raise InvalidWeights(
            f"'{file}' holds no decoder of TAEHV.",
            remedy="Take the file from 'safetensors' in github.com/madebyollin/taehv.",
        )
    time = prod(shapes[index][0] // shapes[index][1] for index in GROWN)
    space = SPACE * round((shapes[PIXELS][0] / 3) ** 0.5)
    has = (shapes[WIDENED[0]][1], time, space)
    wanted = (likes.latent_channels, likes.temporal_factor, likes.spatial_factor)
    if has != wanted:
        raise InvalidWeights(
            f"'{file}' is for latents of {_latents(*has)}; this model has {_latents(*wanted)}.",
            remedy="Use the decoder that was made for this model.",
        )
    with torch.device("meta"):
        widths = [shapes[index][0] for index in WIDENED]
        decoder = TinyDecoder(likes.latent_channels, widths, space // SPACE)
    ours = [each for name, each in stored.items() if name.startswith("decoder.")]
    tensors = read_tensors(ours, device, lambda _: torch.float32)
    fill(decoder, _for_one_frame(tensors), f"'{file}'", device)
    return decoder


def _for_one_frame(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Without the weights for the frame before, which is none, and for all grown but the last."""
    kept = dict(tensors)
    for name, weight in tensors.items():
        if name.endswith(".conv.0.weight"):
            kept[name] = weight[:, : weight.shape[1] // 2].clone()
        elif name.endswith(".conv.weight"):
            kept[name] = weight[-weight.shape[1] :].clone()
    return kept


def _convolution(width: int, after: int, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(width, after, 3, padding=1, bias=bias)


def _shape(stored: Mapping[str, StoredTensor], layer: int) -> tuple[int, ...]:
    """That of a layer's matrix of kernels; empty where there is none."""
    names = (f"decoder.{layer}.weight", f"decoder.{layer}.conv.weight")
    found = next((stored[name].shape for name in names if name in stored), ())
    return found if len(found) == 4 and all(found) else ()


def _latents(channels: int, time: int, space: int) -> str:
    return f"{channels} channels, {time} frames and {space} pixels"
