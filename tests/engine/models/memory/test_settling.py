"""Where parts lie is settled before the work, told, and refused with what would fit."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import InvalidInput
from engine.models.memory import settling
from engine.models.memory.plan import ALL_STAY, peak
from engine.models.memory.settling import need_of, settle
from engine.models.parallel import Team, together
from tests.engine.models.conftest import TinyModel
from tests.engine.models.sampling_runs import loaded, request_of


@pytest.fixture
def model(tiny_model: TinyModel, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(settling, "LEAST_DECODING", 1000)
    return loaded("wan", tiny_model("wan"))


def settled(model: Any, frames: int, free: int) -> str | None:
    request = request_of(model, frames)
    return settle(model.placed, "Wan", model.capabilities, request, free)


def test_with_room_nothing_is_said(model: Any) -> None:
    assert settled(model, 81, 1 << 40) is None
    assert model.placed.way is ALL_STAY


def test_without_it_the_parts_take_turns_and_it_is_said_once(model: Any) -> None:
    need = need_of(model.placed.networks, model.capabilities, request_of(model, 81), 81)
    free = peak(need, ALL_STAY)  # with nothing left for the device's own libraries
    said = settled(model, 81, free)
    assert said is not None
    assert said.startswith("Memory: each part on the device only while it works")
    assert settled(model, 81, free) is None
    assert settled(model, 81, 1 << 40) is None, "with room again, all stays again"
    assert model.placed.way is ALL_STAY


def test_longer_videos_need_more(model: Any) -> None:
    short, long = (
        need_of(model.placed.networks, model.capabilities, request_of(model, 81), frames)
        for frames in (1, 81)
    )
    assert long.working["sample"] == 21 * short.working["sample"]


def test_each_of_several_ranks_needs_what_its_share_takes(model: Any) -> None:
    alone = need_of(model.placed.networks, model.capabilities, request_of(model, 81), 81)
    with together(Team(None, 0, 4)):
        shared = need_of(model.placed.networks, model.capabilities, request_of(model, 81), 81)
    assert shared.working["sample"] == alone.working["sample"] // 4 + alone.working["sample"] // 16
    assert shared.weights == alone.weights


def test_what_fits_in_no_way_is_refused_with_what_would(model: Any) -> None:
    need = need_of(model.placed.networks, model.capabilities, request_of(model, 81), 81)
    with pytest.raises(InvalidInput, match=r"Wan needs .* at least, .* Make at most \d+ frames"):
        settled(model, 801, need.weights)
