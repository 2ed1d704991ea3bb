"""From a prompt to signed files: whole graphs of our nodes, run by the real runner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest
import torch

from engine.errors import BlockedByPolicy
from engine.graph.document import Document, dump_document, parse_document
from engine.media.embed import read_embedded
from engine.media.read_image import read_image
from engine.media.read_video import read_video
from engine.models.family import Family
from engine.run.events import Event, Progressed, Wrote
from engine.run.runner import RunRequest
from engine.trust.verification import State
from engine.trust.verify import verify
from engine.values import Clip, FrameCondition, Image, Latent
from tests.nodes.conftest import MakeRunner
from tests.nodes.graphs import FAST, SMALL, changed, joined, node, notes, ran, text_to_video


@pytest.fixture
def document(weights: Path) -> Document:
    return text_to_video(weights)


def test_a_prompt_becomes_a_signed_video_that_carries_its_graph(
    make_runner: MakeRunner, document: Document, tmp_path: Path
) -> None:
    events: list[Event] = []
    done = make_runner().run(RunRequest(document), listener=events.append)
    assert done.outcome == "succeeded"
    (artifact,) = done.artifacts
    assert artifact.path == tmp_path / "out" / "video_7.mp4"
    assert sum(len(chunk) for chunk in read_video(artifact.path, tmp_path)) == 9
    embedded = read_embedded(artifact.path)
    assert embedded is not None
    assert parse_document(embedded) == document
    found = verify(artifact.path)
    assert found.state is State.INTACT
    assert found.claims is not None
    assert (found.claims.prompt, found.claims.seed) == ("a red ball moving left", 7)
    assert found.claims.document == dump_document(document)
    assert Wrote("save", str(artifact.path), artifact.digest, signed=True) in events


def test_an_unchanged_graph_run_again_computes_nothing_and_writes_nothing(
    make_runner: MakeRunner, document: Document, outputs: Callable[[], Sequence[str]]
) -> None:
    (artifact,) = make_runner().run(RunRequest(document)).artifacts
    events: list[Event] = []
    again = make_runner().run(RunRequest(document), listener=events.append)
    assert again.artifacts == (artifact,)
    assert ran(events) == []
    assert outputs() == ["video_7.mp4"]


def test_a_render_whose_key_was_away_is_signed_later_and_not_sampled_again(
    make_runner: MakeRunner, document: Document, outputs: Callable[[], Sequence[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with monkeypatch.context() as away:
        away.setenv("REELWRIGHT_IDENTITY", "nobody")
        failed = make_runner().run(RunRequest(document))
    assert "No package offers the identity 'nobody'" in str(failed.errors["save"])
    assert outputs() == []
    events: list[Event] = []
    (artifact,) = make_runner().run(RunRequest(document), listener=events.append).artifacts
    assert verify(artifact.path).state is State.INTACT
    assert "sample" not in ran(events)


def test_a_lost_video_is_made_again_from_the_kept_sample(
    make_runner: MakeRunner, document: Document, tmp_path: Path
) -> None:
    (artifact,) = make_runner().run(RunRequest(document)).artifacts
    expected = np.concatenate([*read_video(artifact.path, tmp_path)])
    artifact.path.unlink()
    events: list[Event] = []
    (again,) = make_runner().run(RunRequest(document), listener=events.append).artifacts
    assert np.array_equal(np.concatenate([*read_video(again.path, tmp_path)]), expected)
    assert "sample" not in ran(events)


def test_a_forbidden_prompt_samples_nothing_and_writes_nothing(
    make_runner: MakeRunner, weights: Path, tmp_path: Path
) -> None:
    events: list[Event] = []
    forbidden = text_to_video(weights, "a nude child")
    done = make_runner().run(RunRequest(forbidden), listener=events.append)
    assert done.outcome == "blocked"
    assert isinstance(done.errors["policy"], BlockedByPolicy)
    assert "sample" not in ran(events)
    assert not (tmp_path / "out").exists()


def test_an_unknown_word_is_told_once(make_runner: MakeRunner, weights: Path) -> None:
    events: list[Event] = []
    document = text_to_video(weights, "a red zeppelin")
    make_runner().run(RunRequest(document), listener=events.append)
    (note,) = notes(events)
    assert "'zeppelin'" in note


def test_a_list_of_seeds_makes_a_file_each(
    make_runner: MakeRunner, document: Document, tmp_path: Path
) -> None:
    seeds = {"seeds": node("list.seeds", start=3, count=3)}
    unseeded = {name: value for name, value in SMALL.items() if name != "seed"}
    sample = {"sample": node("video.sample", **unseeded)}
    listed = joined(document, {**seeds, **sample}, "seeds > sample.seed")
    done = make_runner().run(RunRequest(listed))
    names = [artifact.path.name for artifact in done.artifacts]
    assert names == ["video_3.mp4", "video_4.mp4", "video_5.mp4"]
    first, second, _ = (
        np.concatenate([*read_video(artifact.path, tmp_path)]) for artifact in done.artifacts
    )
    assert not np.array_equal(first, second)


def test_one_video_goes_out_in_several_ways(
    make_runner: MakeRunner, document: Document, tmp_path: Path
) -> None:
    nodes = {
        "frames": node("output.frames", sign=False),
        "resize": node("video.resize", width=64),
        "web": node("output.video", **{**FAST, "format": "webm"}),
        "last": node("video.frame"),
        "still": node("output.image"),
    }
    links = ("decode > frames.clip", "decode > resize.clip", "resize > web.clip")
    links += ("decode > last.clip", "last > still.image")
    done = make_runner().run(RunRequest(joined(document, nodes, *links)))
    assert done.errors == {}
    made = {artifact.path.name: artifact.path for artifact in done.artifacts}
    assert set(made) == {"video_7.mp4", "video_7.webm", "frames_7", "image_7.png"}
    web = read_video(made["video_7.webm"], tmp_path)
    assert (web.frames, web.height, web.width) == (9, 32, 64)
    last = read_image(made["frames_7"] / "frame_000009.png").pixels_HWC
    assert np.array_equal(read_image(made["image_7.png"]).pixels_HWC, last)


def test_the_last_frame_of_one_video_begins_the_next(
    make_runner: MakeRunner, document: Document, family: Family
) -> None:
    nodes = {
        "last": node("video.frame"),
        "first": node("image.condition", at="first"),
        "next": node("video.sample", **{**SMALL, "seed": 8}),
    }
    links = ("decode > last.clip", "last > first.image", "first > next.keyframes")
    links += ("model > next.model", "positive > next.positive")
    request = RunRequest(joined(document, nodes, *links), outputs=["next", "first"])
    done = make_runner().run(request)
    sampled, first = done.values["next"]["result"], done.values["first"]["result"]
    assert isinstance(sampled, Latent)
    assert isinstance(first, FrameCondition)
    alone = family.encode(one_frame(first.image))
    assert torch.equal(sampled.video_BCTHW[:, :, :1], alone.video_BCTHW)


def one_frame(image: Image) -> Clip:
    pixels_THWC = image.pixels_HWC[None]
    return Clip(lambda: iter([pixels_THWC]), 1, image.height, image.width, Fraction(16))


def test_a_failing_export_costs_no_other(make_runner: MakeRunner, document: Document) -> None:
    wrong = {"wrong": node("output.video", format="webm", codec="h264")}
    done = make_runner().run(RunRequest(joined(document, wrong, "decode > wrong.clip")))
    assert done.outcome == "failed"
    assert [*done.errors] == ["wrong"]
    assert "codec 'h264' is not possible in webm" in str(done.errors["wrong"])
    assert [artifact.path.name for artifact in done.artifacts] == ["video_7.mp4"]


def test_cancelled_while_it_is_written_a_video_leaves_nothing_and_its_clip_stays_good(
    make_runner: MakeRunner, document: Document, tmp_path: Path
) -> None:
    flag, runner = Flag(), make_runner()
    longer = changed(document, "sample", frames=81)

    def listen(event: Event) -> None:
        if isinstance(event, Progressed) and event.node == "save":
            flag.set()

    assert runner.run(RunRequest(longer), listener=listen, cancellation=flag).outcome == "cancelled"
    assert [*(tmp_path / "out").iterdir()] == []
    events: list[Event] = []
    assert runner.run(RunRequest(longer), listener=events.append).outcome == "succeeded"
    assert ran(events) == ["save"], "sample and clip are still there"
