"""A node's parameters: declared once with `Param`, checked wherever a value comes in."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, TypeAlias, get_args, get_origin

from engine.errors import ReelwrightError
from engine.graph.ports import PortType

Scalar: TypeAlias = bool | int | float | str
ParamValue: TypeAlias = Scalar | list[Scalar]

Widget = Literal["auto", "slider", "seed", "text", "open-file", "save-folder", "color"]
KINDS: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True)
class ParamSpec:
    """What one parameter may be.  `many` means a list of such values.

    `matters` is false for a parameter that changes no result (a file's name, say) and so is no
    part of the node's identity.  A parameter with the widget 'open-file' names a file whose
    content is part of the identity.  `zero` says what 0 stands for where it is no amount ('the
    model's own').
    """

    name: str
    type: type[Scalar]
    default: ParamValue
    many: bool = False
    ge: float | None = None
    le: float | None = None
    step: float | None = None
    choices: tuple[Scalar, ...] = ()
    unit: str = ""
    help: str = ""
    label: str = ""
    widget: Widget = "auto"
    max_length: int | None = None
    matters: bool = True
    zero: str = ""

    @cached_property
    def port(self) -> PortType:
        """The type of the input port that this parameter is when a link feeds it."""
        return PortType((self.type,), self.many, optional=True)

    def check(self, value: object) -> ParamValue:
        """The value in its declared type, or ValueError with a sentence that ends in the remedy."""
        if not self.many:
            return self._check_one(value)
        if not isinstance(value, list):
            raise ValueError(f"must be a list of values, not {shown(value)}")
        return [self._check_one(item) for item in value]

    def _check_one(self, value: object) -> Scalar:
        if self.type is float and type(value) is int:
            value = _as_float(value)
        if type(value) is not self.type:
            raise ValueError(f"must be {KINDS[self.type]}, not {shown(value)}")
        if self.choices and value not in self.choices:
            offered = ", ".join(str(choice) for choice in self.choices)
            raise ValueError(f"must be one of {offered}, not {shown(value)}")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            self._check_range(value)
        if isinstance(value, str):
            self._check_text(value)
        return value

    def _check_text(self, value: str) -> None:
        if self.max_length is not None and len(value) > self.max_length:
            raise ValueError(f"has {len(value)} characters; at most {self.max_length} are allowed")
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError("must be readable text; it holds bytes that are not UTF-8")

    def _check_range(self, value: float) -> None:
        if value != value or value in (float("inf"), float("-inf")):
            raise ValueError("must be a finite number")
        low, high = self.ge, self.le
        if (low is None or value >= low) and (high is None or value <= high):
            return
        unit = f" {self.unit}" if self.unit else ""
        if low is not None and high is not None:
            raise ValueError(f"must be from {low} to {high}{unit}, not {shown(value)}")
        bound = f"at least {low}" if low is not None else f"at most {high}"
        raise ValueError(f"must be {bound}{unit}, not {shown(value)}")

    def word_for(self, value: object) -> str:
        """The word that people read instead of a value: what 0 stands for, or ''."""
        return self.zero if self.zero and value == 0 and type(value) in (int, float) else ""

    def parse(self, text: str) -> ParamValue:
        """The value that a command line's text means; ValueError with a sentence otherwise."""
        if self.many:
            return [self._parse_one(part.strip()) for part in text.split(",") if part.strip()]
        return self._parse_one(text)

    def _parse_one(self, text: str) -> Scalar:
        if self.type is str:
            return self._check_one(text)
        if self.type is bool:
            truth = {"true": True, "yes": True, "on": True, "1": True}
            truth |= {"false": False, "no": False, "off": False, "0": False}
            return self._check_one(truth.get(text.casefold(), text))
        if self.zero and text.strip().casefold() == self.zero.casefold():
            text = "0"
        try:
            number = int(text) if self.type is int else float(text)
        except ValueError:
            raise ValueError(f"must be {KINDS[self.type]}, not {shown(text)}") from None
        return self._check_one(number)


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError("must be a finite number") from None


def shown(value: object) -> str:
    """A value as messages show it: quoted if text, and never longer than a line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


@dataclass(frozen=True)
class ParamOptions:
    """The right-hand side of a parameter's declaration, before its annotation is known."""

    default: ParamValue
    options: dict[str, Any] = field(default_factory=dict)


def Param(  # noqa: N802 - reads as a type in declarations
    default: ParamValue,
    *,
    ge: float | None = None,
    le: float | None = None,
    step: float | None = None,
    unit: str = "",
    help: str = "",
    label: str = "",
    widget: Widget = "auto",
    max_length: int | None = None,
    matters: bool = True,
    zero: str = "",
) -> Any:
    """Declare a parameter: `steps: int = Param(30, ge=1, le=100, unit="steps", help=...)`.

    A `Literal[...]` annotation gives choices.  Returns Any so that the declared type stands.
    """
    options = dict(ge=ge, le=le, step=step, unit=unit, help=help, label=label, widget=widget)
    options |= dict(max_length=max_length, matters=matters, zero=zero)
    return ParamOptions(default, options)


def param_spec(name: str, annotation: object, declared: ParamOptions) -> ParamSpec:
    """Join a parameter's annotation and options.  Raises ReelwrightError if they disagree."""
    many = get_origin(annotation) is list
    inner = get_args(annotation)[0] if many else annotation
    choices: tuple[Scalar, ...] = ()
    if get_origin(inner) is Literal:
        choices = get_args(inner)
        inner = type(choices[0])
    if not isinstance(inner, type) or inner not in KINDS:
        raise ReelwrightError(f"Parameter '{name}' cannot have the type {annotation!r}.")
    spec = ParamSpec(name, inner, declared.default, many=many, choices=choices, **declared.options)
    try:
        spec.check(declared.default)
    except ValueError as error:
        raise ReelwrightError(f"The default of parameter '{name}' {error}.") from None
    return spec
