"""`reelwright benchmark`: how fast a model is on this computer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from studio.cli import completion
from studio.cli.console import messages, print_columns, print_json, results
from studio.times import size as bytes_text
from studio.times import work as flop_text

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from engine.models.benchmarking import Sampling, Tell, Trial
    from engine.run.benchmark import Benchmark
    from engine.values import VideoModel

Precision = Literal["auto", "float32", "bfloat16", "float16", "fp8", "int8", "fit"]
Pixels = Annotated[int, typer.Option(min=0, max=8192, help="In pixels; 0 is the model's own.")]


def benchmark(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="An id of the catalog, or a model's folder.",
            autocompletion=completion.model_ids,
        ),
    ] = "starter",
    width: Pixels = 0,
    height: Pixels = 0,
    frames: Annotated[int, typer.Option(min=0, help="0 is the model's own.")] = 0,
    steps: Annotated[int, typer.Option(min=0, max=200, help="0 is the model's own.")] = 0,
    guidance: Annotated[
        float, typer.Option(min=0, max=30, help="1 is unguided; 0 is the model's own.")
    ] = 0.0,
    precision: Annotated[Precision, typer.Option(help="How exactly weights are held.")] = "auto",
    picture: Annotated[
        bool, typer.Option("--picture", help="Begin with a grey picture, as some models must.")
    ] = False,
    warm: Annotated[
        bool, typer.Option("--warm", help="Sample a little first, which does not count.")
    ] = False,
    random_weights: Annotated[
        bool,
        typer.Option("--random-weights", help="At its full size, with weights that are drawn."),
    ] = False,
    against: Annotated[
        Literal["diffusers"] | None,
        typer.Option(help="Sample with diffusers' own pipeline too, both warm, and compare."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """How fast a model is here: seconds of each stage, memory, and its share of the device.

    The model is loaded, samples one video, decodes, encodes and signs it; the file is not kept.
    MFU is the work of a step over its time, and over what a large matrix product reaches here.
    Speed does not depend on what a model has learned: '--random-weights' needs no download.
    """
    from engine.models.benchmarking import Trial
    from engine.models.residency import Residency
    from engine.run.benchmark import benchmark as measure

    models = Residency()
    trial = Trial(width, height, frames, steps, guidance, picture=picture or _needs_picture(model))
    with _handle(model, precision, trial if random_weights else None) as handle, _told() as tell:
        figures = measure(
            models,
            handle,
            trial,
            tell=tell,
            version=version("reelwright"),
            warm=warm,
            against_diffusers=against == "diffusers",
        )
    if as_json:
        print_json(figures.facts() | {"model": model, "random_weights": random_weights})
    else:
        _print(model, figures)


def _handle(model: str, precision: str, drawn: Trial | None) -> AbstractContextManager[VideoModel]:
    """The model, or one like it whose weights are drawn for a trial."""
    if drawn is not None:
        from engine.models.drawn.folder import drawn_model

        return drawn_model(model, drawn, precision)
    from engine.models.catalog import handle

    return nullcontext(handle(model, precision))


def _needs_picture(model: str) -> bool:
    """Whether the catalog knows a model that makes nothing from words alone."""
    from engine.models.catalog import entries

    return any(entry.id == model and "text" not in entry.modes for entry in entries())


@contextmanager
def _told() -> Iterator[Tell]:
    """What is being done, on a terminal."""
    console = messages()
    if not console.is_terminal:
        yield lambda stage, done, total: None
        return
    with console.status("") as status:
        yield lambda stage, done, total: status.update(
            f"{stage} {done}/{total}" if total > 1 else stage
        )


def _print(model: str, figures: Benchmark) -> None:
    console, sampling = results(), figures.sampling
    request = sampling.request
    console.print(f"{model}  on {sampling.device} in {sampling.precision}", style="bold")
    console.print(
        f"  {request.width} x {request.height}, {request.frames} frames, {request.steps} steps, "
        f"guidance {request.guidance:g}\n"
    )
    rows = [("Stage", "Seconds", ""), *_stages(figures)]
    print_columns(console, rows, indent=2, header=True, right=[1])
    console.print()
    print_columns(console, list(_figures(figures)), indent=2)
    for note in sampling.notes:
        console.print(f"  {note}", style="dim", soft_wrap=True)


def _stages(figures: Benchmark) -> Iterator[tuple[str, str, str]]:
    sampling = figures.sampling
    first, *others = sampling.steps
    others = others or [first]
    spread = f"{sampling.step:.3g} s a step ({min(others):.3g} to {max(others):.3g}"
    remarks = {
        "steps": f"{spread}; the first {first:.3g})",
        "encode": "what decoding did not hide of it",
        "write": "signed",
    }
    for name, seconds in {**figures.stages, "together": figures.total}.items():
        yield name, f"{seconds:.2f}", remarks.get(name, "")


def _figures(figures: Benchmark) -> Iterator[tuple[str, str]]:
    sampling = figures.sampling
    where = "on the device" if sampling.device != "cpu" else "of the process"
    yield "Peak memory", f"{bytes_text(figures.peak)} {where}"
    yield "A step", _rate(sampling)
    yield "Ceiling", f"{flop_text(sampling.ceiling)}/s, a large matrix product here"
    mfu = sampling.mfu
    yield (
        "MFU",
        "not known: the work of this model cannot be counted" if mfu is None else f"{mfu:.1%}",
    )
    if figures.rival is not None:
        yield "diffusers", _compared(figures)


def _rate(sampling: Sampling) -> str:
    if sampling.flops is None:
        return f"{sampling.step:.3g} s"
    return f"{flop_text(sampling.flops)}, {flop_text(sampling.flops / sampling.step)}/s"


def _compared(figures: Benchmark) -> str:
    rival, step = figures.rival, figures.sampling.step
    assert rival is not None
    said = f"{rival.pipeline} took {rival.seconds:.2f} s to the frames, {figures.made:.2f} s here: "
    said += f"{figures.times_as_fast:.2f} times as fast"
    if rival.step is not None:
        said += f"; a step {rival.step:.3g} s, {rival.step / step:.2f} times as fast"
    return said
