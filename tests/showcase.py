"""The README's contact sheet and the templates' pictures: `python -m tests.showcase [graphs]`.

Made by the product itself, with the starter model, as a user would: each video by `reelwright run`.
To be made again when the starter's weights change.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.media.read_audio import read_audio
from engine.media.read_video import read_video

ASSETS: Final = Path(__file__).parents[1] / "assets"
SHEET: Final = ASSETS / "pictures" / "contact_sheet.jpg"
PROMPTS: Final = (
    "a red ball bouncing slowly over a meadow",
    "a small yellow star circling slowly at night",
    "a big blue metal ball bouncing fast in the desert",
    "three green cubes sliding to the right at sunset",
    "a large metal ring, orange, moving down and to the left by the sea",
    "a tiny pink triangle rising slowly in a studio",
)
GRAPHS: Final = ("demo", "realtime", "standard", "cinema", "minimal", "strict", "variations")
"""Those that need no pictures of the user's."""
PICTURED: Final = {
    "image_to_video": ("an orange ring moving down in the desert", {"picture": 0}),
    "first_last_frame": ("a pink triangle moving up at sunset", {"first": 0, "last": -1}),
}
"""Those that do: the prompt of a video, and which of its frames each parameter is given."""
MOMENTS, SIDE, GAP, STRIP, LINE = 8, 96, 3, 36, 26
INK, PAPER = (57, 101, 164), (255, 255, 255)

Picture = NDArray[np.uint8]


def run(graph: str, folder: Path, *settings: str) -> Path:
    """The first video that a graph makes."""
    program = str(Path(sys.executable).with_name("reelwright"))
    command = [program, "run", str(ASSETS / "graphs" / f"{graph}.reel"), "--json"]
    sets = [word for setting in settings for word in ("--set", setting)]
    subprocess.run([*command, *sets, "--out", str(folder)], check=True, capture_output=True)
    return min(folder.rglob("*.mp4"))


def frames_of(video: Path) -> Picture:
    return np.concatenate([*read_video(video, video.parent)])


def moments(video: Path, side: int) -> list[Picture]:
    """Square frames at even distances, from the first to the last."""
    frames = frames_of(video)
    picks = np.linspace(0, len(frames) - 1, MOMENTS).round().astype(int)
    height, width = frames.shape[1:3]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    squares = frames[picks, top : top + short, left : left + short]
    return [
        np.asarray(cv2.resize(each, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
        for each in squares
    ]


def side_by_side(pictures: Sequence[Picture], gap: int) -> Picture:
    padded = [np.pad(each, ((0, 0), (0, gap), (0, 0)), constant_values=255) for each in pictures]
    return np.concatenate(padded, 1)[:, : -gap or None]


def waveform(video: Path, width: int) -> Picture:
    """What is heard, from left to right, at its own loudness."""
    samples = np.abs(read_audio(video).samples_CN).max(0)
    heights = [part.max(initial=0.0) for part in np.array_split(samples, width)]
    loudest = max(heights) or 1.0
    strip = np.full((STRIP, width, 3), PAPER, np.uint8)
    for x, height in enumerate(heights):
        reach = max(1, round(float(height / loudest) * STRIP / 2))
        strip[STRIP // 2 - reach : STRIP // 2 + reach, x] = INK
    return strip


def captioned(text: str, width: int) -> Picture:
    line = Image.new("RGB", (width, LINE), PAPER)
    ImageDraw.Draw(line).text((2, 6), text, fill=(0, 0, 0), font=ImageFont.load_default(14))
    return np.asarray(line)


def make_sheet(folder: Path) -> None:
    rows = []
    for number, prompt in enumerate(PROMPTS):
        video = run("demo", folder / str(number), f"prompt={prompt}")
        shown = side_by_side(moments(video, SIDE), GAP)
        rows += [captioned(prompt, shown.shape[1]), shown, waveform(video, shown.shape[1])]
    Image.fromarray(np.concatenate(rows)).save(SHEET, quality=88)


def pictured(name: str, folder: Path) -> Path:
    """The video that a graph makes of frames of another one."""
    prompt, places = PICTURED[name]
    settings = {"prompt": prompt}
    frames = frames_of(run("demo", folder / "given", f"prompt={prompt}"))
    for parameter, place in places.items():
        path = folder / f"{parameter}.png"
        Image.fromarray(frames[place]).save(path)
        settings[parameter] = str(path)
    told = (f"{parameter}={value}" for parameter, value in settings.items())
    return run(name, folder / "made", *told)


def make_graphs(folder: Path) -> None:
    videos = {name: run(name, folder / name) for name in GRAPHS}
    videos |= {name: pictured(name, folder / name) for name in PICTURED}
    for name, video in videos.items():
        strip = side_by_side(moments(video, 160), 0)
        Image.fromarray(strip).save(ASSETS / "graphs" / f"{name}.jpg", quality=70)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        if sys.argv[1:] == ["graphs"]:
            make_graphs(Path(scratch))
        else:
            make_sheet(Path(scratch))
