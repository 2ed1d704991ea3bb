"""Addresses of services that stand on one machine."""

from __future__ import annotations

from typing import Final

_ANYWHERE: Final = ("*", "0.0.0.0", "[::]")


def beside(address: str, known: str) -> str:
    """A service's address, as one calls it who reached another on that machine at `known`.

    One that listens everywhere says no name of its own: it is where the other was found.
    """
    transport, _, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    if host not in _ANYWHERE:
        return address
    return f"{transport}://{known.partition('://')[2].rpartition(':')[0]}:{port}"
