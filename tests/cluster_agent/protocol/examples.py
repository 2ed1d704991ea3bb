"""Examples of every message, drawn from how it is declared."""

from __future__ import annotations

import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cluster_agent.protocol import messages
from cluster_agent.protocol.job_spec import JobSpec

KINDS = tuple(
    kind
    for name in messages.__all__
    if isinstance(kind := getattr(messages, name), type)
    and issubclass(kind, messages.Message)
    and kind is not messages.Message
)
# For every pattern in the protocol, words that match it.
WORDS = (
    "j0", "j" + "9" * 18, "ann", "A.b_c@d-9", "0" * 64, "0f" * 32, "a" * 16,
    "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7",
)  # fmt: skip
PATHS = st.sampled_from(["a", "clips/out.mp4", "ünï cödé/ß.png", "x" * 255])


def models(kind: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Examples of a message, or of what is in one."""
    if kind is JobSpec:
        return st.one_of(_job_spec("graph"), _job_spec("graph_digest"))
    return st.builds(kind, **{name: _field(info) for name, info in kind.model_fields.items()})


def _job_spec(given: str) -> st.SearchStrategy[JobSpec]:
    """With a graph or with the digest of one."""
    fields = {name: _field(info) for name, info in JobSpec.model_fields.items()}
    fields["graph"] = st.binary(min_size=1, max_size=50) if given == "graph" else st.just(b"")
    fields["graph_digest"] = st.just("a" * 64) if given == "graph_digest" else st.none()
    return st.builds(JobSpec, **fields)


def _field(info: FieldInfo) -> st.SearchStrategy[Any]:
    return _values(info.annotation, list(info.metadata))


def _values(kind: Any, limits: list[Any]) -> st.SearchStrategy[Any]:
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _values(inner[0], [*limits, *_flat(inner[1:])])
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, types.UnionType):
        return st.one_of(*(_values(part, limits) for part in inner))
    if origin is tuple:
        entries = _values(inner[0], [])
        return st.lists(entries, min_size=_least(limits), max_size=_least(limits) + 3).map(tuple)
    if origin is dict:
        return st.dictionaries(_values(inner[0], []), _values(inner[1], []), max_size=3)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return models(kind)
    return _plain(kind, limits)


def _plain(kind: Any, limits: list[Any]) -> st.SearchStrategy[Any]:
    if kind is type(None):
        return st.none()
    if kind is bool:
        return st.booleans()
    if kind is bytes:
        least = _least(limits)
        return st.binary(min_size=least, max_size=least or 50)
    if kind is int:
        return st.integers(_bound(limits, Ge, 0), _bound(limits, Le, 2**63))
    if kind is float:
        return _floats(limits)
    assert kind is str, kind
    return _strings(limits)


def _floats(limits: list[Any]) -> st.SearchStrategy[float]:
    above, below = _bound(limits, Gt, None), _bound(limits, Lt, None)
    return st.floats(
        min_value=_bound(limits, Ge, 0 if above is None else above),
        max_value=1e12 if below is None else below,
        exclude_min=above is not None,
        exclude_max=below is not None,
        allow_nan=False,
    )


def _strings(limits: list[Any]) -> st.SearchStrategy[str]:
    patterns = [found for limit in limits if (found := getattr(limit, "pattern", None))]
    if patterns:
        return st.sampled_from([word for word in WORDS if re.search(patterns[0], word)])
    if any(hasattr(limit, "func") for limit in limits):
        return PATHS
    return st.text(min_size=_least(limits), max_size=min(20, _bound(limits, MaxLen, 20)))


def _flat(limits: Any) -> list[Any]:
    return [part for limit in limits for part in getattr(limit, "metadata", [limit])]


def _least(limits: list[Any]) -> int:
    return int(_bound(limits, MinLen, 0))


def _bound(limits: list[Any], kind: type, otherwise: Any) -> Any:
    name = {MaxLen: "max_length", MinLen: "min_length"}.get(kind, kind.__name__.lower())
    return next((getattr(limit, name) for limit in limits if isinstance(limit, kind)), otherwise)
