"""Networks come to the device when they work, and every way computes the same bits."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.models.loading.sizes import memory_of
from engine.models.memory.networks import held_in_blocks, owners_of_blocks, parts_of, phase_of
from engine.models.memory.placed import Placed
from engine.models.memory.plan import WAYS, Placement, Way
from tests.engine.models.tiny.text import t5_encoder


class Denoiser(nn.Module):
    """Four blocks between two layers that are none."""

    def __init__(self) -> None:
        super().__init__()
        self.inward = nn.Linear(4, 8)
        self.blocks = nn.ModuleList(nn.Linear(8, 8) for _ in range(4))
        self.outward = nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.inward(x)
        for block in self.blocks:
            x = x + torch.relu(block(x))
        return torch.Tensor(self.outward(x))


@pytest.fixture
def networks() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {
        "text_encoder": t5_encoder(),
        "transformer": Denoiser(),
        "vae": nn.Linear(4, 4),
    }


def computed(placed: Placed, networks: dict[str, nn.Module]) -> list[torch.Tensor]:
    words = torch.arange(5)[None]
    x = torch.linspace(-1, 1, 4)[None]
    with torch.no_grad():
        with placed.using("text_encoder"):
            told = networks["text_encoder"](words).last_hidden_state
        with placed.using("transformer"):
            x = networks["transformer"](x)
        with placed.using("vae"):
            return [told, networks["vae"](x)]


def test_the_phases_of_components_are_told_by_their_names() -> None:
    names = ("text_encoder_2", "image_encoder", "transformer_2", "connectors", "audio_vae", "vae")
    assert [phase_of(name) for name in names] == [
        "encode", "encode", "sample", "encode", "decode", "decode",
    ]  # fmt: skip


def test_what_is_held_in_blocks_is_the_rest_and_two_blocks() -> None:
    denoiser = Denoiser()
    block = memory_of(denoiser.blocks[0])
    assert held_in_blocks(denoiser) == memory_of(denoiser) - 2 * block
    assert held_in_blocks(nn.Linear(4, 4)) == 80
    (part,) = parts_of({"transformer": denoiser})
    assert (part.phase, part.nbytes) == ("sample", memory_of(denoiser))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_every_way_computes_the_same_bits(way: Way, networks: dict[str, nn.Module]) -> None:
    placed = Placed(networks, "cpu")
    whole = computed(placed, networks)
    placed.change(Placement(way, 0))
    assert placed.here == frozenset()
    for found, expected in zip(computed(placed, networks), whole, strict=True):
        assert torch.equal(found, expected)


def test_what_stays_moves_once_and_what_is_handed_over_only_when_another_works(
    networks: dict[str, nn.Module],
) -> None:
    placed = Placed(networks, "cpu")
    for _ in range(3):
        computed(placed, networks)
    assert placed.moves == 0, "they were there from the beginning"
    assert placed.here == set(networks)
    placed.change(Placement(WAYS[2], 0))
    for _ in range(2):
        with placed.using("transformer"):
            assert placed.here == {"transformer"}
    assert placed.moves == 1
    assert placed.nbytes_here == memory_of(networks["transformer"])
    with placed.using("vae", "audio_vae"):
        assert placed.here == {"vae"}


def test_blocks_come_one_by_one_and_the_hooks_go_with_the_way(
    networks: dict[str, nn.Module],
) -> None:
    def hooked() -> list[bool]:
        owners = [o for n in ("text_encoder", "transformer") for o in owners_of_blocks(networks[n])]
        blocks = [
            block
            for owner in owners
            for child in owner.children()
            if isinstance(child, nn.ModuleList)
            for block in child
        ]
        return [bool(getattr(getattr(b, "_diffusers_hook", None), "hooks", None)) for b in blocks]

    placed = Placed(networks, "cpu")
    placed.change(Placement(WAYS[-1], 0))
    with placed.using("text_encoder", "transformer"):
        assert all(hooked())
        assert len(hooked()) >= 4
    placed.change(Placement(WAYS[0], 0))
    assert not any(hooked())
    with placed.using("transformer"):
        assert not any(hooked())
