"""`reelwright estimate`: what a graph will need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import InvalidInput
from studio.cli import completion
from studio.cli.console import folded, messages, print_columns, print_json, results
from studio.cli.graphs import GraphFile, open_graph
from studio.cli.pace import duration_text
from studio.times import work as flop_text

if TYPE_CHECKING:
    from engine.graph.flat import FlatGraph
    from engine.models.estimate import Device, Estimate
    from engine.run.estimate import SampleEstimate

Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="As for 'run': set a value first.",
        autocompletion=completion.settings,
    ),
]


def estimate(
    graph: GraphFile,
    set_: Settings = None,
    device: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="One of cpu, l40s, a100, h100, h200; all without."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """What a graph will need: latent size, memory by component, time by stage, and cost.

    Work is counted from the model's published settings; its time is that over the speed that a
    device sustains, not a measurement.  'Fits' is how the planner would place the parts.
    """
    from engine.run.estimate import estimate_graph

    flat = _flat(graph, set_ or [])
    devices = _devices(device)
    found = {name: estimate_graph(flat, each) for name, each in devices.items()}
    if as_json:
        print_json({name: [_facts(each) for each in of] for name, of in found.items()})
        return
    if not any(found.values()):
        messages().print("This graph samples nothing, so there is nothing to estimate.")
        return
    for rows in zip(*found.values(), strict=True):
        _print(rows, list(devices.values()))


def _facts(row: SampleEstimate) -> dict[str, object]:
    figures = asdict(row.figures) | {"seconds": row.figures.seconds}
    return asdict(row) | {"figures": figures}


def _flat(graph: GraphFile, assignments: list[str]) -> FlatGraph:
    from engine.graph.flatten import flatten
    from engine.graph.registry import installed_registry
    from studio.cli.preparation import prepare
    from studio.cli.settings import parse_settings

    registry = installed_registry()
    settings = parse_settings(assignments)
    (variation,) = prepare(open_graph(graph), registry, values={}, settings=settings, sweep=[{}])
    return flatten(variation.document, registry)


def _devices(name: str | None) -> dict[str, Device]:
    from engine.models.estimate import DEVICES

    if name is None:
        return dict(DEVICES)
    if name not in DEVICES:
        raise InvalidInput(
            f"There is no device '{name}'.", remedy=f"Use one of {', '.join(DEVICES)}."
        )
    return {name: DEVICES[name]}


def _print(rows: tuple[SampleEstimate, ...], devices: list[Device]) -> None:
    from engine.models.estimate import BASIS

    console = results()
    first = rows[0]
    work, figures = first.work, first.figures
    console.print(f"{first.node}  with {first.model}", style="bold")
    size = f"{work.width} x {work.height}, {work.frames} frames, {work.steps} steps"
    console.print(f"  {size}, guidance {work.guidance:g}")
    console.print(
        f"  latent: {figures.latent_elements:,} elements, {_bytes(figures.latent_bytes)}"
        " in half precision"
    )
    if figures.flops:
        passes = "one pass" if figures.passes == 1 else f"{figures.passes} passes"
        console.print(
            f"  a step: {passes} of {flop_text(figures.flops)} over {figures.tokens:,} tokens"
        )
    console.print()
    print_columns(console, list(_memory(rows)), indent=2, header=True, right=[1, 2])
    console.print()
    table: list[tuple[str, ...]] = [
        ("Device", "Text", "Steps", "Decode", "Together", "Cost", "Memory", "Fits")
    ]
    table += [_row(device, row.figures) for device, row in zip(devices, rows, strict=True)]
    print_columns(console, table, indent=2, header=True, right=range(1, 7))
    for line in folded(console, _said(figures, BASIS), 2):
        console.print(f"  {line}", style="dim", soft_wrap=True)


def _memory(rows: tuple[SampleEstimate, ...]) -> Iterator[tuple[str, ...]]:
    """Bytes by component, on each device where they are not as on the one before."""
    differing: list[Mapping[str, int]] = []
    for row in rows:
        if row.figures.memory not in differing:
            differing.append(row.figures.memory)
    names = ("CPU", "GPU") if len(differing) == 2 else ("",)
    yield ("Memory", *names)
    for name in differing[0]:
        yield (name, *(_bytes(memory[name]) for memory in differing))


def _row(device: Device, figures: Estimate) -> tuple[str, ...]:
    def time(seconds: float | None) -> str:
        return "?" if seconds is None else duration_text(seconds)

    stages = (time(figures.stages.get(name)) for name in ("text", "steps", "decode"))
    cost = _dollars(figures.cost) if device.hourly and not figures.unknown else "-"
    peak = _bytes(figures.peak) if figures.peak else "-"
    fits = "not known" if figures.fits is None else (figures.way if figures.fits else "no")
    return (device.name, *stages, time(figures.seconds), cost, peak, fits)


def _said(figures: Estimate, basis: str) -> str:
    if not figures.unknown:
        return basis
    *first, last = (f"'{name}'" for name in figures.unknown)
    stages = f"{', '.join(first)} and {last} take" if first else f"{last} takes"
    return f"{basis}  Of this model it is not known what {stages}."


def _dollars(cost: float) -> str:
    if cost >= 1:
        return f"${cost:.2f}"
    return f"${cost:.4f}" if cost >= 0.0001 else "under $0.0001"


def _bytes(size: float) -> str:
    """A size in memory for people, in the binary units that memory is sold in."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
