"""JSON as documents use it: strict on the way in, readable and diff-friendly on the way out."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final, NoReturn

from pydantic import JsonValue

MAX_DEPTH: Final = 64
"""How deeply lists and objects may be nested."""

LINE_WIDTH: Final = 100

SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


class BadJson(ValueError):
    """Text that is no JSON, or JSON that no document may contain; the message is a clause."""


def read_json(text: str) -> JsonValue:
    """The value that JSON text stands for.

    Raises BadJson for a syntax error (with line and column), a key that appears twice, a number
    that is not finite or too long, and nesting deeper than MAX_DEPTH.
    """
    try:
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except json.JSONDecodeError as error:
        raise BadJson(_syntax_error(text, error)) from None
    except RecursionError:
        raise BadJson(f"is nested deeper than {MAX_DEPTH} levels") from None
    except BadJson:
        raise
    except ValueError:  # Python refuses to convert integers of thousands of digits
        raise BadJson("contains a whole number that is too long") from None
    _refuse_depth(value)
    if SURROGATE.search(text):
        _refuse_lone_surrogates(value)
    return value


def _syntax_error(text: str, error: json.JSONDecodeError) -> str:
    place = f"line {error.lineno}, column {error.colno}"
    if not text[error.pos :].strip():
        return f"ends unexpectedly at {place}; it seems to be cut off"
    return f"is not valid JSON at {place} ({error.msg})"


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    unique = dict(pairs)
    if len(unique) == len(pairs):
        return unique
    counts = Counter(key for key, _ in pairs)
    twice = next(key for key in counts if counts[key] > 1)
    raise BadJson(f"contains the key {json.dumps(twice[:60])} twice in one object")


def _refuse_constant(name: str) -> NoReturn:
    raise BadJson(f"contains {name}, which is no finite number")


def _finite(digits: str) -> float:
    number = float(digits)
    if number - number != 0.0:
        raise BadJson(f"contains the number {digits[:40]}, which is too large")
    return number


def _refuse_depth(value: JsonValue) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item)]
        if not level:
            return
    raise BadJson(f"is nested deeper than {MAX_DEPTH} levels")


def _refuse_lone_surrogates(value: JsonValue) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadJson("contains half of a surrogate pair, which is no character") from None


def _children(value: JsonValue) -> Iterator[JsonValue]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def write_json(value: JsonValue, indent: int = 0) -> str:
    """JSON that people can read and compare: what fits on a line stays on it.

    Objects are broken up to one entry a line unless they hold only plain values and fit;
    `value` is nested no deeper than MAX_DEPTH.
    """
    inline = json.dumps(value, ensure_ascii=False, allow_nan=False)
    flat = not any(isinstance(part, dict) or _is_long(part) for part in _children(value))
    if not isinstance(value, (dict, list)) or not value:
        return inline
    if flat and indent + len(inline) <= LINE_WIDTH:
        return inline
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        entries = [
            f"{pad}{json.dumps(key, ensure_ascii=False)}: {write_json(part, indent + 2)}"
            for key, part in value.items()
        ]
        return "{\n" + ",\n".join(entries) + "\n" + " " * indent + "}"
    entries = [pad + write_json(part, indent + 2) for part in value]
    return "[\n" + ",\n".join(entries) + "\n" + " " * indent + "]"


def _is_long(value: JsonValue) -> bool:
    return isinstance(value, list) and len(value) > 2
