"""What the about window tells of everything that is installed."""

from __future__ import annotations

from studio.project.licences import UNKNOWN, installed, licence_text, our_version


def test_every_package_is_told_with_its_licence_ours_first() -> None:
    packages = installed()
    assert packages[0].name == "reelwright"
    assert (packages[0].version, packages[0].licence) == (our_version(), "Apache-2.0")
    known = {package.name: package for package in packages}
    assert known["pydantic"].licence == "MIT"
    assert "LGPL-3.0-only" in known["PySide6_Essentials"].licence
    stated = [package for package in packages if package.licence != UNKNOWN]
    assert len(stated) > len(packages) * 0.9


def test_a_licence_is_read_in_full_where_the_package_brings_it() -> None:
    assert "Permission is hereby granted" in licence_text("pydantic")
    assert licence_text("no-such-package") == ""
