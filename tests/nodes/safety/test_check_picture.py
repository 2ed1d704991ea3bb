"""Checking a picture together with its prompt."""

from __future__ import annotations

import numpy as np
import pytest

from engine.errors import BlockedByPolicy
from engine.trust import checkpoints as texts
from engine.trust.classifiers import Assessment
from engine.trust.vision import checkpoints
from engine.values import Image
from nodes.safety.check_picture import CheckedPicture, CheckPicture
from tests.nodes.recording import RecordingContext

PICTURE = Image(np.zeros((4, 4, 3), np.uint8))


def check(context: RecordingContext, text: str, negative: str | None = None) -> CheckedPicture:
    node = CheckPicture(
        image=PICTURE,
        text=text,
        negative=negative,
        policy="",
        picture_classifier="",
        text_classifier="",
    )
    return node.run(context)


def test_without_classifiers_both_pass_and_it_is_told_that_neither_was_assessed(
    context: RecordingContext,
) -> None:
    checked = check(context, "the woman smiles and waves")
    assert checked.image is PICTURE
    assert checked.text == "the woman smiles and waves"
    assert not checked.report.assessed
    assert checked.report.findings["picture"] == "not assessed"
    assert checked.report.findings["prompt"] == "not assessed"
    assert not any(isinstance(each, float) for each in checked.report.findings.values())
    assert context.notes == [
        "The picture was not assessed: no classifier is set.",
        "The prompt was not assessed: no classifier is set.",
    ]


@pytest.mark.parametrize(
    "text", ["naked, in bed", "take off her dress", "she undresses, remove clothes"]
)
def test_what_a_prompt_alone_may_ask_it_may_not_ask_of_a_picture(
    context: RecordingContext, text: str
) -> None:
    with pytest.raises(BlockedByPolicy, match="intimate imagery of a real person"):
        check(context, text)


def test_a_negative_prompt_is_read_with_the_picture(context: RecordingContext) -> None:
    check(context, "a walk", negative="nude, nsfw")
    with pytest.raises(BlockedByPolicy, match="intimate"):
        check(context, "a walk", negative="clothes")


def test_a_flagged_picture_is_blocked(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    flagged = Assessment(status="flagged", scores={"vit": 0.93})
    monkeypatch.setattr(checkpoints, "assess_picture", lambda path, pixels: flagged)
    with pytest.raises(BlockedByPolicy, match=r"The picture is blocked.*vit 0\.93"):
        check(context, "a walk")


def test_scores_stand_in_the_report(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = Assessment(status="passed", scores={"vit": 0.1})
    monkeypatch.setattr(checkpoints, "assess_picture", lambda path, pixels: passed)
    monkeypatch.setattr(texts, "assess_text", lambda path, text: passed)
    report = check(context, "a walk").report
    assert report.assessed
    assert report.findings["picture, vit"] == 0.1
    assert context.notes == []
