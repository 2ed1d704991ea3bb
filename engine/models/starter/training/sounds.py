"""What scenes sound like: a tone and a click at each impact, a rumble of what rolls, air at each
passage, and a place around them.

The world is tuned: every tone is a note of the equal-tempered scale that the model's synthesiser
plays (engine/models/starter/synthesis.py). Sound is mono, float32 in -1..1. N samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.models.starter.synthesis import RATE, note_frequency
from engine.models.starter.training.paths import ORBITS, impact_shares
from engine.models.starter.training.scene import ROLLS, Scene
from engine.models.starter.training.world import FRAME_RATE, NUM_FRAMES

Samples = NDArray[np.float64]

# Semitones above A4 of each shape's lowest tone, and what sounds with it: (semitones above, share).
TONES: Final[dict[str, tuple[int, tuple[tuple[int, float], ...]]]] = {
    "ball": (-14, ((0, 1.0), (12, 0.25))),
    "cube": (-6, ((0, 1.0), (17, 0.45))),
    "triangle": (1, ((0, 1.0), (19, 0.4))),
    "ring": (7, ((0, 1.0), (18, 0.6), (25, 0.3))),
    "star": (12, ((0, 1.0), (12, 0.5), (19, 0.35))),
}
# Several subjects sound together as a chord: semitones of the second and third above the first.
CHORD: Final = (0, 4, 7)
IMPACT_LOUDNESS: Final = 0.4


@dataclass(frozen=True)
class _Timbre:
    """How a material sounds: how long it rings, how much of its partials above the lowest is heard
    and which come with them, how loud it clicks, and between which hertz it rumbles.
    """

    ringing: float
    partials: float
    more: tuple[tuple[int, float], ...]
    click: float
    rumble: tuple[float, float]


_TIMBRES: Final = {
    "plastic": _Timbre(1.0, 1.0, (), 0.35, (150.0, 600.0)),
    "metal": _Timbre(2.6, 1.3, ((10, 0.35), (22, 0.3)), 0.3, (600.0, 2000.0)),
    "wood": _Timbre(0.5, 0.25, (), 0.7, (60.0, 250.0)),
}
_CLICK_SECONDS: Final = 0.006
_PASSAGES: Final[dict[str, tuple[float, float, float]]] = {  # lowest and highest hertz, loudness
    "slow": (250.0, 700.0, 0.035),
    "fast": (500.0, 1600.0, 0.07),
}


def num_samples(num_frames: int = NUM_FRAMES) -> int:
    """Samples that last as long as `num_frames` frames are shown."""
    return num_frames * RATE // FRAME_RATE


def impact_times(scene: Scene, num_frames: int = NUM_FRAMES) -> NDArray[np.float64]:
    """When subjects fall on their floor, in seconds from the first frame."""
    times: NDArray[np.float64] = impact_shares(scene) * (num_frames - 1) / FRAME_RATE
    return times


def scene_sound(scene: Scene, seed: int, num_frames: int = NUM_FRAMES) -> NDArray[np.float32]:
    """The sound [N] of a scene. `seed` decides what chance decides: noise, and when crickets
    chirp.
    """
    rng = np.random.default_rng(seed)
    time = np.arange(num_samples(num_frames)) / RATE
    sound = ambience(scene.background, time, rng) + _passage(scene, time, rng)
    sound += _rumble(scene, time, rng)
    for moment in impact_times(scene, num_frames):
        sound += _impact(scene, time - moment, rng)
    return np.clip(sound, -1.0, 1.0).astype(np.float32)


def decay_seconds(scene: Scene) -> float:
    """How long a struck subject rings until it is e times quieter: larger ones longer, and metal
    longer than wood.
    """
    return max(0.025, 0.05 + 0.02 * (scene.radius - 7.0)) * _TIMBRES[scene.material].ringing


def _impact(scene: Scene, since: Samples, rng: np.random.Generator) -> Samples:
    """A damped tone of a few partials, and a click of noise."""
    timbre = _TIMBRES[scene.material]
    lowest, partials = TONES[scene.shape]
    partials = (*partials, *timbre.more)
    after = np.clip(since, 0.0, None)
    tone = np.zeros_like(since)
    for voice in CHORD[: scene.count]:
        for above, share in partials:
            loud = share * timbre.partials if above else share
            frequency = note_frequency(lowest + voice + above)
            # High partials die sooner, as they do in struck bodies.
            decay = decay_seconds(scene) / (1.0 + above / 24.0)
            phase = rng.uniform(0.0, 2.0 * np.pi)
            tone += loud * np.exp(-after / decay) * np.sin(2.0 * np.pi * frequency * after + phase)
    tone /= np.sqrt(scene.count) * sum(share for _, share in partials)
    click = timbre.click * np.exp(-after / _CLICK_SECONDS) * rng.standard_normal(len(since))
    struck: Samples = IMPACT_LOUDNESS * (tone + click) * (since >= 0.0)
    return struck


def _rumble(scene: Scene, time: Samples, rng: np.random.Generator) -> Samples:
    """What rolls rumbles, louder twice in each turn."""
    if scene.motion not in ROLLS:
        return np.zeros_like(time)
    turns = scene.travel / (2 * np.pi * scene.radius) * time / time[-1]
    uneven = 0.7 + 0.3 * np.cos(4 * np.pi * turns)
    low, high = _TIMBRES[scene.material].rumble
    loudness = {"slow": 0.06, "fast": 0.1}[scene.speed]
    rumble: Samples = loudness * uneven * band_noise(len(time), low, high, rng)
    return rumble


def _passage(scene: Scene, time: Samples, rng: np.random.Generator) -> Samples:
    """The air that a subject moves: loudest when it passes the middle of the picture, or each time
    it comes round.
    """
    if scene.motion in ("still", "bounce", "spin", *ROLLS):
        return np.zeros_like(time)
    low, high, loudness = _PASSAGES[scene.speed]
    share = time / time[-1]
    swell = np.sin(np.pi * share) ** 2
    if scene.motion == "orbit":
        swell = np.cos(np.pi * ORBITS[scene.speed] * (share - 0.5)) ** 2
    passage: Samples = loudness * swell * band_noise(len(time), low, high, rng)
    return passage


def band_noise(count: int, low: float, high: float, rng: np.random.Generator) -> Samples:
    """Noise of unit deviation between two frequencies in hertz."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(frequency < low) | (frequency > high)] = 0.0
    noise: Samples = np.fft.irfft(spectrum, count)
    return noise / max(float(noise.std()), 1e-9)


def _swell(time: Samples, period: float, rng: np.random.Generator) -> Samples:
    """A slow wave between 0.3 and 1, its phase by chance."""
    wave: Samples = 0.65 + 0.35 * np.sin(
        2 * np.pi * (time / (period * rng.uniform(0.85, 1.15)) + rng.random())
    )
    return wave


def _night(time: Samples, rng: np.random.Generator) -> Samples:
    """Crickets: three short pulses, again and again."""
    every, start = rng.uniform(0.42, 0.5), rng.uniform(0.0, 0.4)
    within = (time - start) % every
    pulses = sum(np.exp(-(((within - 0.03 - 0.045 * i) / 0.012) ** 2)) for i in range(3))
    crickets: Samples = 0.02 * np.sin(2 * np.pi * note_frequency(38) * time) * pulses
    return crickets + 0.002 * band_noise(len(time), 100.0, 600.0, rng)


def _sunset(time: Samples, rng: np.random.Generator) -> Samples:
    """A warm fifth, swelling."""
    drone = np.sin(2 * np.pi * note_frequency(-24) * time)
    drone = drone + 0.6 * np.sin(2 * np.pi * note_frequency(-17) * time + 1.0)
    warm: Samples = 0.012 * drone * _swell(time, 1.7, rng)
    return warm + 0.003 * band_noise(len(time), 200.0, 900.0, rng)


def _meadow(time: Samples, rng: np.random.Generator) -> Samples:
    """A light wind, and a bird that calls twice."""
    wind = 0.009 * band_noise(len(time), 250.0, 900.0, rng) * _swell(time, 1.4, rng)
    bird = np.zeros_like(time)
    for call in (rng.uniform(0.1, 0.9), rng.uniform(1.1, 1.8)):
        for note, offset in ((32, 0.0), (35, 0.09)):
            inside = np.clip((time - call - offset) / 0.08, 0.0, 1.0)
            bird += np.sin(np.pi * inside) ** 2 * np.sin(2 * np.pi * note_frequency(note) * time)
    sung: Samples = wind + 0.012 * bird
    return sung


def _sea(time: Samples, rng: np.random.Generator) -> Samples:
    """Waves: broad low noise that comes and goes."""
    waves: Samples = 0.035 * band_noise(len(time), 60.0, 1200.0, rng) * _swell(time, 1.6, rng) ** 2
    return waves


def _desert(time: Samples, rng: np.random.Generator) -> Samples:
    """A dry, whistling wind."""
    wind: Samples = 0.016 * band_noise(len(time), 1200.0, 2600.0, rng) * _swell(time, 1.2, rng)
    return wind


def _studio(time: Samples, rng: np.random.Generator) -> Samples:
    """A room with its hum."""
    hum: Samples = 0.010 * np.sin(2 * np.pi * note_frequency(-22) * time + rng.uniform(0, 6.28))
    return hum + 0.0015 * band_noise(len(time), 300.0, 4000.0, rng)


_PLACES = {
    "night": _night,
    "sunset": _sunset,
    "meadow": _meadow,
    "sea": _sea,
    "desert": _desert,
    "studio": _studio,
}


def ambience(background: str, time: Samples, rng: np.random.Generator) -> Samples:
    """What the place sounds like when nothing happens."""
    return _PLACES[background](time, rng)
