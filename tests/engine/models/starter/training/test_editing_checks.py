"""The checkers of editing: the truth passes, and each thing that can go wrong is named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.models.starter.training.editing_checks import (
    check_extended,
    check_pictured,
    check_restyled,
)
from engine.models.starter.training.looks import Look, look_at, path_distance
from engine.models.starter.training.scene import Scene
from engine.models.starter.training.world import render

SCENE = Scene("red", "cube", 1, "right", "studio", "fast", 9.0, 0.0, 0.0, 36.0)
BOUNCE = replace(SCENE, motion="bounce", travel=0.0, impact=0.2, beat=0.38)

Seen = tuple[NDArray[np.uint8], Look]


def seen(scene: Scene) -> Seen:
    clip = render(scene).numpy()
    return clip, look_at(clip)


def failed(checks: dict[str, bool]) -> set[str]:
    return {name for name, passed in checks.items() if not passed}


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, set()),
        ({"colour": "red"}, {"colour as told"}),
        ({"background": "sea"}, {"background kept"}),
        ({"shape": "ring"}, {"shape kept"}),
        ({"motion": "left"}, {"motion kept", "path kept"}),
        ({"offset_y": 8.0}, {"path kept"}),
    ],
)
def test_another_colour_keeps_all_else(change: dict[str, object], wrong: set[str]) -> None:
    wanted = replace(SCENE, colour="green")
    made = replace(wanted, **change)  # type: ignore[arg-type]
    checks = check_restyled("colour", seen(SCENE)[1], seen(made)[1], wanted)
    assert failed(checks) == wrong


def test_another_background_keeps_all_else() -> None:
    wanted = replace(SCENE, background="desert")
    _, source = seen(SCENE)
    assert not failed(check_restyled("background", source, seen(wanted)[1], wanted))
    assert failed(check_restyled("background", source, source, wanted)) == {"background as told"}
    two = seen(replace(wanted, count=2, radius=8.0))[1]
    assert failed(check_restyled("background", source, two, wanted)) == {"count kept"}


@pytest.mark.parametrize("scene", [SCENE, BOUNCE])
def test_a_clip_that_goes_on_passes_and_one_that_stops_does_not(scene: Scene) -> None:
    clip, look = seen(scene)
    assert not failed(check_extended(clip, look, clip, look, scene, 17))
    rest = np.repeat(clip[16][None], 16, axis=0)
    stopped = np.concatenate([clip[:17], rest])
    assert {"motion goes on"} <= failed(
        check_extended(clip, look, stopped, look_at(stopped), scene, 17)
    )


def test_what_goes_wrong_after_the_beginning_is_named() -> None:
    clip, look = seen(SCENE)
    back = np.concatenate([clip[:17], clip[15::-1]])
    turned = failed(check_extended(clip, look, back, look_at(back), SCENE, 17))
    assert "path goes on" in turned
    assert "no jump" not in turned
    leap = np.concatenate([clip[:17], render(replace(SCENE, offset_y=9.0)).numpy()[17:]])
    assert "no jump" in failed(check_extended(clip, look, leap, look_at(leap), SCENE, 17))
    other, seen_other = seen(replace(SCENE, offset_y=6.0))
    assert "beginning kept" in failed(check_extended(clip, look, other, seen_other, SCENE, 17))


def test_a_picture_is_kept_at_its_frame_and_the_prompt_moves_it() -> None:
    clip, look = seen(SCENE)
    assert not failed(check_pictured(clip, clip, look, SCENE, [0, 20]))
    moved = np.roll(clip, 4, axis=2)
    assert failed(check_pictured(clip, moved, look_at(moved), SCENE, [20])) == {"picture kept"}
    still = np.repeat(clip[20][None], 33, axis=0)
    assert failed(check_pictured(clip, still, look_at(still), SCENE, [20])) == {"motion as wanted"}


def test_paths_are_compared_where_both_are_seen() -> None:
    _, one = seen(SCENE)
    _, other = seen(replace(SCENE, offset_y=5.0))
    assert path_distance(one, one) == 0.0
    assert path_distance(one, other) == pytest.approx(5.0, abs=0.3)
    away = replace(other, seen_N=other.seen_N[:10], centres_N2=other.centres_N2[:10])
    assert path_distance(one, away) == float("inf")
