"""Trains the starter's sound autoencoder on the world's sounds.

Run: python -m engine.models.starter.training.train_audio_vae --folder FOLDER --steps 1300
It goes on from FOLDER/audio_vae_state.safetensors where that exists, and leaves the averaged
weights in FOLDER/audio_vae.safetensors. `--start assets/starter` begins with the weights that ship.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.errors import InvalidInput
from engine.models.starter.audio_vae import SAMPLES, AudioVAE
from engine.models.starter.config import AudioVaeConfig
from engine.models.starter.load import load_starter
from engine.models.starter.training.progress import Course, load_tensors, save_tensors
from engine.models.starter.training.scene import Scene, draw_scenes
from engine.models.starter.training.sounds import scene_sound

BATCH = 24
POOL_CLIPS = 3000
LEARNING_RATE, LATER_RATE = 2e-3, 1e-3  # from nothing, and from weights that are good already
LATENT_NOISE = 0.1  # in deviations of the latent: the decoder learns to forgive the sampler
_WINDOWS = (2048, 512, 128)
_QUIETEST = 2e-4  # what is quieter than this, of full scale, differs in nothing


def sounds_of(scenes: list[Scene], seed: int) -> Tensor:
    """The scenes' sounds, [B, N], filled up to whole latents."""
    sounds = np.stack([scene_sound(scene, seed + index) for index, scene in enumerate(scenes)])
    padded = np.pad(sounds, ((0, 0), (0, -sounds.shape[1] % SAMPLES)))
    return torch.from_numpy(padded)


def spectral_loss(made_BN: Tensor, sound_BN: Tensor) -> Tensor:
    """How far magnitudes are apart over windows of 128, 32 and 8 ms, in themselves and in their
    logarithms.

    Phases are nobody's business here: noise has none that matters, and the synthesiser its own.
    """
    total = made_BN.new_zeros(())
    for size in _WINDOWS:
        window = torch.hann_window(size)
        mine, theirs = (
            torch.stft(x, size, size // 4, window=window, return_complex=True).abs()
            / window.sum() * 2
            for x in (made_BN, sound_BN)
        )  # fmt: skip
        logs = (mine + _QUIETEST).log() - (theirs + _QUIETEST).log()
        total = total + logs.abs().mean() + 40.0 * (mine - theirs).abs().mean()
    return total


class AudioVaeRun:
    """The sound autoencoder's training, from nothing or from weights that ship.

    Raises InvalidInput for a `start` that has no sound.
    """

    def __init__(
        self, folder: Path, config: AudioVaeConfig | None = None, start: Path | None = None
    ) -> None:
        torch.manual_seed(0)
        self.folder, self.config = folder, config or AudioVaeConfig()
        self.vae = AudioVAE(self.config)
        if start is not None:
            learned = load_starter(start).audio_vae
            if learned is None:
                raise InvalidInput(
                    f"'{start}' makes no sound.", remedy="Begin with weights that do."
                )
            self.config, self.vae = learned.config, AudioVAE(learned.config)
            self.vae.load_state_dict(learned.state_dict())
        rate = LEARNING_RATE if start is None else LATER_RATE
        self.course = Course(folder / "audio_vae_state.safetensors", self.vae, rate, 0.995)

    def save(self) -> str:
        """The state to go on from, and the averaged weights with their normalisation."""
        self.course.save()
        averaged = AudioVAE(self.config).eval()
        averaged.load_state_dict(self.course.average.tensors)
        with torch.no_grad():
            latent_BLD = averaged.encode_raw(sounds_of(draw_scenes(128, seed=70_000), 1))
        averaged.mean_D.copy_(latent_BLD.mean((0, 1)))
        averaged.deviation_D.copy_(latent_BLD.std((0, 1)))
        about = {"config": asdict(self.config), "step": self.course.step}
        save_tensors(self.folder / "audio_vae.safetensors", averaged.state_dict(), about)
        return "saved"

    def loss_of(self, sounds_NS: Tensor, step: int) -> Tensor:
        """The loss of the batch of this number."""
        generator = torch.Generator().manual_seed(step)
        rows = torch.randint(0, len(sounds_NS), (BATCH,), generator=generator)
        # A new beginning each time: an impact may fall on any part of a latent.
        shift = int(torch.randint(0, SAMPLES, (1,), generator=generator))
        sound = sounds_NS[rows].roll(shift, dims=1)
        latent = self.vae.encode_raw(sound)
        deviation = latent.detach().std(dim=(0, 1), keepdim=True)
        noise = torch.randn(latent.shape, generator=generator) * deviation * LATENT_NOISE
        made = self.vae.decode_raw(latent + noise)
        return spectral_loss(made, sound) + 1e-4 * latent.square().mean()

    def train(self, steps: int) -> None:
        """Until `steps` are done in all."""
        sounds_NS = sounds_of(draw_scenes(POOL_CLIPS, seed=1_100_000), seed=0)
        self.course.run(steps, lambda step: self.loss_of(sounds_NS, step), self.save, 90.0)


def load_audio_vae(path: Path) -> AudioVAE:
    """The sound autoencoder that a run left behind."""
    tensors, state = load_tensors(path)
    vae = AudioVAE(AudioVaeConfig(**state["config"]))
    vae.load_state_dict(tensors)
    return vae.eval()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1300)
    parser.add_argument("--start", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    AudioVaeRun(arguments.folder, start=arguments.start).train(arguments.steps)
