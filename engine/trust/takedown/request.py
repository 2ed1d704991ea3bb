"""Requests to take material down, with what the law asks of one, and what became of them.

TAKE IT DOWN Act (Public Law 119-12, 2025), section 3: a valid request holds a signature, an
identification of the material, where it is, a statement made in good faith that it is published
without consent, and how to reach who asks; the material must be gone within 48 hours of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from engine.errors import InvalidInput

TIME_ALLOWED: Final = timedelta(hours=48)

_LONGEST: Final = 10_000  # letters of a field


class State(StrEnum):
    """What became of a request."""

    OPEN = "open"
    REMOVED = "removed"
    REFUSED = "refused"
    RESTORED = "restored"


BLOCKING: Final = frozenset({State.OPEN, State.REMOVED})
"""In these, material that looks like the registered is not made or exported again."""

NEXT: Final = {
    State.OPEN: (State.REMOVED, State.REFUSED),
    State.REMOVED: (State.RESTORED,),
    State.REFUSED: (State.REMOVED,),
    State.RESTORED: (State.REMOVED,),
}
"""Which state may follow which; all but removing ask for a reason."""

FIELDS: Final = {
    "signature": "the name that signs, of who is shown or acts for them",
    "material": "what is to be removed, so that it can be told from other things",
    "location": "where it is: an address, a file, a title",
    "statement": "why, in good faith, it is published without consent",
    "contact": "an address or a number at which who asks can be reached",
}
"""What a request must hold, and what each means."""


class Request(BaseModel):
    """What somebody asks; `on_behalf_of` names who is shown if another signs."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    signature: str = Field(min_length=1, max_length=_LONGEST)
    material: str = Field(min_length=1, max_length=_LONGEST)
    location: str = Field(min_length=1, max_length=_LONGEST)
    statement: str = Field(min_length=1, max_length=_LONGEST)
    contact: str = Field(min_length=1, max_length=_LONGEST)
    on_behalf_of: str = Field(default="", max_length=_LONGEST)


class Case(BaseModel):
    """A request in the register; `hashes` is how many passages of material are kept for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    request: Request
    state: State
    received: AwareDatetime
    resolved: AwareDatetime | None = None
    reason: str = ""
    hashes: int = 0

    @property
    def due(self) -> datetime:
        """Until when the material must be gone."""
        return self.received + TIME_ALLOWED

    def overdue(self, now: datetime) -> bool:
        """Whether it is open and its time is over."""
        return self.state is State.OPEN and now > self.due

    @property
    def blocking(self) -> bool:
        return self.state in BLOCKING


def request_of(fields: dict[str, str]) -> Request:
    """The request that fields make.  Raises InvalidInput naming every one that is missing."""
    missing = [name for name in FIELDS if not fields.get(name, "").strip()]
    if missing:
        what = "; ".join(f"'{name}' ({FIELDS[name]})" for name in missing)
        raise InvalidInput(
            f"The request lacks {what}.",
            remedy="Without these it is not valid; ask whoever made it.",
        )
    too_long = [name for name, text in fields.items() if len(text) > _LONGEST]
    if too_long:
        raise InvalidInput(
            f"'{too_long[0]}' is longer than {_LONGEST:,} letters.", remedy="Shorten it."
        )
    unknown = sorted(set(fields) - set(Request.model_fields))
    if unknown:
        raise InvalidInput(
            f"A request has no field '{unknown[0]}'.",
            remedy=f"It has {', '.join(Request.model_fields)}.",
        )
    return Request.model_validate(fields)


def following(case: Case, state: State, reason: str) -> State:
    """`state`, if it may follow the case's.  Raises InvalidInput otherwise."""
    if state not in NEXT[case.state]:
        allowed = " or ".join(f"'{each}'" for each in NEXT[case.state])
        raise InvalidInput(
            f"Request {case.number} is {case.state}, and cannot become {state}.",
            remedy=f"It can become {allowed}.",
        )
    if state is not State.REMOVED and not reason.strip():
        raise InvalidInput(
            f"Request {case.number} cannot become {state} without a reason.",
            remedy="Give it with '--reason'.",
        )
    return state


def moment(text: str, now: datetime) -> datetime:
    """When a request came in, from ISO text; `now` for none.  Raises InvalidInput.

    A time without a zone is taken as this computer's.
    """
    if not text:
        return now
    try:
        when = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"'{text}' is no time.", remedy="Write it like 2026-08-02T14:30."
        ) from None
    if when > now:
        raise InvalidInput(
            f"'{text}' is still to come.", remedy="Give the time at which the request came in."
        )
    return when
