"""Putting sound under a video."""

from __future__ import annotations

from dataclasses import replace

from engine.values import Origin
from nodes.audio.attach_audio import AttachAudio
from tests.nodes.pictures import clip, levels, tone
from tests.nodes.recording import RecordingContext


def test_the_video_gets_the_sound_and_names_its_file(context: RecordingContext) -> None:
    sound = replace(tone(), origin=Origin(ingredients=("voice.wav",)))
    heard = AttachAudio(clip=clip(), audio=sound).run(context)
    assert heard.audio is sound
    assert heard.origin.ingredients == ("voice.wav",)
    assert heard.origin.prompt == "a red ball"
    assert levels(heard) == levels(clip())
