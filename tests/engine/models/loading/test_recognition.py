"""What a single file is, and which model it is put into."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.errors import InvalidInput, InvalidWeights
from engine.models import catalog
from engine.models.loading.architectures import Architecture, architectures, recognise
from engine.models.loading.classes import find_class
from engine.models.loading.recognition import recognised


def marked(known: Architecture, ours: bool) -> dict[str, tuple[int, ...]]:
    """Only the weights by which an architecture is known, under one of their two names."""
    return {names.split("|")[-1 if ours else 0]: shape for names, shape in known.marks.items()}


@pytest.mark.parametrize("ours", [True, False])
def test_every_known_architecture_is_recognised_as_itself(ours: bool) -> None:
    for known in architectures():
        assert recognise(marked(known, ours), known.part) is known
    assert recognise({"conv.weight": (3, 3)}, "transformer") is None


def test_both_experts_are_of_one_architecture() -> None:
    known = architectures()[1]
    assert recognise(marked(known, True), "transformer_2") is known


def test_every_architecture_names_a_class_that_there_is_and_a_model_of_the_catalog() -> None:
    for known in architectures():
        find_class(known.kind, "diffusers", where="the table")
        assert catalog.find(known.model).repository


def test_settings_have_the_shapes_by_which_they_are_known() -> None:
    """One is built, without memory for its weights; the others come from the same source."""
    from engine.models.loading.modules import empty_network

    known = architectures()[0]
    kind = find_class(known.kind, where="")
    network = empty_network(kind, dict(known.config), torch.bfloat16)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert known.fits(shapes)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with what marks the small Wan, as its makers name it, and its VAE."""
    path = tmp_path / "wan.safetensors"
    tensors = {
        "model.diffusion_model.patch_embedding.weight": torch.zeros(1536, 16, 1, 2, 2),
        "vae.decoder.conv1.weight": torch.zeros(384, 16, 3, 3, 3),
    }
    save_file({name: tensor.half() for name, tensor in tensors.items()}, path)
    return path


def test_a_file_is_put_into_the_model_that_has_the_rest(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {name: known.model for name, known in recognised(file).items()} == {
        "transformer": "wan2.1-t2v-1.3b",
        "vae": "wan2.1-t2v-1.3b",
    }
    monkeypatch.setenv("REELWRIGHT_MODELS", str(tmp_path / "models"))
    with pytest.raises(InvalidInput, match=r"denoiser of 'wan2.1-t2v-1.3b'.*models pull wan2.1"):
        catalog.handle(str(file))
    base = tmp_path / "models" / "wan2.1-t2v-1.3b"
    base.mkdir(parents=True)
    save_file({"w": torch.zeros(1)}, base / "model.safetensors")
    handle = catalog.handle(str(file), "bfloat16")
    assert (handle.family, handle.source, handle.precision) == ("wan", base.name, "bfloat16")
    assert [(part.name, part.path) for part in handle.parts] == [
        ("transformer", str(file)),
        ("vae", str(file)),
    ]


def test_what_is_not_recognised_is_to_be_put_into_a_model_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file({"conv.weight": torch.zeros(3, 3)}, path)
    with pytest.raises(InvalidInput, match=r"a model that is not known.*'Swap a part'"):
        catalog.handle(str(path))
    save_file({"decoder.conv1.weight": torch.zeros(384, 16, 3, 3, 3).half()}, path)
    with pytest.raises(InvalidInput, match="only a VAE"):
        catalog.handle(str(path))
    path.write_bytes(b"")
    with pytest.raises(InvalidWeights, match="cut off"):
        catalog.handle(str(path))
