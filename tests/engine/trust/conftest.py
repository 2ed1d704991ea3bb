"""Small real media files, made on the spot, and an identity of this test run's own."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from engine.trust.identity import Identity
from engine.trust.self_issued import self_issued

Maker = Callable[..., Path]

CODECS = {".mp4": "libx264", ".mov": "libx264", ".webm": "libvpx-vp9", ".mkv": "libx264"}
SOUND_CODECS = {
    ".m4a": "aac",
    ".wav": "pcm_s16le",
    ".mp3": "libmp3lame",
    ".flac": "flac",
    ".ogg": "libopus",
}
PICTURES = (".jpg", ".png", ".webp", ".gif", ".tiff", ".avif", ".bmp")


def _noise(seed: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def make_video(path: Path, frames: int = 4, size: int = 64, bit_rate: int = 0) -> Path:
    options = {"movflags": "+faststart+use_metadata_tags"} if path.suffix == ".mp4" else {}
    with av.open(str(path), "w", options=options) as container:
        container.metadata["title"] = "A test"
        container.metadata["comment"] = '{"nodes": {}}'
        stream = container.add_stream(CODECS[path.suffix], rate=Fraction(16))
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        if bit_rate:
            stream.bit_rate = bit_rate
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(_noise(number, size, size), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def make_sound(path: Path) -> Path:
    rate = 48000 if path.suffix == ".ogg" else 16000
    tone = (np.sin(np.arange(rate // 2) / 20) * 0.3).astype(np.float32)[None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(SOUND_CODECS[path.suffix], rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate = rate
        size = stream.codec_context.frame_size
        fit = av.AudioResampler(stream.format, "mono", rate, size if size > 1 else None)
        for piece in (*fit.resample(frame), *fit.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def make_picture(path: Path, seed: int = 0) -> Path:
    Image.fromarray(_noise(seed, 24, 24)).save(path)
    return path


def make(path: Path) -> Path:
    if path.suffix in CODECS:
        return make_video(path)
    return make_sound(path) if path.suffix in SOUND_CODECS else make_picture(path)


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], bytes]:
    """The bytes of a sample by suffix; each is made once."""
    folder, made = tmp_path_factory.mktemp("samples"), dict[str, bytes]()

    def get(suffix: str) -> bytes:
        if suffix not in made:
            made[suffix] = make(folder / f"sample{suffix}").read_bytes()
        return made[suffix]

    return get


@pytest.fixture
def sample(tmp_path: Path, _made: Callable[[str], bytes]) -> Maker:
    """Puts a fresh unsigned file of a kind into this test's folder."""

    def put(suffix: str, name: str = "clip") -> Path:
        path = tmp_path / f"{name}{suffix}"
        path.write_bytes(_made(suffix))
        return path

    return put


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return self_issued(tmp_path_factory.mktemp("configuration"))


@pytest.fixture(autouse=True)
def _own_configuration(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No test may find or leave an identity in the user's own configuration."""
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(tmp_path_factory.mktemp("home")))
