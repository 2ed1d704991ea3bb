"""How benchmarks print: one row a figure, with the bar it is held to beside it."""

from __future__ import annotations


def row(what: str, figure: str, bar: str = "") -> None:
    """Print one row of a benchmark's table."""
    print(f"  {what:<58} {figure:>24}   {bar}", flush=True)
