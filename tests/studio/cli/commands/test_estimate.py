from __future__ import annotations

import json
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[4] / "assets"


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
    result = cli("estimate", sampling, "--set", "m.model=wan2.1-t2v-1.3b")
    assert result.exit_code == 0
    assert result.stdout.startswith("s  with wan2.1-t2v-1.3b\n  832 x 480, 81 frames, 50 steps")
    assert "latent: 2,096,640 elements, 4.0 MiB" in result.stdout
    assert "a step: 2 passes of 283 TFLOP over 32,760 tokens" in result.stdout
    lines = result.stdout.splitlines()
    (weights,) = (line.split() for line in lines if "transformer weights" in line)
    assert weights[-4:] == ["5.3", "GiB", "2.6", "GiB"], "on a CPU, and on a GPU"
    (h100,) = (line for line in lines if "H100" in line)
    assert "$0.0692" in h100
    assert h100.endswith("everything stays on the device")
    (cpu,) = (line for line in lines if "CPU, 2" in line)
    assert cpu.split()[-1] == "no"
    assert "44 % of what a large matrix product reaches" in lines[-1]


def test_what_is_not_known_of_a_model_is_said(cli, sampling) -> None:
    result = cli("estimate", sampling, "--device", "h100")
    (weights,) = (line for line in result.stdout.splitlines() if "transformer weights" in line)
    assert weights.endswith("  18.6 GiB")
    (h100,) = (line for line in result.stdout.splitlines() if "H100" in line)
    assert h100.split()[-3:] == ["-", "not", "known"]
    assert "it is not known what 'text', 'steps' and 'decode' take." in result.stdout


def test_the_model_of_a_lora_or_a_swap_is_found_behind_it(cli, write_graph) -> None:
    path = write_graph(
        {"m": ("model.load", {"model": "ltx-2"}), "l": ("model.lora", {}), "s": ("toy.sample", {})},
        "m.result > l.model",
        "l.result > s.model",
    )
    found = json.loads(cli("estimate", path, "--json", "--device", "h200").stdout)
    (row,) = found["h200"]
    assert (row["model"], row["precision"]) == ("ltx-2", "auto")
    assert row["figures"]["fits"] is True


def test_of_what_speeds_a_model_up_the_last_says_how_it_decodes(cli, write_graph) -> None:
    def decoding(first: str, last: str) -> float:
        path = write_graph(
            {
                "m": ("model.load", {"model": "wan2.1-t2v-1.3b"}),
                "a": ("model.speed", {"decode": first}),
                "b": ("model.speed", {"decode": last}),
                "s": ("toy.sample", {}),
            },
            "m.result > a.model",
            "a.result > b.model",
            "b.result > s.model",
        )
        found = json.loads(cli("estimate", path, "--json", "--device", "h200").stdout)
        return float(found["h200"][0]["figures"]["stages"]["decode"])

    plain = decoding("auto", "auto")
    assert decoding("bfloat16", "auto") == plain
    assert decoding("auto", "bfloat16") == pytest.approx(plain / 2)


def test_a_folder_that_says_no_sizes_is_asked_for_them(cli, sampling) -> None:
    starter = str(ASSETS / "starter")
    result = cli("estimate", sampling, "--set", f"m.model={starter}")
    assert result.exit_code == 2
    assert "leaves 'width' to the model" in result.stderr
    sizes = ("s.width=64", "s.height=64", "s.frames=33", "steps=16")
    sets = [part for each in sizes for part in ("--set", each)]
    result = cli("estimate", sampling, "--set", f"m.model={starter}", *sets)
    assert "over 144 tokens" in result.stdout


def test_one_device_can_be_asked_for(cli, sampling) -> None:
    lines = cli("estimate", sampling, "--device", "a100").stdout.splitlines()
    assert lines[-2].strip().startswith("A100")
    assert lines[-3].strip().startswith("Device")
    result = cli("estimate", sampling, "--device", "abacus")
    assert result.exit_code == 2
    assert "There is no device 'abacus'. Use one of cpu," in result.stderr


def test_fewer_steps_take_less_time(cli, sampling) -> None:
    def seconds(*arguments: str) -> float:
        found = json.loads(cli("estimate", sampling, "--json", *arguments).stdout)
        return float(found["h100"][0]["figures"]["seconds"])

    arguments_of_wan = ("--set", "m.model=wan2.1-t2v-1.3b")

    assert seconds("--set", "steps=4", *arguments_of_wan) < seconds(*arguments_of_wan) / 5


def test_a_graph_that_samples_nothing_needs_no_estimate(cli, talk) -> None:
    result = cli("estimate", talk)
    assert result.exit_code == 0
    assert "samples nothing" in result.stderr


def test_an_unknown_model_is_named(cli, sampling) -> None:
    result = cli("estimate", sampling, "--set", "m.model=bgi")
    assert result.exit_code == 2
    assert "There is no model 'bgi'." in result.stderr
