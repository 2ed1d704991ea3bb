"""A tiny model on disk, a context that records, and a runner of the installed nodes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import pytest

from engine.models.family import Family
from engine.models.residency import Residency
from engine.run.local import LocalRunner
from engine.values import VideoModel
from tests.nodes.recording import RecordingContext

MakeRunner: TypeAlias = Callable[[], LocalRunner]

WORDS = ("a", "ball", "blue", "left", "moving", "red", "right")


@pytest.fixture(autouse=True)
def own_identity(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files are signed by an identity made for the tests, once; each test has its own audit log."""
    folder = tmp_path_factory.getbasetemp() / "configuration"
    monkeypatch.setenv("REELWRIGHT_CONFIG", str(folder))
    monkeypatch.setenv("REELWRIGHT_STATE", str(tmp_path / "kept"))


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a starter model of the smallest size, sound and all, every weight random."""
    import torch
    from safetensors.torch import save_file

    from engine.models.starter.audio_vae import AudioVAE
    from engine.models.starter.config import (
        AudioVaeConfig,
        DitConfig,
        SoundConfig,
        StarterConfig,
        TextConfig,
        VaeConfig,
    )
    from engine.models.starter.dit import StarterDiT
    from engine.models.starter.text import StarterTextEncoder
    from engine.models.starter.vae import StarterVAE

    torch.set_num_threads(1)  # more would only wait for each other on networks this small
    config = StarterConfig(
        vae=VaeConfig(latent_channels=4, fine_width=8, coarse_width=16),
        text=TextConfig(vocabulary_size=10, max_words=8, width=16, num_layers=1, num_heads=2),
        dit=DitConfig(
            latent_channels=4, width=32, num_layers=2, num_heads=2, text_width=16,
            sound=SoundConfig(latent_channels=3, width=16, num_heads=2),
        ),
        audio=AudioVaeConfig(latent_channels=3, width=8, num_encoder_blocks=1),
    )  # fmt: skip
    generator = torch.Generator().manual_seed(0)
    nets = {
        "text": StarterTextEncoder(config.text),
        "dit": StarterDiT(config.dit),
        "vae": StarterVAE(config.vae),
        "audio": AudioVAE(config.audio or AudioVaeConfig()),
    }
    tensors = {
        f"{name}.{key}": torch.randn(tensor.shape, generator=generator) * 0.2
        for name, net in nets.items()
        for key, tensor in net.state_dict().items()
    }
    folder = tmp_path_factory.mktemp("weights")
    save_file(tensors, folder / "starter.safetensors")
    settings = {"config": config.to_json(), "words": WORDS}
    (folder / "starter.json").write_text(json.dumps(settings), "utf-8")
    return folder


@pytest.fixture(scope="session")
def residency() -> Residency:
    return Residency(device="cpu", budget=1 << 30)


@pytest.fixture(scope="session")
def model(weights: Path) -> VideoModel:
    from engine.models.catalog import handle

    return handle(str(weights))


@pytest.fixture(scope="session")
def family(model: VideoModel, residency: Residency) -> Family:
    return residency.get(model)


@pytest.fixture
def context(tmp_path: Path, residency: Residency) -> RecordingContext:
    return RecordingContext(tmp_path, residency)


@pytest.fixture
def make_runner(tmp_path: Path, residency: Residency) -> MakeRunner:
    """Makes runners that share their folders, as the same program started again does."""
    from engine.graph.registry import installed_registry

    def make() -> LocalRunner:
        return LocalRunner(
            installed_registry(),
            folder=tmp_path / "state",
            output=tmp_path / "out",
            models=residency,
        )

    return make


@pytest.fixture
def outputs(tmp_path: Path) -> Callable[[], Sequence[str]]:
    """The names of what lies in the output folder, hidden things too."""
    return lambda: sorted(path.name for path in (tmp_path / "out").iterdir())
