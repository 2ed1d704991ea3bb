"""What is wrong with a document: one `Problem` each, collected so that all are seen at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from engine.errors import InvalidInput

Severity: TypeAlias = Literal["error", "warning"]

SHOWN_PROBLEMS: Final = 20
"""How many problems an error's message lists; all of them are in `InvalidDocument.problems`."""


@dataclass(frozen=True)
class Problem:
    """One sentence that says what is wrong and where, and the way out.

    `node` is the node's id (inside a subgraph's definition 'name:id'), `field` the port,
    parameter or key, `value` what stands there; each is empty where it does not apply.
    """

    message: str
    remedy: str = ""
    node: str = ""
    field: str = ""
    value: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class InvalidDocument(InvalidInput):
    """A graph document cannot be used; `problems` are all that were found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            super().__init__(self.problems[0].message, remedy=self.problems[0].remedy)
            return
        lines = [f"The graph has {len(self.problems)} problems:"]
        lines += [f"- {problem}" for problem in self.problems[:SHOWN_PROBLEMS]]
        if len(self.problems) > SHOWN_PROBLEMS:
            lines.append(f"- ... and {len(self.problems) - SHOWN_PROBLEMS} more.")
        super().__init__("\n".join(lines))
