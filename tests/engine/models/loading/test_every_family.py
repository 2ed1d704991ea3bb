"""What is done to weights on their way in holds for every family: LoRA, and single files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from engine.models.families import loader
from engine.values import Adapter, SwappedPart, VideoModel
from tests.engine.models.conftest import TinyModel
from tests.engine.models.loading.conftest import weights
from tests.engine.models.sampling_runs import request_of, states_of

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array_:DeprecationWarning", "ignore:In CPU autocast"
)
# By family: the shortest clip that is longer than a picture.
FAMILIES = {
    "wan": 5, "ltx": 9, "ltx2": 9, "cogvideox": 9, "mochi": 7, "hunyuan": 5, "hunyuan15": 5,
    "latte": 6,
}  # fmt: skip
PART = "transformer"
RANK = 2


def load(family: str, folder: Path, **changes: Any) -> Any:
    return loader(family)(VideoModel(family, str(folder), "", **changes), folder, "cpu")


def final(model: Any, family: str) -> Tensor:
    request = request_of(model, FAMILIES[family], negative=None, steps=2)
    return states_of(model, request)[-1].tensors["latent"]


@pytest.mark.proves("{family}", "lora")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_lora_is_added_to_the_weights_and_taken_off_again(
    tiny_model: TinyModel, tmp_path: Path, family: str
) -> None:
    folder = tiny_model(family)
    own = weights(folder / PART)
    name = next(n for n, w in own.items() if "attn" in n and n.endswith(".weight") and w.ndim == 2)
    down, up = torch.ones(RANK, own[name].shape[1]), torch.ones(own[name].shape[0], RANK) * 0.1
    stem = f"{PART}.{name.removesuffix('.weight')}"
    file = tmp_path / "lora.safetensors"
    save_file({f"{stem}.lora_A.weight": down, f"{stem}.lora_B.weight": up}, file)

    plain = load(family, folder)
    before = final(plain, family)
    model = load(family, folder, adapters=(Adapter(str(file), "", 0.5),))
    wanted = own[name] + 0.5 * up @ down
    torch.testing.assert_close(model.parts[PART].get_parameter(name), wanted)
    assert not torch.equal(final(model, family), before)
    model.adapt(plain.handle)
    assert torch.equal(final(model, family), before)


@pytest.mark.proves("{family}", "single file")
@pytest.mark.parametrize("family", FAMILIES)
def test_a_denoiser_in_a_single_file_takes_the_place_of_the_folders(
    tiny_model: TinyModel, tmp_path: Path, family: str
) -> None:
    folder = tiny_model(family)
    other = {name: tensor * 0.5 for name, tensor in weights(folder / PART).items()}
    file = tmp_path / "denoiser.safetensors"
    save_file(other, file)
    model = load(family, folder, parts=(SwappedPart(PART, str(file), ""),))
    for name, tensor in model.parts[PART].state_dict().items():
        assert torch.equal(tensor, other[name]), name
    assert torch.isfinite(final(model, family)).all()
