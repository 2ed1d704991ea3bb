"""A mixture of experts: begins as the dense layer, computes what is chosen, keeps loads even."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.models.starter.config import DitConfig, StarterConfig, TextConfig, VaeConfig
from engine.models.starter.dit import StarterDiT
from engine.models.starter.load import Starter
from engine.models.starter.text import StarterTextEncoder, Vocabulary
from engine.models.starter.training.ablate_experts import Contender, HeldOut, held_out_losses
from engine.models.starter.training.experts import Experts, experts_of, with_experts
from engine.models.starter.training.latents import LatentSet, known_state, near_impacts
from engine.models.starter.training.prompts import all_words
from engine.models.starter.training.scene import draw_scenes
from engine.models.starter.vae import StarterVAE

WIDTH = 8


def layers(count: int, chosen: int, spread: float = 1.0) -> Experts:
    """Experts that differ, and a router that has an opinion."""
    torch.manual_seed(0)
    made = Experts(nn.Linear(WIDTH, 16), nn.Linear(16, WIDTH), count, chosen)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.5)
        made.router.weight.mul_(spread)
    return made


def by_definition(experts: Experts, x_D: Tensor) -> Tensor:
    """One token, every expert computed."""
    score = torch.sigmoid(experts.router.weight @ x_D)
    order = sorted(range(len(score)), key=lambda e: -(score[e] + experts.bias_E[e]).item())
    made = torch.zeros(WIDTH)
    for e in order[: experts.chosen]:
        inner = F.relu(experts.widen[e](x_D)) ** 2
        made = made + 2 * score[e] / experts.chosen * experts.narrow[e](inner)
    return made


@pytest.mark.parametrize("chosen", [1, 2, 4])
def test_each_token_gets_what_its_experts_make(chosen: int) -> None:
    experts = layers(4, chosen)
    experts.bias_E.copy_(torch.tensor([0.0, 0.3, -0.2, 0.1]))
    x = torch.randn(2, 3, 5, WIDTH)
    expected = torch.stack([by_definition(experts, token) for token in x.view(-1, WIDTH)])
    assert torch.allclose(experts(x).view(-1, WIDTH), expected, atol=1e-5)
    assert experts.load_E.sum() == 30 * chosen


def test_only_what_was_chosen_and_the_router_learn() -> None:
    experts = layers(4, 1)
    experts.bias_E.copy_(torch.tensor([0.0, 5.0, 0.0, 0.0]))
    experts(torch.randn(6, WIDTH)).sum().backward()
    learned = [layer.weight.grad is not None and layer.weight.grad.any() for layer in experts.widen]
    assert [bool(each) for each in learned] == [False, True, False, False]
    assert experts.router.weight.grad[1].abs().max() > 0


def test_the_bias_brings_loads_into_balance() -> None:
    experts = layers(4, 1)
    x = torch.randn(400, WIDTH) + 1.0  # all tokens are alike, so one expert gets most of them
    experts(x)
    before = experts.load_E.max() / 100
    for _ in range(300):
        experts(x)
        experts.balance(0.01)
    assert before > 1.8
    assert experts.load_E.max() / 100 < 1.3


@pytest.mark.parametrize("chosen", [1, 2])
def test_a_denoiser_with_experts_begins_as_the_dense_one(chosen: int) -> None:
    torch.manual_seed(0)
    config = DitConfig(latent_channels=4, width=32, num_layers=2, num_heads=2, text_width=16)
    dense = StarterDiT(config).eval()
    with torch.no_grad():
        for parameter in dense.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    given = (
        torch.randn(2, 4, 3, 4, 4), torch.rand(2, 3), torch.randn(2, 5, 16),
        torch.ones(2, 5, dtype=torch.bool), torch.randn(2, 16),
    )  # fmt: skip
    routed = with_experts(dense, 4, chosen)
    off = (routed(*given) - dense(*given)).norm() / dense(*given).norm()
    assert 0 < off < 0.01
    for experts in experts_of(routed):
        nn.init.zeros_(experts.router.weight)
    assert torch.allclose(routed(*given), dense(*given), atol=1e-5)
    assert len(list(experts_of(routed))) == 2
    assert not list(experts_of(dense))


def test_contenders_see_the_same_and_begin_alike() -> None:
    torch.manual_seed(0)
    words = Vocabulary(tuple(all_words()))
    text = TextConfig(vocabulary_size=len(words), width=16, num_layers=1, num_heads=2)
    config = DitConfig(latent_channels=2, width=32, num_layers=2, num_heads=2, text_width=16)
    nets = StarterTextEncoder(text), StarterDiT(config), StarterVAE(VaeConfig(fine_width=8))
    nets[1].requires_grad_(False)
    for parameter in nets[1].parameters():
        parameter.add_(torch.randn_like(parameter) * 0.05)
    starter = Starter(StarterConfig(text=text, dit=config), words, *nets)
    scenes, clips = draw_scenes(6, seed=1), torch.randn(6, 2, 9, 8, 8).half()
    data = LatentSet(
        scenes, clips, clips, *known_state(scenes), torch.zeros(6, 0, 0), near_impacts(scenes)
    )
    held = HeldOut(clips.float(), torch.randn(clips.shape), torch.linspace(0.1, 0.9, 6), ["a"] * 6)
    dense, again, routed = (Contender(starter, n, min(n, 1), steps=3) for n in (0, 0, 4))
    losses = [[each.learn(data) for _ in range(3)] for each in (dense, again, routed)]
    assert losses[0] == losses[1]
    assert losses[2] == pytest.approx(losses[0], rel=0.01)
    assert dense.seconds > 0
    after = [held_out_losses(starter, each.dit, held) for each in (dense, again, routed)]
    assert torch.equal(after[0], after[1])
    assert not torch.equal(after[0], after[2])
    assert not torch.equal(after[0], held_out_losses(starter, starter.dit, held))
    assert 1 <= routed.busiest <= 4
