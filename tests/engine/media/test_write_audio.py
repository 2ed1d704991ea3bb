from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput, StorageFailed
from engine.media.read_audio import read_audio
from engine.media.write_audio import write_audio
from engine.values import Audio
from tests.engine.media.samples import click


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_lossless_sound_comes_back_to_the_last_bit_but_one(suffix: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, (2, 5_000)).astype(np.float32)
    write_audio(Audio(noise, 22_050), tmp_path / f"a.{suffix}")
    back = read_audio(tmp_path / f"a.{suffix}")

    assert (back.samples_CN.shape, back.rate) == ((2, 5_000), 22_050)
    assert np.abs(back.samples_CN - noise).max() < 1 / 16_000


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"'a\.xyz' does not end like a sound file"):
        write_audio(click(100), tmp_path / "a.xyz")


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed, match=r"a\.wav' cannot be written"):
        write_audio(click(100), tmp_path / "file" / "a.wav")
