"""Reading sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import InvalidInput
from engine.media.write_audio import write_audio
from nodes.input.load_audio import LoadAudio
from tests.nodes.pictures import tone
from tests.nodes.recording import RecordingContext


def test_sound_comes_back_at_its_rate_and_names_its_file(
    context: RecordingContext, tmp_path: Path
) -> None:
    path = tmp_path / "tone.wav"
    write_audio(tone(0.5), path)
    sound = LoadAudio(path=str(path)).run(context)
    assert sound.rate == 16_000
    assert np.allclose(sound.samples_CN, tone(0.5).samples_CN, atol=1e-3)
    assert sound.origin.ingredients == (str(path),)


def test_no_file_chosen_says_so(context: RecordingContext) -> None:
    with pytest.raises(InvalidInput, match="No sound is chosen"):
        LoadAudio(path="").run(context)
