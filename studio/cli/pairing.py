"""Pairing in front of two people: the code is shown, compared and confirmed on both sides."""

from __future__ import annotations

import socket
from importlib.metadata import version
from typing import TYPE_CHECKING, cast

import typer

from engine.errors import Cancelled, InvalidInput
from studio.cli.console import messages

if TYPE_CHECKING:
    from cluster_agent.pairing import PairingCall, PairingDoor


def open_door(listen: str, port: int, user: str, roles: tuple[str, ...], *, yes: bool) -> None:
    """The server's side: let one computer in, and trust it once the code was compared."""
    from cluster_agent.addresses import beside
    from cluster_agent.keys import ROLES, KeyPair, Role, Trust
    from cluster_agent.pairing import PairingDoor

    for role in roles:
        if role not in ROLES:
            raise InvalidInput(
                f"There is no role '{role}'.", remedy=f"Roles are {', '.join(ROLES)}."
            )
    name = socket.gethostname()
    with PairingDoor(listen, KeyPair.load_or_new(), name, port) as door:
        reached = beside(door.address, f"tcp://{name}:0")
        messages().print(
            f"Now on the other computer:  reelwright keys pair {reached}", soft_wrap=True
        )
        _compare(door, yes=yes)
        door.agree(Trust(), user, cast(tuple[Role, ...], roles))
    messages().print(f"Paired: '{user}' may connect as {', '.join(roles)}.", soft_wrap=True)


def call_door(address: str, name: str, *, yes: bool) -> None:
    """The computer's side: call a door, and know the server once the code was compared."""
    from cluster_agent.keys import KeyPair, Servers
    from cluster_agent.pairing import PairingCall

    software = f"reelwright {version('reelwright')}"
    with PairingCall(address, KeyPair.load_or_new(), software) as call:
        _compare(call, yes=yes)
        paired = call.agree(Servers(), name)
    messages().print(f"Paired: you are '{paired.user}' there.  Try 'reelwright jobs'.")


def _compare(side: PairingDoor | PairingCall, *, yes: bool) -> None:
    code = side.code()
    messages().print(f"The code:  {code}", style="bold")
    if not yes and not typer.confirm("Does the other side show the same?", err=True):
        side.refuse()
        raise Cancelled("Not paired: the codes differ, so somebody may be in between.")
