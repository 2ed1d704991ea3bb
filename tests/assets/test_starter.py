"""The starter model that ships: its weights, what the catalog says of it, and what it can do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from engine.models.catalog import find, folder_of, handle
from engine.models.starter.family import StarterFamily, load

FOLDER = folder_of("starter")
MAX_BYTES = 25 * 2**20


@pytest.fixture(scope="module")
def starter() -> StarterFamily:
    return load(handle("starter"), FOLDER, "cpu")


def test_the_weights_are_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= MAX_BYTES


def test_the_catalog_tells_the_truth(starter: StarterFamily) -> None:
    entry, likes = find("starter"), starter.capabilities
    assert entry.parameters == {
        name: sum(p.numel() for p in net.parameters())
        for name, net in starter._nets.networks.items()
    }
    assert likes.audio
    assert entry.latent_channels == likes.latent_channels
    assert (entry.spatial_factor, entry.temporal_factor) == (8, 4)
    for name, value in asdict(entry.defaults).items():
        assert value in (None, getattr(likes, name, None))


def test_it_knows_the_words_of_its_prompts(starter: StarterFamily) -> None:
    assert starter.encode_prompt("two purple stars drifting up at night").notes == ()


def test_it_decodes_to_frames(starter: StarterFamily) -> None:
    from engine.models.sampling import seeded_noise
    from engine.values import Latent

    likes = starter.capabilities
    shape = (1, likes.latent_channels, 9, likes.height // 8, likes.width // 8)
    latent = Latent(seeded_noise(shape, 0), starter.handle, 33, 64, 64, likes.fps)
    frames = np.concatenate(list(starter.decode(latent)))
    assert frames.shape == (33, 64, 64, 3)


def test_the_model_card_and_the_licence_are_there() -> None:
    assert find("starter").licence == "Apache-2.0"
    assert Path("engine/models/starter/MODEL_CARD.md").is_file()
