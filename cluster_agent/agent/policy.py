"""What an operator may decide about an agent: patience, and bounds for work that is not trusted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AgentPolicy:
    """Times are seconds, sizes bytes; a bound of 0 is none.

    Towards the broker: a greeting that is not answered is repeated after `greet`, doubling up to
    `greet_most`; who was heard `silence` ago is greeted anew; after another agent took our place,
    or the broker sent us away, we come back after `dismissed`.  What watchers see is sent every
    `report`.

    Towards workers: one that is told to stop has `stop_grace` to reach its next step (a fenced
    one `fence_grace`, so that its work ends before its lease does), then it is killed.  One that
    says nothing for `hang` while it works is killed.  A last checkpoint has `push_grace` to reach
    the store before the end is told without it.  One that ends by itself is started again after
    `restart`, doubling up to `restart_most`.

    A worker may hold `memory`, and its job write `disk`, bytes.
    """

    greet: float = 1.0
    greet_most: float = 8.0
    silence: float = 5.0
    dismissed: float = 30.0
    report: float = 0.2
    stop_grace: float = 60.0
    fence_grace: float = 2.0
    hang: float = 900.0
    push_grace: float = 60.0
    restart: float = 1.0
    restart_most: float = 60.0
    memory: int = 0
    disk: int = 0
