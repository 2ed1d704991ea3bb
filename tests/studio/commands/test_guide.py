"""The guide tells of the commands that there are."""

from __future__ import annotations

from studio.commands.guide import GUIDE, renewed
from studio.commands.table import COMMANDS


def test_the_guide_has_every_command_as_it_is_now() -> None:
    guide = GUIDE.read_text("utf-8")
    assert renewed(guide) == guide, "renew it: python -m studio.commands.guide"
    assert all(command.help in guide for command in COMMANDS.values() if command.menu)
