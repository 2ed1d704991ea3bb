"""The watermark of sound: twenty varied sounds through codecs, cuts, noise; and false readings.

nice -n 19 python -m tests.benchmarks trust_audio_mark
AUDIO_MARK_UNMARKED=200 python -m tests.benchmarks trust_audio_mark     # a tenth of it
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np

from engine.models.starter.training.evaluate import wilson_interval
from engine.trust.watermark.audio.mark import MIN_SECONDS, mark_audio
from engine.trust.watermark.audio.read import read_audio_mark
from engine.trust.watermark.keys import MarkKey
from engine.values import Audio
from tests.benchmarks._table import row
from tests.engine.trust.watermark.audio import sounds

KEY, OTHER = MarkKey(bytes(range(32))), MarkKey(bytes(32))

ATTACKS: dict[str, Callable[[Audio], Audio]] = {
    "as written": lambda audio: audio,
    "AAC 128 kb/s": lambda audio: sounds.coded(audio, "aac", 128_000),
    "AAC 96 kb/s": lambda audio: sounds.coded(audio, "aac", 96_000),
    "AAC 64 kb/s": lambda audio: sounds.coded(audio, "aac", 64_000),
    "Opus 64 kb/s": lambda audio: sounds.coded(audio, "libopus", 64_000),
    "MP3 96 kb/s": lambda audio: sounds.coded(audio, "libmp3lame", 96_000),
    "48 -> 32 -> 48 kHz": lambda audio: sounds.resampled(sounds.resampled(audio, 32_000), 48_000),
    "gain 0.1": lambda audio: sounds.scaled(audio, 0.1),
    "1 s cut off at the start": lambda audio: sounds.cropped(audio, 1.0),
    "noise 30 dB below": lambda audio: sounds.noisy(audio, 30),
    "noise 20 dB below": lambda audio: sounds.noisy(audio, 20),
    "cut, gain 0.3, AAC 96 kb/s": lambda audio: sounds.coded(
        sounds.scaled(sounds.cropped(audio, 1.0), 0.3), "aac", 96_000
    ),
}


def rate(what: str, hits: int, trials: int, bar: str = "") -> None:
    low, high = wilson_interval(hits, trials)
    row(what, f"{hits}/{trials} [{low:.1%}, {high:.1%}]", bar)


def found(seconds: float) -> None:
    """Twenty sounds (ten kinds, two of each) of a length, each with a number of its own."""
    print(f"  {seconds:g} s, 48 kHz, one channel; and two channels mixed down", flush=True)
    hits = dict.fromkeys([*ATTACKS, "two channels mixed down"], 0)
    wrong, ratios = 0, []
    cases = [(kind, seed) for seed in (1, 2) for kind in sounds.KINDS]
    for number, (kind, seed) in enumerate(cases):
        clean = sounds.sound(kind, seed, seconds)
        marked = mark_audio(clean, id=number * 7919, key=KEY)
        ratios.append(sounds.signal_to_noise(clean, marked))
        two = mark_audio(sounds.stereo(clean), id=number * 7919, key=KEY)
        arrived = {name: attack(marked) for name, attack in ATTACKS.items()}
        arrived["two channels mixed down"] = sounds.mixed_down(two)
        missed = []
        for name, audio in arrived.items():
            reading = read_audio_mark(audio, KEY)
            hits[name] += reading is not None and reading.id == number * 7919
            wrong += reading is not None and reading.id != number * 7919
            if reading is None:
                missed.append(name)
        if missed:
            print(f"    {kind} {seed}: not read after {', '.join(missed)}", flush=True)
    for name, count in hits.items():
        rate(f"read, {name}", count, len(cases))
    row("a wrong number read", str(wrong), "0")
    row("signal to change, least / median", f"{min(ratios):.1f} / {np.median(ratios):.1f} dB", "25")


def false_readings(unmarked: int) -> None:
    """Unmarked sounds, and sounds with another key's mark."""
    kinds = list(sounds.KINDS)
    plain, others, highest = 0, 0, 0
    for number in range(unmarked):
        clean = sounds.sound(kinds[number % len(kinds)], 1000 + number, 4.0, 16_000)
        plain += read_audio_mark(clean, KEY) is not None
        if number % 4 == 0:
            highest += 1
            others += read_audio_mark(mark_audio(clean, id=1, key=OTHER), KEY) is not None
    rate("false readings, unmarked", plain, unmarked, "0")
    rate("false readings, another key's mark", others, highest, "0")


def cost() -> None:
    audio = sounds.stereo(sounds.sound("speech", 3, 60.0))
    start = time.process_time()
    marked = mark_audio(audio, id=1, key=KEY)
    middle = time.process_time()
    read_audio_mark(marked, KEY)
    end = time.process_time()
    row("marking 60 s of stereo at 48 kHz", f"{middle - start:.2f} s CPU")
    row("reading it", f"{end - middle:.2f} s CPU")


def main() -> None:
    for seconds in (6.0, 3.0, MIN_SECONDS):
        found(seconds)
    false_readings(int(os.environ.get("AUDIO_MARK_UNMARKED", "2000")))
    cost()
