"""What people type into a number's field: '24', '24*3', '+=8', '1280 px'; knows no Qt."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Final, TypeAlias

from engine.graph.params import ParamSpec

Number: TypeAlias = int | float

LONGEST: Final = 200
LARGEST_POWER: Final = 64
OPERATORS: Final[dict[type[ast.operator], Callable[[Number, Number], Number]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
CHANGES: Final = ("+=", "-=", "*=", "/=")


def number_meant(spec: ParamSpec, text: str, current: Number) -> Number:
    """What was typed for a parameter: a number, a sum, or the word for 0.  Raises ValueError."""
    if spec.zero and text.strip().casefold() == spec.zero.casefold():
        return 0
    return calculate(text, current, spec.unit)


def calculate(text: str, current: Number, unit: str = "") -> Number:
    """The number that `text` means; '+=8' and its like change the `current` one.

    Raises ValueError with a clause that follows the field's name, as `ParamSpec.check` does.
    """
    wanted = _bare(text, unit)
    if wanted[:2] in CHANGES:
        wanted = f"({current}) {wanted[0]} ({wanted[2:]})"
    try:
        return _whole(_value(ast.parse(wanted.strip(), mode="eval").body))
    except ZeroDivisionError:
        raise ValueError("cannot be divided by zero") from None
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        shown = text if len(text) <= 40 else text[:37] + "..."
        raise ValueError(f"must be a number or a sum such as '24*3', not '{shown}'") from None


def _bare(text: str, unit: str) -> str:
    bare = text.strip().replace("×", "*").replace("÷", "/").replace("−", "-")
    if unit and bare.lower().endswith(unit.lower()):
        bare = bare[: -len(unit)].strip()
    if len(bare) > LONGEST:
        raise ValueError(f"is too long: at most {LONGEST} characters")
    return bare


def _value(node: ast.expr) -> Number:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value  # type: ignore[return-value]  # the line above says so
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        inner = _value(node.operand)
        return inner if isinstance(node.op, ast.UAdd) else -inner
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and (abs(right) > LARGEST_POWER or abs(left) > 1e6):
            raise OverflowError
        answer = OPERATORS[type(node.op)](left, right)
        if isinstance(answer, complex):
            raise ValueError
        return answer
    raise ValueError


def _whole(value: Number) -> Number:
    """'48/2' is 24, a whole number."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
