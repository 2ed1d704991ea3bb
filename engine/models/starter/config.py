"""Sizes of the starter model's networks, as saved beside their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class VaeConfig:
    """The causal video autoencoder: 8x smaller in space, 4x in time (the first frame alone)."""

    latent_channels: int = 8
    fine_width: int = 64  # channels at a quarter of the picture's size
    coarse_width: int = 128  # channels at an eighth
    num_encoder_blocks: int = 2
    num_decoder_blocks: int = 3
    num_fine_blocks: int = 2
    detail_width: int = 0  # channels of a frame at half of the picture's size; 0 for none
    num_detail_blocks: int = 2


@dataclass(frozen=True)
class AudioVaeConfig:
    """The sound autoencoder: 16 kHz samples, 25 latents a second."""

    latent_channels: int = 12
    width: int = 160
    num_encoder_blocks: int = 3
    num_decoder_blocks: int = 4


@dataclass(frozen=True)
class TextConfig:
    """The text encoder over the closed vocabulary."""

    vocabulary_size: int = 160
    max_words: int = 32
    width: int = 128
    num_layers: int = 2
    num_heads: int = 4


@dataclass(frozen=True)
class SoundConfig:
    """The denoiser's stream of sound, one block beside each block of the video's."""

    latent_channels: int = 12
    width: int = 96
    num_heads: int = 4
    feed_forward: int = 4


@dataclass(frozen=True)
class DitConfig:
    """The denoiser: blocks of spatial, temporal and cross attention and a feed-forward part."""

    latent_channels: int = 8
    patch: int = 2
    width: int = 192
    num_layers: int = 6
    num_heads: int = 4
    feed_forward: int = 4
    text_width: int = 128
    sound: SoundConfig | None = None

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> DitConfig:
        """Raises KeyError or TypeError for a document that is not one of ours."""
        sound = document.get("sound")
        return DitConfig(**{**document, "sound": None if sound is None else SoundConfig(**sound)})


@dataclass(frozen=True)
class SamplingDefaults:
    """How clips are sampled unless the graph says otherwise: what scored best on the checker."""

    steps: int = 16
    guidance: float = 2.0
    shift: float = 3.0


@dataclass(frozen=True)
class StarterConfig:
    """Everything needed to rebuild the model before its weights are read."""

    vae: VaeConfig = VaeConfig()
    text: TextConfig = TextConfig()
    dit: DitConfig = DitConfig()
    sampling: SamplingDefaults = SamplingDefaults()
    frame_rate: int = 16
    audio: AudioVaeConfig | None = None

    def to_json(self) -> dict[str, object]:
        return asdict(self)

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> StarterConfig:
        """Raises KeyError, TypeError or ValueError for a document that is not one of ours."""
        audio = document.get("audio")
        return StarterConfig(
            vae=VaeConfig(**document["vae"]),
            text=TextConfig(**document["text"]),
            dit=DitConfig.from_json(document["dit"]),
            sampling=SamplingDefaults(**document["sampling"]),
            frame_rate=int(document["frame_rate"]),
            audio=None if audio is None else AudioVaeConfig(**audio),
        )
