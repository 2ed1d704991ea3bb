"""The starter's full report: how faithful it is to prompts of trained and of held-out combinations,
to pictures and clips it is given, how its clips look, and whether its sound is in time.

Run: python -m engine.models.starter.training.report --weights assets/starter \\
         --out engine/models/starter/evaluation.json --sheet sheet.png --card MODEL_CARD.md

Its parts are made side by side, in a process for each core. It may be stopped and started again:
parts that are in the file, of the same weights, are not done again.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch

from engine.errors import InvalidInput, ReelwrightError
from engine.models.starter.load import load_starter
from engine.models.starter.training import editing_parts, text_parts
from engine.models.starter.training.card import write_card
from engine.models.starter.training.generate import LATENT_FRAMES, SamplingPlan
from engine.models.starter.training.measured import Measured, Results
from engine.models.starter.training.sampler import ProgressLine, Sampler
from engine.models.starter.training.side_by_side import make_side_by_side
from engine.models.starter.training.timing import stage_seconds
from engine.models.weights import digest_of


@dataclass(frozen=True)
class Part:
    """What is sampled and judged together, of so many clips unless another number is asked for."""

    clips: int
    make: Callable[[Sampler, int], Results]


def _restyles() -> dict[str, Part]:
    return {
        f"{attribute}-{strength}": Part(
            64, partial(editing_parts.restyled, attribute=attribute, strength=strength)
        )
        for attribute, strengths in (("colour", (0.5, 0.75)), ("background", (0.75, 0.9)))
        for strength in strengths
    }


def _pictured(title: str, places: Sequence[int], unsaid: bool = False) -> Part:
    made = partial(editing_parts.pictured, title=title, places=places, unsaid=unsaid)
    return Part(64, made)


PARTS: Final[dict[str, Part]] = {
    "truth": Part(512, text_parts.truth),
    "samples": Part(512, text_parts.samples),
    "trained": Part(256, text_parts.trained),
    "unconditional": Part(128, text_parts.unconditional),
    **_restyles(),
    "extension": Part(64, editing_parts.extended),
    "keyframe": Part(72, editing_parts.anywhere),
    "image": _pictured("first picture and prompt", [0]),
    "ends": _pictured("first and last picture, no words", [0, LATENT_FRAMES - 1], unsaid=True),
    "silent": Part(64, text_parts.without_sound),
    "causal": Part(64, text_parts.causal),
    "long": Part(32, text_parts.long),
    "streamed": Part(64, text_parts.streamed),
    "steps-8": Part(128, partial(text_parts.other_steps, steps=8)),
    "steps-4": Part(128, partial(text_parts.other_steps, steps=4)),
    "steps-50": Part(32, partial(text_parts.other_steps, steps=50)),
    "sound-8": Part(64, partial(text_parts.sound_of_steps, steps=8)),
    "sound-4": Part(64, partial(text_parts.sound_of_steps, steps=4)),
}
"""In the order in which they are made: what the bars are on comes first."""
TIME: Final = "time"


def chosen_parts(patterns: Sequence[str]) -> list[str]:
    """Names of parts that match, in the order in which they are made; all where none is asked for.

    Raises InvalidInput for a pattern that nothing matches.
    """
    names = [*PARTS, TIME]
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            raise InvalidInput(
                f"There is no part '{pattern}' of a report.", remedy=f"Use {', '.join(names)}."
            )
    return [n for n in names if not patterns or any(fnmatch.fnmatch(n, p) for p in patterns)]


def make_report(
    sampler: Sampler,
    measured: Measured,
    missing: Mapping[str, int],
    sheet: Path | None,
) -> None:
    """Make these parts, each of so many clips, one after another, and keep each one."""
    for name, clips in missing.items():
        sampler.spent.clear()
        if name == "samples":
            results = text_parts.samples(sampler, clips, sheet)
        else:
            results = PARTS[name].make(sampler, clips)
        measured.keep(name, clips, results, sampler.spent)
        tell(name, results, sampler.spent)


def parts_missing(measured: Measured, names: Sequence[str], clips_of: int | None) -> dict[str, int]:
    """The parts that are not there yet, each with its own number of clips, or `clips_of`."""
    missing = {}
    for name in names:
        clips = clips_of or PARTS[name].clips
        if measured.has(name, clips):
            print(f"{name}: {clips} clips are there already", flush=True)
        else:
            missing[name] = clips
    return missing


def _command(
    arguments: argparse.Namespace, missing: Mapping[str, int], name: str, out: Path
) -> list[str]:
    """What makes a part of this report in a process of its own."""
    asked = {"weights": arguments.weights, "out": out, "only": name, "clips": missing[name]}
    asked |= {"processes": 1}
    if arguments.steps:
        asked["steps"] = arguments.steps
    if arguments.sheet and name == "samples":
        asked["sheet"] = arguments.sheet
    options = [text for key, value in asked.items() for text in (f"--{key}", str(value))]
    return [sys.executable, "-m", "engine.models.starter.training.report", *options]


def measure_time(measured: Measured, weights: Path) -> None:
    """How long the product takes for a clip, with as many steps as planned, and with few."""
    if measured.has(TIME, 1):
        return
    seconds = {}
    for steps in dict.fromkeys((int(measured.document["plan"]["steps"]), 8, 4)):
        print(f"{TIME}: clips of {steps} steps, one by one", file=sys.stderr, flush=True)
        seconds[f"{steps} steps"] = stage_seconds(weights, steps)
    measured.keep(TIME, 1, {"seconds a clip": seconds}, {})
    tell(TIME, {"seconds a clip": seconds}, {})


def tell(part: str, results: Results, spent: Mapping[str, float]) -> None:
    """Print a part's rows, and what they cost."""
    for section, rows in results.items():
        for title, row in rows.items():
            print(f"{section} | {title}: {_line(row)}")
    stages = ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in spent.items())
    print(f"{part} took {sum(spent.values()):.0f} s of a core ({stages})", flush=True)


def _line(row: Any) -> str:
    if not isinstance(row, Mapping):
        return f"{row:.2f}" if isinstance(row, float) else str(row)
    if "low" in row:
        value = row["share"] if "share" in row else row["mean"]
        return f"{value:.3f} [{row['low']:.3f}, {row['high']:.3f}]"
    return ", ".join(f"{name} {_line(value)}" for name, value in row.items())


def not_failing(measured: Measured) -> list[str]:
    """The controls that passed, though they must not."""
    controls = measured.document.get("controls", {})
    return [title for title, row in controls.items() if not row["fails"]]


def main(arguments: argparse.Namespace) -> int:
    """Returns the exit status: 1 where a control did not fail, 2 for what cannot be done."""
    try:
        names = chosen_parts([n for n in arguments.only.split(",") if n])
        starter = load_starter(arguments.weights)
        defaults = starter.config.sampling
        steps = arguments.steps or defaults.steps
        plan = SamplingPlan(steps, defaults.guidance, defaults.shift)
        digest = digest_of(arguments.weights)
        measured = Measured(arguments.out, digest, plan, [*PARTS, TIME], arguments.replace)
        sampler = Sampler(starter, plan, ProgressLine(sys.stderr))
        missing = parts_missing(measured, [n for n in names if n != TIME], arguments.clips)
        if arguments.processes > 1 and len(missing) > 1:
            command = partial(_command, arguments, missing)
            make_side_by_side(list(missing), command, arguments.processes, measured.take)
        else:
            make_report(sampler, measured, missing, arguments.sheet)
        if arguments.sheet is not None and not arguments.sheet.exists():
            text_parts.show_samples(sampler, arguments.sheet)
        if TIME in names:
            measure_time(measured, arguments.weights)
        if arguments.card:
            write_card(arguments.out, arguments.card)
    except ReelwrightError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped. Parts that are finished are kept; start again to go on.", file=sys.stderr)
        return 130
    for title in (passed := not_failing(measured)):
        print(f"The control '{title}' passed, though it must fail.", file=sys.stderr)
    return 1 if passed else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--weights", type=Path, required=True, help="folder of the starter")
    parser.add_argument("--out", type=Path, required=True, help="the report's file (JSON)")
    parser.add_argument("--sheet", type=Path, help="a contact sheet (PNG) of the first samples")
    parser.add_argument("--card", type=Path, help="a model card whose tables are written")
    parser.add_argument("--only", default="", help=f"of: {', '.join([*PARTS, TIME])}; steps-* too")
    parser.add_argument("--clips", type=int, help="so many of each part")
    parser.add_argument("--steps", type=int, help="steps of sampling; those of the weights if not")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at once")
    parser.add_argument("--replace", action="store_true", help="replace a report of other weights")
    return parser


if __name__ == "__main__":
    torch.set_num_threads(1)  # a process a part is faster than threads within one
    sys.exit(main(_arguments().parse_args()))
