"""Twenty kinds of made-up footage, from photographic to flat, that a watermark must live in."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Video = NDArray[np.uint8]
Plane = NDArray[np.float32]
Draw = Callable[[float], Frame]
"""Draws the frame at a time in seconds."""


class Size(NamedTuple):
    height: int
    width: int


def footage(number: int, size: Size, frames: int, fps: float = 24, seed: int = 0) -> Video:
    """A clip of the kind `number % 20`, of shape (frames, height, width, 3)."""
    make = list(KINDS.values())[number % len(KINDS)]
    draw = make(np.random.default_rng([5, number, seed]), size)
    return np.stack([draw(t / fps) for t in range(frames)])


def _photograph(rng: np.random.Generator, size: Size, soft: float = 0.8) -> Frame:
    """Overlapping shapes of all sizes (dead leaves), each with a 1/f texture of its own."""
    height, width = size
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = rng.uniform(40, 210, 3)
    for _ in range(260):
        radius = min(height, width) * 0.5 * float(rng.uniform(0.05, 1)) ** 2.5 + 3
        centre = rng.uniform(0, 1, 2) * [width, height]
        turns = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 12)))
        reach = radius * rng.uniform(0.6, 1.3, (len(turns), 1))
        outline = centre + reach * np.stack([np.cos(turns), np.sin(turns)], 1)
        grey = rng.uniform(20, 235)
        colour = tuple(float(c) for c in np.clip(grey + rng.normal(0, 25, 3), 5, 250))
        cv2.fillPoly(picture, [outline.astype(np.int32)], colour, cv2.LINE_AA)
    texture = _fractal(rng, size, 1.0) * _positive(_fractal(rng, size, 1.6)) * 14
    picture = cv2.GaussianBlur(picture, (0, 0), soft) + texture[..., None]
    return _as_frame(picture)


def _fractal(rng: np.random.Generator, size: Size, slope: float) -> Plane:
    """Noise whose amplitude falls as 1/frequency^slope, with mean 0 and deviation 1."""
    rows, columns = np.fft.fftfreq(size.height)[:, None], np.fft.rfftfreq(size.width)[None]
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = 1
    noise = np.fft.rfft2(rng.normal(size=size)) / frequency**slope
    noise[0, 0] = 0
    plane = np.fft.irfft2(noise, s=size)
    return np.asarray(plane / plane.std(), np.float32)


def _positive(plane: Plane) -> Plane:
    return np.clip(0.6 + 0.6 * plane, 0.05, 2)


def _as_frame(picture: NDArray[np.float32]) -> Frame:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _camera(large: Frame, size: Size, path: Callable[[float], tuple[float, ...]]) -> Draw:
    """Looks at a large picture; `path` gives x, y, zoom and turn (degrees) at a time."""

    def draw(t: float) -> Frame:
        x, y, zoom, turn = path(t)
        matrix = cv2.getRotationMatrix2D((x, y), turn, zoom)
        matrix[:, 2] += [size.width / 2 - x, size.height / 2 - y]
        way = cv2.INTER_LINEAR
        return cv2.warpAffine(large, matrix, size[::-1], flags=way, borderMode=cv2.BORDER_REFLECT)

    return draw


def _moving(
    kind: str, by: float = 60, soft: float = 0.8
) -> Callable[[np.random.Generator, Size], Draw]:
    def make(rng: np.random.Generator, size: Size) -> Draw:
        unit = size.height / 720
        large = _photograph(rng, Size(int(size.height * 1.4), int(size.width * 1.4)), soft)
        x, y = large.shape[1] / 2, large.shape[0] / 2
        angle, phases = rng.uniform(0, 2 * np.pi), rng.uniform(0, 6, 4)
        way = by * unit * np.array([np.cos(angle), np.sin(angle)])
        paths: dict[str, Callable[[float], tuple[float, ...]]] = {
            "still": lambda t: (x, y, 1, 0),
            "pan": lambda t: (x + way[0] * (t - 1.5), y + way[1] * (t - 1.5), 1, 0),
            "zoom": lambda t: (x, y, 1.0 + 0.1 * t, 0),
            "turn": lambda t: (x, y, 1.05, 4 * t),
            "shake": lambda t: (
                x + 6 * unit * np.sin(9 * t + phases[0]) + 3 * unit * np.sin(23 * t + phases[1]),
                y + 5 * unit * np.sin(8 * t + phases[2]) + 3 * unit * np.sin(19 * t + phases[3]),
                1.05,
                0.4 * np.sin(5 * t),
            ),
        }
        return _camera(large, size, paths[kind])

    return make


def _ramp(rng: np.random.Generator, size: Size) -> Plane:
    small = rng.uniform(30, 225, (3, 4, 3)).astype(np.float32)
    return cv2.resize(small, size[::-1], interpolation=cv2.INTER_CUBIC)


def _gradient(rng: np.random.Generator, size: Size) -> Draw:
    first, second = _ramp(rng, size), _ramp(rng, size)
    return lambda t: _as_frame(first + (second - first) * (0.5 + 0.3 * np.sin(0.7 * t)))


def _grainy(rng: np.random.Generator, size: Size) -> Draw:
    ground = _ramp(rng, size)
    return lambda t: _as_frame(ground + rng.normal(0, 5, (*size, 1)).astype(np.float32))


def _shapes(
    rng: np.random.Generator, size: Size, count: int, outlined: bool, speed: float = 90
) -> Callable[[NDArray[np.uint8], float], Frame]:
    """Lays flat moving shapes over a picture."""
    unit = size.height / 720
    many = [
        (
            rng.uniform(0, 1, 2) * size[::-1],
            rng.uniform(-speed, speed, 2) * unit,
            rng.uniform(25, 130) * unit,
            int(rng.integers(3, 9)),
            tuple(float(c) for c in rng.uniform(10, 245, 3)),
            rng.uniform(-1, 1),
        )
        for _ in range(count)
    ]

    def lay(picture: Frame, t: float) -> Frame:
        picture = picture.copy()
        for start, way, radius, corners, colour, spin in many:
            turns = 2 * np.pi * np.arange(corners) / corners + spin * t
            at = np.abs((start + way * t + size[::-1]) % (2 * np.array(size[::-1])) - size[::-1])
            outline = (at + radius * np.stack([np.cos(turns), np.sin(turns)], 1)).astype(np.int32)
            cv2.fillPoly(picture, [outline], colour, cv2.LINE_AA)
            if outlined:
                cv2.polylines(picture, [outline], True, (15, 15, 15), 2, cv2.LINE_AA)
        return picture

    return lay


def _cartoon(rng: np.random.Generator, size: Size) -> Draw:
    ground = np.full((*size, 3), rng.uniform(60, 220, 3), np.uint8)
    ground[size.height * 2 // 3 :] = rng.uniform(40, 200, 3)
    lay = _shapes(rng, size, 7, outlined=True)
    return lambda t: lay(ground, t)


def _objects(rng: np.random.Generator, size: Size) -> Draw:
    ground, lay = _photograph(rng, size), _shapes(rng, size, 12, outlined=False, speed=160)
    return lambda t: lay(ground, t)


def _text(rng: np.random.Generator, size: Size, ink: int, paper: int, speed: float) -> Draw:
    unit = size.height / 720
    page = np.full((size.height * 2, size.width, 3), paper, np.uint8)
    letters = np.array(list("abcdefghiklmnoprstuvwxy ABCDEF,.  "))
    for line in range(int(page.shape[0] / (34 * unit)) - 1):
        words = "".join(rng.choice(letters, 62))
        place = (int(40 * unit), int(34 * unit * (line + 1)))
        cv2.putText(page, words, place, 0, 0.8 * unit, (ink,) * 3, max(1, round(2 * unit)), 16)

    def draw(t: float) -> Frame:
        top = min(int(speed * unit * t), size.height)
        return page[top : top + size.height]

    return draw


def _pattern(rng: np.random.Generator, size: Size) -> Draw:
    period = rng.uniform(18, 40) * size.height / 720
    y, x = np.mgrid[: size.height, : size.width].astype(np.float32)
    ground = _ramp(rng, size)[..., :1]

    def draw(t: float) -> Frame:
        checks = np.sin(2 * np.pi * (x + 30 * t) / period) * np.sin(2 * np.pi * y / period)
        return _as_frame(ground + 60 * np.tanh(6 * checks)[..., None] * [1, 0.8, 0.6])

    return draw


def _water(rng: np.random.Generator, size: Size) -> Draw:
    y, x = np.mgrid[: size.height, : size.width].astype(np.float32) * (720 / size.height)
    waves = [(rng.normal(0, 0.06, 2), rng.uniform(1, 5), rng.uniform(0, 6)) for _ in range(14)]

    def draw(t: float) -> Frame:
        height = sum(np.sin(kx * x + ky * y + w * t + p) for (kx, ky), w, p in waves)
        return _as_frame(np.stack([60 + 9 * height, 100 + 11 * height, 140 + 12 * height], -1))

    return draw


def _toned(
    make: Callable[[np.random.Generator, Size], Draw], gain: float, lift: float
) -> Callable[[np.random.Generator, Size], Draw]:
    """The same footage darker or brighter, with a sensor's noise."""

    def toned(rng: np.random.Generator, size: Size) -> Draw:
        draw = make(rng, size)
        noise = rng.normal(0, 2, (*size, 3)).astype(np.float32)

        def shot(t: float) -> Frame:
            place = int(t * 1000) * 7919 % size.width
            return _as_frame(draw(t) * gain + lift + np.roll(noise, place, 1))

        return shot

    return toned


def _cuts(rng: np.random.Generator, size: Size) -> Draw:
    shots = [_moving(kind, 80)(rng, size) for kind in ("pan", "still", "zoom", "shake")]
    return lambda t: shots[int(t / 0.9) % len(shots)](t)


def _fade(rng: np.random.Generator, size: Size) -> Draw:
    first, second = _moving("still")(rng, size), _moving("pan")(rng, size)

    def draw(t: float) -> Frame:
        share = float(np.clip(t / 3, 0, 1))
        return cv2.addWeighted(first(t), 1 - share, second(t), share, 0)

    return draw


def _head(rng: np.random.Generator, size: Size) -> Draw:
    """A speaker before a blurred room."""
    room = cv2.GaussianBlur(_photograph(rng, size), (0, 0), 12 * size.height / 720)
    face = _photograph(rng, size, 3)
    y, x = np.mgrid[: size.height, : size.width].astype(np.float32)

    def draw(t: float) -> Frame:
        at = size.width * (0.5 + 0.02 * np.sin(2 * t)), size.height * (0.55 + 0.02 * np.sin(3 * t))
        far = np.hypot((x - at[0]) / size.height / 0.26, (y - at[1]) / size.height / 0.4)
        inside = np.clip((1.03 - far) * 15, 0, 1)[..., None]
        shift = int(size.width * 0.02 * np.sin(2 * t)), int(size.height * 0.02 * np.sin(3 * t))
        moved = np.roll(face, shift, (1, 0)) * 0.5 + 90
        return _as_frame(room * (1 - inside) + moved * inside)

    return draw


KINDS: dict[str, Callable[[np.random.Generator, Size], Draw]] = {
    "pan over a photograph": _moving("pan"),
    "slow zoom": _moving("zoom"),
    "still photograph": _moving("still"),
    "cartoon": _cartoon,
    "gradient": _gradient,
    "dark": _toned(_moving("pan", 30), 0.25, 6),
    "scrolling text": lambda rng, size: _text(rng, size, 20, 235, 45),
    "still text": lambda rng, size: _text(rng, size, 225, 25, 0),
    "objects over a photograph": _objects,
    "grain": _grainy,
    "periodic pattern": _pattern,
    "bright": _toned(_moving("pan", 40), 0.45, 135),
    "hand-held": _moving("shake"),
    "turning": _moving("turn"),
    "cuts": _cuts,
    "water": _water,
    "cross-fade": _fade,
    "fast pan": _moving("pan", 400),
    "night": _toned(_moving("still"), 0.12, 3),
    "talking head": _head,
}
