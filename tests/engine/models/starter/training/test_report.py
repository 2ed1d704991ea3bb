"""The report: it goes on where it was stopped, does what is asked, and samples as the product."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.errors import InvalidInput
from engine.models.family import SampleRequest
from engine.models.starter.family import load
from engine.models.starter.load import Starter, load_starter
from engine.models.starter.training import report
from engine.models.starter.training.generate import SamplingPlan, generate_latents
from engine.models.starter.training.measured import read_report
from engine.models.starter.training.quality import METRICS
from engine.models.starter.training.report import PARTS, TIME, Part, chosen_parts, main
from engine.models.starter.training.sampler import ProgressLine, Sampler
from engine.values import VideoModel

SHIPPED = Path("assets/starter").resolve()
ROW = {"share": 1.0, "low": 0.5, "high": 1.0, "n": 4}


@pytest.fixture(scope="module")
def starter() -> Starter:
    return load_starter(SHIPPED)


def sampler_of(starter: Any = None) -> Sampler:
    return Sampler(starter, SamplingPlan(steps=1), ProgressLine(io.StringIO()))


def run(tmp_path: Path, *arguments: str, processes: int = 1) -> tuple[int, dict[str, Any]]:
    out = tmp_path / "report.json"
    given = ["--weights", str(SHIPPED), "--out", str(out), "--processes", str(processes)]
    given += arguments
    status = main(report._arguments().parse_args(given))
    return status, read_report(out) if out.exists() else {}


def test_parts_are_chosen_by_name_and_pattern() -> None:
    assert chosen_parts([]) == [*PARTS, TIME]
    assert chosen_parts(["steps-*", "truth"]) == ["truth", "steps-8", "steps-4", "steps-50"]
    with pytest.raises(InvalidInput, match="no part 'sampels'") as error:
        chosen_parts(["sampels"])
    assert "samples" in error.value.remedy


def test_the_bars_are_measured_on_enough_prompts() -> None:
    assert PARTS["samples"].clips == PARTS["truth"].clips == 512
    assert PARTS["trained"].clips >= 256


def test_a_report_that_was_stopped_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[str] = []

    def part(name: str) -> Part:
        def make(sampler: Sampler, clips: int) -> dict[str, Any]:
            if name == "second" and made.count("second") == 0:
                made.append(name)
                raise KeyboardInterrupt
            made.append(name)
            return {"tables": {name: {"all": ROW}}}

        return Part(4, make)

    monkeypatch.setattr(report, "PARTS", {name: part(name) for name in ("first", "second")})
    asked = ("--only", "first,second")
    assert run(tmp_path, *asked)[0] == 130
    assert "start again to go on" in capsys.readouterr().err
    status, document = run(tmp_path, *asked)
    assert status == 0
    assert made == ["first", "second", "second"]
    assert list(document["tables"]) == ["first", "second"]
    run(tmp_path, *asked, "--clips", "5")
    assert made[3:] == ["first", "second"], "more clips are another row"


def test_few_clips_go_the_whole_way(tmp_path: Path) -> None:
    """Sampled, decoded, checked, kept and shown, with every control, in two processes."""
    sheet = tmp_path / "sheet.png"
    asked = ("--only", "samples,extension,keyframe,colour-0.75", "--clips", "2", "--steps", "2")
    _, document = run(tmp_path, *asked, "--sheet", str(sheet), processes=2)
    assert list(document["parts"]) == ["samples", "colour-0.75", "extension", "keyframe"]
    assert document["tables"]["samples"]["all"]["n"] == 2
    assert document["parts"]["samples"]["core seconds"].keys() >= {"sampling", "checking"}
    truths = [row for title, row in document["editing"].items() if "truth" in title]
    assert len(truths) == 3
    assert all(row["all"]["share"] == 1.0 for row in truths)
    looked_at = {t: row["fails"] for t, row in document["controls"].items() if ":" in t}
    assert len(looked_at) == len(METRICS) + 3
    assert all(
        fails for title, fails in looked_at.items() if not title.endswith("prompt: another clip")
    )
    assert sheet.read_bytes().startswith(b"\x89PNG")


def test_bad_input_is_a_sentence_and_touches_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.json"
    out.write_text(json.dumps({"plan": {}, "tables": {}}), "utf-8")
    before = out.read_bytes()
    assert run(tmp_path, "--only", "samples")[0] == 2
    assert "--replace" in capsys.readouterr().err
    assert out.read_bytes() == before


def test_a_control_that_passes_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {"shuffled": {"fails": True}, "late": {"fails": False}}
    part = Part(1, lambda sampler, clips: {"controls": rows})
    monkeypatch.setattr(report, "PARTS", {"only": part})
    assert run(tmp_path, "--only", "only")[0] == 1
    said = capsys.readouterr().err
    assert "'late' passed" in said
    assert "'shuffled' passed" not in said


def test_batches_come_back_in_order() -> None:
    def work(part: Sequence[int]) -> list[int]:
        return [index * index for index in part]

    sampler = sampler_of()
    assert sampler.in_batches("squares", 20, work) == [index * index for index in range(20)]
    turns = [range(1, 5, 2), range(0, 5, 2)]
    assert sampler.in_batches("squares", 5, work, turns) == [0, 1, 4, 9, 16]


def test_what_fails_in_a_batch_ends_the_part() -> None:
    def work(part: Sequence[int]) -> list[int]:
        raise InvalidInput("No such clip.")

    with pytest.raises(InvalidInput, match="No such clip"):
        sampler_of().in_batches("broken", 20, work)


def test_progress_is_one_line_where_it_can_be_and_few_lines_where_not() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal, file, clock = Terminal(), io.StringIO(), [0.0]
    for stream in (terminal, file):
        line = ProgressLine(stream, lambda: clock[0])
        for second in range(0, 60, 5):
            clock[0] = second
            line.say(f"at {second}", last=second == 55)
    assert terminal.getvalue().count("\n") == 1
    assert file.getvalue().split("\n") == ["at 0", "at 20", "at 40", "at 55", ""]


def test_a_report_samples_what_the_product_samples(starter: Starter) -> None:
    prompt = "a red ball moving left over the sea"
    plan = SamplingPlan(steps=2, audio=False)
    alone, *_ = generate_latents(starter, [prompt], plan, [7])
    family = load(VideoModel("starter", str(SHIPPED), "tested"), SHIPPED, "cpu")
    likes = family.capabilities
    request = SampleRequest(
        family.encode_prompt(prompt), None, likes.width, likes.height, likes.frames,
        Fraction(likes.fps), 2, likes.guidance, 7, audio=False,
    )  # fmt: skip
    state = family.begin(request)
    while state.step < state.steps:
        state = family.step(request, state)
    assert torch.allclose(alone, state.tensors["latent"], atol=1e-4)


def test_a_clip_does_not_depend_on_those_it_is_batched_with(starter: Starter) -> None:
    prompts, plan = ["a red ball moving left", "a blue star at night"], SamplingPlan(steps=1)
    both = generate_latents(starter, prompts, plan, [3, 9])
    alone = generate_latents(starter, prompts[1:], plan, [9])
    for many, one in zip(both, alone, strict=True):
        assert torch.allclose(many[1:], one, atol=1e-4)
