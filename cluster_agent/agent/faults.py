"""How a job or its worker ended, in the words of the protocol."""

from __future__ import annotations

import errno
import signal
from typing import Final, NamedTuple

from cluster_agent.agent.workspace import NotInstalled
from cluster_agent.protocol.messages import Fault
from engine.errors import (
    BlockedByPolicy,
    Cancelled,
    InvalidInput,
    InvalidWeights,
    ReelwrightError,
    StorageFailed,
)
from engine.run.failures import is_out_of_memory
from engine.run.runner import RunResult
from engine.run.signer import NobodySigns

_NEAR: Final = 0.9


class Verdict(NamedTuple):
    """`fault` is None if it went well, or was cancelled."""

    fault: Fault | None = None
    error: str = ""
    cancelled: bool = False


def verdict_of(result: RunResult) -> Verdict:
    """What a run's result means; of several failures the first is told."""
    if result.outcome == "cancelled":
        return Verdict(cancelled=True)
    for error in result.errors.values():
        return verdict_of_error(error)
    return Verdict()


def verdict_of_error(error: Exception) -> Verdict:
    """What an error means for trying again: here, elsewhere, or never."""
    if isinstance(error, Cancelled):
        return Verdict(cancelled=True)
    if isinstance(error, ReelwrightError):
        return Verdict(_fault(error), str(error))
    fault: Fault = "out_of_memory" if is_out_of_memory(error) else "failed"
    return Verdict(fault, f"{type(error).__name__}: {error}"[:1000])


def _fault(error: BaseException) -> Fault:
    """By what is at the bottom of it: a failed node says itself only where, not why."""
    if is_out_of_memory(error):
        return "out_of_memory"
    match error:
        case BlockedByPolicy():
            return "blocked"
        case NotInstalled():
            return "refused"
        case NobodySigns():
            return "failed"  # on this machine: another one may have its key
        case InvalidWeights():
            return "failed"  # of this machine's copy: another one may be whole
        case InvalidInput():
            return "invalid"
        case StorageFailed():
            return "storage"
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG):
            return "storage"
    return _fault(error.__cause__) if error.__cause__ is not None else "failed"


def verdict_of_exit(code: int, *, peak: int, limit: int, oom_kills: int) -> Verdict:
    """How a worker's process ended; `code` is negative for a signal, as subprocess has it.

    `peak` and `limit` are bytes (a limit of 0 is none), `oom_kills` how many processes the kernel
    has killed for memory meanwhile.
    """
    took = f"; it took {peak >> 20} MiB of memory at the worst moment."
    if code >= 0:
        return Verdict("crashed", f"the worker ended with code {code}{took}")
    name = _signal_name(-code)
    if -code == signal.SIGKILL and (oom_kills or (limit and peak >= _NEAR * limit)):
        return Verdict("out_of_memory", f"the system killed the worker for its memory{took}")
    return Verdict("crashed", f"the worker was ended by {name}{took}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
