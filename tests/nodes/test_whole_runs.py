"""What only whole runs show: work that is kept, lists, pictures that steer, own policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch

from engine.graph.document import Document
from engine.media.read_video import read_video
from engine.media.write_image import write_image
from engine.models.family import Family, SampleRequest, SampleState
from engine.run.events import Event
from engine.run.local import LocalRunner
from engine.run.runner import RunRequest, RunResult
from engine.trust.verification import State
from engine.trust.verify import verify
from engine.values import Latent
from tests.nodes.graphs import changed, graph, joined, node, notes, ran, text_to_video
from tests.nodes.pictures import picture

MakeRunner: TypeAlias = Callable[[], LocalRunner]
Names: TypeAlias = Callable[[], Sequence[str]]


class StopAfter:
    """Cancels the run once a model has made so many steps; counts them, the later ones too."""

    def __init__(self, steps: int | None) -> None:
        self.steps = steps
        self.made = 0

    def is_set(self) -> bool:
        return self.steps is not None and self.made >= self.steps


@pytest.fixture
def stop(family: Family, monkeypatch: pytest.MonkeyPatch) -> StopAfter:
    """Counts the steps of the tiny model, and stops runs if a test says when."""
    counted = StopAfter(None)
    step = family.step

    def counting(request: SampleRequest, state: SampleState) -> SampleState:
        counted.made += 1
        return step(request, state)

    monkeypatch.setattr(family, "step", counting)
    return counted


@pytest.fixture
def run(make_runner: MakeRunner, stop: StopAfter) -> Callable[..., tuple[RunResult, list[Event]]]:
    """Runs a document as a program that was just started would: the answer, and the events."""

    def started(document: Document, **options: object) -> tuple[RunResult, list[Event]]:
        events: list[Event] = []
        request = RunRequest(document, **options)  # type: ignore[arg-type]
        return make_runner().run(request, listener=events.append, cancellation=stop), events

    return started


Run: TypeAlias = Callable[..., "tuple[RunResult, list[Event]]"]


def sampled(result: RunResult) -> torch.Tensor:
    latent = result.values["sample"]["result"]
    assert isinstance(latent, Latent)
    return latent.video_BCTHW


def test_an_altered_file_is_not_passed_off_as_the_result(
    run: Run, weights: Path, outputs: Names
) -> None:
    first, _ = run(text_to_video(weights))
    with first.artifacts[0].path.open("ab") as file:
        file.write(b"more")
    again, _ = run(text_to_video(weights))
    assert outputs() == ["video_7.mp4", "video_7_2.mp4"]
    assert verify(again.artifacts[0].path).state is State.INTACT


def test_another_format_samples_nothing_again(run: Run, stop: StopAfter, weights: Path) -> None:
    run(text_to_video(weights))
    steps = stop.made
    _, events = run(changed(text_to_video(weights), "save", format="webm"))
    assert stop.made == steps
    assert "sample" not in ran(events)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_cancelled_run_stops_within_a_step_and_goes_on_bit_for_bit(
    run: Run, stop: StopAfter, weights: Path, tmp_path: Path, outputs: Names, steps: int
) -> None:
    document = text_to_video(weights, steps=5, checkpoint_every=2)
    stop.steps = steps
    result, _ = run(document)
    assert result.outcome == "cancelled"
    assert stop.made == steps
    assert not (tmp_path / "out").exists() or outputs() == []

    stop.steps = None
    result, events = run(document)
    assert result.outcome == "succeeded"
    assert stop.made == 5, "no step is made twice"
    assert notes(events) == [f"Resumed from step {steps}."]
    resumed = result.artifacts[0].path
    resumed_pixels = np.concatenate([*read_video(resumed, tmp_path)])

    whole, _ = run(document, fresh=True)
    assert stop.made == 10
    whole_pixels = np.concatenate([*read_video(whole.artifacts[0].path, tmp_path)])
    np.testing.assert_array_equal(resumed_pixels, whole_pixels)


def test_the_resumed_latent_equals_the_uninterrupted_one(
    run: Run, stop: StopAfter, weights: Path
) -> None:
    document = text_to_video(weights, solver="heun", steps=5)
    stop.steps = 3
    run(document, outputs=["sample"])
    stop.steps = None
    resumed, _ = run(document, outputs=["sample"])
    whole, _ = run(document, outputs=["sample"], fresh=True)
    assert torch.equal(sampled(resumed), sampled(whole))


@pytest.mark.parametrize(
    ("change", "near"),
    [({"width": 30}, "32x16 is near"), ({"frames": 10}, "9 is near")],
)
def test_what_the_model_cannot_make_names_the_node_and_the_nearest(
    run: Run, weights: Path, tmp_path: Path, change: dict[str, int], near: str
) -> None:
    result, _ = run(text_to_video(weights, **change))
    assert result.outcome == "failed"
    assert str(result.errors["sample"]).startswith("Node 'sample': ")
    assert near in str(result.errors["sample"])
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    result, _ = run(text_to_video(tmp_path / "nowhere"))
    assert result.outcome == "failed"
    assert "nowhere" in str(result.errors["model"])


@pytest.mark.parametrize("content", [b"", b"\x80\x04cposix", b"short"])
def test_damaged_weights_are_named(run: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "starter.safetensors").write_bytes(content)
    (tmp_path / "bad" / "starter.json").write_text("{}")
    result, _ = run(text_to_video(tmp_path / "bad"))
    assert result.outcome == "failed"
    (error,) = result.errors.values()
    assert "starter." in str(error)


def test_two_prompts_make_two_files(run: Run, weights: Path) -> None:
    document = text_to_video(weights, steps=1)
    texts = node("list.texts", texts=["a red ball", "a blue ball"])
    document = joined(changed(document, "save", name="{prompt}"), {"texts": texts})
    links = [each for each in document.links if each.source[0] != "prompt"]
    document = document.model_copy(update={"links": tuple(links)})
    result, _ = run(joined(document, {}, "texts > policy.text"))
    names = [made.path.name for made in result.artifacts]
    assert names == ["a_red_ball.mp4", "a_blue_ball.mp4"]
    assert [verify(made.path).claims.prompt for made in result.artifacts] == [  # type: ignore[union-attr]
        "a red ball",
        "a blue ball",
    ]


def test_a_sweep_of_guidance_samples_once_for_each(
    run: Run, stop: StopAfter, weights: Path
) -> None:
    document = joined(
        text_to_video(weights, steps=1),
        {"sweep": node("list.sweep", start=1.0, stop=3.0, count=3)},
        "sweep > sample.guidance",
    )
    result, _ = run(document, outputs=["sample"])
    assert stop.made == 3
    latents = result.values["sample"]["result"]
    assert isinstance(latents, list)
    assert not torch.equal(latents[0].video_BCTHW, latents[2].video_BCTHW)


def test_one_item_is_picked_out_of_a_list(run: Run) -> None:
    nodes = {
        "seeds": node("list.seeds", start=10, count=3),
        "last": node("list.pick", index=-1),
        "show": node("output.preview"),
    }
    result, events = run(graph(nodes, "seeds > last.items", "last > show.value"))
    assert result.values["show"]["result"] == 12
    assert notes(events) == ["12"]


def test_a_picture_at_the_start_reaches_the_sampler_and_the_signature(
    run: Run, weights: Path, tmp_path: Path
) -> None:
    write_image(picture(), tmp_path / "first.png")
    document = joined(
        text_to_video(weights),
        {
            "picture": node("input.image", path=str(tmp_path / "first.png")),
            "first": node("image.condition", at="first"),
        },
        "picture > first.image",
        "first > sample.keyframes",
    )
    result, _ = run(document)
    assert result.outcome == "succeeded", result.errors
    found = verify(result.artifacts[0].path)
    assert [each.title for each in found.claims.ingredients] == ["first.png"]

    write_image(picture(level=3), tmp_path / "first.png")
    again, events = run(document)
    assert "sample" in ran(events), "another picture under the same name is other work"
    assert again.artifacts[0].path.name == "video_7_2.mp4"


def test_first_and_last_pictures_hold_while_the_middle_moves(
    run: Run, weights: Path, tmp_path: Path
) -> None:
    for name, level in (("first", 0), ("last", 250)):
        write_image(picture(level=level), tmp_path / f"{name}.png")
    document = joined(
        text_to_video(weights),
        {
            **{
                f"{name}_picture": node("input.image", path=str(tmp_path / f"{name}.png"))
                for name in ("first", "last")
            },
            "first": node("image.condition", at="first"),
            "last": node("image.condition", at="last"),
            "both": node("keyframes.merge"),
        },
        "first_picture > first.image",
        "last_picture > last.image",
        "first > both.first",
        "last > both.second",
        "both > sample.keyframes",
    )
    one, _ = run(document, outputs=["sample"])
    other, _ = run(changed(document, "sample", seed=8), outputs=["sample"])
    assert torch.equal(sampled(one)[:, :, 0], sampled(other)[:, :, 0])
    assert torch.equal(sampled(one)[:, :, -1], sampled(other)[:, :, -1])
    assert not torch.equal(sampled(one)[:, :, 1], sampled(other)[:, :, 1])


OWN_POLICY = """
version = 1
name = "Nothing red"
[[category]]
id = "red"
title = "Red"
severity = "low"
action = "{action}"
reason = "Red is reserved."
suggestion = "Try blue."
[[category.rule]]
any = ["red"]
"""


def test_a_policy_of_ones_own_blocks_or_warns(run: Run, weights: Path, tmp_path: Path) -> None:
    policy = tmp_path / "own.toml"
    document = changed(text_to_video(weights, steps=1), "policy", policy=str(policy))
    policy.write_text(OWN_POLICY.format(action="block"), "utf-8")
    result, _ = run(document)
    assert result.outcome == "blocked"
    assert "Red is reserved. Try blue." in str(result.errors["policy"])

    policy.write_text(OWN_POLICY.format(action="warn"), "utf-8")
    result, events = run(document)
    assert result.outcome == "succeeded"
    assert notes(events) == ["Red is reserved. ('red')"]
