"""The six backgrounds: a gradient and a few details each, as the camera shows them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from engine.models.starter.training.paths import view

Colour = tuple[float, float, float]

# x, y, brightness of the night's stars, in parts of the picture.
_STARS = (
    (0.08, 0.14, 0.9), (0.22, 0.34, 0.6), (0.35, 0.09, 0.8), (0.47, 0.27, 0.5),
    (0.62, 0.12, 0.7), (0.94, 0.4, 0.8), (0.12, 0.62, 0.5), (0.3, 0.83, 0.7),
    (0.55, 0.7, 0.5), (0.7, 0.9, 0.6), (0.88, 0.72, 0.8), (0.05, 0.92, 0.6),
)  # fmt: skip


def _gradient(y_HW: np.ndarray, top: Colour, bottom: Colour) -> np.ndarray:
    mix_HW1 = np.clip(y_HW, 0.0, 1.0)[..., None]
    picture: np.ndarray = np.array(top) * (1 - mix_HW1) + np.array(bottom) * mix_HW1
    return picture


def _blend(under_HW3: np.ndarray, over: np.ndarray | Colour, cover_HW: np.ndarray) -> np.ndarray:
    cover_HW1 = np.clip(cover_HW, 0.0, 1.0)[..., None]
    picture: np.ndarray = under_HW3 * (1 - cover_HW1) + np.asarray(over) * cover_HW1
    return picture


def _disc(
    x_HW: np.ndarray, y_HW: np.ndarray, x: float, y: float, radius: float, size: float
) -> np.ndarray:
    return 0.5 + (radius - np.hypot(x_HW - x, y_HW - y)) * size


def _night(x_HW: np.ndarray, y_HW: np.ndarray, size: float) -> np.ndarray:
    picture = _gradient(y_HW, (12, 14, 38), (40, 40, 84))
    for x, y, light in _STARS:
        cover = np.exp(-((x_HW - x) ** 2 + (y_HW - y) ** 2) / (2 * 0.011**2))
        picture = _blend(picture, (225, 228, 245), cover * light)
    picture = _blend(picture, (214, 212, 190), _disc(x_HW, y_HW, 0.84, 0.15, 0.085, size))
    return _blend(picture, (16, 18, 43), _disc(x_HW, y_HW, 0.80, 0.13, 0.07, size))


def _sunset(x_HW: np.ndarray, y_HW: np.ndarray, size: float) -> np.ndarray:
    picture = _gradient(y_HW / 0.72, (84, 66, 116), (222, 150, 126))
    picture = _blend(picture, (250, 218, 170), _disc(x_HW, y_HW, 0.5, 0.74, 0.17, size))
    return _blend(
        picture,
        _gradient((y_HW - 0.74) / 0.26, (70, 48, 66), (44, 32, 52)),
        0.5 + (y_HW - 0.74) * size,
    )


def _meadow(x_HW: np.ndarray, y_HW: np.ndarray, size: float) -> np.ndarray:
    picture = _gradient(y_HW / 0.6, (112, 172, 226), (178, 212, 234))
    far = 0.56 + 0.04 * np.sin(x_HW * 5.0 + 0.6)
    near = 0.70 + 0.05 * np.sin(x_HW * 4.0 + 3.0)
    picture = _blend(picture, (136, 158, 108), 0.5 + (y_HW - far) * size)
    return _blend(
        picture,
        _gradient((y_HW - 0.65) / 0.35, (104, 132, 82), (76, 104, 62)),
        0.5 + (y_HW - near) * size,
    )


def _sea(x_HW: np.ndarray, y_HW: np.ndarray, size: float) -> np.ndarray:
    picture = _gradient(y_HW / 0.45, (124, 180, 214), (178, 210, 226))
    water = _gradient((y_HW - 0.45) / 0.55, (92, 146, 160), (34, 84, 108))
    crest = np.sin((y_HW - 0.45) * 60.0 / (0.6 + y_HW) + 0.5 * np.sin(x_HW * 9.0))
    water = _blend(water, (150, 190, 196), 0.35 * np.clip(crest - 0.4, 0, 1))
    return _blend(picture, water, 0.5 + (y_HW - 0.45) * size)


def _desert(x_HW: np.ndarray, y_HW: np.ndarray, size: float) -> np.ndarray:
    picture = _gradient(y_HW / 0.6, (166, 196, 218), (236, 212, 172))
    far = 0.58 + 0.06 * np.sin(x_HW * 4.2 + 1.0)
    near = 0.76 + 0.07 * np.sin(x_HW * 3.4 + 4.0)
    picture = _blend(picture, (204, 172, 126), 0.5 + (y_HW - far) * size)
    return _blend(
        picture,
        _gradient((y_HW - 0.7) / 0.3, (184, 146, 100), (160, 122, 82)),
        0.5 + (y_HW - near) * size,
    )


def _studio(x_HW: np.ndarray, y_HW: np.ndarray, size: float) -> np.ndarray:
    picture = _gradient(y_HW / 0.72, (112, 114, 118), (150, 151, 154))
    return _blend(
        picture,
        _gradient((y_HW - 0.72) / 0.28, (92, 92, 95), (122, 122, 125)),
        0.5 + (y_HW - 0.72) * size,
    )


_PAINTERS = {
    "night": _night,
    "sunset": _sunset,
    "meadow": _meadow,
    "sea": _sea,
    "desert": _desert,
    "studio": _studio,
}


@lru_cache(maxsize=1024)
def paint_background(
    name: str, height: int = 64, width: int = 64, pan: float = 0.0, zoom: float = 1.0
) -> np.ndarray:
    """The named background as float32 [height, width, 3] in 0..255, seen from `pan` pixels (of a
    picture 64 wide) to the right, and this much larger. Read-only: it is cached.
    """
    x_W, y_H = ((np.arange(count) + 0.5) / count - 0.5 for count in (width, height))
    x_HW, y_HW = np.meshgrid(x_W / zoom + 0.5 + pan / 64, y_H / zoom + 0.5)
    picture = _PAINTERS[name](x_HW, y_HW, zoom * min(height, width)).astype(np.float32)
    picture.setflags(write=False)
    return picture


def paint_clip(
    name: str, camera: str, num_frames: int, height: int = 64, width: int = 64
) -> np.ndarray:
    """The background in each frame, float32 [num_frames, height, width, 3] in 0..255.
    Read-only.
    """
    if camera == "still":
        still = paint_background(name, height, width)
        return np.broadcast_to(still, (num_frames, *still.shape))
    seen = view(camera, num_frames)
    frames = [
        paint_background(name, height, width, float(pan), float(zoom))
        for pan, zoom in zip(seen.pan_T, seen.zoom_T, strict=True)
    ]
    return np.stack(frames)
