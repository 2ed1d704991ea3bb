"""What the user sets from outside a graph: `--set`, `--values` and `--sweep`, as plain data."""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from engine.errors import InvalidInput
from engine.graph.json_text import BadJson, read_json

MOST_RUNS: Final = 10_000
LARGEST_FILE: Final = 1 << 20

_AS_JSON: Final = 'Write {"node.param": value, "exposed": value}.'
_NUMBER = r"[+-]?\d{1,20}(?:\.\d{1,20})?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?::({_NUMBER}))?")
_UNESCAPED_COMMA = re.compile(r"(?<!\\),")


def parse_settings(assignments: Sequence[str], option: str = "--set") -> dict[str, str]:
    """`['sample.steps=4', 'prompt=a red ball']` by name; the last of equal names wins."""
    return dict(_assignment(text, option) for text in assignments)


def sweep(specs: Sequence[str]) -> Iterator[dict[str, str]]:
    """Every combination of `['seed=1..4', 'steps=4,8']`; the last one varies fastest.

    A spec is a comma list of values and ranges `FIRST..LAST[:STEP]`, both ends included; a comma
    inside a value is written `\\,`.  No specs make one empty combination.
    """
    axes = {name: _values(name, text) for name, text in _axes(specs)}
    runs = math.prod(len(values) for values in axes.values())
    if runs > MOST_RUNS:
        raise InvalidInput(
            f"--sweep asks for {runs:,} runs; at most {MOST_RUNS:,} are allowed.",
            remedy="Sweep over fewer values.",
        )
    return (dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values()))


def read_values(path: Path) -> dict[str, object]:
    """Settings from a JSON or TOML file: by 'node.param', by exposed name, or a table a node.

    Raises InvalidInput for a file that cannot be read or is no table of values.
    """
    where = f"The values file '{path}'"
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise InvalidInput(f"{where} is larger than 1 MiB.", remedy="Is it the right file?")
        text = content.decode("utf-8")
        table = tomllib.loads(text) if path.suffix == ".toml" else read_json(text)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidInput(f"{where} cannot be read: {reason}.") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{where} is not UTF-8 text.", remedy="Save it as UTF-8.") from None
    except BadJson as error:
        raise InvalidInput(f"{where} {error}.", remedy=_AS_JSON) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidInput(f"{where} is no valid TOML: {error}.") from None
    if not isinstance(table, dict):
        raise InvalidInput(
            f"{where} holds no table.",
            remedy=_AS_JSON,
        )
    return dict(table)


def _assignment(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InvalidInput(
            f"{option} '{text}' is no assignment.",
            remedy=f"Write {option} node.param=value, or {option} exposed=value.",
        )
    return name.strip(), value


def _axes(specs: Sequence[str]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for name, text in (_assignment(spec, "--sweep") for spec in specs):
        if name in seen:
            raise InvalidInput(
                f"--sweep names '{name}' twice.", remedy=f"Join both: {name}=1..3,7."
            )
        seen.add(name)
        yield name, text


def _values(name: str, text: str) -> list[str]:
    values: list[str] = []
    for item in _UNESCAPED_COMMA.split(text):
        found = _RANGE.fullmatch(item.strip())
        values += _range(name, item, found) if found else [item.replace("\\,", ",").strip()]
    return values


def _range(name: str, item: str, found: re.Match[str]) -> list[str]:
    first, last, step = (Decimal(text) for text in found.groups(default="1"))
    if step <= 0:
        raise InvalidInput(
            f"--sweep '{name}={item}' has the step {step}.",
            remedy="Write a positive step; 4..1 counts down by itself.",
        )
    count = int(abs(last - first) / step) + 1
    if count > MOST_RUNS:
        raise InvalidInput(
            f"--sweep '{name}={item}' is {count:,} values; at most {MOST_RUNS:,} are allowed.",
            remedy="Use a larger step.",
        )
    direction = step if last >= first else -step
    return [f"{(first + index * direction).normalize():f}" for index in range(count)]
