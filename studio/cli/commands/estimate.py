"""`reelwright estimate`: what a graph will need."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import InvalidInput
from studio.cli import completion
from studio.cli.console import messages, print_columns, print_json, results
from studio.cli.graphs import GraphFile, open_graph
from studio.cli.pace import duration_text

if TYPE_CHECKING:
    from engine.graph.flat import FlatGraph
    from engine.models.estimate import Device
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
        str | None, typer.Option(metavar="NAME", help="One of cpu, l40s, a100, h100; all without.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """What a graph will need: latent size, memory by component, time and cost.

    Figures are arithmetic over a device's sustained speed, not a measurement.
    """
    from engine.run.estimate import estimate_graph

    flat = _flat(graph, set_ or [])
    devices = _devices(device)
    found = {name: estimate_graph(flat, each) for name, each in devices.items()}
    if as_json:
        print_json({name: [asdict(each) for each in of] for name, of in found.items()})
        return
    if not any(found.values()):
        messages().print("This graph samples nothing, so there is nothing to estimate.")
        return
    for rows in zip(*found.values(), strict=True):
        _print(rows, list(devices.values()))


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
    console = results()
    first = rows[0]
    work, figures = first.work, first.figures
    console.print(f"{first.node}  with {first.model}", style="bold")
    size = f"{work.width} x {work.height}, {work.frames} frames, {work.steps} steps"
    console.print(f"  {size}, guidance {work.guidance:g}")
    console.print(
        f"  latent: {figures.latent_elements:,} elements, {_bytes(figures.latent_bytes)}"
        f" in half precision; {figures.tokens:,} tokens\n"
    )
    memory = [("Memory", ""), *((name, _bytes(size)) for name, size in figures.memory.items())]
    memory.append(("together", _bytes(sum(figures.memory.values()))))
    print_columns(console, memory, indent=2, header=True, right=[1])
    console.print()
    table = [("Device", "Time", "Cost", "Fits")]
    for device, row in zip(devices, rows, strict=True):
        cost = _dollars(row.figures.cost) if device.hourly else "-"
        fits = "yes" if row.figures.fits else "no"
        table.append((device.name, duration_text(row.figures.seconds), cost, fits))
    print_columns(console, table, indent=2, header=True, right=[1, 2])


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
