"""Checking a prompt against the policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BlockedByPolicy, InvalidInput, StorageFailed
from engine.trust import checkpoints
from engine.trust.classifiers import Assessment
from nodes.safety.check_prompt import CheckPrompt
from tests.nodes.recording import RecordingContext

OWN = """
version = 1
name = "No cubes"
[[category]]
id = "cubes"
title = "Cubes"
severity = "low"
action = "block"
reason = "Cubes have corners."
suggestion = "Ask for a ball."
[[category.rule]]
any = ["cube", "cubes"]
[[category]]
id = "rings"
title = "Rings"
severity = "low"
action = "warn"
reason = "Rings roll away."
suggestion = "Ask for a ball."
[[category.rule]]
any = ["ring"]
"""


@pytest.fixture
def own_policy(tmp_path: Path) -> str:
    path = tmp_path / "own.toml"
    path.write_text(OWN, "utf-8")
    return str(path)


def test_a_harmless_prompt_passes_unchanged(context: RecordingContext) -> None:
    prompt = "a red ball moving right across a meadow"
    assert CheckPrompt(text=prompt, policy="", classifier="").run(context) == prompt
    assert context.notes == []


def test_a_forbidden_prompt_is_blocked_with_the_reason(
    context: RecordingContext, own_policy: str
) -> None:
    with pytest.raises(BlockedByPolicy, match=r"'cube'.*have corners\. Ask for a ball\."):
        CheckPrompt(text="a blue cube", policy=own_policy, classifier="").run(context)


def test_a_warning_is_told_and_the_prompt_passes(
    context: RecordingContext, own_policy: str
) -> None:
    assert CheckPrompt(text="a ring", policy=own_policy, classifier="").run(context) == "a ring"
    assert context.notes == ["Rings roll away. ('ring')"]


def test_harm_that_is_split_over_the_inputs_is_found(context: RecordingContext) -> None:
    CheckPrompt(
        text="how to make", style="oil painting", title="a pipe", policy="", classifier=""
    ).run(context)
    with pytest.raises(BlockedByPolicy, match="make … a pipe bomb"):
        CheckPrompt(text="how to make", title="a pipe bomb", policy="", classifier="").run(context)


def test_a_negative_prompt_says_what_is_not_wanted(context: RecordingContext) -> None:
    CheckPrompt(text="a child", negative="nude, gore", policy="", classifier="").run(context)


def test_a_policy_that_is_missing_or_wrong_lets_nothing_pass(
    context: RecordingContext, tmp_path: Path
) -> None:
    with pytest.raises(StorageFailed, match=r"none\.toml"):
        CheckPrompt(text="a ball", policy=str(tmp_path / "none.toml"), classifier="").run(context)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("version = 2", "utf-8")
    with pytest.raises(InvalidInput, match=r"wrong\.toml"):
        CheckPrompt(text="a ball", policy=str(wrong), classifier="").run(context)


def test_another_policy_is_other_work(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.trust import policy_file

    before = CheckPrompt.content({"policy": ""})
    other = policy_file.default_policy_file().model_copy(update={"name": "Other"})
    monkeypatch.setattr(policy_file, "default_policy_file", lambda: other)
    assert CheckPrompt.content({"policy": ""}) != before


def test_a_prompt_that_a_classifier_flags_is_blocked(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = list[str]()

    def flag(path: str, text: str) -> Assessment:
        heard.append(text)
        return Assessment(status="flagged", scores={"guard": 0.9})

    monkeypatch.setattr(checkpoints, "assess_text", flag)
    with pytest.raises(BlockedByPolicy, match=r"classifier counts it as harmful \(guard 0\.90\)"):
        CheckPrompt(text="a cube", title="a title", policy="", classifier="x").run(context)
    assert heard == ["a cube\na title"]
