"""Writing a prompt."""

from __future__ import annotations

from nodes.text.write_prompt import WritePrompt
from tests.nodes.recording import RecordingContext


def test_line_breaks_and_double_spaces_are_no_part_of_a_prompt(context: RecordingContext) -> None:
    assert WritePrompt(text=" a red\n ball \t moving ").run(context) == "a red ball moving"
