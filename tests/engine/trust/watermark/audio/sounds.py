"""Sounds of many kinds, drawn by number, and what is done to sounds on their way."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from engine.values import Audio

Wave = NDArray[np.float64]
Draw = Callable[[np.random.Generator, Wave], Wave]


def noise(rng: np.random.Generator, t: Wave, slope: float = 0.0) -> Wave:
    """Noise whose amplitude falls with the frequency to the power of `slope`."""
    spectrum = np.fft.rfft(rng.normal(size=len(t)))
    hertz = np.maximum(np.fft.rfftfreq(len(t), t[1]), 20)
    return np.fft.irfft(spectrum / hertz**slope, len(t))


def pink(rng: np.random.Generator, t: Wave) -> Wave:
    return noise(rng, t, 0.5)


def rumble(rng: np.random.Generator, t: Wave) -> Wave:
    return noise(rng, t, 1.0)


def tone(rng: np.random.Generator, t: Wave) -> Wave:
    return np.sin(2 * np.pi * rng.uniform(200, 2000) * t)


def chord(rng: np.random.Generator, t: Wave) -> Wave:
    roots = rng.uniform(100, 300) * np.array([1, 1.26, 1.5])
    parts = [np.sin(2 * np.pi * f * k * t + k) / k**1.2 for f in roots for k in range(1, 12)]
    return np.sum(parts, axis=0)


def chirp(rng: np.random.Generator, t: Wave) -> Wave:
    hertz = 300 + rng.uniform(500, 3000) * (1 + np.sin(2 * np.pi * 0.3 * t))
    return np.sin(2 * np.pi * np.cumsum(hertz) * t[1])


def drums(rng: np.random.Generator, t: Wave) -> Wave:
    made = rng.normal(size=len(t)) * 1e-4
    for begin in np.arange(0, t[-1] - 0.3, rng.uniform(0.2, 0.35)):
        since = t[t >= begin] - begin
        body = np.sin(2 * np.pi * rng.uniform(80, 400) * since) + 0.5 * rng.normal(size=len(since))
        made[-len(since) :] += body * np.exp(-since * rng.uniform(15, 40))
    return made


def melody(rng: np.random.Generator, t: Wave) -> Wave:
    made = np.zeros(len(t))
    for begin in np.arange(0, t[-1] - 0.3, 0.25):
        since = t[t >= begin] - begin
        hertz = 220 * 2 ** (rng.integers(0, 24) / 12)
        parts = [np.sin(2 * np.pi * hertz * k * since) / k for k in range(1, 8)]
        made[-len(since) :] += np.sum(parts, axis=0) * np.exp(-6 * since)
    return made


def speech(rng: np.random.Generator, t: Wave) -> Wave:
    """A buzzing voice through formants that wander, in syllables."""
    pitch = rng.uniform(90, 220) * (1 + 0.2 * np.sin(2 * np.pi * 0.7 * t))
    source = 2 * (np.cumsum(pitch) * t[1] % 1) - 1 + rng.normal(size=len(t)) * 0.05
    hop = round(0.05 / t[1])
    hertz = np.fft.rfftfreq(2 * hop, t[1])
    made = np.zeros(len(t))
    for begin in range(0, len(t) - 2 * hop, hop):
        formants = ((rng.uniform(300, 800), 80, 1.0), (rng.uniform(900, 2200), 120, 0.6))
        shape = sum(gain / (1 + ((hertz - f) / wide) ** 2) for f, wide, gain in formants)
        piece = np.fft.rfft(source[begin : begin + 2 * hop] * np.hanning(2 * hop))
        made[begin : begin + 2 * hop] += np.fft.irfft(piece * (shape + 0.02), 2 * hop)
    return made * np.clip(np.sin(2 * np.pi * 3.1 * t) + 0.5, 0.02, 1)


def surf(rng: np.random.Generator, t: Wave) -> Wave:
    return pink(rng, t) * (0.15 + np.sin(2 * np.pi * rng.uniform(0.2, 0.5) * t) ** 2)


KINDS: dict[str, Draw] = {
    each.__name__: each
    for each in (noise, pink, rumble, tone, chord, chirp, drums, melody, speech, surf)
}


def sound(kind: str, seed: int = 0, seconds: float = 4.0, rate: int = 48_000) -> Audio:
    """One channel of a kind of sound, its peak at 0.7."""
    t = np.arange(int(seconds * rate)) / rate
    wave = KINDS[kind](np.random.default_rng(seed), t)
    return Audio((0.7 * wave / np.abs(wave).max()).astype(np.float32)[None], rate)


def coded(audio: Audio, codec: str, bits_per_second: int) -> Audio:
    """What is left of a sound after encoding and decoding."""
    kept = io.BytesIO()
    with av.open(kept, "w", format="matroska") as file:
        layout = "mono" if len(audio.samples_CN) == 1 else "stereo"
        stream = file.add_stream(codec, rate=audio.rate, layout=layout, bit_rate=bits_per_second)
        samples = np.ascontiguousarray(audio.samples_CN)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.rate, frame.time_base, frame.pts = audio.rate, Fraction(1, audio.rate), 0
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    kept.seek(0)
    with av.open(kept) as file:
        frames = [frame.to_ndarray() for frame in file.decode(audio=0)]
        rate = file.streams.audio[0].rate
    return Audio(np.concatenate(frames, axis=1).astype(np.float32), rate)


def resampled(audio: Audio, rate: int) -> Audio:
    """The same sound at another rate, by cutting or padding its spectrum."""
    count = round(audio.samples_CN.shape[1] * rate / audio.rate)
    spectrum = np.fft.rfft(audio.samples_CN, axis=1)
    size = count // 2 + 1
    fitted = np.pad(spectrum, ((0, 0), (0, max(0, size - spectrum.shape[1]))))[:, :size]
    scale = count / audio.samples_CN.shape[1]
    return Audio((np.fft.irfft(fitted, count, axis=1) * scale).astype(np.float32), rate)


def scaled(audio: Audio, gain: float) -> Audio:
    return replace(audio, samples_CN=audio.samples_CN * np.float32(gain))


def cropped(audio: Audio, seconds: float) -> Audio:
    return replace(audio, samples_CN=audio.samples_CN[:, round(seconds * audio.rate) :])


def noisy(audio: Audio, decibels: float, seed: int = 9) -> Audio:
    """With white noise that lies so far below the sound."""
    level = np.sqrt(np.mean(audio.samples_CN**2)) * 10 ** (-decibels / 20)
    added = np.random.default_rng(seed).normal(size=audio.samples_CN.shape) * level
    return replace(audio, samples_CN=(audio.samples_CN + added).astype(np.float32))


def stereo(audio: Audio) -> Audio:
    """Two channels of different loudness, the right one a little later."""
    left = audio.samples_CN[0]
    return replace(audio, samples_CN=np.stack([left, 0.6 * np.roll(left, 20)]))


def mixed_down(audio: Audio) -> Audio:
    return replace(audio, samples_CN=audio.samples_CN.mean(axis=0, keepdims=True))


def signal_to_noise(before: Audio, after: Audio) -> float:
    """In dB."""
    changed = after.samples_CN - before.samples_CN
    return float(10 * np.log10(np.sum(before.samples_CN**2) / np.sum(changed**2)))
