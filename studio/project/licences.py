"""What is installed with us, under which licence, and what that licence says."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from typing import Final

OURS: Final = "reelwright"
UNKNOWN: Final = "not stated"
_FROM_CLASSIFIER: Final = "License :: OSI Approved :: "
_LONGEST_NAME: Final = 60
_MOST_TEXT: Final = 200_000


@dataclass(frozen=True)
class Package:
    """An installed package; `text` is its licence in full where it brings it."""

    name: str
    version: str
    licence: str
    summary: str
    home: str


def installed() -> tuple[Package, ...]:
    """Every package, sorted by name, ours first.  Reads many files: for a background thread."""
    found = {_name(each).casefold(): each for each in distributions() if _name(each)}
    names = sorted(found, key=lambda name: (name != OURS, name))
    return tuple(_package(found[name]) for name in names)


def our_version() -> str:
    """The version of Reelwright."""
    try:
        return distribution(OURS).version
    except PackageNotFoundError:
        return "unknown"


def licence_text(name: str) -> str:
    """A package's licence in full, or '' if it brings none."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return ""
    texts = []
    for file in files:
        stem = file.name.upper()
        if stem.startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE")) and "__" not in stem:
            try:
                texts.append(file.read_text(encoding="utf-8").strip())
            except (OSError, UnicodeDecodeError):
                continue
    return "\n\n".join(texts)[:_MOST_TEXT]


def _name(each: Distribution) -> str:
    return str(each.metadata["Name"] or "")


def _package(each: Distribution) -> Package:
    metadata = each.metadata
    home = metadata["Home-page"] or _address(metadata.get_all("Project-URL") or [])
    summary = str(metadata["Summary"] or "")
    return Package(_name(each), each.version, _licence(each), summary, str(home or ""))


def _licence(each: Distribution) -> str:
    """The newest way of stating it first (PEP 639), then the older ones."""
    metadata = each.metadata
    stated = metadata["License-Expression"] or ""
    classifiers = metadata.get_all("Classifier") or []
    classified = [c.removeprefix(_FROM_CLASSIFIER) for c in classifiers if _FROM_CLASSIFIER in c]
    written = str(metadata["License"] or "").strip().partition("\n")[0]
    if len(written) > _LONGEST_NAME:
        written = ""
    return str(stated) or written or ", ".join(classified) or UNKNOWN


def _address(urls: list[str]) -> str:
    """The first of the addresses that a project states ('Homepage, https://...')."""
    addresses = [url.partition(",")[2].strip() for url in urls]
    return addresses[0] if addresses else ""
