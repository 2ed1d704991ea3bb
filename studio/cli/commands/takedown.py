"""`reelwright takedown`: requests to take material down, their clock, and what they block."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.errors import BlockedByPolicy, InvalidInput, StorageFailed
from studio.cli.console import count, messages, print_columns, print_json, results, say
from studio.cli.group import STYLE
from studio.cli.material import read_material

if TYPE_CHECKING:
    from engine.trust.takedown.request import Case

takedown = typer.Typer(
    help="""Requests to take material down, their clock of 48 hours, and what they block.

    While a request is open or its material removed, nothing that looks like the material is
    exported on this computer.  Only hashes of it are kept, from which it cannot be had back.
    """,
    no_args_is_help=True,
    **STYLE,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_LARGEST: Final = 1 << 20  # bytes of a request as a file


@takedown.command()
def add(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="The material: videos and pictures to hash."),
    ] = None,
    signature: Annotated[str, typer.Option(help="The name that signs the request.")] = "",
    material: Annotated[str, typer.Option(help="What is to be removed, told in words.")] = "",
    location: Annotated[str, typer.Option(help="Where it is: address, file or title.")] = "",
    statement: Annotated[
        str, typer.Option(help="Why, in good faith, it is published without consent.")
    ] = "",
    contact: Annotated[str, typer.Option(help="How to reach who asks.")] = "",
    on_behalf_of: Annotated[str, typer.Option(help="Who is shown, if another signs.")] = "",
    request: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The same fields as a JSON file; options go before it."),
    ] = None,
    received: Annotated[
        str, typer.Option(metavar="TIME", help="When it came in: 2026-08-02T14:30; else now.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Register a request; its 48 hours run from when it came in.

    The fields are those that the TAKE IT DOWN Act asks of a valid request.
    """
    from engine.trust.audit.entry import Decision
    from engine.trust.takedown.passages import passages_of
    from engine.trust.takedown.register import Register
    from engine.trust.takedown.request import moment, request_of

    given = {
        "signature": signature, "material": material, "location": location,
        "statement": statement, "contact": contact, "on_behalf_of": on_behalf_of,
    }  # fmt: skip
    fields = _read_fields(request) | {name: text for name, text in given.items() if text}
    asked = request_of(fields)
    when = moment(received, datetime.now(UTC))
    passages = [passage for file in files or () for passage in passages_of(read_material(file))]
    case = Register().add(asked, passages, when)
    _record(case, Decision.REGISTERED)
    if as_json:
        print_json(_facts(case))
        return
    kept = f"hashes of {count(case.hashes, 'passage')} kept"
    say(messages(), "registered", f"request {case.number}, due {_when(case.due)}; {kept}")
    if not case.hashes:
        say(messages(), "note", "Without a FILE nothing is blocked for it.")


@takedown.command("list")
def list_cases(
    state: Annotated[str, typer.Option(help="Only open, removed, refused or restored ones.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those past their time.")] = False,
    as_json: AsJson = False,
) -> None:
    """The requests, which are due when, and what became of them."""
    from engine.trust.takedown.register import Register
    from engine.trust.takedown.request import State

    if state and state not in list(State):
        raise InvalidInput(f"There is no state '{state}'.", remedy=f"Choose {', '.join(State)}.")
    now = datetime.now(UTC)
    chosen = [
        case
        for case in Register().cases()
        if state in ("", case.state.value) and (case.overdue(now) or not overdue)
    ]
    if as_json:
        print_json([_facts(case) for case in chosen])
    elif chosen:
        rows = [("No", "State", "Received", "Due", "Hashes", "Material")]
        rows += [_row(case, now) for case in chosen]
        print_columns(results(), rows, header=True, right=[0, 4])
    else:
        say(messages(), "note", "There are no such requests.")


@takedown.command()
def resolve(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As 'takedown list' shows it.")],
    state: Annotated[str, typer.Argument(metavar="STATE", help="removed, refused or restored.")],
    reason: Annotated[str, typer.Option(help="Why; needed to refuse and to restore.")] = "",
) -> None:
    """Say what became of a request; 'refused' and 'restored' lift its block."""
    from engine.trust.audit.entry import Decision
    from engine.trust.takedown.register import Register
    from engine.trust.takedown.request import State

    if state not in list(State):
        raise InvalidInput(
            f"There is no state '{state}'.", remedy="Choose removed, refused or restored."
        )
    case = Register().resolve(number, State(state), reason)
    _record(case, Decision.RESOLVED)
    assert case.resolved is not None
    late = ", after its time" if state != "restored" and case.resolved > case.due else ""
    say(messages(), "resolved", f"request {case.number} is {case.state}{late}")


@takedown.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A video or a picture.")],
    as_json: AsJson = False,
) -> None:
    """Does a file show what was taken down?  Ends with code 3 if it does, 0 if not."""
    from engine.trust.takedown.register import Register
    from engine.trust.takedown.search import Index, search

    material = read_material(file)
    index = Index(Register().blocking())
    found = search(index, material) if index else None
    if as_json:
        from dataclasses import asdict

        print_json({"file": str(file), "match": None if found is None else asdict(found)})
        raise typer.Exit(0 if found is None else BlockedByPolicy.exit_code)
    if found is not None:
        raise BlockedByPolicy(
            f"'{file}' is nearly the same as material of request {found.request} (from second "
            f"{found.seconds:.1f} on, {found.appearance:.0%} alike).",
            remedy=f"'reelwright takedown list' says what request {found.request} is about.",
        )
    say(messages(), "clear", f"'{file}' resembles nothing that is registered.")


@takedown.command("export")
def export_hashes(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
) -> None:
    """Write what is blocked into a signed file: hashes, and no persons.

    Other computers take it with 'import', agents follow it with '--takedowns'.
    """
    from engine.atomic import replacing
    from engine.trust.chosen_identity import signing_identity
    from engine.trust.takedown.exchange import exported
    from engine.trust.takedown.register import Register

    identity = signing_identity()
    made = exported(Register().passages(), identity, datetime.now(UTC))
    with replacing(file) as partial:
        partial.write_text(made.model_dump_json(), "utf-8")
    what = count(len(made.blocked), "request")
    say(messages(), "exported", f"{what} to '{file}', signed by '{identity.name}'")


@takedown.command("import")
def import_hashes(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What was exported elsewhere.")],
    signer: Annotated[
        Path | None,
        typer.Option(metavar="PEM", help="The signer's certificate, or who issued it."),
    ] = None,
) -> None:
    """Block here too what another computer blocks; what it gave before is replaced."""
    from engine.trust.takedown.exchange import read_trusted
    from engine.trust.takedown.register import Register

    read = read_trusted(file, signer)
    Register().imported.keep(read)
    say(messages(), "imported", f"{count(len(read.blocked), 'request')} from '{file}'")


@takedown.command()
def signers(as_json: AsJson = False) -> None:
    """Whose registers are followed here, and how many requests each blocks."""
    from engine.trust.audit.head import signer_of
    from engine.trust.takedown.register import Register

    known = Register().imported.signers()
    if as_json:
        print_json(
            [
                {
                    "source": source,
                    "signer": given and signer_of(given),
                    "time": given and given.time.isoformat(),
                    "requests": given and len(given.blocked),
                }
                for source, given in known.items()
            ]
        )
    elif known:
        rows = [("Source", "Signer", "As of", "Requests")]
        for source, given in known.items():
            if given is None:
                rows.append((source, "damaged", "", ""))
            else:
                when, blocked = _when(given.time), str(len(given.blocked))
                rows.append((source, signer_of(given), when, blocked))
        print_columns(results(), rows, header=True, right=[3])
    else:
        say(messages(), "note", "Nothing was imported.")


@takedown.command()
def forget(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="As 'signers' shows it.")],
) -> None:
    """Block no longer what was imported from a signer."""
    from engine.trust.takedown.register import Register

    Register().imported.forget(source)
    say(messages(), "forgotten", f"what '{source}' gave blocks nothing any more")


def _read_fields(file: Path | None) -> dict[str, str]:
    """The fields of a request in a JSON file."""
    if file is None:
        return {}
    try:
        with file.open("rb") as opened:
            fields = json.loads(opened.read(_LARGEST))
    except OSError as error:
        raise StorageFailed(
            f"'{file}' cannot be read: {error.strerror}.", remedy="Check the path and its rights."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"'{file}' is no JSON file: {error}.", remedy="Correct it.") from None
    if not isinstance(fields, dict) or not all(isinstance(text, str) for text in fields.values()):
        raise InvalidInput(
            f"'{file}' does not hold fields with texts.",
            remedy='Write it like {"signature": "...", "material": "..."}.',
        )
    return fields


def _record(case: Case, decision: str) -> None:
    """Into the audit log: that it was done, and nothing of what the request says."""
    from engine.trust.audit.entry import Decision, Event
    from engine.trust.audit.recording import record

    record(Event(decision=Decision(decision), reason=f"request {case.number}: {case.state}"))


def _row(case: Case, now: datetime) -> tuple[str, str, str, str, str, str]:
    state = "open, OVERDUE" if case.overdue(now) else case.state.value
    due = _when(case.due) if case.state.value == "open" else ""
    what = case.request.material + (f" ({case.reason})" if case.reason else "")
    return str(case.number), state, _when(case.received), due, str(case.hashes), what


def _when(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _facts(case: Case) -> dict[str, object]:
    return {
        **case.model_dump(mode="json"),
        "due": case.due.isoformat(),
        "overdue": case.overdue(datetime.now(UTC)),
    }
