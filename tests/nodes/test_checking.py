"""Every export is checked while it is written; what is blocked leaves no file."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import BlockedByPolicy
from engine.graph.node import Node, declare
from engine.trust.audit.entry import Decision
from engine.trust.vision import checkpoints
from engine.values import Image
from nodes.output.release_video import ReleaseVideo
from nodes.output.save_frames import SaveFrames
from nodes.output.save_image import SaveImage
from nodes.output.save_video import SaveVideo
from tests.nodes.pictures import clip
from tests.nodes.recording import RecordingContext
from tests.nodes.safety.test_check_video import Bright, last_event

EXPORTS: list[tuple[type[Node], dict[str, object]]] = [
    (SaveVideo, {}),
    (SaveVideo, {"format": "gif"}),
    (SaveFrames, {}),
    (SaveImage, {}),
    (ReleaseVideo, {"earlier": None}),
]
EACH = pytest.mark.parametrize(("node", "given"), EXPORTS)


@pytest.fixture(autouse=True)
def bright(monkeypatch: pytest.MonkeyPatch) -> None:
    """One classifier, for which bright frames are violence."""
    monkeypatch.setattr(checkpoints, "visual_classifiers", lambda files: [Bright()])


def export(
    node: type[Node], given: dict[str, object], context: RecordingContext, level: int
) -> None:
    values = {name: param.default for name, param in declare(node).params.items()}
    if node is SaveImage:
        values["image"] = Image(np.full((32, 48, 3), level, np.uint8))
    else:
        values["clip"] = clip(1 + level // 20)  # each frame is brighter by 20
    node(**{**values, **given}).run(context)


@EACH
def test_what_classifiers_flag_leaves_no_file_and_an_entry(
    context: RecordingContext, node: type[Node], given: dict[str, object]
) -> None:
    with pytest.raises(BlockedByPolicy, match="violence"):
        export(node, given, context, 240)
    assert not list(context.output.iterdir())
    event = last_event()
    assert event.decision is Decision.BLOCKED
    assert ("violence", "flagged") in [(each.what, each.outcome) for each in event.assessed]


@EACH
def test_what_passes_is_written_down_as_checked_with_what_was_not(
    context: RecordingContext, node: type[Node], given: dict[str, object]
) -> None:
    export(node, given, context, 20)
    event = last_event()
    assert event.decision is Decision.EXPORTED
    told = {each.what: each.outcome for each in event.assessed}
    assert told == {"nsfw": "not assessed", "violence": "passed", "faces": "not assessed"}
