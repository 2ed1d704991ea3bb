"""Taking out of a text what must not leave this computer: secrets, names, the home folder."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REMOVED: Final = "[removed]"

SHORTEST_SECRET: Final = 6
"""Shorter values of variables are words like 'true', not keys."""

SHORTEST_NAME: Final = 3

_SECRET_WORD: Final = (
    r"(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|credentials?|authorization|cookie|session[_-]?id|auth(?![a-z]))"
)
_SECRET_NAME: Final = re.compile(rf"{_SECRET_WORD}|(?:^|_)key(?:_|$)", re.IGNORECASE)

_PATTERNS: Final = (
    # A PEM block, and one that is cut off.
    re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL),
    # What known services' keys look like, and tokens in three parts (JWT).
    re.compile(r"\b(?:hf|sk|pk|rk|ghp|gho|ghs|ghu|glpat|xox[a-z]|npm|pypi)[_-][\w-]{8,}"),
    re.compile(r"\bgithub_pat_\w{8,}|\bAKIA[0-9A-Z]{12,}|\bAIza[\w-]{20,}"),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"),
    re.compile(r"\b(?:Bearer|Basic|Token)\s+[\w.~+/=-]{8,}", re.IGNORECASE),
    re.compile(r"\b[0-9a-fA-F]{64,}\b"),
    # Mail addresses.
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w"),
)
# Keys of the cluster's curve are 40 signs of Z85.  They may stand within a path or an address, so
# whole runs of such signs are looked at; three that paths do not have tell a key from a path.
_Z85_RUN: Final = re.compile(r"[0-9a-zA-Z.:+=^!/*?&<>()\[\]{}@%$#-]{40,}")
_NOT_IN_PATHS: Final = frozenset(":+=^!*?&<>()[]{}@%$#")
_MANY: Final = 3
# name = value, "name": "value", --name value, ?name=value
_ASSIGNED: Final = re.compile(
    rf"""(?P<name>["']?[\w.-]*{_SECRET_WORD}[\w.-]*["']?\s*(?:[:=]\s*|\s+(?=["'])))"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&"'{}\[\])]+)""",
    re.IGNORECASE,
)
_IN_ADDRESS: Final = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^\s/@]+@", re.IGNORECASE)
_HOMES: Final = re.compile(r"(?P<root>/(?:home|Users)/|[A-Za-z]:\\Users\\)[^/\\\s'\":]+")


@dataclass(frozen=True)
class Redaction:
    """What to take out: texts by what takes their place, and values that are secret."""

    names: Mapping[str, str]
    secrets: frozenset[str]

    @classmethod
    def of_this_computer(cls) -> Redaction:
        """The home folder, the user, the computer, and variables that are named like secrets."""
        names = {str(Path.home()): "~", _user(): "[user]", socket.gethostname(): "[computer]"}
        secrets = (value for name, value in os.environ.items() if _SECRET_NAME.search(name))
        return cls(
            {name: put for name, put in names.items() if len(name) >= SHORTEST_NAME},
            frozenset(secret for secret in secrets if len(secret) >= SHORTEST_SECRET),
        )

    def apply(self, text: str) -> str:
        """The text without them."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, REMOVED)
        text = _IN_ADDRESS.sub(rf"\g<scheme>{REMOVED}@", text)
        for pattern in _PATTERNS:
            text = pattern.sub(REMOVED, text)
        text = _Z85_RUN.sub(_without_key, text)
        text = _ASSIGNED.sub(_without_value, text)
        for name in sorted(self.names, key=len, reverse=True):
            text = _whole(name).sub(self.names[name], text)
        return _HOMES.sub(r"\g<root>[user]", text)


def _without_key(found: re.Match[str]) -> str:
    signs = sum(sign in _NOT_IN_PATHS for sign in found[0])
    return REMOVED if signs >= _MANY else found[0]


def _without_value(found: re.Match[str]) -> str:
    value = found["value"]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{found['name']}{quote}{REMOVED}{quote}"


def _whole(name: str) -> re.Pattern[str]:
    """A name where it stands by itself: the user 'art' is not in 'start'."""
    return re.compile(rf"(?<![\w]){re.escape(name)}(?![\w])", re.IGNORECASE)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a computer that has no name for this user
        return ""
