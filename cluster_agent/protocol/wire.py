"""Messages as bytes: one msgpack map with `kind` first, and nothing in it that was not declared.

Whatever bytes come in, `decode` gives a message that its direction knows, or raises Malformed with
a sentence that names the field; nothing else comes out of it.  Sizes are checked before anything
is made of them.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar, get_args

import msgpack
from pydantic import ValidationError

from cluster_agent.protocol.job_spec import JobSpec
from cluster_agent.protocol.message import LARGEST, Many, Message
from cluster_agent.protocol.messages import (
    FromAgent,
    FromBlobs,
    FromClient,
    FromDoor,
    ToAgent,
    ToBlobs,
    ToClient,
    ToDoor,
)
from engine.errors import InvalidInput

_MOST_ANSWERED: Final = 1 << 16
_SHOWN: Final = 80

Said = TypeVar("Said", bound=Message)


class Malformed(InvalidInput):
    """Bytes that are no message; `re` is the number of what was asked, where it could be read."""

    def __init__(self, what: str, re: int = 0) -> None:
        super().__init__(f"This is no message: {what}.")
        self.re = re


class Direction(Generic[Said]):
    """Which messages may come this way, and how many entries a list or map in them may have."""

    def __init__(self, name: str, kinds: tuple[type[Said], ...], most: int = Many) -> None:
        self.name = name
        self.most = most
        self.kinds: Final = {kind.kind: kind for kind in kinds}


FROM_CLIENT: Final[Direction[FromClient]] = Direction("from a client", get_args(FromClient))
FROM_AGENT: Final[Direction[FromAgent]] = Direction("from an agent", get_args(FromAgent))
FROM_PEER: Final[Direction[FromClient | FromAgent]] = Direction(
    "to a broker", tuple(dict.fromkeys(get_args(FromClient) + get_args(FromAgent)))
)
TO_CLIENT: Final[Direction[ToClient]] = Direction("to a client", get_args(ToClient), _MOST_ANSWERED)
TO_AGENT: Final[Direction[ToAgent]] = Direction("to an agent", get_args(ToAgent), _MOST_ANSWERED)
TO_BLOBS: Final[Direction[ToBlobs]] = Direction("to a blob service", get_args(ToBlobs))
FROM_BLOBS: Final[Direction[FromBlobs]] = Direction("from a blob service", get_args(FromBlobs))
TO_DOOR: Final[Direction[ToDoor]] = Direction("to a door", get_args(ToDoor))
FROM_DOOR: Final[Direction[FromDoor]] = Direction("from a door", get_args(FromDoor))


def encode(message: Message) -> bytes:
    """The frame of a message."""
    packed: bytes = msgpack.packb({"kind": message.kind, **message.model_dump()})
    return packed


def decode(frame: bytes, direction: Direction[Said]) -> Said:
    """The message in a frame.  Raises Malformed."""
    if len(frame) > LARGEST:
        raise Malformed(f"{len(frame)} bytes are over the limit of {LARGEST}")
    fields = _unpacked(frame, direction.most)
    if not isinstance(fields, dict):
        raise Malformed("it is not a map")
    kind = fields.pop("kind", None)
    known = direction.kinds.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise Malformed(f"kind: {_shown(kind)} is nothing said {direction.name}", _re(fields))
    try:
        return known.model_validate(fields)
    except ValidationError as error:
        raise Malformed(f"{kind}: {_first(error)}", _re(fields)) from None


def encode_spec(spec: JobSpec) -> bytes:
    """A job's spec as it is stored."""
    packed: bytes = msgpack.packb(spec.model_dump())
    return packed


def decode_spec(stored: bytes) -> JobSpec:
    """A job's spec from where it was stored.  Raises Malformed."""
    try:
        return JobSpec.model_validate(_unpacked(stored, Many))
    except ValidationError as error:
        raise Malformed(f"job spec: {_first(error)}") from None


def _unpacked(frame: bytes, most: int) -> object:
    # msgpack believes a length before it has seen the content, and nests 1,024 deep.
    try:
        return msgpack.unpackb(
            frame,
            use_list=False,
            object_pairs_hook=_no_twins,
            max_array_len=most,
            max_map_len=most,
            max_ext_len=0,
        )
    except (ValueError, msgpack.UnpackException) as error:
        raise Malformed(str(error)[:_SHOWN].rstrip(".") or type(error).__name__) from None


def _no_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field stands in it twice")
    return found


def _re(fields: dict[str, object]) -> int:
    number = fields.get("re")
    return number if type(number) is int and 0 <= number <= 2**53 else 0


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place[:_SHOWN]}: {problem['msg'][:_SHOWN]}"


def _shown(kind: object) -> str:
    return f"'{kind[:_SHOWN]}'" if isinstance(kind, str) else f"a {type(kind).__name__}"
