"""Between pixels as people have them (uint8, rows of RGB) and as the networks want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.values import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def pixels_of(frames_THWC: NDArray[np.uint8]) -> Tensor:
    """uint8 RGB frames [T, H, W, 3] to a video [1, 3, T, H, W] in -1..1."""
    video = torch.from_numpy(frames_THWC.copy()).permute(3, 0, 1, 2)[None]
    return video.float() / 127.5 - 1.0


def frames_of(video_BCTHW: Tensor) -> NDArray[np.uint8]:
    """The first video [3, T, H, W] in -1..1 to uint8 RGB frames [T, H, W, 3], clipped."""
    frames = ((video_BCTHW[0].float() + 1.0) * 127.5).round_().clamp_(0, 255).to(torch.uint8)
    return frames.permute(1, 2, 3, 0).contiguous().cpu().numpy()


def video_of(image: Image, height: int, width: int) -> Tensor:
    """A picture as a video of one frame [1, 3, 1, height, width], scaled to cover and cropped."""
    video = pixels_of(image.pixels_HWC[None])[:, :, 0]
    scale = max(height / image.height, width / image.width)
    size = (max(height, round(image.height * scale)), max(width, round(image.width * scale)))
    if size != (image.height, image.width):
        video = F.interpolate(video, size, mode="bicubic", antialias=True)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return video[:, :, top : top + height, left : left + width].clamp(-1, 1).unsqueeze(2)
