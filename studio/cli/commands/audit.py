"""`reelwright audit`: what was exported and blocked here, and whether that record was altered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.errors import InvalidInput
from studio.cli.console import count, messages, print_columns, print_json, results, say
from studio.cli.group import STYLE

if TYPE_CHECKING:
    from engine.trust.audit.entry import Entry
    from engine.trust.audit.report import Report

ALTERED: Final = 4
NOT_SIGNED: Final = 5

audit = typer.Typer(
    help="""What was exported and blocked here, and whether that record was altered.

    Every export and every blocked prompt writes an entry: who, when, the digests of graph and
    file, and what judged it.  Never the media, the prompt or a file's name.
    """,
    no_args_is_help=True,
    **STYLE,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@audit.command()
def show(
    decision: Annotated[str, typer.Option(help="Only such as 'blocked' or 'exported'.")] = "",
    user: Annotated[str, typer.Option(help="Only this user's.")] = "",
    file: Annotated[
        str, typer.Option(metavar="FILE", help="Only about this file, or a digest's beginning.")
    ] = "",
    since: Annotated[str, typer.Option(help="Only from this day on: 2026-08-02.")] = "",
    until: Annotated[str, typer.Option(help="Only before this day.")] = "",
    last: Annotated[int, typer.Option(min=0, help="Only the last so many; 0 for all.")] = 50,
    as_json: AsJson = False,
) -> None:
    """The entries, oldest first."""
    from engine.trust.audit.chain import as_entry
    from engine.trust.audit.log import AuditLog

    digest = _digest(file)
    begin, end = _day(since, "since"), _day(until, "until")
    entries = [as_entry(row) for row in AuditLog().rows()]
    chosen = [
        entry
        for entry in entries
        if entry is not None
        and decision in ("", entry.event.decision.value)
        and user in ("", entry.event.user)
        and entry.event.file.startswith(digest)
        and (not begin or entry.time >= begin)
        and (not end or entry.time < end)
    ]
    chosen = chosen[-last:] if last else chosen
    if None in entries:
        lost = count(entries.count(None), "unreadable row")
        say(messages(), "warning", f"{lost}: 'reelwright audit verify' says where.")
    if as_json:
        print_json([_facts(entry) for entry in chosen])
    elif chosen:
        rows = [("No", "When", "Who", "Decision", "What")]
        rows += [_row(entry) for entry in chosen]
        print_columns(results(), rows, header=True, right=[0])
    else:
        say(messages(), "note", "There are no such entries.")


@audit.command()
def verify(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A log that 'audit export' wrote; else this one."),
    ] = None,
    head: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A head that was kept elsewhere, to check against."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Was the record altered?

    Ends with code 0 if it is as it was written, 4 if it was altered, 5 if it is but no signed head
    vouches for its end, and 1 if it cannot be read.

    An edited, removed, inserted or moved entry is always found, and so is a log cut short, deleted
    or exchanged, as long as its head is there.  Who can write the log and the configuration and
    use the signing key can make all of it anew: keep heads ('audit export --head') where they
    cannot write, and check against those.
    """
    from engine.trust.audit.exported import verify_exported
    from engine.trust.audit.head import read_head
    from engine.trust.audit.log import AuditLog
    from engine.trust.audit.recording import own_signers

    kept = None if head is None else read_head(head)
    if head is not None and kept is None:
        raise InvalidInput(f"There is no '{head}'.", remedy="Give a file with a head.")
    signers = own_signers()
    found = (
        AuditLog().verify(signers, kept) if file is None else verify_exported(file, signers, kept)
    )
    if as_json:
        print_json(_verdict(found))
    else:
        _print_verdict(found)
    raise typer.Exit(_code(found))


@audit.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to; else to standard output.")
    ] = None,
    head: Annotated[
        bool, typer.Option("--head", help="Only the head: the few lines to keep elsewhere.")
    ] = False,
) -> None:
    """Write the whole record as text, a line an entry, for others to check or to keep."""
    from engine.atomic import replacing
    from engine.trust.audit.exported import lines
    from engine.trust.audit.head import read_head
    from engine.trust.audit.log import AuditLog

    log = AuditLog()
    if head:
        kept = read_head(log.head)
        if kept is None:
            raise InvalidInput(
                "The audit log has no head yet.", remedy="Export something; it writes one."
            )
        text: Iterator[str] = iter([kept.model_dump_json(indent=2)])
    else:
        text = lines(log)
    if file is None:
        for line in text:
            print(line)
        return
    written = 0
    with replacing(file) as partial, partial.open("w", encoding="utf-8") as out:
        for line in text:
            out.write(line + "\n")
            written += 1
    say(messages(), "written", f"{file}" if head else f"{file}: {count(written, 'line')}")


def _row(entry: Entry) -> tuple[str, str, str, str, str]:
    event = entry.event
    who = event.user + (f" ({event.signer})" if event.signer else "")
    judged = [f"{each.what}: {each.outcome}" for each in event.assessed]
    parts = [event.kind, event.file[:12], event.reason, *judged]
    when = entry.time[:19].replace("T", " ")
    return str(entry.number), when, who, event.decision.value, ", ".join(filter(None, parts))


def _facts(entry: Entry) -> dict[str, object]:
    return {
        "number": entry.number,
        "time": entry.time,
        **entry.event.model_dump(mode="json"),
        "previous": entry.previous,
        "digest": entry.digest,
    }


def _code(found: Report) -> int:
    if not found.intact:
        return ALTERED
    return NOT_SIGNED if found.entries and not found.vouched else 0


def _verdict(found: Report) -> dict[str, object]:
    return {
        "file": str(found.path),
        "state": {0: "intact", ALTERED: "altered", NOT_SIGNED: "unsigned"}[_code(found)],
        "entries": found.entries,
        "vouched": found.vouched,
        "signer": found.signer,
        "altered": list(found.altered),
        "notes": list(found.notes),
    }


def _print_verdict(found: Report) -> None:
    from studio.cli.commands.verify import STYLES

    state = str(_verdict(found)["state"])
    console = results()
    console.print(state, style=STYLES[state], end=":  ")
    entries = f"{found.entries:,} {'entry' if found.entries == 1 else 'entries'}"
    vouched = f", {found.vouched:,} vouched for by '{found.signer}'" if found.vouched else ""
    console.print(entries + vouched, soft_wrap=True)
    for sentence in (*found.altered, *found.notes):
        console.print(f"  {sentence}", soft_wrap=True)


def _digest(file: str) -> str:
    """The digest that is sought: a file's own, or what was given as one."""
    if not file or not Path(file).exists():
        return file.lower()
    from engine.file_digests import FileDigests

    digest = FileDigests().digest(file)
    if not digest:
        raise InvalidInput(f"'{file}' cannot be read.", remedy="Check the path and its rights.")
    return digest


def _day(text: str, option: str) -> str:
    """A day or a moment as entries write it, '' for none."""
    if not text:
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"'{text}' is no day.", remedy=f"Write '--{option} 2026-08-02'."
        ) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="microseconds")
