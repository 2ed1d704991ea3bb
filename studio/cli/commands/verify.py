"""`reelwright verify`: say who made a file, and whether it was altered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from studio.cli.console import print_columns, print_json, results

if TYPE_CHECKING:
    from engine.trust.verification import Verification

EXIT_CODES: Final = {"intact": 0, "altered": 4, "unsigned": 5}
STYLES: Final = {"intact": "bold green", "altered": "bold red", "unsigned": "bold yellow"}


def verify(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A video, picture or sound, or a frame folder.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Who made this file, and was it altered?

    Ends with code 0 if it is as it was signed, 4 if it was altered, 5 if it is not signed, and 1
    if it cannot be read.
    """
    from engine.trust.verify import verify as examine

    found = examine(file)
    if as_json:
        print_json(_facts(found))
    else:
        _print(found)
    raise typer.Exit(EXIT_CODES[found.state.value])


def _print(found: Verification) -> None:
    console = results()
    console.print(found.state.value, style=STYLES[found.state.value], end=":  ")
    console.print(found.summary, soft_wrap=True)
    for reason in found.reasons:
        console.print(f"  {reason}", soft_wrap=True)
    rows = [(name, value) for name, value in _rows(found).items() if value]
    if rows:
        console.print()
        print_columns(console, rows)


def _rows(found: Verification) -> dict[str, str]:
    claims = found.claims
    made_by = "a model" if claims.generated else ""
    return {
        "Signer": str(found.signer or ""),
        "Made by": claims.model or made_by,
        "Prompt": claims.prompt,
        "Seed": "" if claims.seed is None else str(claims.seed),
        "Program": claims.generator,
        "Signed at": claims.time,
        "Made from": ", ".join(f"{item.title} ({item.state.value})" for item in claims.ingredients),
        "Graph": "inside; 'reelwright show' prints it" if claims.document else "",
        "Signature": str(found.sidecar or ""),
    }


def _facts(found: Verification) -> dict[str, object]:
    """Plain data of a verification, stable for scripts."""
    claims, signer = found.claims, found.signer
    return {
        "file": str(found.path),
        "state": found.state.value,
        "trusted": found.trusted,
        "summary": found.summary,
        "reasons": list(found.reasons),
        "signer": signer
        and {
            "name": signer.name,
            "organisation": signer.organisation,
            "serial": signer.serial,
            "trust": signer.trust.value,
            "self_issued": signer.self_issued,
        },
        "generated": claims.generated,
        "model": claims.model,
        "model_digest": claims.model_digest,
        "prompt": claims.prompt,
        "seed": claims.seed,
        "generator": claims.generator,
        "time": claims.time,
        "actions": list(claims.actions),
        "ingredients": [
            {"title": item.title, "relationship": item.relationship, "state": item.state.value}
            for item in claims.ingredients
        ],
    }
