"""`reelwright keys`: this computer's key, the keys it trusts, and pairing with a server."""

from __future__ import annotations

from typing import Annotated

import typer

from studio.cli.group import STYLE

keys = typer.Typer(
    help="Keys: your own, those you trust, pairing with a server.", no_args_is_help=True, **STYLE
)
Who = Annotated[str, typer.Argument(metavar="KEY", help="A public key: 40 characters.")]


@keys.command()
def new() -> None:
    """Make this computer's key, if it has none, and print its public half."""
    from cluster_agent.keys import KeyPair, fingerprint
    from studio.cli.console import messages, results

    own = KeyPair.load_or_new()
    results().print(own.public, soft_wrap=True)
    messages().print(f"To be read aloud: {fingerprint(own.public)}", style="dim")


@keys.command()
def show() -> None:
    """This computer's key, whom it trusts, and the servers it knows."""
    from cluster_agent.keys import KeyPair, Servers, Trust, fingerprint
    from studio.cli.console import print_columns, results

    console = results()
    own = KeyPair.load()
    console.print("This computer", style="bold")
    print_columns(console, [(own.public, fingerprint(own.public))], indent=2)
    peers = Trust().peers()
    if peers:
        console.print("\nMay connect here", style="bold")
        rows = [(p.key, p.user, ", ".join(p.roles), p.note) for p in peers]
        print_columns(console, rows, indent=2)
    servers = Servers().all()
    if servers:
        console.print("\nServers", style="bold")
        print_columns(console, [(s.name, s.address, s.key) for s in servers], indent=2)


@keys.command()
def trust(
    key: Who,
    user: Annotated[str, typer.Option(help="Whose jobs are whose.")],
    role: Annotated[
        list[str] | None,
        typer.Option(help="submit, observe, agent or admin; several may be given."),
    ] = None,
    note: Annotated[str, typer.Option(help="For people.")] = "",
) -> None:
    """Let a key connect here: a user's, or an agent's.  Counts at once."""
    from pydantic import ValidationError

    from cluster_agent.keys import Trust, TrustedPeer
    from engine.errors import InvalidInput
    from studio.cli.console import messages

    roles = tuple(role or ("submit", "observe"))
    try:
        peer = TrustedPeer.model_validate({"key": key, "user": user, "roles": roles, "note": note})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InvalidInput(
            f"This cannot be trusted: {first['loc'][0]}: {first['msg']}.",
            remedy="Roles are submit, observe, agent and admin; a key has 40 characters.",
        ) from None
    Trust().add(peer)
    messages().print(f"'{user}' may connect as {', '.join(roles)}.")


@keys.command()
def forget(key: Who) -> None:
    """Trust a key no longer."""
    from cluster_agent.keys import Trust
    from engine.errors import InvalidInput
    from studio.cli.console import messages

    if not Trust().remove(key):
        raise InvalidInput(
            f"The key '{key}' was not trusted.", remedy="See 'reelwright keys show'."
        )
    messages().print("Forgotten.  Connections that stand end with their agents' next beat.")


@keys.command()
def server(
    name: Annotated[str, typer.Argument(help="The name it shall have here.")],
    address: Annotated[str, typer.Argument(help="Such as tcp://gpu1:7711.")],
    key: Who,
) -> None:
    """Know a server by name, where its key came by another way than pairing."""
    from pydantic import ValidationError

    from cluster_agent.keys import KnownServer, Servers
    from engine.errors import InvalidInput

    try:
        Servers().add(KnownServer(name=name, address=address, key=key))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InvalidInput(f"{first['loc'][0]}: {first['msg']}.", remedy="Check it.") from None


@keys.command()
def pair(
    address: Annotated[
        str | None,
        typer.Argument(
            metavar="[ADDRESS]", help="The server's door, as it prints it; nothing on the server."
        ),
    ] = None,
    user: Annotated[
        str, typer.Option(help="On the server: whose computer it is that calls.")
    ] = "guest",
    role: Annotated[list[str] | None, typer.Option(help="On the server: what it may do.")] = None,
    name: Annotated[
        str, typer.Option(help="On the computer: what the server is called from now on.")
    ] = "",
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS", help="On the server: where its door is.")
    ] = "tcp://0.0.0.0:7713",
    port: Annotated[int, typer.Option(help="On the server: the port of its broker.")] = 7711,
    yes: Annotated[
        bool, typer.Option("--yes", help="Take the code for equal: only where nobody is between.")
    ] = False,
) -> None:
    """Make a server and a computer known to each other: one command on each side.

    First on the server, without an address.  Then on the other computer, with the address that the
    server prints.  Both show a code: compare them, and confirm on both sides.
    """
    from studio.cli.pairing import call_door, open_door

    if address is None:
        open_door(listen, port, user, tuple(role or ("submit", "observe")), yes=yes)
    else:
        call_door(address, name, yes=yes)
