"""The root of all commands: imports a command only when it is chosen, and turns errors to codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from engine.errors import ReelwrightError
from studio.cli.extras import require_extra
from studio.cli.failure import report, report_unexpected
from studio.cli.table import COMMANDS, EXIT_CODES, SECTIONS, Command

if TYPE_CHECKING:  # typer gives these no public names
    from typer._click import Command as TyperCommand
    from typer._click import Context, HelpFormatter

STYLE: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": ["--help", "-h"]},
}


class LazyGroup(TyperGroup):
    """Answers from `studio.cli.table`, so that help costs no command's imports."""

    def list_commands(self, ctx: Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> TyperCommand | None:
        command = COMMANDS.get(cmd_name)
        return None if command is None else _load(command)

    def resolve_command(
        self, ctx: Context, args: list[str]
    ) -> tuple[str | None, TyperCommand | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            close = get_close_matches(name, COMMANDS, n=1)
            ctx.fail(
                f"There is no command '{name}'." + "".join(f" Did you mean '{c}'?" for c in close)
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        width = max(len(name) for name in COMMANDS)
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(c.name.ljust(width), c.help) for c in commands])

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:
        width = max(len(name) for name in COMMANDS)
        with formatter.section("Exit codes"):
            formatter.write_dl([(code.ljust(width), meaning) for code, meaning in EXIT_CODES])

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:
        """Run; every error ends as one sentence and its exit code, never as a trace."""
        try:
            return super().main(args, *rest, **extra)
        except ReelwrightError as error:
            report(error)
            raise SystemExit(error.exit_code) from None
        except Exception as error:  # noqa: BLE001 - the last stop before the user
            report_unexpected(error)
            raise SystemExit(1) from None


def _load(command: Command) -> TyperCommand:
    module, _, name = command.target.partition(":")
    found: typer.Typer | Callable[..., None] = getattr(import_module(module), name)
    if isinstance(found, typer.Typer):
        app = found
    else:
        app = typer.Typer(**STYLE)
        app.command(command.name)(found)
    loaded = typer.main.get_command(app)
    loaded.name, loaded.short_help = command.name, command.help
    if command.extra:
        _require_when_invoked(loaded, command.extra)
    return loaded


def _require_when_invoked(loaded: TyperCommand, extra: str) -> None:
    """Not before: help and completion work without the packages."""
    invoke = loaded.invoke

    def checked(ctx: Context) -> Any:
        require_extra(extra)
        return invoke(ctx)

    loaded.invoke = checked  # type: ignore[method-assign]
