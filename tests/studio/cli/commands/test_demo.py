"""The demo from end to end, with a starter model of random weights: fast, and all else real."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio.project.first_video import MEANINGS, understood

WORDS = ["a", "across", "at", "ball", "left", "meadow", "moving", "night", "purple", "red", "two"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a starter model that has learned nothing."""
    import torch
    from safetensors.torch import save_file

    from engine.models.starter.config import DitConfig, StarterConfig, TextConfig, VaeConfig
    from engine.models.starter.dit import StarterDiT
    from engine.models.starter.text import StarterTextEncoder
    from engine.models.starter.vae import StarterVAE

    config = StarterConfig(
        vae=VaeConfig(latent_channels=4, fine_width=8, coarse_width=16),
        text=TextConfig(vocabulary_size=len(WORDS) + 3, width=16, num_layers=1, num_heads=2),
        dit=DitConfig(latent_channels=4, width=32, num_layers=1, num_heads=2, text_width=16),
    )
    torch.manual_seed(0)
    networks = {
        "text": StarterTextEncoder(config.text),
        "dit": StarterDiT(config.dit),
        "vae": StarterVAE(config.vae),
    }
    tensors = {
        f"{name}.{key}": tensor.to(torch.bfloat16).contiguous().clone()
        for name, network in networks.items()
        for key, tensor in network.state_dict().items()
    }
    folder = tmp_path_factory.mktemp("starter")
    save_file(tensors, str(folder / "starter.safetensors"))
    settings = {"words": WORDS, "config": config.to_json()}
    (folder / "starter.json").write_text(json.dumps(settings))
    return folder


@pytest.fixture
def starter(weights: Path, tmp_path: Path) -> None:
    """That model under the name 'starter', through the user's catalog."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "catalog.toml").write_text(
        f'''
        [[model]]
        id = "starter"
        family = "starter"
        title = "Untaught"
        licence = "none"
        source = "{weights}"
        '''
    )


@pytest.mark.usefixtures("starter")
def test_a_prompt_becomes_a_signed_video_that_can_be_run_again(cli) -> None:
    result = cli("demo", "--prompt", "two purple zebras moving left at night", "--seed", 3)
    assert result.exit_code == 0, result.output
    assert result.stdout == "out/demo_3.mp4\n"
    assert "how many two · colour purple · motion left · background night" in result.stderr
    assert "'zebras'" in result.stderr
    assert "signed)" in result.stderr
    assert "reelwright verify out/demo_3.mp4" in result.stderr

    verified = json.loads(cli("verify", "out/demo_3.mp4", "--json").stdout)
    assert (verified["state"], verified["seed"]) == ("intact", 3)
    assert verified["prompt"] == "two purple zebras moving left at night"

    again = cli("run", "out/demo_3.mp4", "--set", "seed=4", "--out", "again")
    assert again.stdout == "again/demo_4.mp4\n"


@pytest.mark.usefixtures("starter")
def test_an_interrupted_run_goes_on_with_the_same_command(cli) -> None:
    cli("new", "demo.reel")
    # Seconds of steps: what is fast may be done before the interruption is heard.
    size = {"sample.frames": 33, "sample.width": 384, "sample.height": 384}
    settings = {"steps": 200, "sample.guidance": 1, **size}
    sets = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    command = ["run", "demo.reel", "--json", *sets]
    process = subprocess.Popen(
        [sys.executable, "-m", "studio", *command],
        env={**cli.environment, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        pipesize=4096,  # a page: it cannot run far ahead of who reads, however late that one is
    )
    with process:
        assert process.stdout is not None
        told, asked = [], False
        for line in process.stdout:
            told.append(json.loads(line))
            # Not for a checkpoint: on a slow disk the first may be kept when all steps are done.
            stepped = told[-1]["kind"] == "progress" and told[-1]["node"] == "sample"
            if stepped and told[-1]["done"] >= 5 and not asked:
                process.send_signal(signal.SIGINT)
                asked = True
    assert process.returncode == 130
    stopped = max(event["step"] for event in told if event["kind"] == "checkpoint")

    done = cli.process(*command, OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    steps = [e["done"] for e in events if e["kind"] == "progress" and e["node"] == "sample"]
    assert min(steps) > stopped
    assert events[-1]["outcome"] == "succeeded"


def test_the_words_that_say_something_are_told_with_what_they_say() -> None:
    assert understood("Two PURPLE things, drifting left; two!") == [
        ("two", "how many"),
        ("purple", "colour"),
        ("left", "motion"),
    ]


def test_every_word_that_is_explained_is_one_that_the_model_was_taught() -> None:
    from engine.models.starter.training.prompts import all_words

    taught = set(all_words())
    assert {word for words in MEANINGS.values() for word in words.split()} <= taught


def test_a_demo_without_weights_says_so(cli, tmp_path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "catalog.toml").write_text(
        f'''
        [[model]]
        id = "starter"
        family = "starter"
        title = "Absent"
        licence = "none"
        source = "{tmp_path / "nowhere"}"
        '''
    )
    result = cli("demo")
    assert result.exit_code == 1
    assert "error: " in result.stderr
    assert not (tmp_path / "out").exists()
