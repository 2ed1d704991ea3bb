"""Writing sound files: every format can be read, is marked, and is signed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.media.read_audio import read_audio
from engine.trust.verification import State
from engine.trust.verify import verify
from engine.trust.watermark.audio.read import read_audio_mark
from engine.trust.watermark.keys import owner_key
from nodes.output.save_audio import SaveAudio
from tests.engine.trust.watermark.audio.sounds import sound
from tests.nodes.pictures import MADE
from tests.nodes.recording import RecordingContext

HEARD = replace(sound("melody", seconds=2.5), origin=MADE)


@pytest.mark.parametrize("format", ["wav", "flac", "mp3", "m4a", "ogg"])
def test_every_format_can_be_read_is_marked_and_signed(
    context: RecordingContext, format: str
) -> None:
    node = SaveAudio(audio=HEARD, name="s", format=format, mark=True, sign=True, overwrite=False)
    made = node.run(context)
    assert (made.path.name, made.kind, made.signed) == (f"s.{format}", "audio", True)
    found = verify(made.path)
    assert found.state is State.INTACT
    assert found.claims.prompt == MADE.prompt
    back = read_audio(made.path)
    assert float(back.duration) == pytest.approx(2.5, abs=0.1)
    assert read_audio_mark(back, owner_key()) is not None


def test_without_a_mark_nothing_is_changed(context: RecordingContext) -> None:
    node = SaveAudio(audio=HEARD, name="s", format="wav", mark=False, sign=False, overwrite=False)
    back = read_audio(node.run(context).path)
    assert abs(back.samples_CN - HEARD.samples_CN).max() < 2 / 32768
