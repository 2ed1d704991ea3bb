"""`reelwright ledger`: which watermark and which file lead to which signature."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studio.cli.console import count, messages, print_columns, print_json, results, say
from studio.cli.group import STYLE

if TYPE_CHECKING:
    from engine.trust.audit.entry import Decision

_MOST_REFUSED = 5

ledger = typer.Typer(
    help="""What was signed, so that a file that lost its signature still leads to it.

    Each computer keeps what it signed, and 'verify' looks there.  What servers and other people's
    computers signed can be taken over: 'export' there, 'import' here.  To follow watermarks, both
    need the same 'watermark.key' in their configuration folders.
    """,
    no_args_is_help=True,
    **STYLE,
)


@ledger.command()
def show(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """How much is known, and where it comes from."""
    from engine.trust.ledger import Ledger

    own = Counter("signed" if entry.manifest else "unsigned" for entry in Ledger().entries())
    others = Counter(entry.place for entry in Ledger.of_others().entries())
    if as_json:
        print_json({"here": dict(own), "elsewhere": dict(others)})
        return
    rows = [("Signed here", str(own["signed"])), ("Released unsigned here", str(own["unsigned"]))]
    rows += [(f"Taken over from {place}", str(number)) for place, number in others.items()]
    print_columns(results(), rows)


@ledger.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to.")],
) -> None:
    """Write what was signed here to a file that others can import.

    It holds every manifest whole: prompts, graphs, names of inputs.  The audit log notes it.
    """
    from engine.atomic import replacing
    from engine.trust.audit.entry import Decision
    from engine.trust.ledger import Ledger
    from engine.trust.ledger_exchange import lines

    written = -1  # the first line is no release
    with replacing(file) as partial:
        partial.touch(mode=0o600)
        with partial.open("w", encoding="utf-8") as out:
            for line in lines(Ledger()):
                out.write(line + "\n")
                written += 1
        _record(Decision.GIVEN_OUT, partial, written)
    say(messages(), "written", f"{file}: {count(written, 'release')}")


@ledger.command(name="import")
def take(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What 'ledger export' wrote.")],
) -> None:
    """Take over what another computer signed.

    Nothing in the file is believed: a manifest must be as it was signed, it leads only from the
    watermarks that it names itself, and 'verify' says by whom it was signed.
    """
    from engine.trust.audit.entry import Decision
    from engine.trust.ledger import Ledger
    from engine.trust.ledger_exchange import take_over

    taken = take_over(file, Ledger.of_others())
    if taken.added:
        _record(Decision.TAKEN_OVER, file, taken.added.total())
    for signer, number in taken.added.most_common():
        say(messages(), "taken", f"{count(number, 'release')} signed by {signer}")
    if taken.known or not taken.added:
        say(messages(), "note", f"{count(taken.known, 'release')} known already")
    for reason in taken.refused[:_MOST_REFUSED]:
        say(messages(), "warning", f"left out: {reason}")
    if len(taken.refused) > _MOST_REFUSED:
        say(messages(), "warning", f"left out: {len(taken.refused) - _MOST_REFUSED} more")


@ledger.command()
def forget() -> None:
    """Forget all that was taken over; what was signed here stays."""
    from engine.trust.ledger import Ledger

    others = Ledger.of_others()
    there = others.path.exists()
    others.remove()
    messages().print("It is forgotten." if there else "Nothing was taken over.")


def _record(decision: Decision, file: Path, releases: int) -> None:
    from engine.file_digests import content_digest
    from engine.trust.audit.entry import Event
    from engine.trust.audit.recording import record

    reason = count(releases, "release")
    record(Event(decision=decision, file=content_digest(file), reason=reason))
