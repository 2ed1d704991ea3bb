"""What was taken down is not exported again, in any form; all else costs one pass and no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.errors import BlockedByPolicy, StorageFailed
from engine.graph.node import Node
from engine.trust.audit.chain import as_entry
from engine.trust.audit.entry import Decision, Event
from engine.trust.audit.log import AuditLog
from engine.trust.takedown.passages import passages_of
from engine.trust.takedown.register import Register
from engine.trust.takedown.request import FIELDS, State, request_of
from engine.values import Clip, Image
from nodes.output.save_frames import SaveFrames
from nodes.output.save_image import SaveImage
from nodes.output.save_video import SaveVideo
from tests.engine.trust.takedown.clips import as_clip, textured
from tests.nodes.recording import RecordingContext

VIDEO = textured(1)[:, :64, :80]


@pytest.fixture
def registered() -> Register:
    asked = request_of({name: f"the {name}" for name in FIELDS})
    register = Register()
    register.add(asked, passages_of(as_clip(VIDEO)), datetime.now(UTC))
    return register


def video(clip: Clip, format: str = "mp4", *, thumbnail: bool = True) -> Node:
    return SaveVideo(
        clip=clip, name="v", format=format, codec="auto", quality=-1, preset="ultrafast",
        hardware=False, thumbnail=thumbnail, classifiers="", faces="", mark=True, label="none",
        sign=False, overwrite=False,
    )  # fmt: skip


def exports(clip: Clip, picture: Image) -> list[Node]:
    return [
        video(clip),
        video(clip, "gif"),
        video(clip, "webp"),
        SaveFrames(
            clip=clip,
            name="f",
            classifiers="",
            faces="",
            mark=True,
            label="none",
            sign=False,
            overwrite=False,
        ),
        SaveImage(
            image=picture,
            name="i",
            format="png",
            classifiers="",
            faces="",
            label="none",
            sign=False,
            overwrite=False,
        ),
    ]


def last_event() -> Event:
    entry = as_entry(list(AuditLog().rows())[-1])
    assert entry is not None
    return entry.event


@pytest.mark.parametrize("number", range(5))
def test_registered_material_is_exported_in_no_form(
    context: RecordingContext, registered: Register, number: int
) -> None:
    export = exports(as_clip(VIDEO), Image(VIDEO[8]))[number]
    with pytest.raises(BlockedByPolicy, match="takedown request 1"):
        export.run(context)
    assert list(context.output.iterdir()) == []
    event = last_event()
    assert event.decision is Decision.BLOCKED
    assert [judge.outcome for judge in event.assessed] == ["blocked by request 1"]


@pytest.mark.parametrize("number", range(5))
def test_other_material_is_exported_and_the_log_says_it_was_looked_at(
    context: RecordingContext, registered: Register, number: int
) -> None:
    other = textured(2)[:, :64, :80]
    exports(as_clip(other), Image(other[8]))[number].run(context)
    event = last_event()
    assert event.decision is Decision.EXPORTED
    first, *others = event.assessed
    assert (first.what, first.outcome) == ("takedown", "passed")
    assert {judge.outcome for judge in others} == {"not assessed"}


def test_once_it_is_restored_it_may_be_exported(
    context: RecordingContext, registered: Register
) -> None:
    registered.resolve(1, State.REMOVED, "")
    with pytest.raises(BlockedByPolicy):
        video(as_clip(VIDEO)).run(context)
    registered.resolve(1, State.RESTORED, "a mistake")
    video(as_clip(VIDEO)).run(context)
    assert last_event().decision is Decision.RELEASED


def test_the_frames_are_read_once(context: RecordingContext, registered: Register) -> None:
    clip, passes = as_clip(textured(2)[:, :64, :80]), []

    def counted():
        passes.append(1)
        return clip.stream()

    video(replace(clip, stream=counted), thumbnail=False).run(context)
    assert len(passes) == 1


def test_a_damaged_register_stops_exports_with_a_sentence(
    context: RecordingContext, registered: Register
) -> None:
    for beside in registered.path.parent.iterdir():
        beside.unlink()
    registered.path.write_bytes(b"x" * 4_000)
    with pytest.raises(StorageFailed, match="takedown register"):
        video(as_clip(VIDEO)).run(context)
