"""Calls of PySide that return None use up no None."""

from __future__ import annotations

import sys

import pytest

from studio.canvas.lasting_none import PLENTY, keep_none


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None lasts for ever by itself")
def test_none_has_more_references_than_a_session_uses_up() -> None:
    keep_none()
    assert sys.getrefcount(None) > PLENTY
    before = sys.getrefcount(None)
    keep_none()
    assert abs(sys.getrefcount(None) - before) < PLENTY
