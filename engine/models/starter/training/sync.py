"""How well sound and picture meet: impacts that are seen against onsets that are heard.

Neither side knows the other, nor the scene: impacts are reversals of the subject's vertical
velocity, onsets peaks of the sound's spectral flux.  Times are in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from engine.models.starter.training.bounces import find_bounces
from engine.models.starter.training.checker import Subject
from engine.models.starter.training.evaluate import wilson_interval
from engine.models.starter.training.world import FRAME_RATE

IN_TIME: Final = 0.9  # share of impacts that are heard within 120 ms, at least
_WINDOW, _HOP = 128, 16
_SMALLEST_FLUX = 0.35  # of the logarithmic spectrum, per bin, over 8 ms
_SILENCE = 0.01  # of full scale: rises below it are not heard
_APART = 0.15
_MATCH = 0.25  # farther apart, an impact is missed and an onset extra
_EDGE = 0.2  # this near to an end of the clip too few frames show a bounce


@dataclass(frozen=True)
class Meeting:
    """One clip: offsets of matched pairs (sound minus picture), and what found no partner."""

    offsets: tuple[float, ...]
    missed: int
    extra: int


def seen_impacts(subject: Subject) -> NDArray[np.float64]:
    """When subjects bounce, from pixels alone."""
    times_T = np.array(subject.seen, dtype=float)
    return np.asarray(find_bounces(times_T, subject.world_centres[:, 1]) / FRAME_RATE)


def heard_onsets(sound_N: NDArray[np.float32], rate: int = 16_000) -> NDArray[np.float64]:
    """When a sound begins: peaks of how much louder the spectrum becomes within 8 ms."""
    _, time, spectrum = signal.stft(
        sound_N, rate, nperseg=_WINDOW, noverlap=_WINDOW - _HOP, boundary="zeros"
    )
    levels = np.log(np.abs(spectrum) + _SILENCE * 0.2)
    lag = rate // 125 // _HOP
    flux = np.maximum(levels[:, lag:] - levels[:, :-lag], 0.0).mean(0)
    peaks, _ = signal.find_peaks(flux, height=_SMALLEST_FLUX, distance=int(_APART * rate / _HOP))
    # The rise is half done in the middle of the lag.
    return np.asarray(time[peaks] + lag * _HOP / rate / 2)


def meet(impacts: NDArray[np.float64], onsets: NDArray[np.float64], seconds: float) -> Meeting:
    """Pair impacts with onsets, nearest first."""
    free_impacts, free_onsets = set(range(len(impacts))), set(range(len(onsets)))
    offsets = []
    gaps = np.abs(impacts[:, None] - onsets[None])
    for flat in np.argsort(gaps, axis=None):
        i, j = divmod(int(flat), max(1, len(onsets)))
        if gaps[i, j] > _MATCH:
            break
        if i in free_impacts and j in free_onsets:
            free_impacts.remove(i)
            free_onsets.remove(j)
            offsets.append(float(onsets[j] - impacts[i]))
    missed = sum(bool(_EDGE < impacts[i] < seconds - _EDGE) for i in free_impacts)
    extra = sum(bool(_EDGE < onsets[j] < seconds - _EDGE) for j in free_onsets)
    return Meeting(tuple(offsets), missed, extra)


def judge(meetings: Sequence[Meeting]) -> dict[str, object]:
    """Median and 95th percentile of the distance, shares within 120 and 50 ms, missed and extra.

    What was missed counts as not within; intervals are Wilson's.
    """
    offsets = np.array([offset for meeting in meetings for offset in meeting.offsets])
    missed, extra = (sum(getattr(m, name) for m in meetings) for name in ("missed", "extra"))
    impacts, distance = len(offsets) + missed, np.abs(offsets)
    shares = {}
    for name, limit in (("within 120 ms", 0.12), ("within 50 ms", 0.05)):
        hits = int((distance <= limit).sum())
        low, high = wilson_interval(hits, impacts)
        shares[name] = {"share": hits / max(1, impacts), "low": low, "high": high, "n": impacts}
    return {
        "clips": len(meetings),
        "impacts": impacts,
        "median offset ms": float(np.median(offsets) * 1e3) if len(offsets) else None,
        "median distance ms": float(np.median(distance) * 1e3) if len(offsets) else None,
        "95th percentile ms": float(np.percentile(distance, 95) * 1e3) if len(offsets) else None,
        **shares,
        "missed": missed / max(1, impacts),
        "extra": extra / max(1, impacts),
    }


def compare(
    impacts: Sequence[NDArray[np.float64]],
    onsets: Sequence[NDArray[np.float64]],
    seconds: float,
    shift: float = 0.0,
) -> dict[str, object]:
    """Judge clips of so many seconds, each by its impacts and its onsets; `shift` delays every
    sound by so many seconds.
    """
    meetings = [
        meet(seen, heard + shift, seconds) for seen, heard in zip(impacts, onsets, strict=True)
    ]
    return judge(meetings)


def in_time(row: Mapping[str, Any]) -> bool:
    """Whether sound and picture meet, by a row that `judge` made: nine impacts in ten are heard
    within 120 ms.  It says no to sound that is 150 ms late.
    """
    return float(row["within 120 ms"]["share"]) >= IN_TIME
