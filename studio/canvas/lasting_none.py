"""Keeps PySide from using up Python's None.

PySide6 6.12 takes one reference to None with every call that returns None, as if None could not be
freed.  From Python 3.12 on it cannot; before, the process ends after some ten thousand calls with
'Fatal Python error: none_dealloc'.  A canvas makes that many in a second.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Final

PLENTY: Final = 1 << 40


def keep_none() -> None:
    """Give None so many references that no session uses them up."""
    if sys.version_info < (3, 12) and sys.getrefcount(None) < PLENTY:
        ctypes.c_ssize_t.from_address(id(None)).value += 2 * PLENTY
