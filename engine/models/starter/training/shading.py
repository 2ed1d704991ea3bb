"""How light falls on the shapes: from above and from the left, on a glossy ball, a box seen from a
little above, a faceted star, a pyramid and a tube bent to a ring.

Shapes: T frames, Y rows, X columns. x and y are pixels from the subject's centre, y down.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

from engine.models.starter.training.scene import Scene

_TO_LIGHT: Final = (-0.45, -0.6, 0.66)  # x, y, and towards who looks; of length 1
_SOFT: Final = 0.8  # pixels over which one face goes over into the next
_RIM: Final = 0.35  # how much darker the outline is: it keeps every colour apart from backgrounds

_OF_WHITE: Final = 0.3  # its shades are softer, or they would be the grey of a bright sky


def shade(
    scene: Scene, x: Tensor, y: Tensor, distance: Tensor, radius: float
) -> tuple[Tensor, Tensor]:
    """What a colour is multiplied by, about 1, and how much of it is a white gloss, 0 to 1, both
    [T, Y, X].  `distance` is the signed one to the outline in pixels, negative inside.
    """
    light, gloss = _FACES[scene.shape](x, y, radius)
    if scene.colour == "white":
        light = torch.lerp(torch.ones_like(light), light, _OF_WHITE)
    rim = (1.3 + distance).clamp(0, 1)
    return light * (1 - _RIM * rim), gloss * (1 - rim)


def _ball(x: Tensor, y: Tensor, radius: float) -> tuple[Tensor, Tensor]:
    return _rounded(x / radius, y / radius, gloss=0.75)


def _ring(x: Tensor, y: Tensor, radius: float) -> tuple[Tensor, Tensor]:
    from_centre = torch.hypot(x, y).clamp_min(1e-3)
    across = (from_centre / radius - 0.79) / 0.27
    return _rounded(across * x / from_centre, across * y / from_centre, gloss=0.4)


def _rounded(across: Tensor, down: Tensor, gloss: float) -> tuple[Tensor, Tensor]:
    """A surface whose normal leans by (across, down): Lambert's light, and Blinn's gloss."""
    towards = (1 - across.square() - down.square()).clamp_min(0).sqrt()
    facing = _TO_LIGHT[0] * across + _TO_LIGHT[1] * down + _TO_LIGHT[2] * towards
    half = math.sqrt(_TO_LIGHT[0] ** 2 + _TO_LIGHT[1] ** 2 + (_TO_LIGHT[2] + 1) ** 2)
    middle = (facing + towards) / half
    return 0.58 + 0.62 * facing.clamp_min(0), gloss * middle.clamp_min(0) ** 28


def _cube(x: Tensor, y: Tensor, radius: float) -> tuple[Tensor, Tensor]:
    top = _side(-(y + 0.34 * radius))
    front = 0.92 - 0.14 * y / radius
    return torch.lerp(front, torch.full_like(front, 1.25), top), torch.zeros_like(x)


def _triangle(x: Tensor, y: Tensor, radius: float) -> tuple[Tensor, Tensor]:
    lit = _side(-(x - 0.22 * radius - 0.12 * y))
    return 0.66 + 0.48 * lit, torch.zeros_like(x)


def _star(x: Tensor, y: Tensor, radius: float) -> tuple[Tensor, Tensor]:
    """Each arm has a ridge, and a face on either side of it."""
    fifth = 2 * math.pi / 5
    turn = torch.atan2(x, -y)  # 0 along the arm that points up, growing to the right
    within = torch.remainder(turn + fifth / 2, fifth) - fifth / 2
    # How far a place is from its ridge, and which way its face looks: across the arm.
    away = torch.hypot(x, y) * within.sin()
    ridge = turn - within
    side = 2 * _side(away) - 1
    facing = side * (_TO_LIGHT[0] * ridge.cos() + _TO_LIGHT[1] * ridge.sin())
    return 0.92 + 0.34 * facing, torch.zeros_like(x)


def _side(pixels: Tensor) -> Tensor:
    """1 where a place is on the positive side of an edge, 0 where it is not, soft between."""
    return (0.5 + pixels / _SOFT / 2).clamp(0, 1)


_FACES: Final = {
    "ball": _ball, "cube": _cube, "star": _star, "triangle": _triangle, "ring": _ring,
}  # fmt: skip
