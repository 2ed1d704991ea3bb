"""Families whose components diffusers has: what they share."""

from importlib import import_module


def _let_the_program_speak() -> None:
    """What the libraries have to say goes to the program's log, not onto its terminal."""
    for library in ("diffusers.utils.logging", "transformers.utils.logging"):
        reports = import_module(library)
        reports.disable_default_handler()
        reports.enable_propagation()


_let_the_program_speak()
