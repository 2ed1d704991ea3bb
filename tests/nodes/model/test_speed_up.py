"""Speeding a model up: only the handle changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import InvalidInput
from engine.models.catalog import folder_of
from engine.models.families import loader
from engine.models.speed.magnitudes import MAGNITUDES
from engine.values import Adapter, Speed, VideoModel
from nodes.model.speed_up import SpeedUp
from tests.nodes.recording import RecordingContext

MODEL = VideoModel("wan", "wan2.1-t2v-1.3b", "0f")
PLAIN = {
    "cache": "none", "threshold": 0.0, "interval": 0, "attention": "auto", "compile": False,
    "decode": "auto",
}  # fmt: skip


def sped_up(context: RecordingContext, model: VideoModel = MODEL, **params: object) -> VideoModel:
    return SpeedUp(model=model, **(PLAIN | params)).run(context)


def test_every_choice_is_another_identity_but_nothing_else_to_load(
    context: RecordingContext,
) -> None:
    made = [
        sped_up(context, **params)
        for params in (
            {"cache": "first block"},
            {"cache": "first block", "threshold": 0.1},
            {"cache": "magcache"},
            {"cache": "taylorseer"},
            {"cache": "taylorseer", "interval": 2},
            {"attention": "flex"},
            {"compile": True},
            {"decode": "bfloat16"},
        )
    ]
    assert len({model.identity for model in made} | {MODEL.identity}) == 9
    assert {model.base for model in made} == {MODEL}


def test_a_model_that_is_left_as_it_is_keeps_its_identity(context: RecordingContext) -> None:
    assert sped_up(context) == MODEL
    assert sped_up(context, threshold=0.5, interval=7) == MODEL
    assert MODEL.identity == MODEL.digest
    styled = MODEL.with_adapter(Adapter("style", "1"))
    assert sped_up(context, sped_up(context, styled, cache="taylorseer")) == styled


def test_a_cache_gets_what_it_needs_and_nothing_else(context: RecordingContext) -> None:
    given = {"threshold": 0.2, "interval": 4}
    for params, speed in (
        ({"cache": "first block"}, Speed("first block", threshold=0.05)),
        ({"cache": "first block", **given}, Speed("first block", threshold=0.2)),
        ({"cache": "taylorseer"}, Speed("taylorseer", interval=3)),
        ({"cache": "taylorseer", **given}, Speed("taylorseer", interval=4)),
        (
            {"cache": "magcache"},
            Speed("magcache", threshold=0.06, magnitudes=MAGNITUDES[MODEL.source]),
        ),
    ):
        assert sped_up(context, **params).speed == speed


def test_a_model_that_nobody_measured_is_named(context: RecordingContext) -> None:
    with pytest.raises(InvalidInput, match=r"does not know 'ltx-2'.*wan2\.1-t2v-14b"):
        sped_up(context, replace(MODEL, source="ltx-2"), cache="magcache")


def test_the_starter_model_cannot_be_sped_up(context: RecordingContext) -> None:
    starter = sped_up(context, VideoModel("starter", "starter", "0f"), cache="first block")
    with pytest.raises(InvalidInput, match="cannot be sped up"):
        loader("starter")(starter, folder_of("starter"), "cpu")
