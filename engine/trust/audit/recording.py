"""Writing down what was decided on this computer: who, when and on which machine are filled in."""

from __future__ import annotations

import getpass
import hashlib
import socket
from functools import cache

from engine.errors import ReelwrightError
from engine.trust.audit.entry import Entry, Event
from engine.trust.audit.head import certificate_digest
from engine.trust.audit.log import AuditLog
from engine.trust.audit.report import Signers
from engine.trust.chosen_identity import is_named, signing_identity
from engine.trust.identity import Identity
from engine.trust.self_issued import known_roots


def record(event: Event, log: AuditLog | None = None) -> Entry:
    """Append an event to this computer's audit log; on the disk on return.

    Raises StorageFailed for a log that is damaged, locked, or cannot be written.
    """
    identity = _identity()
    who = {"user": _user(), "host": socket.gethostname()}
    if identity is not None:
        who |= {"signer": identity.name, "signer_digest": certificate_digest(identity)}
    return (log or AuditLog()).append(event.model_copy(update=who), identity)


def own_signers() -> Signers:
    """Whose heads count here: this computer's own identities, and the one chosen to sign."""
    named = _identity() if is_named() else None
    return Signers(known_roots(), () if named is None else (named.chain,))


def text_digest(text: str) -> str:
    """What stands in the log for a text: sha256 in hex, '' for none."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def _identity() -> Identity | None:
    """Who signs; None where nobody can: an entry is worth more than its head's signature."""
    try:
        return signing_identity()
    except ReelwrightError:
        return None


@cache
def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
