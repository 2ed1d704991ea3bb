"""Models with random weights: of every family, as large as published, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.errors import InvalidInput
from engine.models.benchmarking import Trial, sampled
from engine.models.drawn import folder as folders
from engine.models.drawn.folder import drawn_model, lay_out
from engine.models.families import loader
from engine.models.loading.architectures import Published
from engine.models.loading.layout import read_json, read_layout
from engine.models.residency import Residency
from engine.values import VideoModel
from tests.engine.models.conftest import TinyModel

pytestmark = pytest.mark.filterwarnings("ignore:In CPU autocast:UserWarning")
TRIAL = Trial(64, 64, 9, 2, 3.0)
PLAIN = ("tokenizer", "scheduler", "guider")


def parts_of(folder: Path) -> dict[str, Published]:
    """The networks of a folder, as if they were published."""
    found = {}
    for name, (_, kind) in read_layout(folder).components.items():
        if not name.startswith(PLAIN):
            settings = read_json(folder / name / "config.json")
            config = {key: value for key, value in settings.items() if not key.startswith("_")}
            found[name] = Published(part=name, kind=kind, config=config)
    return found


@pytest.mark.parametrize(
    ("family", "frames"),
    [("wan", 9), ("ltx", 17), ("ltx2", 17), ("mochi", 13), ("cogvideox", 9), ("hunyuan", 9),
     ("hunyuan15", 9)],
)  # fmt: skip
def test_a_model_of_every_family_samples_with_weights_that_are_drawn(
    tiny_model: TinyModel, tmp_path: Path, family: str, frames: int
) -> None:
    source = tiny_model(family)
    lay_out(tmp_path / "drawn", family, parts_of(source), {})
    models, handle = Residency(device="cpu"), VideoModel(family, str(tmp_path / "drawn"), "drawn")
    figures = sampled(models, handle, Trial(64, 64, frames, 2, 3.0), tell=lambda *_: None)
    assert figures.flops
    assert torch.isfinite(figures.latent.video_BCTHW).all()
    real: Any = loader(family)(VideoModel(family, str(source), "digest"), source, "cpu")
    drawn: Any = models.get(handle)
    assert drawn.nbytes == pytest.approx(real.nbytes, rel=0.01), "as large as it really is"


def test_weights_are_drawn_alike_each_time_and_in_the_precision_that_is_asked_for(
    tiny_model: TinyModel, tmp_path: Path
) -> None:
    lay_out(tmp_path / "drawn", "wan", parts_of(tiny_model("wan")), {})
    state = torch.get_rng_state()

    def denoiser(precision: str) -> Any:
        handle = VideoModel("wan", str(tmp_path / "drawn"), "drawn", precision)
        family: Any = loader("wan")(handle, tmp_path / "drawn", "cpu")
        return family.parts["transformer"]

    first, second = denoiser("bfloat16"), denoiser("bfloat16")
    name = "blocks.0.attn1.to_q.weight"
    assert first.state_dict()[name].dtype is torch.bfloat16
    assert torch.equal(first.state_dict()[name], second.state_dict()[name])
    assert float(first.state_dict()[name].float().std()) == pytest.approx(0.02, rel=0.2)
    assert torch.equal(state, torch.get_rng_state()), "nobody else's chance is touched"
    assert denoiser("int8").blocks[0].attn1.to_q.weight.dtype is torch.int8


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("starter", "has its own weights here"),
        ("hunyuan-video-i2v", "the settings of the tokenizer of its 'text_encoder' are not known"),
        ("open-sora-2.0", "the settings of the family 'opensora' are not known here"),
        ("wan2.1-t2v-31b", "no model 'wan2.1-t2v-31b'"),
    ],
)
def test_what_is_not_known_of_a_model_is_said(model: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words), drawn_model(model, TRIAL, device="cpu"):
        pass


def test_what_does_not_fit_is_refused_before_anything_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(folders, "free_memory", lambda device: 20 << 30)
    asked = drawn_model("wan2.1-t2v-14b", TRIAL, "bfloat16", "cuda")
    with pytest.raises(InvalidInput, match=r"needs 38\.\d GiB on 'cuda', and 20\.0 GiB"), asked:
        pass


def test_what_fits_is_laid_out_as_published_and_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(folders, "free_memory", lambda device: 140 << 30)
    with drawn_model("wan2.2-t2v-a14b", TRIAL, device="cuda") as handle:
        layout = read_layout(Path(handle.source))
        assert handle.family == "wan"
        assert handle.recommended.steps == 40
        assert layout.settings["boundary_ratio"] == 0.875
        assert {"transformer", "transformer_2", "tokenizer"} <= layout.components.keys()
        settings = read_json(Path(handle.source) / "transformer_2" / "config.json")
        assert settings["num_layers"] == 40
    assert not Path(handle.source).exists()
