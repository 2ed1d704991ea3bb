"""`reelwright doctor`: check this computer and say what to mend."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.text import Text

from studio.cli.checks import CHECKS, Check, Finding
from studio.cli.console import folded, print_json, results

STATE_WIDTH: Final = 6
STYLES: Final = {"ok": "green", "warn": "bold yellow", "fail": "bold red"}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="NAME", help="Check the way to this cluster as well."),
    ] = None,
) -> None:
    """Check this computer and say what to mend.

    Ends with code 1 if something fails that every run needs.
    """
    checks = CHECKS
    if on is not None:
        from studio.cli.cluster_checks import checks_of

        checks = (*CHECKS, checks_of(on))
    findings = [finding for check in checks for finding in _findings(check)]
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    if any(finding.state == "fail" for finding in findings):
        raise typer.Exit(1)


def _findings(check: Check) -> list[Finding]:
    """What a check finds; that it cannot look is a finding too, and stops no other check."""
    try:
        return list(check())
    except Exception as error:  # noqa: BLE001 - a broken library may raise anything
        name = check.__name__.removeprefix("check_").replace("_", " ")
        reason = f"cannot be checked: {type(error).__name__}: {error}"
        return [Finding("Checks", name, "fail", reason, "Mend what is named above first.")]


def _print(findings: list[Finding]) -> None:
    console = results()
    section = ""
    width = max((len(finding.name) for finding in findings), default=0)
    hang = 2 + STATE_WIDTH + width + 2
    for finding in findings:
        if finding.section != section:
            console.print(("\n" if section else "") + finding.section, style="bold")
            section = finding.section
        first, *more = folded(console, finding.detail, hang)
        line = Text("  ").append(finding.state.ljust(STATE_WIDTH), style=STYLES[finding.state])
        console.print(line.append(f"{finding.name.ljust(width)}  {first}"), soft_wrap=True)
        for rest in (*more, *(folded(console, finding.remedy, hang) if finding.remedy else ())):
            console.print(" " * hang + rest, soft_wrap=True)
