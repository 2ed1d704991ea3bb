"""`reelwright trust`: the lists of those who may vouch for signers, and for times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.errors import InvalidInput
from studio.cli.console import messages, print_columns, print_json, results
from studio.cli.group import STYLE

if TYPE_CHECKING:
    from engine.trust.trust_lists import TrustList

trust = typer.Typer(
    help="Lists of who vouches for signers and for times.", no_args_is_help=True, **STYLE
)

_PUBLISHED: Final = "https://raw.githubusercontent.com/c2pa-org/conformance-public/main/trust-list/"
C2PA_SIGNERS: Final = f"{_PUBLISHED}C2PA-TRUST-LIST.json"
C2PA_STAMPS: Final = f"{_PUBLISHED}C2PA-TSA-TRUST-LIST.json"

_PATIENCE: Final = 30.0
"""Seconds to wait for a server."""


@trust.command()
def show(
    as_json: Annotated[bool, typer.Option("--json", help="Print the lists as JSON.")] = False,
) -> None:
    """The lists that are here: what they are, from when, and from where."""
    from datetime import UTC, datetime

    from engine.trust.trust_lists import Kind, installed

    now = datetime.now(UTC)
    found = {kind.value: installed(kind) for kind in Kind}
    if as_json:
        print_json({kind: each and _facts(each) for kind, each in found.items()})
        return
    for kind, each in found.items():
        results().print(kind, style="bold")
        if each is None:
            results().print("  none: only this computer's own signers are known", soft_wrap=True)
            continue
        rows = [
            ("List", each.name),
            ("Authorities", str(each.count)),
            ("Issued", each.issued or "not said"),
            ("Age", f"{each.age(now).days} days"),
            ("Next", each.next_update or "not said"),
            ("From", each.source),
            ("SHA-256", each.digest or "not kept"),
            ("Put here", each.installed),
        ]
        print_columns(results(), rows, indent=2)
        if outdated := each.outdated(now):
            messages().print(f"{outdated} 'reelwright trust update' fetches a newer one.")


@trust.command()
def update(
    signers: Annotated[
        str, typer.Option(metavar="SOURCE", help="A file or https address; '' for none.")
    ] = C2PA_SIGNERS,
    stamps: Annotated[
        str, typer.Option(metavar="SOURCE", help="A file or https address; '' for none.")
    ] = C2PA_STAMPS,
) -> None:
    """Fetch the lists that the C2PA publishes, or take others, in place of those that are here.

    This is the only command that fetches them.  They are PEM text, or JSON as the C2PA has it.
    """
    from engine.trust.trust_lists import Kind, install, read_list

    sources = {Kind.SIGNERS: signers, Kind.STAMPS: stamps}
    contents = {kind: (_fetched(source), source) for kind, source in sources.items() if source}
    for content, source in contents.values():
        read_list(content, source)  # all are good before the first is put here
    for kind, (content, source) in contents.items():
        new = install(kind, content, source)
        dated = f", issued {new.issued}" if new.issued else ""
        messages().print(f"{kind.value}: {new.name}, {new.count} authorities{dated}.")


@trust.command()
def remove(
    kind: Annotated[str, typer.Argument(help="signers or stamps.")],
) -> None:
    """Trust a list no longer."""
    from engine.trust.trust_lists import Kind
    from engine.trust.trust_lists import remove as take_away

    if kind not in list(Kind):
        raise InvalidInput(
            f"There is no kind of list '{kind}'.", remedy=f"There are: {', '.join(Kind)}."
        )
    gone = take_away(Kind(kind))
    messages().print("It is trusted no longer." if gone else "None was here.")


def _fetched(source: str) -> bytes:
    """A list's bytes from a file, or from a server over https."""
    from pathlib import Path
    from urllib.parse import urlsplit

    from engine.trust.trust_lists import MAX_BYTES, content_of

    scheme = urlsplit(source).scheme
    if scheme == "https":
        return _downloaded(source, MAX_BYTES)
    if scheme and len(scheme) > 1:  # a single letter is a drive
        raise InvalidInput(
            f"A trust list is not fetched from '{source}': others could change it on the way.",
            remedy="Give an https address, or a file.",
        )
    return content_of(Path(source))


def _downloaded(address: str, most: int) -> bytes:
    from urllib.error import URLError
    from urllib.request import urlopen

    from engine.errors import ReelwrightError

    try:
        with urlopen(address, timeout=_PATIENCE) as answer:
            if not answer.geturl().startswith("https:"):
                raise InvalidInput(
                    f"'{address}' leads to '{answer.geturl()}', where others could change it.",
                    remedy="Give an address that stays with https, or a file.",
                )
            content: bytes = answer.read(most + 1)
            return content
    except (URLError, OSError, ValueError) as error:
        raise ReelwrightError(
            f"The trust list could not be fetched from '{address}': {error}.",
            remedy="Check the network, or give a file that you fetched elsewhere.",
        ) from error


def _facts(found: TrustList) -> dict[str, object]:
    return found.model_dump(mode="json", exclude={"certificates"})
