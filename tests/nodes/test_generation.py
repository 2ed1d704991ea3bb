"""From a prompt to signed files: whole graphs of our nodes, run by the real runner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from threading import Event as Flag

import numpy as np
import pytest
import torch

from engine.errors import BlockedByPolicy
from engine.graph.document import Document, Link, NodeSpec, dump_document, parse_document
from engine.graph.params import ParamValue
from engine.media.embed import read_embedded
from engine.media.read_image import read_image
from engine.media.read_video import read_video
from engine.models.family import Family
from engine.run.events import Checkpointed, Event, NodeChanged, Noted, Progressed, Wrote
from engine.run.runner import RunRequest
from engine.trust.verification import State
from engine.trust.verify import verify
from engine.values import Artifact, Clip, FrameCondition, Image, Latent
from tests.nodes.conftest import MakeRunner

Params = Mapping[str, ParamValue]

CHAIN = (
    "prompt.result > policy.text",
    "policy.result > positive.text",
    "model.result > positive.model",
    "model.result > sample.model",
    "positive.result > sample.positive",
    "sample.result > decode.latent",
    "decode.result > save.clip",
)


@pytest.fixture
def generation(weights: Path) -> Callable[..., Document]:
    """Makes documents: prompt, policy, encode, sample, decode, save; and what is added."""

    def make(*links: str, prompt: str = "a red ball moving left", **nodes: object) -> Document:
        small: Params = {"steps": 4, "width": 32, "height": 16, "frames": 5, "seed": 7}
        chain: dict[str, object] = {
            "prompt": ("text.prompt", {"text": prompt}),
            "model": ("model.load", {"model": str(weights)}),
            "policy": ("safety.prompt", {}),
            "positive": ("prompt.encode", {}),
            "sample": ("video.sample", small),
            "decode": ("video.decode", {}),
            "save": ("output.video", {"preset": "ultrafast"}),
        }
        specs = {
            id: NodeSpec(type=type, version=1, params=params)
            for id, (type, params) in (chain | nodes).items()  # type: ignore[misc]
        }
        return Document(nodes=specs, links=tuple(link(text) for text in (*CHAIN, *links)))

    return make


def link(text: str) -> Link:
    source, target = (end.split(".") for end in text.split(" > "))
    return Link(source=(source[0], source[1]), target=(target[0], target[1]))


def with_params(document: Document, node: str, **params: ParamValue) -> Document:
    spec = document.nodes[node]
    changed = spec.model_copy(update={"params": {**spec.params, **params}})
    return document.model_copy(update={"nodes": {**document.nodes, node: changed}})


def frames(artifact: Artifact, folder: Path) -> np.ndarray:
    return np.concatenate([*read_video(artifact.path, folder)])


def reached(events: Sequence[Event], state: str) -> set[str]:
    return {e.node for e in events if isinstance(e, NodeChanged) and e.state == state}


class Cancelling:
    """A listener that cancels the run as soon as an event is `when` says."""

    def __init__(self, when: Callable[[Event], bool]) -> None:
        self.flag = Flag()
        self.events: list[Event] = []
        self._when = when

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if self._when(event):
            self.flag.set()


def test_a_prompt_becomes_a_signed_video_that_carries_its_graph(
    make_runner: MakeRunner, generation: Callable[..., Document], tmp_path: Path
) -> None:
    document, events = generation(), list[Event]()
    done = make_runner().run(RunRequest(document), listener=events.append)
    assert done.outcome == "succeeded"
    (artifact,) = done.artifacts
    assert artifact.path == tmp_path / "out" / "video_7.mp4"
    assert frames(artifact, tmp_path).shape == (5, 16, 32, 3)
    embedded = read_embedded(artifact.path)
    assert embedded is not None
    assert parse_document(embedded) == document
    found = verify(artifact.path)
    assert found.state is State.INTACT
    assert found.claims is not None
    assert (found.claims.prompt, found.claims.seed) == ("a red ball moving left", 7)
    assert found.claims.document == dump_document(document)
    assert Wrote("save", str(artifact.path), artifact.digest, signed=True) in events


def test_an_unchanged_graph_run_again_does_nothing_and_writes_nothing(
    make_runner: MakeRunner, generation: Callable[..., Document], outputs: Callable[[], list[str]]
) -> None:
    (artifact,) = make_runner().run(RunRequest(generation())).artifacts
    before, events = outputs(), list[Event]()
    again = make_runner().run(RunRequest(generation()), listener=events.append)
    assert again.artifacts == (artifact,)
    assert reached(events, "started") == set()
    assert outputs() == before == ["video_7.mp4", "video_7.mp4.jpg"]


def test_a_lost_video_is_made_again_from_the_kept_sample(
    make_runner: MakeRunner, generation: Callable[..., Document], tmp_path: Path
) -> None:
    (artifact,) = make_runner().run(RunRequest(generation())).artifacts
    expected = frames(artifact, tmp_path)
    artifact.path.unlink()
    events: list[Event] = []
    (again,) = make_runner().run(RunRequest(generation()), listener=events.append).artifacts
    assert np.array_equal(frames(again, tmp_path), expected)
    assert "sample" in reached(events, "cached")


def test_a_cancelled_run_goes_on_from_the_step_it_left_and_ends_the_same(
    make_runner: MakeRunner, generation: Callable[..., Document], tmp_path: Path
) -> None:
    document = with_params(generation(), "sample", steps=60, checkpoint_every=100)
    cancel = Cancelling(lambda event: isinstance(event, Progressed) and event.done >= 2)
    first = make_runner().run(RunRequest(document), listener=cancel, cancellation=cancel.flag)
    assert first.outcome == "cancelled"
    assert not (tmp_path / "out").exists()
    (kept,) = (event.step for event in cancel.events if isinstance(event, Checkpointed))
    assert 2 <= kept < 60

    events: list[Event] = []
    (resumed,) = make_runner().run(RunRequest(document), listener=events.append).artifacts
    assert Noted("sample", f"Resumed from step {kept}.") in events
    assert min(e.done for e in events if isinstance(e, Progressed) and e.node == "sample") > kept
    fresh = make_runner().run(RunRequest(document, fresh=True))
    (whole,) = fresh.artifacts
    assert whole.path != resumed.path
    assert np.array_equal(frames(whole, tmp_path), frames(resumed, tmp_path))


def test_cancelled_while_it_is_written_a_video_leaves_nothing_half_done(
    make_runner: MakeRunner,
    generation: Callable[..., Document],
    outputs: Callable[[], list[str]],
) -> None:
    runner, document = make_runner(), with_params(generation(), "sample", frames=81)
    cancel = Cancelling(lambda event: isinstance(event, Progressed) and event.node == "save")
    done = runner.run(RunRequest(document), listener=cancel, cancellation=cancel.flag)
    assert done.outcome == "cancelled"
    assert outputs() == []
    assert runner.run(RunRequest(document)).outcome == "succeeded", "the clip is still good"


def test_a_forbidden_prompt_samples_nothing(
    make_runner: MakeRunner, generation: Callable[..., Document], tmp_path: Path
) -> None:
    events: list[Event] = []
    forbidden = generation(prompt="a nude child")
    done = make_runner().run(RunRequest(forbidden), listener=events.append)
    assert done.outcome == "blocked"
    assert isinstance(done.errors["policy"], BlockedByPolicy)
    assert "sample" in reached(events, "skipped")
    assert not (tmp_path / "out").exists()


def test_an_unknown_word_is_told(
    make_runner: MakeRunner, generation: Callable[..., Document]
) -> None:
    events: list[Event] = []
    make_runner().run(RunRequest(generation(prompt="a red zeppelin")), listener=events.append)
    (note,) = (event for event in events if isinstance(event, Noted))
    assert note.node == "positive"
    assert "'zeppelin'" in note.sentence


def test_a_list_of_seeds_makes_a_file_each(
    make_runner: MakeRunner, generation: Callable[..., Document], tmp_path: Path
) -> None:
    document = generation(
        "seeds.result > sample.seed", seeds=("list.seeds", {"start": 3, "count": 3})
    )
    done = make_runner().run(RunRequest(without_param(document, "sample", "seed")))
    names = [artifact.path.name for artifact in done.artifacts]
    assert names == ["video_3.mp4", "video_4.mp4", "video_5.mp4"]
    seen = [frames(artifact, tmp_path) for artifact in done.artifacts]
    assert not np.array_equal(seen[0], seen[1])


def without_param(document: Document, node: str, param: str) -> Document:
    spec = document.nodes[node]
    params = {name: value for name, value in spec.params.items() if name != param}
    changed = spec.model_copy(update={"params": params})
    return document.model_copy(update={"nodes": {**document.nodes, node: changed}})


def test_one_clip_goes_out_in_several_ways_and_is_decoded_once(
    make_runner: MakeRunner, generation: Callable[..., Document], tmp_path: Path
) -> None:
    document = generation(
        "decode.result > frames.clip",
        "decode.result > resize.clip",
        "resize.result > web.clip",
        "decode.result > last.clip",
        "last.result > still.image",
        frames=("output.frames", {"sign": False}),
        resize=("video.resize", {"width": 64}),
        web=("output.video", {"format": "webm", "preset": "ultrafast"}),
        last=("video.frame", {}),
        still=("output.image", {}),
    )
    done = make_runner().run(RunRequest(document))
    assert done.errors == {}
    made = {artifact.path.name: artifact for artifact in done.artifacts}
    assert set(made) == {"video_7.mp4", "video_7.webm", "frames_7", "image_7.png"}
    assert frames(made["video_7.webm"], tmp_path).shape == (5, 32, 64, 3)
    last = read_image(made["frames_7"].path / "frame_000005.png").pixels_HWC
    assert np.array_equal(read_image(made["image_7.png"].path).pixels_HWC, last)


def test_the_last_frame_of_one_video_begins_the_next(
    make_runner: MakeRunner, generation: Callable[..., Document], family: Family
) -> None:
    document = generation(
        "last.result > first.image",
        "decode.result > last.clip",
        "first.result > next.keyframes",
        "model.result > next.model",
        "positive.result > next.positive",
        last=("video.frame", {}),
        first=("image.condition", {"at": "first"}),
        next=("video.sample", {"steps": 2, "width": 32, "height": 16, "frames": 5}),
    )
    done = make_runner().run(RunRequest(document, outputs=["next", "first"]))
    sampled, first = done.values["next"]["result"], done.values["first"]["result"]
    assert isinstance(sampled, Latent)
    assert isinstance(first, FrameCondition)
    alone = family.encode(one_frame(first.image))
    assert torch.equal(sampled.video_BCTHW[:, :, :1], alone.video_BCTHW)


def one_frame(image: Image) -> Clip:
    pixels_THWC = image.pixels_HWC[None]
    return Clip(lambda: iter([pixels_THWC]), 1, image.height, image.width, Fraction(16))


def test_a_failing_export_costs_no_other(
    make_runner: MakeRunner, generation: Callable[..., Document]
) -> None:
    document = generation(
        "decode.result > wrong.clip",
        wrong=("output.video", {"format": "webm", "codec": "h264"}),
    )
    done = make_runner().run(RunRequest(document))
    assert done.outcome == "failed"
    assert [*done.errors] == ["wrong"]
    assert "codec 'h264' is not possible in webm" in str(done.errors["wrong"])
    assert [artifact.path.name for artifact in done.artifacts] == ["video_7.mp4"]
