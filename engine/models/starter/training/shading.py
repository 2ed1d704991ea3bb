"""How light falls on the shapes: from above and from the left, on a glossy ball, a box seen from a
little above, a faceted star, a pyramid and a tube bent to a ring; of plastic, metal or wood.

Shapes: T frames, Y rows, X columns. x and y are pixels from the subject's centre, y down.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

from engine.models.starter.training.scene import TURNING, Scene

_TO_LIGHT: Final = (-0.45, -0.6, 0.66)  # x, y, and towards who looks; of length 1
_ACROSS, _DOWN = torch.tensor(_TO_LIGHT[0]), torch.tensor(_TO_LIGHT[1])
_SOFT: Final = 0.8  # pixels over which one face goes over into the next
_RIM: Final = 0.35  # how much darker the outline is: it keeps every colour apart from backgrounds

_DARKER_HALF: Final = 0.26
_DARK_STREAK: Final = 0.4
_BRIGHT_STREAK: Final = 0.48
_GRAIN: Final = 0.98  # from line to line, in radii
_GRAIN_DARK: Final = 0.44
_OF_WHITE_SURFACES: Final = 0.5  # and so are its grain and its streaks
_OF_WHITE: Final = 0.3  # its shades are softer, or they would be the grey of a bright sky


def shade(
    scene: Scene, x: Tensor, y: Tensor, distance: Tensor, turn: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """What a colour is multiplied by, about 1, and how much of it is a white gloss, 0 to 1, both
    [T, Y, X].  `distance` is the signed one to the outline in pixels, negative inside; x and y turn
    with the subject, which is turned by `turn` radians ([T, 1, 1]): the light does not.
    """
    radius = scene.radius
    to_light = turned(_ACROSS, _DOWN, torch.zeros(1, 1, 1) if turn is None else turn)
    light, gloss = _FACES[scene.shape](x, y, radius, to_light)
    if scene.colour == "white":
        light = torch.lerp(torch.ones_like(light), light, _OF_WHITE)
    dark, gloss = _MADE_OF[scene.material](x / radius, y / radius, gloss, to_light)
    if scene.colour == "white":
        dark = dark * _OF_WHITE_SURFACES
    if scene.shape in ROUND and scene.motion in TURNING:
        dark = dark + _halves(y) * (0.4 if scene.colour == "white" else 1.0)
    rim = (1.3 + distance).clamp(0, 1)
    return light * (1 - dark) * (1 - _RIM * rim), gloss * (1 - rim)


Light = tuple[Tensor, Tensor]  # where it comes from: x and y as the subject sees them
Seen = tuple[Tensor, Tensor]  # light and gloss


def turned(x: Tensor, y: Tensor, turn: Tensor) -> tuple[Tensor, Tensor]:
    """Where places are for a subject that is turned clockwise by so many radians."""
    cos, sin = turn.cos(), turn.sin()
    return cos * x + sin * y, cos * y - sin * x


def _ball(x: Tensor, y: Tensor, radius: float, to_light: Light) -> Seen:
    return _rounded(x / radius, y / radius, to_light, gloss=0.75)


def _ring(x: Tensor, y: Tensor, radius: float, to_light: Light) -> Seen:
    from_centre = torch.hypot(x, y).clamp_min(1e-3)
    across = (from_centre / radius - 0.79) / 0.27
    return _rounded(across * x / from_centre, across * y / from_centre, to_light, gloss=0.4)


def _halves(y: Tensor) -> Tensor:
    """How much darker one half is than the other: without that, what is round could not be seen to
    turn.
    """
    return _DARKER_HALF * _side(y)


def _rounded(across: Tensor, down: Tensor, to_light: Light, gloss: float) -> Seen:
    """A surface whose normal leans by (across, down): Lambert's light, and Blinn's gloss."""
    towards = (1 - across.square() - down.square()).clamp_min(0).sqrt()
    facing = to_light[0] * across + to_light[1] * down + _TO_LIGHT[2] * towards
    half = math.sqrt(_TO_LIGHT[0] ** 2 + _TO_LIGHT[1] ** 2 + (_TO_LIGHT[2] + 1) ** 2)
    middle = (facing + towards) / half
    return 0.58 + 0.62 * facing.clamp_min(0), gloss * middle.clamp_min(0) ** 28


def _cube(x: Tensor, y: Tensor, radius: float, to_light: Light) -> Seen:
    top = _side(-(y + 0.34 * radius))
    front = 0.92 - 0.14 * y / radius
    return torch.lerp(front, torch.full_like(front, 1.25), top), torch.zeros_like(x)


def _triangle(x: Tensor, y: Tensor, radius: float, to_light: Light) -> Seen:
    lit = _side(-(x - 0.22 * radius - 0.12 * y))
    return 0.66 + 0.48 * lit, torch.zeros_like(x)


def _star(x: Tensor, y: Tensor, radius: float, to_light: Light) -> Seen:
    """Each arm has a ridge, and a face on either side of it."""
    fifth = 2 * math.pi / 5
    turn = torch.atan2(x, -y)  # 0 along the arm that points up, growing to the right
    within = torch.remainder(turn + fifth / 2, fifth) - fifth / 2
    # How far a place is from its ridge, and which way its face looks: across the arm.
    away = torch.hypot(x, y) * within.sin()
    ridge = turn - within
    side = 2 * _side(away) - 1
    facing = side * (to_light[0] * ridge.cos() + to_light[1] * ridge.sin())
    return 0.92 + 0.34 * facing, torch.zeros_like(x)


def _side(pixels: Tensor) -> Tensor:
    """1 where a place is on the positive side of an edge, 0 where it is not, soft between."""
    return (0.5 + pixels / _SOFT / 2).clamp(0, 1)


def _plastic(x: Tensor, y: Tensor, gloss: Tensor, to_light: Light) -> Seen:
    """How much darker the surface is in places, and its gloss; x and y in radii."""
    return torch.zeros_like(x), gloss


def _metal(x: Tensor, y: Tensor, gloss: Tensor, to_light: Light) -> Seen:
    """Reflects what is around it: a broad bright streak towards the light and a dark one, which
    stay where they are when it turns.
    """
    towards = (x * to_light[0] + y * to_light[1]) / math.hypot(*_TO_LIGHT[:2])
    dark = _DARK_STREAK * _streak(towards, -0.4, 0.42)
    return dark, torch.maximum(gloss, _BRIGHT_STREAK * _streak(towards, 0.3, 0.34))


def _streak(place: Tensor, middle: float, width: float) -> Tensor:
    return torch.exp(-(((place - middle) / width) ** 2))


def _wood(x: Tensor, y: Tensor, gloss: Tensor, to_light: Light) -> Seen:
    """Matt, with a grain that turns with it."""
    bent = y + 0.12 * torch.sin(2.6 * x + 0.8)
    line = torch.sin(2 * math.pi * bent / _GRAIN + 0.6).clamp_min(0)
    return _GRAIN_DARK * line, torch.zeros_like(gloss)


ROUND: Final = ("ball", "ring")
_FACES: Final = {
    "ball": _ball, "cube": _cube, "star": _star, "triangle": _triangle, "ring": _ring,
}  # fmt: skip
_MADE_OF: Final = {"plastic": _plastic, "metal": _metal, "wood": _wood}
