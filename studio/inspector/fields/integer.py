"""The field of a whole number."""

from __future__ import annotations

from studio.inspector.fields.number import NumberField


class IntegerField(NumberField):
    """A whole number: a sum that leaves a fraction is refused with the reason."""
