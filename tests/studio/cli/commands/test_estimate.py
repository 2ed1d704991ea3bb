from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def big_model(tmp_path: Path) -> None:
    """The model of the system design's table: 10 B weights, 8x8x4 a latent, 16 channels."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "catalog.toml").write_text(
        """
        [[model]]
        id = "big"
        family = "none"
        title = "Big"
        licence = "none"
        source = "/nowhere"
        parameters = { dit = 10_000_000_000, text = 4_000_000_000 }
        defaults = { width = 1920, height = 1080, frames = 240, steps = 50, guidance = 5 }
        """
    )


@pytest.fixture
def sampling(write_graph) -> Path:
    path: Path = write_graph(
        {"m": ("toy.model", {}), "s": ("toy.sample", {})},
        "m.result > s.model",
        exposed={"steps": "s.steps"},
    )
    return path


@pytest.mark.parametrize(
    ("frames", "height", "width", "elements"),
    [
        (120, 720, 1280, 30 * 90 * 160 * 16),
        (240, 1080, 1920, 60 * 135 * 240 * 16),
        (720, 1080, 1920, 180 * 135 * 240 * 16),
        (1440, 2160, 3840, 360 * 270 * 480 * 16),
    ],
)
def test_the_latent_is_that_of_the_system_designs_formula(
    cli, sampling, frames: int, height: int, width: int, elements: int
) -> None:
    size = {"frames": frames, "height": height, "width": width}
    sets = [part for name, value in size.items() for part in ("--set", f"s.{name}={value}")]
    found = json.loads(cli("estimate", sampling, "--json", *sets).stdout)
    figures = found["h100"][0]["figures"]
    assert figures["latent_elements"] == elements
    assert figures["latent_bytes"] == 2 * elements


def test_people_see_memory_by_component_and_a_line_for_each_device(cli, sampling) -> None:
    result = cli("estimate", sampling)
    assert result.exit_code == 0
    assert result.stdout.startswith("s  with big\n  1920 x 1080, 240 frames, 50 steps")
    assert "latent: 31,104,000 elements, 59.3 MiB" in result.stdout
    assert "dit weights" in result.stdout
    lines = result.stdout.splitlines()
    (h100,) = (line.split("  ") for line in lines if "H100" in line)
    assert "$" in h100[-2] or "$" in "".join(h100)
    (cpu,) = (line for line in lines if "CPU" in line)
    assert cpu.split()[-1] == "no"


def test_one_device_can_be_asked_for(cli, sampling) -> None:
    lines = cli("estimate", sampling, "--device", "a100").stdout.splitlines()
    assert lines[-1].strip().startswith("A100")
    assert lines[-2].strip().startswith("Device")
    result = cli("estimate", sampling, "--device", "abacus")
    assert result.exit_code == 2
    assert "There is no device 'abacus'. Use one of cpu," in result.stderr


def test_fewer_steps_take_less_time(cli, sampling) -> None:
    def seconds(*arguments: str) -> float:
        found = json.loads(cli("estimate", sampling, "--json", *arguments).stdout)
        return float(found["h100"][0]["figures"]["seconds"])

    assert seconds("--set", "steps=4") < seconds() / 5


def test_a_graph_that_samples_nothing_needs_no_estimate(cli, talk) -> None:
    result = cli("estimate", talk)
    assert result.exit_code == 0
    assert "samples nothing" in result.stderr


def test_an_unknown_model_is_named(cli, sampling) -> None:
    result = cli("estimate", sampling, "--set", "m.model=bgi")
    assert result.exit_code == 2
    assert "There is no model 'bgi'." in result.stderr
