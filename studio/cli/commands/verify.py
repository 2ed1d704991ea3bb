"""`reelwright verify`: say who made a file, and whether it was altered."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from studio.cli.console import print_columns, print_json, results

if TYPE_CHECKING:
    from engine.trust.verification import Claims, Verification

EXIT_CODES: Final = {"intact": 0, "altered": 4, "unsigned": 5}
INPUT_ALTERED: Final = 6
STYLES: Final = {"intact": "bold green", "altered": "bold red", "unsigned": "bold yellow"}


def verify(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A video, picture or sound, or a folder of frames or of a stream."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    trust: Annotated[
        Path | None,
        typer.Option(metavar="LIST", help="Trust this list in place of the one installed here."),
    ] = None,
    fragment: Annotated[
        list[Path] | None,
        typer.Option(metavar="SEGMENT", help="A segment of a stream that FILE begins."),
    ] = None,
) -> None:
    """Who made this file, and was it altered?

    Ends with code 0 if it is as it was signed, 4 if it was altered, 5 if it is not signed, 6 if it
    is as it was signed but made from a file that had been altered, and 1 if it cannot be read.
    """
    from engine.trust.ledger import ledgers
    from engine.trust.recovery import recovered
    from engine.trust.verify import verify as examine
    from studio.cli.marks import read_marks

    roots = None if trust is None else _roots(trust)
    found = examine(file, trust_list=roots, fragments=fragment or ())
    known = ledgers()
    found = recovered(found, known, partial(read_marks, ledgers=known), trust_list=roots)
    if as_json:
        print_json(_facts(found))
    else:
        _print(found)
    raise typer.Exit(_exit_code(found))


def _roots(trust: Path) -> str:
    from engine.trust.trust_lists import content_of, read_list

    return read_list(content_of(trust), str(trust)).certificates


def _exit_code(found: Verification) -> int:
    return EXIT_CODES[found.state.value] or (INPUT_ALTERED if found.input_altered else 0)


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


def _time(claims: Claims) -> str:
    return claims.time if claims.time_trusted else f"{claims.time}, says an unknown authority"


def _rows(found: Verification) -> dict[str, str]:
    claims = found.claims
    made_by = "a model" if claims.generated else ""
    return {
        "Signer": str(found.signer or ""),
        "Made by": claims.model or made_by,
        "Prompt": claims.prompt,
        "Seed": "" if claims.seed is None else str(claims.seed),
        "Program": claims.generator,
        "Signed at": claims.time and _time(claims),
        "Made from": ", ".join(f"{item.title} ({item.state.value})" for item in claims.ingredients),
        "Checked": "" if claims.release is None else claims.release.checked,
        "Marked": "" if claims.release is None else claims.release.marked,
        "Graph": "inside; 'reelwright show' prints it" if claims.document else "",
        "Signature": str(found.sidecar or ""),
    } | _recovered_rows(found)


def _recovered_rows(found: Verification) -> dict[str, str]:
    """What the watermark leads to; it says nothing of the file as it is now."""
    known = found.recovery
    if known is None or known.mark is None or known.entry is None:
        return {}
    was, signer = known.claims, known.found and known.found.signer
    return {
        "Watermark": known.mark.value,
        "Leads to": f"{known.entry.title} ({known.entry.time})",
        "Signed by": str(signer or ""),
        "Was made by": was.model,
        "From prompt": was.prompt,
        "Taken over from" if known.elsewhere else "Lay at": known.entry.place,
    }


def _facts(found: Verification) -> dict[str, object]:
    """Plain data of a verification, stable for scripts."""
    from engine.trust.release import release_data

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
        "time_trusted": claims.time_trusted,
        "actions": list(claims.actions),
        "ingredients": [
            {"title": item.title, "relationship": item.relationship, "state": item.state.value}
            for item in claims.ingredients
        ],
        "input_altered": found.input_altered,
        "release": None if claims.release is None else release_data(claims.release),
        "recovered": _recovered_facts(found),
    }


def _recovered_facts(found: Verification) -> dict[str, object] | None:
    known = found.recovery
    if known is None:
        return None
    entry, was = known.entry, known.claims
    signer = known.found and known.found.signer
    return {
        "watermark": known.mark and known.mark.value,
        "known": entry is not None,
        "title": entry and entry.title,
        "time": entry and entry.time,
        "place": entry and entry.place,
        "elsewhere": known.elsewhere,
        "signer": signer and signer.name,
        "model": was.model,
        "prompt": was.prompt,
        "seed": was.seed,
    }
