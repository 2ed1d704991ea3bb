"""Encoding frames into a model's latent."""

from __future__ import annotations

from engine.values import VideoModel
from nodes.generate.decode_video import DecodeVideo
from nodes.generate.encode_video import EncodeVideo
from tests.nodes.pictures import MADE, clip
from tests.nodes.recording import RecordingContext


def test_an_encoded_clip_can_be_decoded_and_keeps_its_origin(
    context: RecordingContext, model: VideoModel
) -> None:
    latent = EncodeVideo(model=model, clip=clip(9, 16, 32)).run(context)
    assert (latent.frames, latent.height, latent.width) == (9, 16, 32)
    assert latent.origin == MADE
    decoded = DecodeVideo(latent=latent).run(context)
    assert sum(len(chunk) for chunk in decoded) == 9
