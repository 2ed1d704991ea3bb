"""The estimates against the system design's own table."""

from __future__ import annotations

import pytest

from engine.models.catalog import CatalogEntry
from engine.models.estimate import DEVICES, Work, estimate, latent_elements

LARGE = CatalogEntry(
    id="large",
    family="toy",
    title="Ten billion",
    licence="CC0",
    source="hub:a/b",
    parameters={"dit": 10_000_000_000, "text": 4_000_000_000, "vae": 200_000_000},
)


def work(frames: int, width: int, height: int, steps: int = 50) -> Work:
    return Work(width=width, height=height, frames=frames, steps=steps, guidance=5.0)


@pytest.mark.parametrize(
    ("frames", "width", "height", "elements"),
    [
        (120, 1280, 720, 30 * 90 * 160 * 16),
        (240, 1920, 1080, 60 * 135 * 240 * 16),
        (720, 1920, 1080, 180 * 135 * 240 * 16),
        (1440, 3840, 2160, 360 * 270 * 480 * 16),
    ],
)
def test_latents_are_as_large_as_the_design_says(
    frames: int, width: int, height: int, elements: int
) -> None:
    assert latent_elements(LARGE, work(frames, width, height)) == elements
    figures = estimate(LARGE, work(frames, width, height), DEVICES["h100"])
    assert figures.latent_bytes == 2 * elements


def test_a_causal_clip_has_a_latent_frame_for_its_first_frame() -> None:
    assert latent_elements(LARGE, work(33, 64, 64)) == 9 * 8 * 8 * 16


def test_weights_are_two_bytes_a_parameter() -> None:
    memory = estimate(LARGE, work(240, 1920, 1080), DEVICES["h100"]).memory
    assert memory["dit weights"] == 20_000_000_000
    assert memory["text weights"] == 8_000_000_000


def test_what_does_not_fit_is_said() -> None:
    assert estimate(LARGE, work(240, 1920, 1080), DEVICES["h100"]).fits
    assert not estimate(LARGE, work(240, 1920, 1080), DEVICES["cpu"]).fits


def test_four_steps_cost_less_than_fifty_and_are_priced_by_the_hour() -> None:
    slow = estimate(LARGE, work(240, 1280, 720, steps=50), DEVICES["h100"])
    fast = estimate(LARGE, work(240, 1280, 720, steps=4), DEVICES["h100"])
    assert fast.seconds < slow.seconds / 5
    assert slow.cost == pytest.approx(slow.seconds / 3600 * 3.00)
