"""What the libraries have to say goes where the program's own messages go."""

from __future__ import annotations

import logging

import pytest

import engine.models.diffusion.family  # noqa: F401 - it brings the libraries


@pytest.mark.parametrize("library", ["diffusers", "transformers"])
def test_a_library_writes_onto_no_terminal(library: str, caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger(library)
    logger.warning("something is missing")
    assert "something is missing" in caplog.text
    assert not any(isinstance(handler, logging.StreamHandler) for handler in logger.handlers)
