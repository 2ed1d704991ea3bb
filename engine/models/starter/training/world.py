"""Renders scenes: anti-aliased, shaded signed-distance shapes that move before a background, as a
camera sees them, with shadows on their floor.

Shapes: B clips, T frames, H rows, W columns, K subjects in a clip.
Distances follow Inigo Quilez, "2D distance functions" (iquilezles.org/articles/distfunctions2d).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from engine.models.starter.training.backdrops import paint_clip
from engine.models.starter.training.paths import (
    BOUNCE_HEIGHTS,
    heights,
    subject_centres,
    subject_turns,
    view,
    world_centres,
)
from engine.models.starter.training.scene import COLOURS, Scene
from engine.models.starter.training.shading import shade, turned

NUM_FRAMES = 33
FRAME_RATE = 16
SIZE = 64
SHADOW = 0.32  # how much darker the floor is under what lies on it
_SHADOW_DEPTH = 0.3  # how deep a shadow is, in parts of its width: the floor is seen from the side
# How far a shape reaches down, in radii.
_FOOT = {"ball": 1.0, "cube": 0.86, "star": 1.0, "triangle": 0.72, "ring": 1.06}
_WHOLE = slice(None)


def _star(x: torch.Tensor, y: torch.Tensor, radius: float) -> torch.Tensor:
    outer, inner = radius * 1.25, 0.5
    x = x.abs()
    y = -y
    for cos, sin in ((0.809016994375, -0.587785252292), (-0.809016994375, -0.587785252292)):
        along = 2.0 * (x * cos + y * sin).clamp_min(0.0)
        x, y = x - along * cos, y - along * sin
    x = x.abs()
    y = y - outer
    edge_x, edge_y = inner * 0.587785252292, inner * 0.809016994375 - 1.0
    reach = ((x * edge_x + y * edge_y) / (edge_x**2 + edge_y**2)).clamp(0.0, outer)
    distance = torch.hypot(x - edge_x * reach, y - edge_y * reach)
    return distance * torch.sign(y * edge_x - x * edge_y)


def _triangle(x: torch.Tensor, y: torch.Tensor, radius: float) -> torch.Tensor:
    half = radius * 1.08
    root = math.sqrt(3.0)
    x = x.abs() - half
    y = -y + half / root - 0.15 * half
    fold = x + root * y > 0
    x, y = torch.where(fold, (x - root * y) / 2, x), torch.where(fold, (-root * x - y) / 2, y)
    x = x - x.clamp(-2.0 * half, 0.0)
    return -torch.hypot(x, y) * torch.sign(y)


def _cube(x: torch.Tensor, y: torch.Tensor, radius: float) -> torch.Tensor:
    half = radius * 0.86
    x, y = x.abs() - half, y.abs() - half
    return torch.hypot(x.clamp_min(0), y.clamp_min(0)) + torch.maximum(x, y).clamp_max(0)


def signed_distance(shape: str, x: torch.Tensor, y: torch.Tensor, radius: float) -> torch.Tensor:
    """Distance in pixels to the outline of a shape centred at the origin, negative inside. y points
    down.
    """
    if shape == "star":
        return _star(x, y, radius)
    if shape == "triangle":
        return _triangle(x, y, radius)
    if shape == "cube":
        return _cube(x, y, radius)
    from_centre = torch.hypot(x, y)
    if shape == "ring":
        return (from_centre - radius * 0.79).abs() - radius * 0.27
    return from_centre - radius


def render(
    scene: Scene,
    num_frames: int = NUM_FRAMES,
    height: int = SIZE,
    width: int = SIZE,
    part: slice = _WHOLE,
) -> torch.Tensor:
    """One scene as uint8 [T, H, W, 3], or only a part of its frames. Only the box around each
    subject is computed.
    """
    empty_THW3 = paint_clip(scene.background, scene.camera, num_frames, height, width)[part]
    picture_THW3 = torch.from_numpy(empty_THW3.copy())
    scale = min(height, width) / 64
    corner = torch.tensor([(width - 64 * scale) / 2, (height - 64 * scale) / 2])
    zoom_T = torch.from_numpy(view(scene.camera, num_frames).zoom_T[part]).float() * scale
    turn_T = torch.from_numpy(subject_turns(scene, num_frames)[part]).float()
    centres_TK2 = torch.from_numpy(subject_centres(scene, num_frames)[part]).float()
    if scene.shadow:
        _cast_shadows(picture_THW3, scene, num_frames, part)
    for index in range(scene.count):
        _draw(picture_THW3, scene, centres_TK2[:, index] * scale + corner, zoom_T, turn_T)
    return picture_THW3.round_().clamp_(0, 255).to(torch.uint8)


def _draw(
    picture_THW3: torch.Tensor,
    scene: Scene,
    centre_T2: torch.Tensor,
    zoom_T: torch.Tensor,
    turn_T: torch.Tensor,
) -> None:
    num_frames, height, width, _ = picture_THW3.shape
    reach = math.ceil(scene.radius * float(zoom_T.max()) * 1.35) + 2
    span = torch.arange(-reach, reach + 1)
    columns_TX = centre_T2[:, :1].floor().long() + span
    rows_TY = centre_T2[:, 1:].floor().long() + span
    x_TYX = (columns_TX + 0.5 - centre_T2[:, :1])[:, None, :].expand(-1, len(span), -1)
    y_TYX = (rows_TY + 0.5 - centre_T2[:, 1:])[:, :, None].expand(-1, -1, len(span))
    colour_TYX3, cover_TYX = appearance(scene, x_TYX, y_TYX, zoom_T, turn_T)
    inside = (columns_TX[:, None, :] >= 0) & (columns_TX[:, None, :] < width)
    inside = inside & (rows_TY[:, :, None] >= 0) & (rows_TY[:, :, None] < height)
    cover_TYX = cover_TYX * inside
    frames = torch.arange(num_frames)[:, None, None]
    rows, columns = (
        rows_TY.clamp(0, height - 1)[:, :, None],
        columns_TX.clamp(0, width - 1)[:, None, :],
    )
    # Boxes that stick out of the picture are cut by weight zero; those pixels are clamped onto the
    # edge, so the change is added (zero there) rather than written.
    under = picture_THW3[frames, rows, columns]
    change = (colour_TYX3 - under) * cover_TYX[..., None]
    picture_THW3.index_put_((frames, rows, columns), change, accumulate=True)


def appearance(
    scene: Scene,
    x_TYX: torch.Tensor,
    y_TYX: torch.Tensor,
    zoom_T: torch.Tensor,
    turn_T: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """A subject's colour [T, Y, X, 3] and how much of each pixel it covers [T, Y, X], at pixels
    from its centre, shown `zoom_T` times as large and turned by `turn_T` radians.
    """
    zoom, turn = zoom_T[:, None, None], turn_T[:, None, None]
    x, y = (place / zoom for place in turned(x_TYX, y_TYX, turn))
    distance_TYX = signed_distance(scene.shape, x, y, scene.radius) * zoom
    light_TYX, gloss_TYX = shade(scene, x, y, distance_TYX, turn)
    colour_TYX3 = torch.tensor(COLOURS[scene.colour], dtype=torch.float32) * light_TYX[..., None]
    colour_TYX3 = torch.lerp(colour_TYX3, torch.tensor(255.0), gloss_TYX[..., None])
    return colour_TYX3.clamp_max(255), (0.5 - distance_TYX).clamp(0, 1)


def _cast_shadows(picture_THW3: torch.Tensor, scene: Scene, num_frames: int, part: slice) -> None:
    """Darken the floor under each subject: less, and softer, the higher it is above it."""
    _, height, width, _ = picture_THW3.shape
    scale = min(height, width) / 64
    seen = view(scene.camera, num_frames)
    height_T = heights(scene, num_frames)
    floor_TK2 = world_centres(scene, num_frames)
    floor_TK2[..., 1] += height_T[:, None] + scene.radius * _FOOT[scene.shape]
    floor_TK2 = (seen.seen(floor_TK2) - 32.0)[part] * scale
    high_T11 = torch.from_numpy(height_T[part] / BOUNCE_HEIGHTS["slow"]).float()[:, None, None]
    across_T11 = scene.radius * scale * (1.0 + 0.25 * high_T11)
    across_T11 = across_T11 * torch.from_numpy(seen.zoom_T[part]).float()[:, None, None]
    x_W = torch.arange(width) + 0.5 - width / 2
    y_H = torch.arange(height) + 0.5 - height / 2
    for floor_T2 in torch.from_numpy(floor_TK2).float().unbind(1):
        x_T, y_T = floor_T2.unbind(1)
        across = (x_W - x_T[:, None])[:, None, :] / across_T11
        down = (y_H - y_T[:, None])[:, :, None] / (across_T11 * _SHADOW_DEPTH)
        soft = 0.35 + 0.3 * high_T11
        cover = ((1.0 + soft / 2 - torch.hypot(across, down)) / soft).clamp(0, 1)
        dark = SHADOW * (1.0 - 0.45 * high_T11) * cover
        picture_THW3 *= 1.0 - dark[..., None]


def render_batch(
    scenes: Sequence[Scene], num_frames: int = NUM_FRAMES, size: int = SIZE, part: slice = _WHOLE
) -> torch.Tensor:
    """Scenes as uint8 [B, T, size, size, 3], or only a part of their frames."""
    return torch.stack([render(scene, num_frames, size, size, part) for scene in scenes])


def to_model_range(video_BTHW3: torch.Tensor) -> torch.Tensor:
    """uint8 [B, T, H, W, 3] to float32 [B, 3, T, H, W] in -1..1, as the VAE takes it."""
    return video_BTHW3.permute(0, 4, 1, 2, 3).float().div_(127.5).sub_(1.0)


def to_pixels(video_B3THW: torch.Tensor) -> torch.Tensor:
    """float [B, 3, T, H, W] in -1..1 to uint8 [B, T, H, W, 3]."""
    return (
        video_B3THW.float()
        .add(1.0)
        .mul(127.5)
        .round()
        .clamp(0, 255)
        .to(torch.uint8)
        .permute(0, 2, 3, 4, 1)
    )


def subject_track(scene: Scene, num_frames: int = NUM_FRAMES) -> np.ndarray:
    """Mean centre of the subjects, [T, (x, y)], in -1..1 across the picture: the target of the
    auxiliary head.
    """
    track: np.ndarray = subject_centres(scene, num_frames).mean(axis=1) / 32.0 - 1.0
    return track
