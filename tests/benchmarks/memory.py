"""Peak memory of decoding to a file, for a clip and for one four times as long."""

from __future__ import annotations

import subprocess
import sys

from tests.benchmarks._table import row

FRAMES = 129
SIDE = 256

PROBE = """
import sys, tempfile
from fractions import Fraction
from pathlib import Path
import torch
from engine.media.settings import VideoSettings
from engine.media.spool import spooled
from engine.media.write_video import write_video
from engine.models.catalog import handle
from engine.models.residency import Residency
from engine.values import Clip, Latent

frames, side = int(sys.argv[1]), int(sys.argv[2])
model = handle("starter")
family = Residency().get(model)
channels = family.capabilities.latent_channels
shape = (1, channels, 1 + (frames - 1) // 4, side // 8, side // 8)
latent = Latent(torch.randn(shape), model, frames, side, side, Fraction(16))
with tempfile.TemporaryDirectory() as folder:
    stream = spooled(
        family.decode(latent), frames=frames, height=side, width=side, folder=Path(folder)
    )
    clip = Clip(stream, frames, side, side, Fraction(16))
    write_video(clip, Path(folder) / "a.mp4", VideoSettings())
status = Path("/proc/self/status").read_text()
print(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
"""


def peak(frames: int) -> int:
    """Peak resident KiB of a process that decodes and writes this many frames."""
    command = [sys.executable, "-c", PROBE, str(frames), str(SIDE)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Print both peaks and their ratio."""
    short, long = peak(FRAMES), peak(4 * (FRAMES - 1) + 1)
    row(f"peak memory, {FRAMES} frames of {SIDE}x{SIDE}", f"{short / 1024:.0f} MiB")
    row("... four times as long, ratio", f"{long / short:.3f}", "1.10")


if __name__ == "__main__":
    main()
