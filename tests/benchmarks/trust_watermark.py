"""The watermark in the picture: twenty kinds of footage through everything that happens to videos.

python -m tests.benchmarks.trust_watermark [clips]      all take ten minutes; 4 give a first look
python -m tests.benchmarks.trust_watermark unmarked N [FIRST]   looks in N clips without a mark, and
    in as many with another key's; N in parts, where each begins with another FIRST
python -m tests.benchmarks.trust_watermark FILE   three seconds of your own video: what the mark
    adds to its size, and whether it is read
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import numpy as np

from engine.media.read_video import read_video
from engine.models.starter.training.evaluate import wilson_interval
from engine.trust.watermark.keys import MarkKey
from engine.trust.watermark.video.mark import USUAL, mark_frames
from engine.trust.watermark.video.read import read_frames
from tests.benchmarks._table import row
from tests.engine.trust.watermark.attacks import ATTACKS, Footage, decoded, encoded_bytes
from tests.engine.trust.watermark.scenes import KINDS, Size, Video, footage

KEY, OTHER = MarkKey(bytes(range(32))), MarkKey(bytes(range(1, 33)))
SIZE, FRAMES, RATE = Size(720, 1280), 72, 24
BARS = {"crf 35": ">= 95 %", "rotate 3 degrees": ">= 95 %", "start cut off (no bar)": ""}
LEDGER = 10_000
COMBINED = "scale, crop, half rate, crf 28", "360p, crf 28"


def marked(video: Video, number: int, key: MarkKey = KEY, rate: Fraction | int = RATE) -> Video:
    frames = mark_frames(iter([video]), id=number, key=key, fps=Fraction(rate), strength=USUAL)
    return np.concatenate([*frames])


def numbers(clips: int) -> None:
    """How many numbers are read after each change, and what marking costs."""
    read: Counter[str] = Counter()
    known: Counter[str] = Counter()
    ledger = range(LEDGER)
    wrong, cost, quality, growth = 0, [], [], []
    marked(footage(3, SIZE, 24), 1)  # what is drawn once a process is not a frame's cost
    for clip in range(clips):
        video = footage(clip, SIZE, FRAMES)
        begun = time.process_time()
        number = 1000 + clip
        made = marked(video, number)
        cost.append((time.process_time() - begun) / FRAMES * 1000)
        error = np.square(made[::6].astype(np.float32) - video[::6]).mean()
        quality.append(10 * np.log10(255**2 / error))
        growth.append(len(encoded_bytes(made, RATE, 23)) / len(encoded_bytes(video, RATE, 23)) - 1)
        for name, attack in ATTACKS.items():
            changed = attack(Footage(made, RATE), clip)
            fps = Fraction(changed.fps)
            found = read_frames(iter([changed.video]), key=KEY, fps=fps)
            if found is None:
                found = read_frames(iter([changed.video]), key=KEY, fps=fps, known=ledger)
            else:
                read[name] += found.id == number
            known[name] += found is not None and found.id == number
            wrong += found is not None and found.id != number
        told = {name: f"{read[name]}/{known[name]}" for name in ATTACKS}
        print(f"    {list(KINDS)[clip % 20]}: {told}", file=sys.stderr, flush=True)
    for name in ATTACKS:
        low, high = wilson_interval(read[name], clips)
        bar = BARS.get(name, ">= 95 %" if name in COMBINED else "100 %")
        told = f"{read[name]}/{clips} [{100 * low:.0f}, {100 * high:.0f}] %"
        row(name, f"{told}; {known[name]} among {LEDGER:,} known numbers", bar)
    row("wrong numbers", str(wrong), "0")
    row("PSNR, least and median", f"{min(quality):.1f}, {np.median(quality):.1f} dB", ">= 44 dB")
    row("processor time a frame, median", f"{np.median(cost):.1f} ms", "<= 12 ms")
    added = f"{100 * np.median(growth):.0f} %, {100 * min(growth):.0f} to {100 * max(growth):.0f} %"
    row("added size at crf 23, median and range", added, "<= 8 %")


def unmarked(clips: int, first: int = 0) -> None:
    """Marks found where there are none of this key: two seconds of every kind, each time another
    scene, as they are and with another key's mark.
    """
    found = Counter[str]()
    for clip in range(first, first + clips):
        video = footage(clip, Size(180, 320), 12, fps=6, seed=clip)
        for what, shown in (("unmarked", video), ("foreign", marked(video, clip, OTHER, 6))):
            found[what] += read_frames(iter([shown]), key=KEY, fps=Fraction(6)) is not None
        if clip % 100 == 99:
            print(f"    to clip {clip + 1}: {dict(found)}", file=sys.stderr, flush=True)
    for what, told in (("unmarked", "without a mark"), ("foreign", "with another key's mark")):
        low, high = wilson_interval(found[what], clips)
        share = f"{found[what]}/{clips} [{100 * low:.2f}, {100 * high:.2f}] %"
        row(f"read in clips {told}", share, "0")


def of_file(path: Path) -> None:
    """What the mark adds to real footage at several qualities, and whether it is read there."""
    clip = read_video(path, path.parent)
    frames = chain.from_iterable(clip)
    video = np.stack([*islice(frames, int(3 * clip.fps))])
    made = marked(video, 1000, rate=clip.fps)
    for crf in (18, 23, 28, 35):
        plain, data = (encoded_bytes(each, float(clip.fps), crf) for each in (video, made))
        found = read_frames(iter([decoded(data)]), key=KEY, fps=clip.fps)
        read = "read" if found is not None and found.id == 1000 else "not read"
        added = f"{100 * (len(data) / len(plain) - 1):+.1f} %"
        rate = float(len(plain) * 8 / 1000 * clip.fps / len(video))
        bar = "<= 8 %, read" if crf == 23 else ""
        row(f"crf {crf}, {rate:.0f} kbit/s", f"{added}, {read}", bar)


def main() -> None:
    arguments = sys.argv[1:]
    if arguments and Path(arguments[0]).is_file():
        of_file(Path(arguments[0]))
        return
    if arguments[:1] == ["unmarked"]:
        unmarked(*map(int, arguments[1:3]))
        return
    numbers(int(arguments[0]) if arguments and arguments[0].isdigit() else len(KINDS))


if __name__ == "__main__":
    main()
