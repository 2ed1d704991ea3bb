"""How the command line says that something failed: a sentence for people, a trace for the log."""

from __future__ import annotations

from engine.errors import ReelwrightError


def report(error: ReelwrightError) -> None:
    """Say what failed and the way out."""
    from studio.cli.console import messages, say

    say(messages(), "error", str(error), "bold red")


def report_unexpected(error: BaseException) -> None:
    """Say that something broke that should not have, and where its trace is."""
    from studio.cli.console import messages, say
    from studio.cli.log import log_trace

    reason = " ".join(str(error).split()).rstrip(".") or "no reason given"
    log = log_trace(error)
    where = f" The trace is in '{log}'." if log else ""
    sentence = f"This should not have happened: {type(error).__name__}: {reason}.{where}"
    say(messages(), "error", sentence, "bold red")
